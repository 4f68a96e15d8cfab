//! Knows a moved file again: on the same disk by its number, size and time, across disks by its content.

use crate::{
    catalog::{Catalog, error::Result, intake::Identity},
    model::{
        content::{ContentHasher, ContentId},
        id::{FileId, RootId},
    },
    sys::{
        fs::{FileKind, Fs, Stat},
        task::Cx,
    },
};
use std::{
    collections::{HashMap, HashSet},
    io::Read as _,
    path::Path,
};

/// What is known everywhere, read once when the first new name turns up.
pub(in crate::library) struct Tracker<'a> {
    catalog: &'a Catalog,
    fs: &'a dyn Fs,
    root: RootId,
    known: Option<Known>,
    moved: HashSet<FileId>,
    gone: HashMap<FileId, bool>,
    roots: HashMap<RootId, bool>,
}

struct Known {
    all: Vec<Identity>,
    by_ino: HashMap<u64, Vec<u32>>,
    by_size: HashMap<u64, Vec<u32>>,
}

impl<'a> Tracker<'a> {
    pub(in crate::library) fn new(catalog: &'a Catalog, fs: &'a dyn Fs, root: RootId) -> Self {
        Self {
            catalog,
            fs,
            root,
            known: None,
            moved: HashSet::new(),
            gone: HashMap::new(),
            roots: HashMap::new(),
        }
    }

    /// Whether this scan found the file at a new place.
    pub(in crate::library) fn was_moved(&self, file: FileId) -> bool {
        self.moved.contains(&file)
    }

    /// The known file that this new name is, if its old place is empty now.
    pub(in crate::library) fn origin_of(&mut self, path: &Path, stat: &Stat, cx: &Cx) -> Result<Option<FileId>> {
        if self.known.is_none() {
            self.known = Some(Known::read(self.catalog)?);
        }
        let Some(known) = &self.known else {
            return Ok(None);
        };
        let pick = |map: &HashMap<u64, Vec<u32>>, key: u64| -> Vec<Identity> {
            let places = map.get(&key).map(Vec::as_slice).unwrap_or_default();
            places
                .iter()
                .filter_map(|at| known.all.get(*at as usize).copied())
                .collect()
        };
        let here = pick(&known.by_ino, stat.ino);
        let elsewhere = pick(&known.by_size, stat.size);
        for old in here {
            let same = (old.dev, old.size, old.mtime_ns) == (stat.dev, stat.size, stat.mtime_ns);
            if same && self.is_free(&old)? {
                self.moved.insert(old.id);
                return Ok(Some(old.id));
            }
        }
        let mut content = None;
        for old in elsewhere {
            // An empty file says nothing about where it came from.
            if stat.size == 0 || old.content.is_none() || !self.is_free(&old)? {
                continue;
            }
            if content.is_none() {
                content = hash_file(self.fs, path, stat, cx);
            }
            if content.is_some() && content == old.content {
                self.moved.insert(old.id);
                return Ok(Some(old.id));
            }
        }
        Ok(None)
    }

    fn is_free(&mut self, old: &Identity) -> Result<bool> {
        if self.moved.contains(&old.id) {
            return Ok(false);
        }
        if old.missing {
            return Ok(true);
        }
        Ok(self.root_is_there(old.root)? && self.is_gone(old.id)?)
    }

    /// Whether nothing is at a file's known place any longer; an error is never "gone".
    pub(in crate::library) fn is_gone(&mut self, file: FileId) -> Result<bool> {
        if let Some(gone) = self.gone.get(&file) {
            return Ok(*gone);
        }
        let gone = match self.catalog.file(file)? {
            None => true,
            Some(row) => row.missing_since.is_some() || matches!(self.fs.stat_opt(&row.path), Ok(None)),
        };
        self.gone.insert(file, gone);
        Ok(gone)
    }

    /// A file in an unplugged tree is not gone, however empty its place looks (I12).
    fn root_is_there(&mut self, root: RootId) -> Result<bool> {
        if root == self.root {
            return Ok(true);
        }
        if let Some(there) = self.roots.get(&root) {
            return Ok(*there);
        }
        let there = self.catalog.root(root)?.is_some_and(|root| {
            self.fs
                .stat(&root.path)
                .is_ok_and(|stat| stat.kind == FileKind::Dir && stat.dev == root.volume)
        });
        self.roots.insert(root, there);
        Ok(there)
    }
}

impl Known {
    fn read(catalog: &Catalog) -> Result<Self> {
        let all = catalog.identities()?;
        let mut by_ino: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut by_size: HashMap<u64, Vec<u32>> = HashMap::new();
        for (at, file) in all.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            by_ino.entry(file.ino).or_default().push(at);
            if file.content.is_some() {
                by_size.entry(file.size).or_default().push(at);
            }
        }
        Ok(Self { all, by_ino, by_size })
    }
}

/// The content of a file that still is what `stat` says; `None` where it cannot be read or changed meanwhile.
pub(in crate::library) fn hash_file(fs: &dyn Fs, path: &Path, stat: &Stat, cx: &Cx) -> Option<ContentId> {
    let mut file = fs.open(path).ok()?;
    if !file.stat().ok()?.same_content_as(stat) {
        return None;
    }
    let mut hasher = ContentHasher::new();
    let mut buffer = vec![0_u8; 256 * 1024];
    loop {
        if cx.cancel.is_cancelled() {
            return None;
        }
        let read = file.read(&mut buffer).ok()?;
        if read == 0 {
            break;
        }
        hasher.update(buffer.get(..read)?);
    }
    let (content, bytes) = hasher.finish();
    (bytes == stat.size && file.stat().ok()?.same_content_as(stat)).then_some(content)
}
