//! The workers that make wanted pictures: each takes the most urgent that nobody else has in hand, and what a face no
//! longer wants is never begun.

use super::{
    handle::{Arrived, Handle, Wanted},
    session::Session,
};
use crate::{
    library::thumbs::PictureError,
    sys::task::{self, Cancel},
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

/// Starts the workers.
///
/// # Errors
/// The system has no threads to give.
pub(in crate::engine) fn start(handle: &Handle, session: &Arc<Session>) -> std::io::Result<Vec<JoinHandle<()>>> {
    let in_hand: Arc<Mutex<HashSet<Wanted>>> = Arc::default();
    (0..task::decode_threads())
        .map(|number| {
            let (handle, session, in_hand) = (handle.clone(), Arc::clone(session), Arc::clone(&in_hand));
            task::spawn(&format!("pictures-{number}"), move || work(&handle, &session, &in_hand))
        })
        .collect()
}

fn work(handle: &Handle, session: &Session, in_hand: &Mutex<HashSet<Wanted>>) {
    let lock = || task::lock(in_hand);
    while let Some(wanted) = handle.next_wanted(|one| !lock().insert(*one)) {
        let result = one(session, &wanted).map(Arc::new).map_err(Arc::<str>::from);
        handle.deliver(Arrived { wanted, result });
        lock().remove(&wanted);
    }
}

fn one(session: &Session, wanted: &Wanted) -> Result<crate::model::pixels::Pixels, String> {
    let file = session
        .shown_file(wanted.photo)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| "It is not known any more".to_owned())?;
    let stat = session
        .fs
        .stat(&file.path)
        .map_err(|error| error.kind.sentence().to_owned())?;
    let picture = session
        .thumbs
        .picture(session.fs.as_ref(), &file.path, &stat, wanted.edge, &Cancel::new());
    picture.map_err(|error| {
        if let PictureError::Decode(why) = &error
            && !file.undecodable
            && session.may_write()
        {
            // What only decoding finds out is kept, so that it is named in the status and never optimized.
            let sentence = format!("It cannot be read as a picture: {why}");
            if let Err(error) = session.catalog.set_file_problem(file.id, Some(&sentence), true) {
                tracing::warn!("{error}");
            }
        }
        error.to_string()
    })
}
