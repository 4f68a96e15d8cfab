//! Large objects in parts, so that an upload goes on where it was stopped: by a lost line, a kill, a night.
//!
//! The server itself is the journal: it lists the uploads that were begun for a key and the parts that it has of them. A part
//! counts as sent where the sum that the server gives for it is that of our own bytes; the object's name carries its hash,
//! so no other content was ever begun under it. What is completed is read back like every other object.

use super::{
    habits::Habits,
    remote::S3,
    say::Doing,
    talk::Call,
    transfer::{Sums, md5_of, sha256_of, tag_of, taken, unreadable},
    xml::{Node, escaped},
};
use crate::{
    remote::{
        api::{CHUNK, Error, ErrorKind, Info, Key, Result, Source, check_cancel},
        encode::base64,
        http::Body,
        retry::{Backoff, may_pass},
    },
    sys::{
        clock::{Clock as _, RealClock},
        task::Cx,
    },
};
use rusty_s3::Method;
use std::{collections::BTreeMap, fmt::Write as _, io::SeekFrom, sync::atomic::Ordering};

/// From this length on an object goes in parts, in bytes.
pub(super) const PARTED: u64 = 64 * 1024 * 1024;
/// A part, in bytes, unless there would be too many. It is held in memory, so that it can be sent again without reading
/// the whole file again: eight uploads at once stay below 150 MiB.
const PART: u64 = 8 * 1024 * 1024;
/// The most parts; servers take 10,000.
const MOST_PARTS: u64 = 9_000;
/// The longest answer about uploads and parts, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// The most pages of parts.
const MAX_PAGES: usize = 16;
/// Unfinished uploads of ours that nobody has added to for so long are given up, in milliseconds: they cost storage.
const ABANDONED_MS: i64 = 24 * 3600 * 1000;
/// The same where the whole bucket is the store, and others may be at work in it.
const ABANDONED_SHARED_MS: i64 = 7 * ABANDONED_MS;

/// A part as the server has it.
struct Sent {
    size: u64,
    tag: String,
    sha256: Option<String>,
}

/// An upload that was begun.
struct Begun {
    id: String,
    sent: BTreeMap<u64, Sent>,
}

/// The length of every part but the last; the same for the same size, so that parts fit when an upload is resumed.
fn part_size(size: u64) -> u64 {
    let mib = 1024 * 1024;
    PART.max(size.div_ceil(MOST_PARTS).div_ceil(mib) * mib)
}

