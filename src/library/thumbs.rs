//! From a file to the picture that a grid or a loupe shows. Any number of threads may call; the engine owns them.
//!
//! Small pictures come from the cache, where each photo is kept twice: as a JPEG with a long edge of [`CACHED_EDGE`], and
//! as a packed cell of [`CELL_EDGE`], since a screen full of cells has to be there before a finger leaves the key. Larger
//! ones are decoded to the size asked for. A file that cannot be shown is remembered, so that it is read once and not at every
//! scroll.

use super::{
    apart,
    films::{Films, NO_HELPER},
};
use crate::{
    catalog::thumbs::{ThumbCache, ThumbKey},
    media::{
        cell,
        decode::{DecodeError, Decoded, Shown, Want, decode, decode_developed, decode_preview, shrink},
        encode,
        limits::Limits,
        sniff::{HEAD, sniff},
    },
    model::{metadata::MediaKind, pixels::Pixels},
    sys::{
        fs::{Fs, FsError, Stat},
        task::{Cancel, Cx, decode_threads, lock},
    },
};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use std::{
    collections::{HashMap, HashSet},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// The long edge at which thumbnails are kept, in pixels.
pub const CACHED_EDGE: u32 = 512;
/// The long edge of a cell of the grid, in pixels.
pub const CELL_EDGE: u32 = 256;
/// The quality at which thumbnails are kept.
const QUALITY: u8 = 85;
/// Files whose failure is remembered.
const MAX_FAILURES: usize = 20_000;
const CHUNK: usize = 1 << 20;

/// Why there is no picture. `Display` is the sentence on the photo's tile.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Nobody wants it any more.
    #[error("It is no longer wanted")]
    Cancelled,
    /// The disk refused.
    #[error("The file could not be read ({})", .0.kind.sentence())]
    Read(#[source] FsError),
    /// The bytes are no picture that can be shown.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A film without a poster: nothing is wrong with it.
    #[error("{0}")]
    Film(&'static str),
}

/// What a file turned out to be.
enum Found {
    /// The bytes of a picture.
    Picture(Vec<u8>),
    /// A RAW file's preview, whose other bytes were not read.
    Preview(Box<Decoded>),
    /// A film, whose bytes were not read.
    Film,
}

/// Makes pictures of files.
pub struct Thumbs {
    cache: Option<ThumbCache>,
    limits: Limits,
    failures: Mutex<HashMap<ThumbKey, Failure>>,
    /// Files of which a part could not be shown.
    hurt: Mutex<HashSet<ThumbKey>>,
    films: Films,
}

/// A remembered failure.
#[derive(Clone)]
enum Failure {
    Decode(DecodeError),
    Film(&'static str),
}

/// What [`Thumbs::fill`] did.
#[derive(Debug, Default)]
pub struct Filled {
    /// Thumbnails made.
    pub made: u64,
    /// Thumbnails that were there.
    pub there: u64,
    /// Files without one, and why.
    pub failed: Vec<(PathBuf, PictureError)>,
}

impl Thumbs {
    /// Pictures with this cache; without one every picture is decoded anew.
    #[must_use]
    pub fn new(cache: Option<ThumbCache>, limits: Limits) -> Self {
        Self {
            cache,
            limits,
            failures: Mutex::new(HashMap::new()),
            hurt: Mutex::new(HashSet::new()),
            films: Films::new(),
        }
    }

    /// The picture of the file at `path`, whose stat is `stat`, with a long edge of at most `edge` pixels; 0 = every pixel.
    ///
    /// # Errors
    /// [`PictureError`], each about this file alone.
    pub fn picture(
        &self,
        fs: &dyn Fs,
        path: &Path,
        stat: &Stat,
        edge: u32,
        cancel: &Cancel,
    ) -> Result<Pixels, PictureError> {
        let key = ThumbKey::of_stat(stat);
        if edge == 0 || edge > CACHED_EDGE {
            let (mut decoded, _) = self.decoded(fs, path, key, edge, false, cancel)?;
            encode::lay_on_white(&mut decoded.pixels);
            return Ok(decoded.pixels);
        }
        if let Some(pixels) = self.cached(key, edge) {
            return Ok(pixels);
        }
        self.make(fs, path, key, edge, cancel)
    }

    /// The same of a RAW file's sensor data, whatever previews it has. Never kept: it is asked for photo by photo.
    ///
    /// # Errors
    /// [`PictureError`], each about this file alone.
    pub fn developed(
        &self,
        fs: &dyn Fs,
        path: &Path,
        stat: &Stat,
        edge: u32,
        cancel: &Cancel,
    ) -> Result<Pixels, PictureError> {
        let key = ThumbKey::of_stat(stat);
        Ok(self.decoded(fs, path, key, edge, true, cancel)?.0.pixels)
    }

    fn decoded(
        &self,
        fs: &dyn Fs,
        path: &Path,
        key: ThumbKey,
        edge: u32,
        developed: bool,
        cancel: &Cancel,
    ) -> Result<(Decoded, ThumbKey), PictureError> {
        let want = Want::edge(edge);
        let (found, seen) = self.read(fs, path, key, (!developed).then_some(want), cancel)?;
        if cancel.is_cancelled() {
            return Err(PictureError::Cancelled);
        }
        let decoded = match found {
            Found::Preview(decoded) => *decoded,
            Found::Picture(bytes) if developed => decode_developed(&bytes, want, &self.limits)?,
            Found::Picture(bytes) => self.safely(path, &bytes, edge, cancel)?,
            Found::Film => self.poster(path, edge, cancel)?,
        };
        let mut hurt = lock(&self.hurt);
        if decoded.whole || decoded.shown != Shown::Picture {
            hurt.remove(&seen);
        } else {
            if hurt.len() >= MAX_FAILURES {
                hurt.clear();
            }
            hurt.insert(seen);
        }
        drop(hurt);
        Ok((decoded, seen))
    }

    /// Whether a part of this file's picture could not be shown when it was last decoded: it is damaged or cut short.
    #[must_use]
    pub fn is_hurt(&self, stat: &Stat) -> bool {
        lock(&self.hurt).contains(&ThumbKey::of_stat(stat))
    }

    /// In a process of its own where the decoder could take this one with it.
    fn safely(&self, path: &Path, bytes: &[u8], edge: u32, cancel: &Cancel) -> Result<Decoded, PictureError> {
        if apart::is_needed(bytes)
            && let Some(result) = apart::picture(path, edge, &self.limits, cancel)
        {
            return result.map_err(|error| error.map_or(PictureError::Cancelled, PictureError::Decode));
        }
        Ok(decode(bytes, Want::edge(edge), &self.limits)?)
    }

    fn poster(&self, path: &Path, edge: u32, cancel: &Cancel) -> Result<Decoded, PictureError> {
        let poster = self.films.poster(path, edge, &self.limits, cancel);
        poster.map_err(|error| match error {
            None => PictureError::Cancelled,
            Some(_) if !self.films.can() => PictureError::Film(NO_HELPER),
            Some(_) => PictureError::Film("No picture could be made of this film."),
        })
    }

    fn cached(&self, key: ThumbKey, edge: u32) -> Option<Pixels> {
        let cache = self.cache.as_ref()?;
        if edge <= CELL_EDGE
            && let Some(bytes) = cache.get(key, CELL_EDGE)
        {
            match cell::unpack(&bytes).and_then(|pixels| shrink(pixels, edge)) {
                Ok(pixels) => return Some(pixels),
                Err(_) => cache.remove(key),
            }
        }
        let bytes = cache.get(key, CACHED_EDGE)?;
        match decode(&bytes, Want::Fit(edge), &self.limits) {
            Ok(decoded) if decoded.whole => {
                if edge == CELL_EDGE
                    && let Ok(packed) = cell::pack(&decoded.pixels)
                {
                    cache.put(key, CELL_EDGE, packed);
                }
                Some(decoded.pixels)
            }
            _ => {
                cache.remove(key);
                None
            }
        }
    }

    /// Decodes a thumbnail, keeps it, and gives it at most `edge` pixels long.
    fn make(
        &self,
        fs: &dyn Fs,
        path: &Path,
        key: ThumbKey,
        edge: u32,
        cancel: &Cancel,
    ) -> Result<Pixels, PictureError> {
        let made = self.decoded(fs, path, key, CACHED_EDGE, false, cancel);
        let (mut decoded, seen) = made.inspect_err(|error| match error {
            PictureError::Decode(error) => self.remember(key, Failure::Decode(error.clone())),
            PictureError::Film(why) => self.remember(key, Failure::Film(why)),
            PictureError::Cancelled | PictureError::Read(_) => {}
        })?;
        if cancel.is_cancelled() {
            return Err(PictureError::Cancelled);
        }
        encode::lay_on_white(&mut decoded.pixels);
        // A picture cut short may still be being written: shown, but not kept.
        let kept = self.cache.as_ref().filter(|_| decoded.whole);
        let Some(cache) = kept else {
            return Ok(shrink(decoded.pixels, edge)?);
        };
        cache.put(seen, CACHED_EDGE, encode::jpeg(&decoded.pixels, QUALITY)?);
        let small = shrink(decoded.pixels.clone(), CELL_EDGE)?;
        cache.put(seen, CELL_EDGE, cell::pack(&small)?);
        let source = if edge <= CELL_EDGE { small } else { decoded.pixels };
        Ok(shrink(source, edge)?)
    }

    fn remember(&self, key: ThumbKey, failure: Failure) {
        let mut failures = lock(&self.failures);
        if failures.len() >= MAX_FAILURES {
            failures.clear();
        }
        failures.insert(key, failure);
    }

    /// The bytes of a file that may be a picture, with the key of what was really read: the file may have changed since its
    /// stat was taken. Of a RAW file its preview alone, where that is large enough for `preview`.
    fn read(
        &self,
        fs: &dyn Fs,
        path: &Path,
        key: ThumbKey,
        preview: Option<Want>,
        cancel: &Cancel,
    ) -> Result<(Found, ThumbKey), PictureError> {
        let failed = lock(&self.failures).get(&key).cloned();
        match failed {
            Some(Failure::Decode(error)) => return Err(error.into()),
            Some(Failure::Film(why)) => return Err(PictureError::Film(why)),
            None => {}
        }
        let disk = |source| PictureError::Read(FsError::new("read", path, source));
        let mut file = fs.open(path).map_err(PictureError::Read)?;
        let now = file.stat().map_err(disk)?;
        let seen = ThumbKey::of_stat(&now);
        let mut bytes = Vec::new();
        file.by_ref().take(HEAD as u64).read_to_end(&mut bytes).map_err(disk)?;
        // Films and texts are not read to their end only to learn that they are no pictures.
        let refused = match sniff(&bytes) {
            Some(format) if format.kind() == MediaKind::Video => return Ok((Found::Film, seen)),
            Some(format) if !matches!(format.kind(), MediaKind::Picture | MediaKind::Raw) => {
                Some(DecodeError::Unsupported(format.name().to_owned()))
            }
            Some(format) if !format.can_decode() && !format.may_hold_preview() => {
                Some(DecodeError::Unsupported(format.name().to_owned()))
            }
            _ if now.size > self.limits.file_bytes => {
                let size = crate::model::content::human_bytes(now.size);
                Some(DecodeError::Limits(format!("the file has {size}")))
            }
            _ => None,
        };
        if let Some(error) = refused {
            self.remember(seen, Failure::Decode(error.clone()));
            return Err(error.into());
        }
        let is_raw = sniff(&bytes).is_some_and(|format| format.kind() == MediaKind::Raw);
        if let Some(want) = preview.filter(|_| is_raw) {
            let found = decode_preview(&mut file, now.size, want, &self.limits).map_err(disk)?;
            if let Some(decoded) = found {
                return Ok((Found::Preview(Box::new(decoded)), seen));
            }
            file.seek(SeekFrom::Start(bytes.len() as u64)).map_err(disk)?;
        }
        bytes.reserve_exact(usize::try_from(now.size).unwrap_or(0).saturating_sub(bytes.len()));
        loop {
            if cancel.is_cancelled() {
                return Err(PictureError::Cancelled);
            }
            let read = file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes).map_err(disk)?;
            if read == 0 || bytes.len() as u64 > self.limits.file_bytes {
                return Ok((Found::Picture(bytes), seen));
            }
        }
    }

    /// Makes the thumbnails that are missing, on as many threads as may decode at once.
    pub fn fill(&self, fs: &dyn Fs, files: &[(PathBuf, Stat)], cx: &Cx) -> Filled {
        cx.progress.label("Making thumbnails");
        cx.progress.start(files.len() as u64, 0);
        let work = |(path, stat): &(PathBuf, Stat)| {
            let key = ThumbKey::of_stat(stat);
            let there = self
                .cache
                .as_ref()
                .is_some_and(|cache| cache.get(key, CACHED_EDGE).is_some());
            let result = if there {
                Ok(false)
            } else if cx.cancel.is_cancelled() {
                Err(PictureError::Cancelled)
            } else {
                self.make(fs, path, key, CELL_EDGE, &cx.cancel).map(|_| true)
            };
            cx.progress.add(1);
            (path.clone(), result)
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(decode_threads())
            .thread_name(|index| format!("safelight-thumbs-{index}"))
            .build();
        let results: Vec<_> = match pool {
            Ok(pool) => pool.install(|| files.par_iter().map(work).collect()),
            Err(_) => files.iter().map(work).collect(),
        };
        let mut filled = Filled::default();
        for (path, result) in results {
            match result {
                Ok(true) => filled.made += 1,
                Ok(false) => filled.there += 1,
                Err(error) => filled.failed.push((path, error)),
            }
        }
        self.flush();
        filled
    }

    /// Bytes of the thumbnails that are kept.
    #[must_use]
    pub fn kept_bytes(&self) -> u64 {
        self.cache.as_ref().map_or(0, ThumbCache::bytes)
    }

    /// Forgets every thumbnail and every failure; pictures are made again when they are wanted.
    pub fn clear(&self) {
        lock(&self.failures).clear();
        lock(&self.hurt).clear();
        if let Some(cache) = &self.cache {
            cache.clear();
        }
    }

    /// Writes thumbnails that wait in memory.
    pub fn flush(&self) {
        if let Some(cache) = &self.cache {
            cache.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::real::RealFs;

    fn photo(width: u32, height: u32) -> Vec<u8> {
        let rgba = (0..width * height)
            .flat_map(|n| [(n % 251) as u8, 90, 30, 255])
            .collect();
        encode::jpeg(&Pixels { width, height, rgba }, 90).expect("encoded")
    }

    #[test]
    fn a_thumbnail_is_made_once_and_again_when_the_file_changes() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("a.jpg");
        std::fs::write(&path, photo(1200, 800)).expect("written");
        let cache = ThumbCache::open(&dir.path().join("thumbs.db")).expect("opened");
        let thumbs = Thumbs::new(Some(cache), Limits::default());
        let cancel = Cancel::new();
        let stat = RealFs.stat(&path).expect("stat");
        let size = |stat: &Stat, edge| {
            let pixels = thumbs.picture(&RealFs, &path, stat, edge, &cancel).expect("a picture");
            (pixels.width, pixels.height)
        };
        assert_eq!(size(&stat, 512), (512, 341));
        assert_eq!(size(&stat, 100), (100, 67));
        assert_eq!(size(&stat, 1000), (1200, 800), "near enough to be scaled by the screen");
        assert_eq!(size(&stat, 700), (700, 467));
        assert_eq!(size(&stat, 0), (1200, 800));
        let files = [(path.clone(), stat)];
        assert_eq!(thumbs.fill(&RealFs, &files, &Cx::new()).there, 1);
        std::fs::write(&path, photo(800, 1200)).expect("written");
        let stat = RealFs.stat(&path).expect("stat");
        assert_eq!(size(&stat, 512), (341, 512));
    }

    #[test]
    fn a_film_has_a_poster_or_says_what_is_missing() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos/live-photo/heic-mov/IMG_3853.MOV");
        if !path.is_file() {
            eprintln!("skipped: the samples are not here");
            return;
        }
        let dir = tempfile::tempdir().expect("a temporary folder");
        let cache = ThumbCache::open(&dir.path().join("thumbs.db")).expect("opened");
        let thumbs = Thumbs::new(Some(cache), Limits::default());
        let stat = RealFs.stat(&path).expect("stat");
        match thumbs.picture(&RealFs, &path, &stat, 512, &Cancel::new()) {
            Ok(pixels) => assert_eq!((pixels.width, pixels.height), (512, 384)),
            Err(error) => assert!(matches!(error, PictureError::Film(NO_HELPER)), "{error}"),
        }
        let made = thumbs.films.can();
        assert_eq!(
            thumbs.fill(&RealFs, &[(path, stat)], &Cx::new()).there == 1,
            made,
            "kept"
        );
    }

    #[test]
    fn failures_are_about_one_file_and_are_told_apart() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let thumbs = Thumbs::new(None, Limits::default());
        let path = dir.path().join("a.jpg");
        std::fs::write(&path, b"no picture").expect("written");
        let stat = RealFs.stat(&path).expect("stat");
        let of = |path: &Path, cancel: &Cancel| thumbs.picture(&RealFs, path, &stat, 512, cancel).expect_err("none");
        assert!(matches!(of(&path, &Cancel::new()), PictureError::Decode(_)));
        assert!(
            matches!(of(&path, &Cancel::new()), PictureError::Decode(_)),
            "remembered"
        );
        let gone = RealFs.stat(dir.path()).expect("stat");
        let error = thumbs.picture(&RealFs, &dir.path().join("gone"), &gone, 512, &Cancel::new());
        assert!(
            matches!(error, Err(PictureError::Read(_))),
            "never taken for no picture"
        );
        let cancel = Cancel::new();
        cancel.cancel();
        std::fs::write(&path, photo(50, 50)).expect("written");
        let stat = RealFs.stat(&path).expect("stat");
        assert!(matches!(
            thumbs.picture(&RealFs, &path, &stat, 512, &cancel),
            Err(PictureError::Cancelled)
        ));
    }
}
