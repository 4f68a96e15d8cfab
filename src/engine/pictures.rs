//! The workers that make wanted pictures: each takes the most urgent that nobody else has in hand, and what a face no
//! longer wants is never begun, or given up.

use super::{
    handle::{Arrived, DEVELOPED, Handle, MEASURED_EDGE, Wanted},
    looking::{CUT_SHORT, unreadable},
    session::Session,
};
use crate::{
    library::thumbs::PictureError,
    media::measure::measure,
    model::pixels::Pixels,
    sys::task::{self, Cancel},
};
use std::{sync::Arc, thread::JoinHandle};

/// What is said of a file that never was a picture: nothing is wrong with it.
const NO_PICTURE: &str = "This file is no picture, so there is nothing to show.";

/// Starts the workers.
///
/// # Errors
/// The system has no threads to give.
pub(in crate::engine) fn start(handle: &Handle, session: &Arc<Session>) -> std::io::Result<Vec<JoinHandle<()>>> {
    (0..task::picture_threads())
        .map(|number| {
            let (handle, session) = (handle.clone(), Arc::clone(session));
            task::spawn(&format!("pictures-{number}"), move || work(&handle, &session))
        })
        .collect()
}

fn work(handle: &Handle, session: &Session) {
    while let Some((wanted, cancel)) = handle.next_wanted() {
        let made = one(session, &wanted, &cancel);
        handle.done(&wanted);
        let Some(made) = made.transpose() else { continue };
        let measures = made
            .as_ref()
            .ok()
            .filter(|_| wanted.edge & !DEVELOPED == 0 || wanted.edge & !DEVELOPED >= MEASURED_EDGE)
            .map(|pixels| Arc::new(measure(pixels)));
        let result = made.map(Arc::new).map_err(Arc::<str>::from);
        handle.deliver(Arrived {
            wanted,
            result,
            measures,
        });
    }
}

/// The picture, or a sentence; nothing where it was given up.
fn one(session: &Session, wanted: &Wanted, cancel: &Cancel) -> Result<Option<Pixels>, String> {
    let develop = wanted.edge & DEVELOPED != 0;
    let file = if develop {
        session.raw_file(wanted.photo)
    } else {
        session.shown_file(wanted.photo)
    };
    let file = file
        .map_err(|error| error.to_string())?
        .ok_or_else(|| "It is not known any more".to_owned())?;
    if !file.kind.is_shown() && !develop {
        return Err(NO_PICTURE.to_owned());
    }
    let stat = session.fs.stat(&file.path).map_err(|error| match session.away(&file) {
        Some(why) => why,
        None => format!("The file could not be read: {}.", error.kind.sentence()),
    })?;
    let (thumbs, fs) = (&session.thumbs, session.fs.as_ref());
    let picture = if develop {
        thumbs.developed(fs, &file.path, &stat, wanted.edge & !DEVELOPED, cancel)
    } else {
        thumbs.picture(fs, &file.path, &stat, wanted.edge, cancel)
    };
    // A RAW that cannot be developed still has the preview that is shown.
    let flaw = match &picture {
        Ok(_) if thumbs.is_hurt(&stat) => Some(CUT_SHORT.to_owned()),
        Err(PictureError::Decode(why)) if !develop => Some(unreadable(why)),
        _ => None,
    };
    if let Some(sentence) = flaw
        && let Err(error) = session.keep_flaw(&file, &sentence)
    {
        tracing::warn!("{error}");
    }
    let error = match picture {
        Ok(pixels) => return Ok(Some(pixels)),
        Err(PictureError::Cancelled) => return Ok(None),
        Err(error) => error,
    };
    // The same sentence as in the inspector and in the status.
    if let (PictureError::Decode(why), false) = (&error, develop) {
        let known = file.problem.clone().filter(|_| file.undecodable);
        return Err(known.unwrap_or_else(|| unreadable(why)));
    }
    if let (PictureError::Read(_), Some(why)) = (&error, session.away(&file)) {
        return Err(why);
    }
    Err(error.to_string())
}
