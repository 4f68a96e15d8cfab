//! The bundled sample photos: drawn by the project, with real EXIF, two albums, marks, and one damaged file.

use super::{
    error::{OpError, Result},
    session::Session,
};
use crate::{
    model::{
        change::Mark,
        rating::{ColorLabel, Flag, Rating},
    },
    sys::fs::{Fs, FsError},
};
use serde::Deserialize;
use std::{io::Write as _, path::Path};

/// Every bundled file: its path below the samples' folder, and its bytes.
pub const FILES: &[(&str, &[u8])] = include!("../../assets/samples/samples.in.rs");
const ALBUMS: &str = include_str!("../../assets/samples/albums.ron");
const MARKS: &str = include_str!("../../assets/samples/marks.ron");

#[derive(Deserialize)]
struct SampleAlbum {
    name: String,
    files: Vec<String>,
}

#[derive(Deserialize)]
struct SampleMarks {
    file: String,
    rating: u8,
    flag: Option<String>,
    label: Option<String>,
    keywords: Vec<String>,
}

/// Writes the sample photos into a folder, which is made; files that are there already are left as they are.
///
/// # Errors
/// The disk's.
pub fn write_to(fs: &dyn Fs, dir: &Path) -> Result<u64> {
    let mut written = 0;
    for (name, bytes) in FILES {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            fs.make_dirs(folder)?;
        }
        if fs.stat_opt(&path)?.is_some() {
            continue;
        }
        let mut file = fs.create_new(&path)?;
        let wrap = |source| FsError::new("write a sample photo", &path, source);
        file.write_all(bytes).map_err(wrap)?;
        file.sync().map_err(wrap)?;
        written += 1;
    }
    fs.sync_dir(dir)?;
    Ok(written)
}

/// Gives the scanned sample photos their albums and marks.
///
/// # Errors
/// The catalog's.
pub fn dress(session: &Session, dir: &Path) -> Result<()> {
    let bad = |error: ron::error::SpannedError| OpError::Failed(format!("The bundled samples are damaged: {error}"));
    for marks in ron::from_str::<Vec<SampleMarks>>(MARKS).map_err(bad)? {
        let Some(photo) = session.photo_at(&dir.join(&marks.file))? else {
            continue;
        };
        let mut list = Vec::new();
        list.extend(
            Rating::new(marks.rating)
                .filter(|rating| rating.stars() > 0)
                .map(Mark::Rating),
        );
        list.extend(marks.flag.as_deref().and_then(Flag::from_word).map(Mark::Flag));
        list.extend(marks.label.as_deref().and_then(ColorLabel::from_word).map(Mark::Label));
        list.extend(marks.keywords.into_iter().map(Mark::AddKeyword));
        session.mark(&[photo], &list)?;
    }
    for album in ron::from_str::<Vec<SampleAlbum>>(ALBUMS).map_err(bad)? {
        if session.catalog.album_named(&album.name)?.is_some() {
            continue;
        }
        let mut photos = Vec::new();
        for file in &album.files {
            photos.extend(session.photo_at(&dir.join(file))?);
        }
        session.create_album(&album.name, &photos, None)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_only_files_that_are_bundled() {
        let known = |name: &String| FILES.iter().any(|(file, _)| file == name);
        let albums: Vec<SampleAlbum> = ron::from_str(ALBUMS).expect("albums");
        let marks: Vec<SampleMarks> = ron::from_str(MARKS).expect("marks");
        assert!(albums.len() >= 2 && FILES.len() >= 24);
        assert!(albums.iter().flat_map(|album| &album.files).all(known));
        assert!(marks.iter().map(|marks| &marks.file).all(known));
    }
}
