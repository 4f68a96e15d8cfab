//! Objects in one request, either way.

use super::{habits::Habits, remote::S3, say::Doing, talk::Call};
use crate::{
    remote::{
        api::{CHUNK, Error, ErrorKind, Info, Key, Result, Source, check_cancel},
        encode::base64,
        http::{Body, Response},
    },
    sys::task::Cx,
};
use md5::Md5;
use rusty_s3::Method;
use sha2::{Digest as _, Sha256};
use std::{
    io::{SeekFrom, Write},
    ops::{ControlFlow, Range},
};

/// The header for a sum that servers check while they receive.
pub(super) const SHA256: &str = "x-amz-checksum-sha256";

pub(super) fn md5_of(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

pub(super) fn sha256_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What cannot be read cannot be sent.
pub(super) fn unreadable(error: std::io::Error) -> Error {
    Error::caused(ErrorKind::Permanent, "what was to be sent could not be read", error)
}

/// Reads a body from its beginning to its end, `size` bytes or an error, in pieces.
fn each_piece(body: &mut dyn Source, size: u64, cx: &Cx, mut each: impl FnMut(&[u8])) -> Result<()> {
    body.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut buffer = vec![0_u8; CHUNK];
    let mut total = 0_u64;
    loop {
        check_cancel(cx)?;
        let got = match body.read(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            got => got.map_err(unreadable)?,
        };
        total = total.saturating_add(got as u64);
        if total > size || got == 0 && total < size {
            let what = format!("what was to be sent has another length than the {size} bytes promised");
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        if got == 0 {
            return Ok(());
        }
        each(buffer.get(..got).unwrap_or_default());
    }
}

/// The sums that this server is worth sending, and the MD5 to compare its tag with.
pub(super) struct Sums {
    pub(super) headers: Vec<(&'static str, String)>,
    md5: Option<[u8; 16]>,
}

impl Sums {
    /// For a body that has to be read for them, unless its hash is known.
    fn of(body: &mut dyn Source, size: u64, known: Option<&[u8; 32]>, habits: Habits, cx: &Cx) -> Result<Self> {
        match known {
            Some(hash) if habits.sha256 => return Ok(Self::sha256(hash)),
            None if habits.sha256 => {
                let mut hasher = Sha256::new();
                each_piece(body, size, cx, |piece| hasher.update(piece))?;
                return Ok(Self::sha256(&hasher.finalize().into()));
            }
            _ => {}
        }
        if habits.md5 {
            let mut hasher = Md5::new();
            each_piece(body, size, cx, |piece| hasher.update(piece))?;
            return Ok(Self::md5(hasher.finalize().into(), habits));
        }
        Ok(Self {
            headers: Vec::new(),
            md5: None,
        })
    }

    /// For bytes in memory.
    pub(super) fn of_bytes(bytes: &[u8], habits: Habits) -> Self {
        if habits.sha256 {
            Self::sha256(&sha256_of(bytes))
        } else if habits.md5 {
            Self::md5(md5_of(bytes), habits)
        } else {
            Self {
                headers: Vec::new(),
                md5: None,
            }
        }
    }

    fn sha256(hash: &[u8; 32]) -> Self {
        Self {
            headers: vec![(SHA256, base64(hash))],
            md5: None,
        }
    }

    fn md5(hash: [u8; 16], habits: Habits) -> Self {
        Self {
            headers: vec![("content-md5", base64(&hash))],
            md5: habits.tag_is_md5.then_some(hash),
        }
    }

    /// The server's tag belongs to other bytes.
    pub(super) fn differs(&self, tag: Option<&str>) -> bool {
        let (Some(md5), Some(tag)) = (self.md5, tag) else {
            return false;
        };
        let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = tag.trim_start_matches("W/").trim_matches('"');
        // Tags of another form are no MD5 of anything.
        tag.len() == hex.len() && !tag.eq_ignore_ascii_case(&hex)
    }
}

/// The tag of an answer.
pub(super) fn tag_of(response: &Response) -> Option<String> {
    response.header("etag").map(str::to_owned)
}

impl S3 {
    /// Sends an object in one request.
    pub(super) fn put_whole(
        &self,
        key: &Key,
        body: &mut dyn Source,
        size: u64,
        known: Option<&[u8; 32]>,
        habits: Habits,
        cx: &Cx,
    ) -> Result<Info> {
        let sums = Sums::of(body, size, known, habits, cx)?;
        body.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let full = self.talk.full(key);
        let mut source = BodyOf(body);
        let mut call = Call::new(Method::Put, Some(&full));
        call.headers.clone_from(&sums.headers);
        call.headers
            .push(("content-type", "application/octet-stream".to_owned()));
        if habits.conditional {
            call.headers.push(("if-none-match", "*".to_owned()));
        }
        call.body = Body::Stream {
            source: &mut source,
            length: size,
        };
        let response = self.talk.send(call, cx)?;
        self.stored(key, size, response, &sums, cx)
    }

    /// Sends these bytes over whatever is there.
    pub(super) fn put_over(&self, key: &Key, bytes: &[u8], habits: Habits, cx: &Cx) -> Result<Info> {
        let sums = Sums::of_bytes(bytes, habits);
        let full = self.talk.full(key);
        let mut call = Call::new(Method::Put, Some(&full));
        call.headers.clone_from(&sums.headers);
        call.headers
            .push(("content-type", "application/octet-stream".to_owned()));
        call.body = Body::Bytes(bytes);
        let response = self.talk.send(call, cx)?;
        self.stored(key, bytes.len() as u64, response, &sums, cx)
    }

    /// What the answer to a write says.
    fn stored(&self, key: &Key, size: u64, response: Response, sums: &Sums, cx: &Cx) -> Result<Info> {
        match response.status() {
            200 | 201 => {
                let tag = tag_of(&response);
                if sums.differs(tag.as_deref()) {
                    let what = format!("{} has kept other bytes than were sent.", self.talk.http.host());
                    return Err(Error::new(ErrorKind::Corrupt, what));
                }
                Ok(Info {
                    key: key.clone(),
                    size,
                    tag,
                })
            }
            412 => Err(taken(key)),
            // Two writers at the same time: who was first is known when it is there.
            409 => {
                let refused = self.talk.refused(response, Doing::Write);
                match self.look(key, cx)? {
                    Some(_) => Err(taken(key)),
                    None => Err(refused),
                }
            }
            _ => Err(self.talk.refused(response, Doing::Write)),
        }
    }

    /// Streams an object, or a part of it.
    pub(super) fn fetch(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        let Some(range) = range else {
            return self.fetch_whole(key, sink, cx);
        };
        if range.is_empty() {
            let info = self.look(key, cx)?.ok_or_else(|| absent(key))?;
            return if range.start <= info.size {
                Ok(info)
            } else {
                Err(behind(key))
            };
        }
        let response = self.ask_for(key, Some(&range), cx)?;
        let tag = tag_of(&response);
        let told = response.header("content-range").and_then(content_range);
        let info = |size| Info {
            key: key.clone(),
            size,
            tag: tag.clone(),
        };
        match (response.status(), told) {
            // rclone answers with the part and says 200.
            (200 | 206, Some((start, end, total))) => {
                let expected = range.start..range.end.min(total);
                if (start, end) != (expected.start, expected.end) {
                    let what = format!(
                        "{} gives another part of the file than was asked for.",
                        self.talk.http.host()
                    );
                    return Err(Error::new(ErrorKind::Corrupt, what));
                }
                let got = response.copy_to(sink, end - start, cx)?;
                exactly(key, got, end - start)?;
                Ok(info(total))
            }
            (200, None) => {
                // The whole, or a part without a word: only the object's length tells them apart.
                let length = response.length();
                let total = self.look(key, cx)?.ok_or_else(|| absent(key))?.size;
                if range.start > total {
                    return Err(behind(key));
                }
                let part = range.end.min(total) - range.start;
                if length == Some(part) && part != total {
                    exactly(key, response.copy_to(sink, part, cx)?, part)?;
                } else {
                    let mut window = Window {
                        sink,
                        skip: range.start,
                        take: part,
                    };
                    exactly(key, response.copy_to(&mut window, total, &quiet(cx))?, total)?;
                    cx.progress.add_bytes(part);
                }
                Ok(info(total))
            }
            (416, _) => Err(behind(key)),
            _ => Err(self.talk.refused(response, Doing::Read)),
        }
    }

    fn fetch_whole(&self, key: &Key, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        let response = self.ask_for(key, None, cx)?;
        if response.status() != 200 {
            return Err(self.talk.refused(response, Doing::Read));
        }
        let tag = tag_of(&response);
        let size = match response.length() {
            Some(size) => size,
            None => self.look(key, cx)?.ok_or_else(|| absent(key))?.size,
        };
        exactly(key, response.copy_to(sink, size, cx)?, size)?;
        Ok(Info {
            key: key.clone(),
            size,
            tag,
        })
    }

    /// Asks for bytes, past caches; the signature differs each second, too.
    pub(super) fn ask_for(&self, key: &Key, range: Option<&Range<u64>>, cx: &Cx) -> Result<Response> {
        let full = self.talk.full(key);
        let mut call = Call::new(Method::Get, Some(&full));
        call.headers.push(("cache-control", "no-cache".to_owned()));
        if let Some(range) = range {
            // Some servers read no larger number.
            let last = range.end.min(i64::MAX.unsigned_abs()).saturating_sub(1);
            call.headers.push(("range", format!("bytes={}-{last}", range.start)));
        }
        self.talk.send(call, cx)
    }

    /// Every object below a prefix, page by page.
    pub(super) fn pages(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        let full = format!("{}{prefix}", self.talk.prefix());
        let mut token: Option<String> = None;
        loop {
            check_cancel(cx)?;
            let page = self.page(&full, token.as_deref(), cx)?;
            for info in page.objects {
                if each(info).is_break() {
                    return Ok(());
                }
            }
            match page.next {
                None => return Ok(()),
                // The same page again would never end.
                next if next == token => {
                    let what = format!("{} lists the same page again and again.", self.talk.http.host());
                    return Err(Error::new(ErrorKind::Temporary, what));
                }
                next => token = next,
            }
        }
    }
}

/// Lets a body be lent as a plain stream.
struct BodyOf<'a>(&'a mut dyn Source);

impl std::io::Read for BodyOf<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

/// The same, with nobody watching the progress.
fn quiet(cx: &Cx) -> Cx {
    Cx {
        cancel: cx.cancel.clone(),
        ..Cx::new()
    }
}

/// Passes on a window of what comes.
struct Window<'a> {
    sink: &'a mut dyn Write,
    skip: u64,
    take: u64,
}

impl Write for Window<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let skip = self.skip.min(bytes.len() as u64);
        self.skip -= skip;
        let rest = bytes
            .get(usize::try_from(skip).unwrap_or(usize::MAX)..)
            .unwrap_or_default();
        let take = self.take.min(rest.len() as u64);
        self.take -= take;
        self.sink.write_all(
            rest.get(..usize::try_from(take).unwrap_or(usize::MAX))
                .unwrap_or_default(),
        )?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

/// `bytes 0-9/100` as start, end (not included) and total.
fn content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let total: u64 = total.trim().parse().ok()?;
    (first <= last && last < total).then(|| (first, last + 1, total))
}

