//! Choosing a folder: the desktop's own dialog on a thread of its own, and a field to type or paste a path, which is
//! there always, for on many machines there is no such dialog and none is opened without a word.

use super::state::Dialog;
use crate::{
    engine::{self, command::Command, handle::Handle},
    model::id::PhotoId,
};
use eframe::egui;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

#[derive(Default)]
enum Answer {
    #[default]
    Pending,
    Chosen(Vec<PathBuf>),
    Nothing,
}

/// What folders are chosen for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To watch them.
    Roots,
    /// To copy these photos into one.
    Copies(Vec<PhotoId>),
}

/// A dialog of the desktop that may be open now.
#[derive(Default)]
pub struct Picker {
    open: Option<(Arc<Mutex<Answer>>, Purpose)>,
    track: Option<Arc<Mutex<Answer>>>,
}

impl Picker {
    /// Opens the page with the path field, and the desktop's dialog over it.
    pub fn choose(&mut self, ctx: &egui::Context, dialog: &mut Option<Dialog>) {
        *dialog = Some(Dialog::add_folders());
        self.choose_for(ctx, Purpose::Roots);
    }

    /// Opens the desktop's dialog over a page with a path field.
    pub fn choose_for(&mut self, ctx: &egui::Context, purpose: Purpose) {
        if cfg!(test) || self.open.is_some() || !desktop_dialogs(ctx) {
            return;
        }
        let answer = Arc::new(Mutex::new(Answer::Pending));
        let (theirs, waker) = (Arc::clone(&answer), ctx.clone());
        let many = purpose == Purpose::Roots;
        let started = engine::spawn("folder-dialog", move || {
            let chosen = if many {
                rfd::FileDialog::new().set_title("Choose photo folders").pick_folders()
            } else {
                let one = rfd::FileDialog::new()
                    .set_title("Choose a folder for the copies")
                    .pick_folder();
                one.map(|path| vec![path])
            };
            let mut slot = engine::lock(&theirs);
            *slot = match chosen {
                Some(paths) if !paths.is_empty() => Answer::Chosen(paths),
                _ => Answer::Nothing,
            };
            waker.request_repaint();
        });
        if started.is_ok() {
            self.open = Some((answer, purpose));
        }
    }

    /// Opens the desktop's dialog for a GPX file; the path field of the form stays below it.
    pub fn choose_track(&mut self, ctx: &egui::Context) {
        if cfg!(test) || self.track.is_some() || !desktop_dialogs(ctx) {
            return;
        }
        let answer = Arc::new(Mutex::new(Answer::Pending));
        let (theirs, waker) = (Arc::clone(&answer), ctx.clone());
        let started = engine::spawn("file-dialog", move || {
            let dialog = rfd::FileDialog::new().set_title("Choose a GPX track");
            let chosen = dialog.add_filter("GPX track", &["gpx", "GPX"]).pick_file();
            *engine::lock(&theirs) = chosen.map_or(Answer::Nothing, |path| Answer::Chosen(vec![path]));
            waker.request_repaint();
        });
        if started.is_ok() {
            self.track = Some(answer);
        }
    }

    /// Takes the chosen file.
    pub fn poll_track(&mut self) -> Option<PathBuf> {
        let taken = std::mem::take(&mut *engine::lock(self.track.as_ref()?));
        if matches!(taken, Answer::Pending) {
            return None;
        }
        self.track = None;
        match taken {
            Answer::Chosen(mut paths) => paths.pop(),
            _ => None,
        }
    }

    /// Whether the desktop's dialog may be on the screen.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the answer; true where folders were chosen. Without folders the path field simply stays.
    pub fn poll(&mut self, handle: &Handle) -> bool {
        let Some((answer, purpose)) = &self.open else {
            return false;
        };
        let taken = std::mem::take(&mut *engine::lock(answer));
        match taken {
            Answer::Pending => false,
            Answer::Nothing => {
                self.open = None;
                false
            }
            Answer::Chosen(mut paths) => {
                handle.send(match purpose {
                    Purpose::Roots => Command::AddRoots(paths),
                    Purpose::Copies(photos) => Command::CopyTo {
                        photos: photos.clone(),
                        to: paths.pop().unwrap_or_default(),
                    },
                });
                self.open = None;
                true
            }
        }
    }
}

/// Tests of the window set this flag off, so that no real dialog is opened.
fn desktop_dialogs(ctx: &egui::Context) -> bool {
    ctx.data(|data| data.get_temp::<bool>(dialogs_id()).unwrap_or(false))
}

/// Lets `run` say that there is a desktop.
pub fn allow_desktop_dialogs(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(dialogs_id(), true));
}

fn dialogs_id() -> egui::Id {
    egui::Id::unique("desktop dialogs")
}
