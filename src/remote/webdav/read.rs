//! Looking, reading and listing on a WebDAV server. Nothing is taken for absent unless the store's folder is there and the
//! server says so.

use super::{
    address::names_of_href,
    multistatus::Entry,
    remote::{TEMP, WebDav, is_ours},
    say::Doing,
    talk::{Load, drain},
};
use crate::{
    remote::{
        api::{CHUNK, Error, ErrorKind, Info, Key, Result, check_cancel},
        http::Response,
    },
    sys::task::Cx,
};
use std::{
    io::Write,
    ops::{ControlFlow, Range},
};

/// Folders below folders, more than any layout of ours has.
const MAX_DEPTH: usize = 32;
/// Entries of one folder that are held in memory.
const MAX_ENTRIES: usize = 4_000_000;

impl WebDav {
    /// What the server says of a key.
    pub(super) fn facts(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        let path = self.path(key)?;
        let Some(entry) = self.talk.ask(&path, cx)? else {
            self.present(cx)?;
            return Ok(None);
        };
        if entry.folder {
            let what = format!("A folder lies where the store needs a file. Move it away. {key}");
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        let size = match entry.size {
            Some(size) => size,
            None => self.length_by_head(&path, cx)?,
        };
        Ok(Some(info(key, size)))
    }

    /// The length by HEAD, where PROPFIND does not say it.
    pub(super) fn length_by_head(&self, path: &str, cx: &Cx) -> Result<u64> {
        let answer = self.talk.send("HEAD", path, &[], Load::Empty, cx)?;
        match (answer.status(), answer.length()) {
            (200, Some(length)) => Ok(length),
            _ => Err(self.talk.refused(&answer, Doing::Looking)),
        }
    }

    pub(super) fn read(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        let path = self.path(key)?;
        if let Some(range) = range.as_ref().filter(|range| range.start >= range.end) {
            return self.read_nothing(key, range, cx);
        }
        let mut headers = vec![("Cache-Control", "no-cache")];
        let asked = range
            .as_ref()
            .map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        if let Some(asked) = &asked {
            headers.push(("Range", asked));
        }
        let answer = self.talk.send("GET", &path, &headers, Load::Empty, cx)?;
        let status = answer.status();
        match (status, &range) {
            (404 | 410, _) => {
                drain(answer);
                // Somebody on the way may say so of everything: two questions have to agree.
                Err(match self.facts(key, cx)? {
                    None => Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}")),
                    Some(_) => {
                        let what = format!(
                            "The server says that a file is there, and does not give it. It is tried again. {key}"
                        );
                        Error::new(ErrorKind::Temporary, what)
                    }
                })
            }
            (416, Some(range)) => {
                drain(answer);
                self.read_nothing(key, range, cx)
            }
            (200 | 206, _) if answer.is_web_page() && !may_be_page(key) && !self.is_file(key, &answer, cx)? => {
                Err(answer.web_page())
            }
            (200 | 206, _) if !is_plain(&answer) => {
                let what = format!(
                    "The server sends files in another form than they are kept. Turn compression off for WebDAV there. {}",
                    self.talk.place()
                );
                Err(Error::new(ErrorKind::Unsupported, what))
            }
            (200 | 206, Some(range)) => self.read_range(key, range, answer, sink, cx),
            (200, None) => {
                // A stream without a length could be one without an end.
                let size = match answer.length() {
                    // An empty file is rare, a proxy that answers with nothing is not.
                    None | Some(0) => self.facts(key, cx)?.map_or(0, |info| info.size),
                    Some(size) => size,
                };
                match answer.copy_to(sink, size, cx)? {
                    got if got == size => Ok(info(key, got)),
                    _ => Err(self.talk.refused_with(502, Doing::Reading)),
                }
            }
            _ => Err(self.talk.refused(&answer, Doing::Reading)),
        }
    }

    /// Whether what calls itself a web page is the file: a sign-in page of a network cannot answer a PROPFIND.
    fn is_file(&self, key: &Key, answer: &Response, cx: &Cx) -> Result<bool> {
        let whole = match answer.header("content-range").and_then(part_of) {
            Some((_, size)) => size,
            None => answer.length(),
        };
        Ok(self.facts(key, cx)?.is_some_and(|info| Some(info.size) == whole))
    }

