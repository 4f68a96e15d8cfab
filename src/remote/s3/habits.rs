//! What this server honours, tried out once before the first write (stores.md 0.2): echoed checksums prove nothing, so a
//! wrong one is sent and has to be refused, and nothing may be there afterwards.

use super::{
    remote::S3,
    say::Doing,
    talk::Call,
    transfer::{SHA256, md5_of, sha256_of},
};
use crate::{
    remote::{
        api::{Error, ErrorKind, Key, Result},
        encode::base64,
        http::Body,
    },
    sys::task::Cx,
};
use rusty_s3::Method;

/// Where the tries lie; never shown as objects. The same few names each time: keys that may not delete leave no more.
pub(super) const TRIES: &str = ".safelight-probe/";
const CANARY: &[u8] = b"Safelight tries out what this place honours. This file may be deleted.\n";

/// What a server honours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Habits {
    /// `If-None-Match: *` keeps a second write away.
    pub conditional: bool,
    /// A wrong `x-amz-checksum-sha256` keeps the object away.
    pub sha256: bool,
    /// A wrong `Content-MD5` keeps the object away.
    pub md5: bool,
    /// The tag of an object written at once is its MD5.
    pub tag_is_md5: bool,
}

impl Habits {
    /// What is worked around, in sentences for people.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.conditional {
            notes.push(
                "This server does not keep two devices from writing the same name. Names carry the content's hash, so both \
                 would write the same bytes; each write is preceded by a look."
                    .to_owned(),
            );
        }
        if !self.sha256 {
            let instead = if self.md5 {
                "It checks MD5 instead."
            } else {
                "It checks no sum that we can send."
            };
            notes.push(format!(
                "This server does not check SHA-256 while receiving. {instead} Every copy is read back in full before it \
                 counts."
            ));
        }
        notes
    }
}

/// Tries everything out.
pub(super) fn try_out(s3: &S3, cx: &Cx) -> Result<Habits> {
    let key = |name: &str| Key::new(format!("{TRIES}{name}"));
    let plain = key("canary")?;
    let md5 = md5_of(CANARY);
    let (status, tag) = write(s3, &plain, None, cx)?;
    if !matches!(status, 200 | 201) {
        let what = format!(
            "{} refuses a plain write ({status}). It cannot be a store.",
            s3.talk.http.host()
        );
        return Err(Error::new(ErrorKind::Unsupported, what));
    }
    // Something is there now for certain, so this has to be refused; 409 where two of us try at the same time.
    let conditional = matches!(
        write(s3, &plain, Some(("if-none-match", "*".to_owned())), cx)?.0,
        409 | 412
    );
    let right_sha = base64(&sha256_of(CANARY));
    let wrong_sha = base64(&sha256_of(b"something else"));
    let wrong_md5 = base64(&md5_of(b"something else"));
    let sha256 = refuses(s3, &key("wrong-sha256")?, (SHA256, wrong_sha), cx)?
        && matches!(write(s3, &plain, Some((SHA256, right_sha)), cx)?.0, 200 | 201);
    // The costlier sum is of interest only where the other is of none.
    let md5_enforced = !sha256 && refuses(s3, &key("wrong-md5")?, ("content-md5", wrong_md5), cx)?;
    if let Err(error) = s3.remove(&plain, cx) {
        tracing::debug!("the canary stays: {error}");
    }
    let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
    let habits = Habits {
        conditional,
        sha256,
        md5: md5_enforced,
        tag_is_md5: tag.trim_matches('"').eq_ignore_ascii_case(&hex),
    };
    tracing::info!("{} honours {habits:?}", s3.talk.place());
    Ok(habits)
}

/// Writes the canary: the status and its tag. Trouble of the server's own says nothing of its habits.
fn write(s3: &S3, key: &Key, header: Option<(&str, String)>, cx: &Cx) -> Result<(u16, String)> {
    let full = s3.talk.full(key);
    let mut call = Call::new(Method::Put, Some(&full));
    call.headers = header.into_iter().collect();
    call.body = Body::Bytes(CANARY);
    let plain = call.headers.is_empty();
    let response = s3.talk.send(call, cx)?;
    let status = response.status();
    match status {
        200 | 201 => Ok((status, response.header("etag").unwrap_or_default().to_owned())),
        // A condition or a sum that it refuses, or does not even understand.
        400..=499 | 501 if !plain => Ok((status, String::new())),
        _ => Err(s3.talk.refused(response, Doing::Write)),
    }
}

/// Whether a write with a wrong sum is refused and leaves nothing.
fn refuses(s3: &S3, key: &Key, wrong: (&str, String), cx: &Cx) -> Result<bool> {
    // A try of another day that is still there was not refused then.
    if s3.look(key, cx)?.is_some() {
        return Ok(false);
    }
    let (status, _) = write(s3, key, Some(wrong), cx)?;
    let left = s3.look(key, cx)?.is_some();
    if left && let Err(error) = s3.remove(key, cx) {
        tracing::debug!("a try stays: {error}");
    }
    Ok(status >= 400 && !left)
}
