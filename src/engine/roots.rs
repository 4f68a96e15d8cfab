//! What the loop does with folders that are to be watched from now on.

use super::{
    command::{FolderAdded, Source},
    engine::Loop,
    error::Result,
    work::Work,
};
use std::path::PathBuf;

impl Loop {
    /// Watches these trees; what cannot be is a notice.
    pub(in crate::engine) fn add_roots(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            if let Err(error) = self.add_one_root(path) {
                self.fail(&error);
            }
        }
        self.roots_added();
    }

    fn add_one_root(&mut self, path: PathBuf) -> Result<()> {
        // A file means the folder that it lies in.
        let dir = match self.session.fs.stat(&path) {
            Ok(stat) if stat.kind == crate::sys::fs::FileKind::File => {
                path.parent().map(std::path::Path::to_owned).unwrap_or(path)
            }
            _ => path,
        };
        let root = self.session.add_root(&dir)?;
        self.source = Source::Root(root.id);
        Ok(())
    }

    fn roots_added(&mut self) {
        if let Err(error) = self.session.remember_places() {
            self.fail(&error.into());
        }
        self.all_dirty();
        self.enqueue(Work::Scan);
    }

    /// The same with one that was typed; the answer is beside what was typed, and nowhere else.
    pub(in crate::engine) fn add_typed_root(&mut self, path: PathBuf) {
        let why = self.add_one_root(path).err().map(|error| error.to_string());
        if why.is_none() {
            self.roots_added();
            self.source = Source::All;
        }
        let count = self.snapshot.folder_added.count + 1;
        self.snapshot.folder_added = FolderAdded { count, why };
    }
}