fn exactly(key: &Key, got: u64, expected: u64) -> Result<()> {
    if got == expected {
        return Ok(());
    }
    let what = format!("Only {got} of {expected} bytes came back. {key}");
    Err(Error::new(ErrorKind::Temporary, what))
}

pub(super) fn taken(key: &Key) -> Error {
    Error::new(ErrorKind::Exists, format!("Something has this name already: {key}"))
}

pub(super) fn absent(key: &Key) -> Error {
    Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}"))
}

fn behind(key: &Key) -> Error {
    Error::new(
        ErrorKind::Permanent,
        format!("A part behind the end was asked for: {key}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read() {
        assert_eq!(content_range("bytes 0-9/100"), Some((0, 10, 100)));
        for bad in [
            "bytes */100",
            "bytes 5-4/100",
            "bytes 0-100/100",
            "0-9/100",
            "bytes 0-9/*",
        ] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_window_passes_on_its_part() {
        let mut out = Vec::new();
        let mut window = Window {
            sink: &mut out,
            skip: 3,
            take: 4,
        };
        for piece in ["ab", "cd", "efg", "hij"] {
            window.write_all(piece.as_bytes()).expect("written");
        }
        assert_eq!(out, b"defg");
    }

    #[test]
    fn tags_are_compared_only_where_they_are_sums() {
        let habits = Habits {
            conditional: false,
            sha256: false,
            md5: true,
            tag_is_md5: true,
        };
        let sums = Sums::of_bytes(b"", habits);
        // `md5sum < /dev/null`
        assert!(!sums.differs(Some("\"d41d8cd98f00b204e9800998ecf8427e\"")));
        assert!(sums.differs(Some("\"d41d8cd98f00b204e9800998ecf8427f\"")));
        assert!(!sums.differs(Some("\"d41d8cd98f00b204e9800998ecf8427e-2\"")));
        assert!(!sums.differs(None));
    }
}