    /// No byte of an object that must be there and not end before the range.
    fn read_nothing(&self, key: &Key, range: &Range<u64>, cx: &Cx) -> Result<Info> {
        match self.facts(key, cx)? {
            None => Err(Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}"))),
            Some(info) if range.start <= info.size && range.start <= range.end => Ok(info),
            Some(info) => Err(no_such_range(key, range, info.size)),
        }
    }

    /// The range out of an answer that is the range, or the whole where a server takes no ranges.
    fn read_range(
        &self,
        key: &Key,
        range: &Range<u64>,
        answer: Response,
        sink: &mut dyn Write,
        cx: &Cx,
    ) -> Result<Info> {
        // A part may come with status 200 too: what the header says is what comes.
        let part = answer.header("content-range").and_then(part_of);
        let (first, size) = match part {
            Some((first, size)) => (first, size),
            None if answer.status() == 200 => (0, answer.length()),
            None => return Err(self.talk.refused_with(502, Doing::Reading)),
        };
        let size = match size {
            Some(size) => size,
            None => self.facts(key, cx)?.map_or(0, |info| info.size),
        };
        let end = range.end.min(size);
        if range.start > size {
            return Err(no_such_range(key, range, size));
        }
        if first > range.start {
            return Err(self.talk.refused_with(502, Doing::Reading));
        }
        let (mut skip, mut left) = (range.start - first, end.saturating_sub(range.start));
        let mut reader = answer.into_reader();
        let mut buffer = vec![0_u8; CHUNK];
        while left > 0 {
            check_cancel(cx)?;
            let got = reader.pull(&mut buffer)?;
            if got == 0 {
                let what = format!("The file became shorter while it was read: {key}");
                return Err(Error::new(ErrorKind::Corrupt, what));
            }
            let from = usize::try_from(skip).unwrap_or(usize::MAX).min(got);
            skip -= from as u64;
            let to = got.min(from.saturating_add(usize::try_from(left).unwrap_or(usize::MAX)));
            let bytes = buffer.get(from..to).unwrap_or_default();
            sink.write_all(bytes)
                .map_err(|error| Error::caused(ErrorKind::Permanent, "what was read could not be passed on", error))?;
            left -= bytes.len() as u64;
            cx.progress.add_bytes(bytes.len() as u64);
        }
        Ok(info(key, size))
    }

