//! Copies of photos in a folder, on a USB stick as well as in a watched tree: all files of each, written whole, made
//! durable, read back and compared before they get their names, and never put over another file. The originals are only
//! read.

use super::carry::{Carried, Trouble, carry, drop_temp, read_back, temp_name};
use crate::{
    catalog::{Catalog, error::Result, photos::FileRow},
    library::rename::sentence,
    model::id::PhotoId,
    sys::{
        clock::random_hex,
        fs::{FileKind, Fs, FsError, FsErrorKind},
        task::Cx,
    },
};
use std::path::{Path, PathBuf};

/// What a copy's temporary name goes on with.
const MARK: &str = "copy-";

/// What came of copying.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CopyReport {
    /// Photos copied.
    pub photos: u64,
    /// Their files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Photos whose files were there already, every byte equal.
    pub already: u64,
    /// Photos that were not copied, and why: name and sentence.
    pub failed: Vec<(String, String)>,
    /// Somebody asked to stop.
    pub cancelled: bool,
}

/// Copies all files of these photos into a folder, which is made where it is not there yet.
///
/// # Errors
/// The catalog's. What the disk refused is in the report; a full disk ends the run.
pub fn copy_to(catalog: &Catalog, fs: &dyn Fs, photos: &[PhotoId], dir: &Path, cx: &Cx) -> Result<CopyReport> {
    let mut report = CopyReport::default();
    let mut units = Vec::with_capacity(photos.len());
    for photo in photos {
        let all = catalog.files_of(&[*photo])?;
        let name = all
            .first()
            .map_or_else(String::new, |file| file.name.to_string_lossy().into_owned());
        let files: Vec<FileRow> = all.into_iter().filter(|file| file.missing_since.is_none()).collect();
        if files.is_empty() {
            report.failed.push((name, "It is no longer in its folder.".to_owned()));
        } else if files.iter().any(FileRow::is_proxy) {
            // I14: a small copy is never passed on as the photo.
            let why = "Only a small copy of it is here. Bring its original back first with Restore originals.";
            report.failed.push((name, why.to_owned()));
        } else {
            units.push((name, files));
        }
    }
    let bytes = units.iter().flat_map(|(_, files)| files).map(|file| file.size).sum();
    cx.progress.start(units.len() as u64, bytes);
    if let Err(error) = fs.make_dirs(dir) {
        let all = units.into_iter().map(|(name, _)| (name, sentence(&error)));
        report.failed.extend(all);
        return Ok(report);
    }
    sweep(fs, dir);
    let mut units = units.into_iter();
    while let Some((name, files)) = units.next() {
        if cx.cancel.is_cancelled() {
            report.cancelled = true;
            break;
        }
        cx.progress.label(&name);
        match copy_unit(fs, &files, dir, cx) {
            Ok(0) => report.already += 1,
            Ok(count) => {
                report.photos += 1;
                report.files += count;
                report.bytes += files.iter().map(|file| file.size).sum::<u64>();
            }
            Err(Trouble::Cancelled) => {
                report.cancelled = true;
                break;
            }
            Err(trouble) => {
                let ends = matches!(&trouble, Trouble::Fs(error) if matches!(error.kind, FsErrorKind::Full | FsErrorKind::ReadOnly));
                report.failed.push((name, trouble.sentence()));
                if ends {
                    // The others would fare no better.
                    report.failed.extend(units.map(|(name, _)| (name, trouble.sentence())));
                    break;
                }
            }
        }
        cx.progress.add(1);
    }
    Ok(report)
}

/// Half copies that a kill has left: only one program copies at a time, and none of them ever had a name.
fn sweep(fs: &dyn Fs, dir: &Path) {
    let begins = temp_name(&dir.join("x"), MARK);
    let begins = begins.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut left = Vec::new();
    let listed = fs.list(dir, &mut |entry| {
        let ours = entry.name.to_string_lossy().starts_with(&begins);
        if ours && entry.stat.is_ok_and(|stat| stat.kind == FileKind::File) {
            left.push(dir.join(&entry.name));
        }
    });
    if listed.is_ok() {
        left.iter().for_each(|path| drop_temp(fs, path));
    }
}

/// Copies one photo; how many of its files were not there yet.
fn copy_unit(fs: &dyn Fs, files: &[FileRow], dir: &Path, cx: &Cx) -> std::result::Result<u64, Trouble> {
    let mut todo: Vec<(&FileRow, PathBuf)> = Vec::new();
    for file in files {
        let target = dir.join(&file.name);
        if target == file.path {
            continue;
        }
        match fs.stat_opt(&target)? {
            None => todo.push((file, target)),
            Some(stat) => {
                let same = stat.kind == FileKind::File
                    && stat.size == file.size
                    && read_back(fs, &target, cx)? == read_back(fs, &file.path, cx)?;
                if !same {
                    return Err(FsError::of_kind("copy it there", &target, FsErrorKind::Exists).into());
                }
                cx.progress.add_bytes(file.size);
            }
        }
    }
    let needed: u64 = todo.iter().map(|(file, _)| file.size).sum();
    if !todo.is_empty() && fs.space(dir)?.free < needed {
        return Err(FsError::of_kind("copy it there", dir, FsErrorKind::Full).into());
    }
    // First all of them under temporary names, then all names: a photo is never there in part for long.
    let mut carried: Vec<(Carried, PathBuf)> = Vec::new();
    let done = carry_all(fs, &todo, &mut carried, cx);
    let mut count = 0;
    let mut outcome = done;
    for (one, target) in carried {
        let named = match &outcome {
            Ok(()) => fs.rename_new(&one.temp, &target),
            Err(_) => {
                drop_temp(fs, &one.temp);
                Ok(())
            }
        };
        match (named, &outcome) {
            (Ok(()), Ok(())) => count += 1,
            (Ok(()), Err(_)) => {}
            (Err(error), _) => {
                drop_temp(fs, &one.temp);
                outcome = Err(error.into());
            }
        }
    }
    outcome.map(|()| count)
}

fn carry_all(
    fs: &dyn Fs,
    todo: &[(&FileRow, PathBuf)],
    carried: &mut Vec<(Carried, PathBuf)>,
    cx: &Cx,
) -> std::result::Result<(), Trouble> {
    for (file, target) in todo {
        let unique = random_hex(8).map_err(|source| FsError::new("choose a name", target, source))?;
        let one = carry(fs, &file.path, &temp_name(target, &format!("{MARK}{unique}")), cx)?;
        carried.push((one, target.clone()));
    }
    Ok(())
}
