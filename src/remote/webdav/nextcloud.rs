//! What Nextcloud and ownCloud can beyond WebDAV: large files in parts, and a hash that the server computed from what it
//! received. Their `OC-Checksum` is stored as the client says it and never compared: it is neither sent nor believed.
//! Sources: Nextcloud's developer manual, "Chunked file upload v2" and "Basic operations" (`X-Hash`).

use super::{
    say::Doing,
    talk::{Load, Talk, drain},
};
use crate::{
    model::content::{ContentHasher, ContentId},
    remote::{
        api::{CHUNK, Error, ErrorKind, Result, Source, check_cancel},
        encode::path_of,
    },
    sys::{clock::random_hex, task::Cx},
};
use std::io::{self, Read, Seek, SeekFrom};

/// From this size on a file goes in parts: servers in front of Nextcloud often limit one request.
pub(super) const IN_PARTS: u64 = 64 * 1024 * 1024;
/// The usual length of a part. It is held in memory, so that a part can be sent again; the manual's least is 5 MB.
const PART: u64 = 8 * 1024 * 1024;
/// The most parts of one file, by the manual.
const MAX_PARTS: u64 = 10_000;

/// A Nextcloud server and where uploads in parts go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Nextcloud {
    /// The names that lead to `remote.php`.
    above: Vec<String>,
    user: String,
}

impl Nextcloud {
    /// Whether this address is one of Nextcloud's and `status.php` there says so.
    ///
    /// # Errors
    /// Cancelled. What cannot be asked is no Nextcloud.
    pub(super) fn find(talk: &Talk, cx: &Cx) -> Result<Option<Self>> {
        let base = talk.address().base();
        let Some(at) = base.iter().position(|name| name == "remote.php") else {
            return Ok(None);
        };
        let (above, below) = base.split_at(at);
        let user = match below {
            [_, dav, files, user, ..] if dav == "dav" && files == "files" => user.clone(),
            [_, webdav, ..] if webdav == "webdav" => match talk.user() {
                Some(user) => user.to_owned(),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let names = above.iter().map(String::as_str).chain(["status.php"]);
        let answer = talk.send("GET", &path_of(names, false), &[], Load::Empty, cx);
        check_cancel(cx)?;
        let said = match answer {
            Ok(answer) if answer.status() == 200 => answer.text(64 * 1024).unwrap_or_default(),
            _ => return Ok(None),
        };
        let status: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        let is_one = status.get("installed").is_some() && status.get("version").is_some();
        Ok(is_one.then(|| Self {
            above: above.to_vec(),
            user,
        }))
    }

    fn uploads(&self, more: &[&str], folder: bool) -> String {
        let start = self.above.iter().map(String::as_str);
        let names = start.chain(["remote.php", "dav", "uploads", self.user.as_str()]);
        path_of(names.chain(more.iter().copied()), folder)
    }

    /// Sends a file in parts; it then lies at `to`, the whole address of a name of no meaning.
    ///
    /// # Errors
    /// As a PUT. `left` is given the path of the parts then; the server forgets them itself after a day.
    pub(super) fn put_in_parts(
        &self,
        talk: &Talk,
        to: &str,
        (body, size): (&mut dyn Source, u64),
        left: &mut dyn FnMut(String),
        cx: &Cx,
    ) -> Result<()> {
        let name = random_hex(16).map_err(|error| {
            Error::caused(
                ErrorKind::Temporary,
                "The system has no randomness to give. Try again.",
                error,
            )
        })?;
        let name = format!("safelight-{name}");
        let folder = self.uploads(&[&name], true);
        let answer = talk.send("MKCOL", &folder, &[("Destination", to)], Load::Empty, cx)?;
        if answer.status() != 201 {
            return Err(talk.refused(&answer, Doing::Sending));
        }
        drain(answer);
        let done = self.parts(talk, &name, to, body, size, cx);
        if done.is_err() {
            left(folder);
        }
        done
    }

    fn parts(&self, talk: &Talk, name: &str, to: &str, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<()> {
        body.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let length = PART.max(size.div_ceil(MAX_PARTS - 1));
        let (total, mut left, mut number) = (size.to_string(), size, 0_u32);
        let headers = [("Destination", to), ("OC-Total-Length", total.as_str())];
        let mut part = Vec::new();
        while left > 0 {
            let want = left.min(length);
            part.clear();
            // One byte more than the last part has tells that the file has grown.
            let more = u64::from(want == left);
            read_part(body, want + more, &mut part, cx)?;
            if part.len() as u64 != want {
                let what = format!("what was to be sent has another length than the {size} bytes it was said to have");
                return Err(Error::new(ErrorKind::Permanent, what));
            }
            number += 1;
            let path = self.uploads(&[name, &format!("{number:05}")], false);
            let answer = talk.send("PUT", &path, &headers, Load::Bytes(&part), cx)?;
            if !matches!(answer.status(), 200 | 201 | 204) {
                return Err(talk.refused(&answer, Doing::Sending));
            }
            drain(answer);
            cx.progress.add_bytes(want);
            left -= want;
        }
        let answer = talk.send(
            "MOVE",
            &self.uploads(&[name, ".file"], false),
            &headers,
            Load::Empty,
            cx,
        )?;
        if !matches!(answer.status(), 200 | 201 | 204) {
            return Err(talk.refused(&answer, Doing::Sending));
        }
        drain(answer);
        Ok(())
    }
}

fn unreadable(error: io::Error) -> Error {
    Error::caused(ErrorKind::Permanent, "what was to be sent could not be read", error)
}

fn read_part(body: &mut dyn Source, want: u64, part: &mut Vec<u8>, cx: &Cx) -> Result<()> {
    let mut left = want;
    while left > 0 {
        check_cancel(cx)?;
        let piece = left.min(CHUNK as u64);
        let mut limited = io::Read::take(&mut *body, piece);
        let got = limited.read_to_end(part).map_err(unreadable)?;
        if got == 0 {
            break;
        }
        left -= got as u64;
    }
    Ok(())
}

/// A body that is hashed while it is read, to be compared with what the server computed.
pub(super) struct Hashed<'a> {
    body: &'a mut dyn Source,
    hasher: ContentHasher,
}

impl<'a> Hashed<'a> {
    pub(super) fn new(body: &'a mut dyn Source) -> Self {
        Self {
            body,
            hasher: ContentHasher::new(),
        }
    }

    /// What went by since the beginning was last sought.
    pub(super) fn content(self) -> ContentId {
        self.hasher.finish().0
    }
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.body.read(buffer)?;
        self.hasher.update(buffer.get(..got).unwrap_or_default());
        Ok(got)
    }
}

impl Seek for Hashed<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.hasher = ContentHasher::new();
        self.body.seek(to)
    }
}
