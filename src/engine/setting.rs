//! Keys and settings that the window changes: kept on disk by the heartbeat, shown in the snapshot.

use super::{
    engine::Loop,
    error::Result,
    keymap::{KEYMAP, KeymapFile},
    settings::{SettingsChange, SettingsView},
    snapshot::Severity,
};
use std::sync::Arc;

impl Loop {
    /// Reads the person's keys; what is wrong with them is said, and nothing else happens.
    pub(in crate::engine) fn load_keys(&mut self) {
        let path = self.session.home.config.join(KEYMAP);
        let (keys, warning) = KeymapFile::load(self.session.fs.as_ref(), &path);
        self.snapshot.keymap = Arc::new(keys);
        if let Some(warning) = warning {
            self.say(Severity::Warning, &warning, "", "");
        }
    }

    /// The keys hold at once, even where they cannot be kept.
    pub(in crate::engine) fn set_keys(&mut self, keys: KeymapFile) -> Result<()> {
        let session = Arc::clone(&self.session);
        self.snapshot.keymap = Arc::new(keys);
        let path = session.home.config.join(KEYMAP);
        Ok(self
            .snapshot
            .keymap
            .save(session.fs.as_ref(), &path, session.clock.now())?)
    }

    pub(in crate::engine) fn set(&mut self, change: SettingsChange) -> Result<()> {
        let kept = self.session.change_settings(|settings| settings.apply(change));
        self.show_settings();
        Ok(kept?)
    }

    pub(in crate::engine) fn show_settings(&mut self) {
        let home = &self.session.home;
        self.snapshot.settings = Arc::new(SettingsView {
            settings: self.session.settings(),
            config: home.config.clone(),
            data: home.data.clone(),
            cache: home.cache.clone(),
            thumb_bytes: self.session.thumbs.kept_bytes(),
        });
    }
}
