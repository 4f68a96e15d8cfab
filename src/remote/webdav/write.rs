//! Writing to a WebDAV server: bytes to a name of no meaning, its length asked for, and then a MOVE that gives the key.

use super::{
    nextcloud::{Hashed, IN_PARTS},
    read::info,
    remote::{CUT_PROBE, TEMP, TEMP_PREFIX, WebDav},
    say::Doing,
    talk::{Load, drain},
};
use crate::{
    remote::api::{Error, ErrorKind, Info, Key, Result, Source, check_cancel},
    sys::{
        clock::random_hex,
        task::{Cx, lock},
    },
};
use std::{io::Cursor, sync::atomic::Ordering};

/// From this size on the server is asked whether the key is taken before anything is sent; below, sending costs less.
const ASK_FIRST: u64 = 1024 * 1024;
/// How many folders are remembered to be there.
const MAX_MADE: usize = 10_000;
/// How many unfinished things are remembered to be removed.
const MAX_LEFTOVERS: usize = 256;

/// Whether what is at the target may be replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Over {
    Never,
    Replace,
}

impl WebDav {
    pub(super) fn create_only(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        self.path(key)?;
        let _turn = self.turns.take(key, cx)?;
        self.remove_leftovers(cx);
        if key.as_str().contains('?') && self.cuts_names(cx)? {
            return Err(changes_names(key));
        }
        let keeps = self.keeps_what_is_there(cx)?;
        if size >= ASK_FIRST && self.facts(key, cx)?.is_some() {
            return Err(exists(key));
        }
        self.by_temp(cx, |temp| {
            self.send_temp(temp, body, size, cx)?;
            if !keeps && self.facts(key, cx)?.is_some() {
                return Err(exists(key));
            }
            self.give_name(temp, key, Over::Never, cx)
        })?;
        Ok(info(key, size))
    }

    pub(super) fn put_over(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        self.path(key)?;
        let _turn = self.turns.take(key, cx)?;
        let size = bytes.len() as u64;
        self.by_temp(cx, |temp| {
            self.send_temp(temp, &mut Cursor::new(bytes), size, cx)?;
            self.give_name(temp, key, Over::Replace, cx)
        })?;
        Ok(info(key, size))
    }

    /// What this server does not do by itself, and what is done about it.
    pub(super) fn habits(&self, cx: &Cx) -> Result<Vec<String>> {
        let mut notes = vec![
            "WebDAV servers do not check what they receive: each file is sent under another name, its length is asked for, and \
             only then it gets its own. Every copy is read back in full before it counts."
                .to_owned(),
        ];
        let mut note = |applies: bool, text: &str| {
            if applies {
                notes.push(text.to_owned());
            }
        };
        note(
            !self.keeps_what_is_there(cx)?,
            "This server writes over a file although it is told not to. Names carry the content's hash, so the same name has the \
             same bytes; each write is preceded by a look.",
        );
        note(
            self.cuts_names(cx)?,
            "This server cuts names at a semicolon; Safelight writes them so that it does not. Names with a question mark are \
             refused.",
        );
        note(
            self.bare_target.load(Ordering::Relaxed),
            "This server does not know its own address, as behind a proxy; it is spoken to in paths.",
        );
        note(
            self.nextcloud.is_some(),
            "Nextcloud is asked for the SHA-256 of what it received, and large files go in parts. Its stored checksums are not \
             believed: it never compares them.",
        );
        Ok(notes)
    }

    /// Works with a new unfinished object, which is removed where the work fails.
    fn by_temp(&self, cx: &Cx, work: impl FnOnce(&str) -> Result<()>) -> Result<()> {
        let temp = temp_name()?;
        let done = work(&temp);
        if let Err(error) = &done {
            self.leave(self.talk.address().file(&temp));
            // A stopped call ends at once, and a server that is away cannot be asked to tidy up: the next one does.
            if !matches!(error.kind, ErrorKind::Cancelled | ErrorKind::Unreachable) {
                self.remove_leftovers(cx);
            }
        }
        done
    }

    fn leave(&self, path: String) {
        let mut leftovers = lock(&self.leftovers);
        if leftovers.len() < MAX_LEFTOVERS {
            leftovers.push((path, true));
        }
    }

    /// A server that is still busy with a PUT that we gave up may make its file after our DELETE: what was not there yet is
    /// removed once more, the next time.
    fn remove_leftovers(&self, cx: &Cx) {
        let paths = std::mem::take(&mut *lock(&self.leftovers));
        for (path, once_more) in paths {
            let gone = self.remove_quietly(&path, cx);
            if !gone && once_more {
                lock(&self.leftovers).push((path, false));
            }
        }
    }