/// Milliseconds since 1970 of a time as S3 writes it.
fn time_of(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

impl S3 {
    /// Sends an object in parts, or what is missing of them.
    pub(super) fn put_parts(
        &self,
        key: &Key,
        body: &mut dyn Source,
        size: u64,
        habits: Habits,
        cx: &Cx,
    ) -> Result<Info> {
        if !self.swept.swap(true, Ordering::Relaxed) {
            self.sweep(cx);
        }
        let begun = match self.unfinished(key, cx) {
            Ok(Some(begun)) => begun,
            Ok(None) => self.begin(key, habits, cx)?,
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(error) => {
                tracing::debug!("unfinished uploads cannot be listed: {error}");
                self.begin(key, habits, cx)?
            }
        };
        let done = self
            .send_parts(key, &begun, body, size, habits, cx)
            .and_then(|parts| self.complete(key, &begun.id, &parts, size, habits, cx));
        if let Err(error) = &done
            && matches!(
                error.kind,
                ErrorKind::Permanent | ErrorKind::Exists | ErrorKind::Corrupt
            )
        {
            // What was sent will never become this object. Anything else is a reason to go on later.
            self.give_up(&self.talk.full(key), &begun.id, &Cx::new());
        }
        done
    }

    /// Sends the parts that the server does not have; gives the XML that names them all.
    fn send_parts(
        &self,
        key: &Key,
        begun: &Begun,
        body: &mut dyn Source,
        size: u64,
        habits: Habits,
        cx: &Cx,
    ) -> Result<String> {
        body.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let whole = part_size(size);
        let mut named = String::new();
        let mut left = size;
        let mut buffer = Vec::new();
        let mut number = 0_u64;
        while left > 0 {
            number += 1;
            let length = whole.min(left);
            fill(body, &mut buffer, length, cx)?;
            left -= length;
            if left == 0 && read_some(body, &mut [0])? > 0 {
                let what = "what was to be sent is longer than it was said to be";
                return Err(Error::new(ErrorKind::Permanent, what));
            }
            let sum = habits.sha256.then(|| base64(&sha256_of(&buffer)));
            let there = begun
                .sent
                .get(&number)
                .filter(|sent| is_this(sent, &buffer, sum.as_deref()));
            let tag = match there {
                Some(sent) => sent.tag.clone(),
                None => self.send_part(key, begun, number, &buffer, habits, cx)?,
            };
            cx.progress.add_bytes(length);
            let sum = sum.map_or_else(String::new, |sum| format!("<ChecksumSHA256>{sum}</ChecksumSHA256>"));
            let tag = escaped(&tag);
            // Writing to a text cannot fail.
            let _ = write!(
                named,
                "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag>{sum}</Part>"
            );
        }
        Ok(named)
    }

    /// Sends one part, again where it may help; gives its tag.
    fn send_part(
        &self,
        key: &Key,
        begun: &Begun,
        number: u64,
        bytes: &[u8],
        habits: Habits,
        cx: &Cx,
    ) -> Result<String> {
        let id = &begun.id;
        let sums = Sums::of_bytes(bytes, habits);
        let mut backoff = Backoff::new();
        let mut repeated = begun.sent.contains_key(&number);
        loop {
            let full = self.talk.full(key);
            let mut call = Call::new(Method::Put, Some(&full));
            call.query = vec![("partNumber", number.to_string()), ("uploadId", id.clone())];
            call.headers.clone_from(&sums.headers);
            call.body = Body::Bytes(bytes);
            let sent = self
                .talk
                .send(call, cx)
                .and_then(|response| match (response.status(), tag_of(&response)) {
                    (200 | 201, Some(tag)) if !sums.differs(Some(&tag)) => Ok(tag),
                    (200 | 201, _) => Err(self.odd_answer("A part arrived as something else.")),
                    _ => Err(self.talk.refused(response, Doing::Write)),
                });
            match sent {
                Err(error) if may_pass(error.kind) && backoff.again(cx) => {
                    tracing::debug!("part {number} is sent again: {error}");
                    repeated = true;
                }
                // rclone passes parts on as they come, and takes none a second time with other bytes.
                Err(error) if repeated && error.kind == ErrorKind::Unsupported => {
                    self.give_up(&self.talk.full(key), id, &Cx::new());
                    let what = format!(
                        "{} takes no part twice. The upload begins again.",
                        self.talk.http.host()
                    );
                    return Err(Error::caused(ErrorKind::Temporary, what, error));
                }
                sent => return sent,
            }
        }
    }

    fn begin(&self, key: &Key, habits: Habits, cx: &Cx) -> Result<Begun> {
        let full = self.talk.full(key);
        let mut call = Call::new(Method::Post, Some(&full));
        call.query.push(("uploads", String::new()));
        call.headers
            .push(("content-type", "application/octet-stream".to_owned()));
        if habits.sha256 {
            call.headers.push(("x-amz-checksum-algorithm", "SHA256".to_owned()));
        }
        let response = self.talk.send(call, cx)?;
        if response.status() != 200 {
            return Err(self.talk.refused(response, Doing::Write));
        }
        let root = Node::parse(&response.text(MAX_ANSWER)?).unwrap_or_default();
        match root.get("UploadId") {
            Some(id) if !id.is_empty() => Ok(Begun {
                id: id.to_owned(),
                sent: BTreeMap::new(),
            }),
            _ => Err(self.odd_answer("No upload was begun.")),
        }
    }

    /// Makes the parts one object.
    fn complete(&self, key: &Key, id: &str, parts: &str, size: u64, habits: Habits, cx: &Cx) -> Result<Info> {
        let full = self.talk.full(key);
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let mut call = Call::new(Method::Post, Some(&full));
        call.query.push(("uploadId", id.to_owned()));
        call.headers.push(("content-type", "application/xml".to_owned()));
        if habits.conditional {
            call.headers.push(("if-none-match", "*".to_owned()));
        }
        call.body = Body::Bytes(body.as_bytes());
        let response = self.talk.send(call, cx)?;
        let status = response.status();
        if status == 412 {
            return Err(taken(key));
        }
        let refused = if status == 200 {
            // A 200 may turn into an error while the server joins the parts.
            match Node::parse(&response.text(MAX_ANSWER)?) {
                Some(root) if root.get("Code").is_none() => {
                    return Ok(Info {
                        key: key.clone(),
                        size,
                        tag: root.get("ETag").map(str::to_owned),
                    });
                }
                Some(root) => self.talk.refused_as(500, &root, None, Doing::Write),
                None => self.odd_answer("The end of an upload was not confirmed."),
            }
        } else {
            self.talk.refused(response, Doing::Write)
        };
        // An upload that was completed before, and whose reply was lost, is unknown now.
        match self.look(key, cx) {
            Ok(Some(info)) if info.size == size => Ok(info),
            _ => Err(refused),
        }
    }

    /// The newest upload that was begun for this key, with its parts.
    fn unfinished(&self, key: &Key, cx: &Cx) -> Result<Option<Begun>> {
        let full = self.talk.full(key);
        let uploads = self.uploads(&full, cx)?;
        let newest = uploads
            .all("Upload")
            .filter(|upload| upload.child("Key").is_some_and(|name| name.text == full))
            .max_by_key(|upload| upload.get("Initiated").and_then(time_of));
        let Some(id) = newest.and_then(|upload| upload.get("UploadId")) else {
            return Ok(None);
        };
        let mut sent = BTreeMap::new();
        for part in self.parts(&full, id, cx)? {
            let number = part.get("PartNumber").and_then(|text| text.parse().ok());
            let size = part.get("Size").and_then(|text| text.parse().ok());
            let (Some(number), Some(size), Some(tag)) = (number, size, part.get("ETag")) else {
                continue;
            };
            let (tag, sha256) = (tag.to_owned(), part.get("ChecksumSHA256").map(str::to_owned));
            sent.insert(number, Sent { size, tag, sha256 });
        }
        let id = id.to_owned();
        Ok(Some(Begun { id, sent }))
    }

    /// Uploads that were begun below a prefix, as the server lists them.
    fn uploads(&self, full_prefix: &str, cx: &Cx) -> Result<Node> {
        let mut call = Call::new(Method::Get, None);
        call.query = vec![("uploads", String::new()), ("prefix", full_prefix.to_owned())];
        let response = self.talk.send(call, cx)?;
        if response.status() != 200 {
            return Err(self.talk.refused(response, Doing::List));
        }
        Node::parse(&response.text(MAX_ANSWER)?)
            .ok_or_else(|| self.odd_answer("The listing of unfinished uploads is not whole."))
    }

    fn parts(&self, full: &str, id: &str, cx: &Cx) -> Result<Vec<Node>> {
        let mut found = Vec::new();
        let mut marker = None;
        for _ in 0..MAX_PAGES {
            let mut call = Call::new(Method::Get, Some(full));
            call.query.push(("uploadId", id.to_owned()));
            if let Some(marker) = marker.take() {
                call.query.push(("part-number-marker", marker));
            }
            let response = self.talk.send(call, cx)?;
            if response.status() != 200 {
                return Err(self.talk.refused(response, Doing::List));
            }
            let root = Node::parse(&response.text(MAX_ANSWER)?)
                .ok_or_else(|| self.odd_answer("The listing of parts is not whole."))?;
            let more = root.get("IsTruncated") == Some("true");
            marker = root.get("NextPartNumberMarker").map(str::to_owned);
            found.extend(root.children.into_iter().filter(|child| child.name == "Part"));
            if !more || marker.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Gives up what was begun below our prefix and forgotten. One that another device still adds to is left alone.
    fn sweep(&self, cx: &Cx) {
        let uploads = match self.uploads(self.talk.prefix(), cx) {
            Ok(uploads) => uploads,
            Err(error) => {
                tracing::debug!("unfinished uploads cannot be listed: {error}");
                return;
            }
        };
        let age = if self.talk.prefix().is_empty() {
            ABANDONED_SHARED_MS
        } else {
            ABANDONED_MS
        };
        let before = RealClock.now().0.saturating_sub(age);
        let is_old = |time: Option<&str>| time.and_then(time_of).is_some_and(|at| at < before);
        for upload in uploads.all("Upload") {
            let (Some(name), Some(id)) = (upload.child("Key"), upload.get("UploadId")) else {
                continue;
            };
            if !name.text.starts_with(self.talk.prefix()) || !is_old(upload.get("Initiated")) {
                continue;
            }
            let idle = match self.parts(&name.text, id, cx) {
                Ok(parts) => parts.iter().all(|part| is_old(part.get("LastModified"))),
                Err(_) => false,
            };
            if idle {
                self.give_up(&name.text, id, cx);
            }
        }
    }

    /// Aborts an upload; what cannot be aborted stays, and costs a little storage.
    fn give_up(&self, full: &str, id: &str, cx: &Cx) {
        let mut call = Call::new(Method::Delete, Some(full));
        call.query.push(("uploadId", id.to_owned()));
        match self.talk.send(call, cx) {
            Ok(response) if response.status() < 300 => tracing::info!("gave up an unfinished upload"),
            Ok(response) => tracing::debug!("an unfinished upload stays: {}", response.status()),
            Err(error) => tracing::debug!("an unfinished upload stays: {error}"),
        }
    }
}

/// The server has exactly these bytes, by a sum that it made itself.
fn is_this(sent: &Sent, bytes: &[u8], sha256: Option<&str>) -> bool {
    if sent.size != bytes.len() as u64 {
        return false;
    }
    if let (Some(theirs), Some(ours)) = (sent.sha256.as_deref(), sha256) {
        return theirs == ours;
    }
    let md5: String = md5_of(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    sent.tag.trim_matches('"').eq_ignore_ascii_case(&md5)
}

fn read_some(body: &mut dyn Source, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match body.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            got => return got.map_err(unreadable),
        }
    }
}

/// The next `length` bytes of the body.
fn fill(body: &mut dyn Source, buffer: &mut Vec<u8>, length: u64, cx: &Cx) -> Result<()> {
    buffer.resize(usize::try_from(length).unwrap_or(usize::MAX), 0);
    let mut at = 0_usize;
    while at < buffer.len() {
        check_cancel(cx)?;
        let end = buffer.len().min(at + CHUNK);
        let got = read_some(body, buffer.get_mut(at..end).unwrap_or_default())?;
        if got == 0 {
            let what = "what was to be sent is shorter than it was said to be";
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        at += got;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_few_enough_and_always_the_same() {
        for size in [PARTED, PARTED + 1, 12 << 30, 75 << 30, 5 << 40] {
            let part = part_size(size);
            assert!(part >= 5 << 20 && size.div_ceil(part) <= 10_000, "{size}: {part}");
            assert_eq!(part % (1 << 20), 0);
        }
        assert_eq!(part_size(2 << 30), PART);
    }

    #[test]
    fn a_part_is_known_by_its_bytes_only() {
        let sent = |size, tag: &str, sha256: Option<&str>| Sent {
            size,
            tag: tag.to_owned(),
            sha256: sha256.map(str::to_owned),
        };
        // `printf abc | md5sum`
        let md5 = "\"900150983cd24fb0d6963f7d28e17f72\"";
        assert!(is_this(&sent(3, md5, None), b"abc", None));
        assert!(!is_this(&sent(3, md5, None), b"abd", None));
        assert!(!is_this(&sent(4, md5, None), b"abc", None));
        assert!(is_this(&sent(3, "x", Some("s")), b"abc", Some("s")));
        assert!(!is_this(&sent(3, md5, Some("t")), b"abc", Some("s")));
        assert_eq!(time_of("2024-02-29T23:59:59.000Z"), Some(1_709_251_199_000));
    }
}