    /// Every file below a folder, one PROPFIND of depth 1 for each folder: most servers refuse to answer more at once.
    pub(super) fn walk(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        let start = prefix.trim_end_matches('/');
        if !start.is_empty() {
            Key::new(start)?;
        }
        let mut todo = vec![(start.to_owned(), 0_usize)];
        let mut trouble: Option<Error> = None;
        while let Some((folder, depth)) = todo.pop() {
            let entries = match self.entries(&folder, cx) {
                Ok(entries) => entries,
                Err(error) if matches!(error.kind, ErrorKind::Auth | ErrorKind::Permanent) && depth > 0 => {
                    trouble = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            for (name, entry) in entries {
                let below = if folder.is_empty() {
                    name.clone()
                } else {
                    format!("{folder}/{name}")
                };
                if is_ours(&name) {
                    continue;
                }
                if entry.folder {
                    if depth >= MAX_DEPTH {
                        let what = format!(
                            "More folders inside each other than can be listed. {}",
                            self.talk.place()
                        );
                        trouble = Some(Error::new(ErrorKind::Permanent, what));
                    } else {
                        todo.push((below, depth + 1));
                    }
                    continue;
                }
                // A name that is no key was never ours, and nobody could ask for it.
                let Ok(key) = Key::new(below) else { continue };
                let size = match entry.size {
                    Some(size) => size,
                    None => match self.facts(&key, cx)? {
                        Some(info) => info.size,
                        None => continue,
                    },
                };
                if each(info(&key, size)).is_break() {
                    return Ok(());
                }
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// The names that lie directly in a folder; none where it is not there.
    fn entries(&self, folder: &str, cx: &Cx) -> Result<Vec<(String, Entry)>> {
        check_cancel(cx)?;
        let below: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        let mut found = Vec::new();
        let mut trouble: Option<Error> = None;
        // How the server itself names the folder: as it was seen when the store was opened, or as its first entry says.
        let mut itself: Vec<String> = self
            .seen_as
            .iter()
            .cloned()
            .chain(below.iter().map(|name| (*name).to_owned()))
            .collect();
        let (mut first, mut named) = (true, false);
        let there = self.talk.list(&self.talk.address().folder(folder), cx, &mut |entry| {
            let Some(names) = names_of_href(&entry.href) else {
                trouble = Some(self.strange());
                return ControlFlow::Continue(());
            };
            if std::mem::take(&mut first) && entry.folder && names != itself && is_same_folder(&names, &below) {
                itself.clone_from(&names);
            }
            if names == itself {
                named = true;
                return ControlFlow::Continue(());
            }
            match (names.split_last(), entry.trouble) {
                (Some((name, above)), None) if above == itself && found.len() < MAX_ENTRIES => {
                    found.push((name.clone(), entry));
                }
                (Some((_, above)), Some(404 | 410)) if above == itself => {}
                (_, Some(status)) => trouble = Some(self.talk.refused_with(status, Doing::Listing)),
                (_, None) => trouble = Some(self.strange()),
            }
            ControlFlow::Continue(())
        })?;
        if !there {
            self.present(cx)?;
        } else if !named {
            // RFC 4918 has the folder itself in its listing: what lacks it is the listing of something else.
            trouble.get_or_insert_with(|| self.strange());
        }
        match trouble {
            // Our own unfinished files come and go.
            Some(_) if folder == TEMP => Ok(found),
            Some(error) => Err(error),
            None => Ok(found),
        }
    }

    /// A listing that names what was not asked for could leave out what was.
    fn strange(&self) -> Error {
        let what = format!(
            "The server lists something that is not in the folder that was asked for. {}",
            self.talk.place()
        );
        Error::new(ErrorKind::Temporary, what)
    }
}

/// Whether a server's name for a folder can be the folder that was asked for: it ends with the names below the base.
fn is_same_folder(names: &[String], below: &[&str]) -> bool {
    !below.is_empty()
        && names.len() >= below.len()
        && names
            .iter()
            .rev()
            .zip(below.iter().rev())
            .all(|(one, other)| one == other)
}

pub(super) fn info(key: &Key, size: u64) -> Info {
    Info {
        key: key.clone(),
        size,
        // Tags differ between HEAD, GET and PROPFIND, and change a second after a write (stores.md 3): worth nothing.
        tag: None,
    }
}

fn no_such_range(key: &Key, range: &Range<u64>, size: u64) -> Error {
    let what = format!("asked for bytes {} to {} of {size}: {key}", range.start, range.end);
    Error::new(ErrorKind::Permanent, what)
}

/// The first byte and the whole length of `bytes 5-9/100`.
fn part_of(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, size) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, size.trim().parse().ok()))
}

fn is_plain(answer: &Response) -> bool {
    answer
        .header("content-encoding")
        .is_none_or(|form| form.trim().is_empty() || form.trim().eq_ignore_ascii_case("identity"))
}

/// A store may hold web pages too; only they are sent as such.
fn may_be_page(key: &Key) -> bool {
    let name = key.as_str().to_ascii_lowercase();
    [".html", ".htm", ".xhtml", ".xht", ".shtml"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_servers_write_them() {
        assert_eq!(part_of("bytes 5-9/100"), Some((5, Some(100))));
        assert_eq!(part_of(" bytes 0-0/* "), Some((0, None)));
        for bad in ["", "bytes */100", "lines 1-2/3", "bytes 5", "bytes x-9/1"] {
            assert_eq!(part_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn web_pages_are_known_by_their_names() {
        for (name, page) in [
            ("a/b.html", true),
            ("a/B.HTM", true),
            ("a/html", false),
            ("a/b.jpg", false),
        ] {
            assert_eq!(may_be_page(&Key::new(name).expect("a key")), page, "{name}");
        }
    }
}