    /// Sends a body to a name of no meaning and asks whether all of it arrived.
    fn send_temp(&self, temp: &str, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<()> {
        let path = self.talk.address().file(temp);
        self.make_folder(TEMP, cx)?;
        match &self.nextcloud {
            Some(nextcloud) if size >= IN_PARTS => {
                nextcloud.put_in_parts(
                    &self.talk,
                    &self.target(&path),
                    (body, size),
                    &mut |left| self.leave(left),
                    cx,
                )?;
            }
            Some(_) => self.put_hashed(&path, body, size, cx)?,
            None => self.put_plain(&path, body, size, cx)?,
        }
        // Some servers keep half of what was cut, and say nothing.
        let entry = self.talk.ask(&path, cx)?;
        let kept = match entry.as_ref().map(|entry| entry.size) {
            Some(Some(kept)) => kept,
            Some(None) => self.talk_length(&path, cx)?,
            None => {
                let what = format!(
                    "The server said that it took a file, and does not have it. {}",
                    self.talk.place()
                );
                return Err(Error::new(ErrorKind::Temporary, what));
            }
        };
        if kept != size {
            let what = format!(
                "The server kept {kept} of {size} bytes. It is tried again. {}",
                self.talk.place()
            );
            return Err(Error::new(ErrorKind::Temporary, what));
        }
        Ok(())
    }

    fn talk_length(&self, path: &str, cx: &Cx) -> Result<u64> {
        self.length_by_head(path, cx)
    }

    fn put_plain(&self, path: &str, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<()> {
        let mut again = true;
        loop {
            let headers = [("Content-Type", "application/octet-stream")];
            let answer = self
                .talk
                .send("PUT", path, &headers, Load::Stream(&mut *body, size), cx)?;
            match answer.status() {
                200 | 201 | 204 => {
                    drain(answer);
                    return Ok(());
                }
                // Somebody tidied our folder away.
                404 | 409 if again => {
                    again = false;
                    drain(answer);
                    self.forget_folders(TEMP);
                    self.make_folder(TEMP, cx)?;
                }
                404 => return Err(self.gone(Doing::Sending, cx)),
                _ => return Err(self.talk.refused(&answer, Doing::Sending)),
            }
        }
    }

    /// A PUT to Nextcloud, which says the SHA-256 of what it received where it is asked to.
    fn put_hashed(&self, path: &str, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<()> {
        let mut hashed = Hashed::new(body);
        let headers = [("Content-Type", "application/octet-stream"), ("X-Hash", "sha256")];
        let answer = self
            .talk
            .send("PUT", path, &headers, Load::Stream(&mut hashed, size), cx)?;
        match answer.status() {
            200 | 201 | 204 => {}
            _ => return Err(self.talk.refused(&answer, Doing::Sending)),
        }
        let theirs = answer
            .header("x-hash-sha256")
            .map(|hash| hash.trim().to_ascii_lowercase());
        drain(answer);
        // Nothing is believed because of it; but what differs needs no reading back to be known for wrong.
        if theirs.is_some_and(|theirs| theirs != hashed.content().hex()) {
            let what = format!(
                "Other bytes arrived at the server than were sent. It is tried again. {}",
                self.talk.place()
            );
            return Err(Error::new(ErrorKind::Temporary, what));
        }
        Ok(())
    }

    /// A 404 where something must be: the store's folder went away, or only this.
    fn gone(&self, doing: Doing, cx: &Cx) -> Error {
        match self.present(cx) {
            Err(error) => error,
            Ok(()) => self.talk.refused_with(409, doing),
        }
    }

    /// Gives the finished bytes their key.
    fn give_name(&self, temp: &str, key: &Key, over: Over, cx: &Cx) -> Result<()> {
        let folder = key.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut again = true;
        loop {
            self.make_folder(folder, cx)?;
            match self.rename(temp, key.as_str(), over, cx)? {
                200 | 201 | 204 => return self.is_where_it_was_meant(key, cx),
                412 if over == Over::Never => return Err(exists(key)),
                // Somebody tidied away the folder, or the unfinished file.
                404 | 409 if again => {
                    again = false;
                    self.forget_folders(folder);
                }
                404 => return Err(self.gone(Doing::Naming, cx)),
                status => return Err(self.talk.refused_with(status, Doing::Naming)),
            }
        }
    }

    /// A name with characters that end an address's path may have been cut by the server; it says nothing then.
    fn is_where_it_was_meant(&self, key: &Key, cx: &Cx) -> Result<()> {
        if !key.as_str().contains([';', '?', '#']) || self.facts(key, cx)?.is_some() {
            return Ok(());
        }
        Err(changes_names(key))
    }

    /// Whether this server cuts the target of a MOVE at a `;`, as wsgidav does; tried once with an unfinished object.
    fn cuts_names(&self, cx: &Cx) -> Result<bool> {
        let mut cuts = lock(&self.cuts);
        if let Some(cuts) = *cuts {
            return Ok(cuts);
        }
        let (from, cut) = (temp_name()?, temp_name()?);
        let whole = format!("{cut}{CUT_PROBE}");
        let tried = self
            .send_temp(&from, &mut Cursor::new(b"name"), 4, cx)
            .and_then(|()| self.rename_to(&from, self.talk.address().file(&whole), Over::Never, cx))
            .and_then(|_| self.talk.ask(&self.talk.address().file(&whole), cx));
        for temp in [&from, &cut, &whole] {
            self.leave(self.talk.address().file(temp));
        }
        let found = tried?.is_none();
        self.remove_leftovers(cx);
        *cuts = Some(found);
        Ok(found)
    }

    /// One MOVE, and its status.
    fn rename(&self, from: &str, to: &str, over: Over, cx: &Cx) -> Result<u16> {
        let mut path = self.talk.address().file(to);
        if to.contains(';') && self.cuts_names(cx)? {
            // A server that cuts looks for the `;` in the last part only, and takes this for an empty one.
            path.push('/');
        }
        self.rename_to(from, path, over, cx)
    }

    fn rename_to(&self, from: &str, to: String, over: Over, cx: &Cx) -> Result<u16> {
        let from = self.talk.address().file(from);
        let overwrite = if over == Over::Never { "F" } else { "T" };
        loop {
            let bare = self.bare_target.load(Ordering::Relaxed);
            let target = self.target(&to);
            let headers = [("Destination", target.as_str()), ("Overwrite", overwrite)];
            let answer = self.talk.send("MOVE", &from, &headers, Load::Empty, cx)?;
            let status = answer.status();
            let trouble = (300..400).contains(&status) || answer.is_web_page() && status == 200;
            if trouble {
                return Err(self.talk.refused(&answer, Doing::Naming));
            }
            drain(answer);
            // "Another server", it says: behind a proxy it knows itself by another scheme or name.
            if !bare && matches!(status, 400 | 502) {
                self.bare_target.store(true, Ordering::Relaxed);
                continue;
            }
            return Ok(status);
        }
    }

    /// Whether a MOVE with `Overwrite: F` refuses to replace, tried once with two small unfinished objects.
    fn keeps_what_is_there(&self, cx: &Cx) -> Result<bool> {
        // Held while it is tried: others wait for the answer instead of asking too.
        let mut keeps = lock(&self.keeps);
        if let Some(keeps) = *keeps {
            return Ok(keeps);
        }
        let (one, other) = (temp_name()?, temp_name()?);
        let tried = self
            .send_temp(&one, &mut Cursor::new(b"one"), 3, cx)
            .and_then(|()| self.send_temp(&other, &mut Cursor::new(b"other"), 5, cx))
            .and_then(|()| self.rename(&one, &other, Over::Never, cx));
        for temp in [&one, &other] {
            self.leave(self.talk.address().file(temp));
        }
        let status = tried?;
        self.remove_leftovers(cx);
        let found = match status {
            412 => true,
            200..=299 => false,
            _ => return Err(self.talk.refused_with(status, Doing::Naming)),
        };
        *keeps = Some(found);
        Ok(found)
    }

    /// Makes a folder below the base and those above it. The base itself is never made: it may only be away.
    fn make_folder(&self, folder: &str, cx: &Cx) -> Result<()> {
        if folder.is_empty() || lock(&self.made).contains(folder) {
            return Ok(());
        }
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        for above in ends.filter_map(|end| folder.get(..end)) {
            if lock(&self.made).contains(above) {
                continue;
            }
            let path = self.talk.address().folder(above);
            let answer = self.talk.send("MKCOL", &path, &[], Load::Empty, cx)?;
            let status = answer.status();
            match status {
                // 405: it is there. rclone says 201 then, too.
                200 | 201 | 204 | 405 => drain(answer),
                _ => {
                    let told = self.talk.refused(&answer, Doing::MakingFolder);
                    drain(answer);
                    self.look_for_folder(&path, told, cx)?;
                }
            }
            let mut made = lock(&self.made);
            if made.len() >= MAX_MADE {
                made.clear();
            }
            made.insert(above.to_owned());
        }
        Ok(())
    }

    /// A folder could not be made: fine where it is there.
    fn look_for_folder(&self, path: &str, told: Error, cx: &Cx) -> Result<()> {
        match self.talk.ask(path, cx)? {
            Some(entry) if entry.folder => Ok(()),
            Some(_) => {
                let what = format!(
                    "A file lies where the store needs a folder. Move it away. {}",
                    self.talk.place()
                );
                Err(Error::new(ErrorKind::Permanent, what))
            }
            None => {
                self.present(cx)?;
                Err(told)
            }
        }
    }

    /// These folders have to be made again.
    fn forget_folders(&self, folder: &str) {
        let mut made = lock(&self.made);
        made.retain(|known| !(folder == known || folder.starts_with(&format!("{known}/"))));
        if folder == TEMP {
            made.remove(TEMP);
        }
    }
}

fn temp_name() -> Result<String> {
    let name = random_hex(16).map_err(|error| {
        Error::caused(
            ErrorKind::Temporary,
            "The system has no randomness to give. Try again.",
            error,
        )
    })?;
    Ok(format!("{TEMP}/{TEMP_PREFIX}{name}"))
}

fn changes_names(key: &Key) -> Error {
    let what = format!("The server changes names with ; ? or # in them. Rename the file. {key}");
    Error::new(ErrorKind::Unsupported, what)
}

fn exists(key: &Key) -> Error {
    Error::new(
        ErrorKind::Exists,
        format!("something of that name is there already: {key}"),
    )
}
