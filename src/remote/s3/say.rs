//! What a refusal means, in a sentence that says what to do. S3 names its reasons in XML, some servers more than others;
//! where a name is missing, the status has to do.

use crate::remote::api::{Error, ErrorKind};

/// What was being done, for the sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    Read,
    Write,
    List,
    Delete,
}

impl Doing {
    fn words(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::List => "list",
            Self::Delete => "delete",
        }
    }
}

/// A refusal as it came.
#[derive(Debug)]
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    /// S3's name for the reason; empty where none was given.
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    /// The region that the bucket is in, if the answer told.
    pub(super) region: Option<&'a str>,
    pub(super) host: &'a str,
    /// The bucket's name.
    pub(super) bucket: &'a str,
    pub(super) doing: Doing,
    /// What a person should know of this computer's clock.
    pub(super) clock: Option<String>,
    /// These keys were let in before.
    pub(super) let_in: bool,
    /// They belong to a session that ends.
    pub(super) temporary: bool,
}

/// The error for a refusal.
pub(super) fn say(refusal: Refusal<'_>) -> Error {
    let (kind, what) = by_code(&refusal).unwrap_or_else(|| by_status(&refusal));
    Error::new(kind, what)
}

fn clock_or(refusal: &Refusal<'_>, else_: String) -> (ErrorKind, String) {
    (ErrorKind::Auth, refusal.clock.clone().unwrap_or(else_))
}

/// S3's name for the reason. Garage denies everything by one name, and says in its message what it was.
fn reason<'a>(refusal: &Refusal<'a>) -> &'a str {
    let message = refusal.message.to_ascii_lowercase();
    // Garage's usual database has no room for keys of more than 479 bytes; called busy, it would be asked for ever.
    if message.contains("mdb_bad_valsize") {
        return "KeyTooLongError";
    }
    let meant = [
        ("quota is reached", "QuotaExceeded"),
        ("no such key: ", "InvalidAccessKeyId"),
        ("invalid signature", "SignatureDoesNotMatch"),
    ];
    match refusal.code {
        "AccessDenied" => meant
            .into_iter()
            .find(|(words, _)| message.contains(words))
            .map_or(refusal.code, |(_, name)| name),
        code => code,
    }
}

fn by_code(refusal: &Refusal<'_>) -> Option<(ErrorKind, String)> {
    use ErrorKind::{Auth, Full, NotFound, Permanent, Temporary, Unreachable, Unsupported};
    let (host, bucket, doing) = (refusal.host, refusal.bucket, refusal.doing.words());
    let expired = refusal.message.to_ascii_lowercase().contains("expired");
    Some(match reason(refusal) {
        "NoSuchKey" => (NotFound, "Nothing is there.".to_owned()),
        "NoSuchBucket" => (
            Unreachable,
            format!("There is no bucket {bucket} at {host}. Check the bucket's name, the region and the address."),
        ),
        "InvalidAccessKeyId" | "InvalidAccessKey" | "NotSignedUp" => (
            Auth,
            format!("{host} does not know this access key. Check the access key, or make a new one there."),
        ),
        "SignatureDoesNotMatch" | "InvalidSignature" | "SignatureMismatch" => clock_or(
            refusal,
            format!("{host} does not accept the secret key. Check the secret key and the region, then sign in again."),
        ),
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "InvalidToken" | "InvalidClientTokenId" => {
            (
                Auth,
                "The session that these keys belong to has expired. Get new keys and sign in again.".to_owned(),
            )
        }
        "RequestTimeTooSkewed" | "RequestExpired" | "ExpiredPresignRequest" => clock_or(refusal, clocks(host)),
        "AccessDenied" | "AllAccessDisabled" | "Forbidden" if expired => clock_or(refusal, clocks(host)),
        "AccountProblem" | "AllAccessDisabled" | "InvalidPayer" | "AccountSuspended" => (
            Auth,
            format!("{host} has closed this account for now. Look there for what it wants, then try again."),
        ),
        "AccessDenied" | "Forbidden" | "UnauthorizedAccess" | "Unauthorized" => clock_or(refusal, not_let(refusal)),
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException"
        | "InvalidRegion" => (Unreachable, region(refusal)),
        "QuotaExceeded"
        | "QuotaExceededException"
        | "XMinioStorageFull"
        | "StorageFull"
        | "InsufficientStorage"
        | "StorageQuotaExceeded"
        | "storage_cap_exceeded"
        | "cap_exceeded" => (Full, full(host)),
        "EntityTooLarge" | "MaxMessageLengthExceeded" => (
            Permanent,
            format!("This file is larger than {host} takes. It stays here, not backed up."),
        ),
        "KeyTooLongError" => (Permanent, format!("{host} takes no name as long as this.")),
        "SlowDown" | "ServiceUnavailable" | "RequestLimitExceeded" | "TooManyRequests" | "Throttling" => {
            (Temporary, busy(host))
        }
        "InternalError" | "RequestTimeout" | "OperationAborted" | "ConditionalRequestConflict" => {
            (Temporary, trouble(host, refusal.status))
        }
        "BadDigest"
        | "XAmzContentChecksumMismatch"
        | "InvalidDigest"
        | "IncompleteBody"
        | "XAmzContentSHA256Mismatch" => (
            Temporary,
            format!("Other bytes arrived at {host} than were sent. It is sent again."),
        ),
        "NotImplemented" | "MethodNotAllowed" => (
            Unsupported,
            format!("{host} cannot {doing} in the way that Safelight needs."),
        ),
        "InvalidBucketName" => (Unreachable, format!("{bucket} is no name for a bucket. Check it.")),
        "NoSuchUpload" => (
            Temporary,
            format!("{host} has lost an upload in the middle. It begins again."),
        ),
        _ => return None,
    })
}

fn by_status(refusal: &Refusal<'_>) -> (ErrorKind, String) {
    use ErrorKind::{Auth, Exists, Full, Permanent, Temporary, Unreachable, Unsupported};
    let (host, doing, status) = (refusal.host, refusal.doing.words(), refusal.status);
    match status {
        401 | 403 => clock_or(
            refusal,
            format!("{host} does not let this key {doing}. Check the keys and what they may do, then sign in again."),
        ),
        301 | 302 | 303 | 307 | 308 => (Unreachable, region(refusal)),
        // Without S3's word for it this may be anybody's 404: it says nothing about the object.
        404 => (
            Unreachable,
            format!("What answers at {host} does not seem to be S3. Check the address and the bucket's name."),
        ),
        405 | 501 => (
            Unsupported,
            format!("{host} cannot {doing} in the way that Safelight needs."),
        ),
        408 | 409 | 425 => (Temporary, trouble(host, status)),
        412 if refusal.doing == Doing::Write => (Exists, "Something has this name already.".to_owned()),
        413 => (
            Permanent,
            format!("This file is larger than {host} takes. It stays here, not backed up."),
        ),
        429 | 503 => (Temporary, busy(host)),
        507 => (Full, full(host)),
        402 => (
            Auth,
            format!("{host} wants to be paid first. Look at your account there."),
        ),
        400 if refusal.clock.is_some() => clock_or(refusal, String::new()),
        200..=299 | 412 | 500..=599 => (Temporary, trouble(host, status)),
        _ if refusal.message.is_empty() => (Permanent, format!("{host} refused to {doing} this ({status}).")),
        _ => {
            let message: String = refusal.message.chars().filter(|c| !c.is_control()).take(200).collect();
            (
                Permanent,
                format!("{host} refused to {doing} this: {message} ({status})."),
            )
        }
    }
}

/// Denied, without a reason.
fn not_let(refusal: &Refusal<'_>) -> String {
    let (host, bucket, doing) = (refusal.host, refusal.bucket, refusal.doing.words());
    // Ceph has no other word for a session that has ended, nor for wrong keys where it gives out such sessions.
    if refusal.temporary {
        return format!(
            "{host} does not let these temporary keys {doing} in the bucket {bucket}. They may have expired. Get new keys and \
             sign in again."
        );
    }
    if refusal.let_in {
        return format!(
            "This key may not {doing} in the bucket {bucket}. Give it that right at {host}, or use another key."
        );
    }
    format!(
        "{host} does not let this key {doing} in the bucket {bucket}. Check the access key, the secret key and what the key \
         may do there, then sign in again."
    )
}

fn clocks(host: &str) -> String {
    format!("{host} finds this request too old. Check that this computer's clock is right, then try again.")
}

fn region(refusal: &Refusal<'_>) -> String {
    let (host, bucket) = (refusal.host, refusal.bucket);
    match refusal.region {
        Some(region) => format!("The bucket {bucket} is in the region {region}. Enter this region for the store."),
        None => format!(
            "{host} sends us elsewhere for the bucket {bucket}. Check the address and the region; if this network asks for \
             a sign-in, open a browser and sign in."
        ),
    }
}

fn full(host: &str) -> String {
    format!("There is no room left at {host}. Make room or take a larger plan, then try again.")
}

fn busy(host: &str) -> String {
    format!("{host} is busy. It is tried again more slowly.")
}

fn trouble(host: &str, status: u16) -> String {
    format!("{host} has trouble of its own ({status}). It is tried again later.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, code: &str, message: &str, clock: Option<&str>) -> Error {
        say(refusal(status, code, message, clock))
    }

    fn refusal<'a>(status: u16, code: &'a str, message: &'a str, clock: Option<&str>) -> Refusal<'a> {
        Refusal {
            status,
            code,
            message,
            region: None,
            host: "s3.example.org",
            bucket: "photos",
            doing: Doing::Write,
            clock: clock.map(str::to_owned),
            let_in: true,
            temporary: false,
        }
    }

    #[test]
    fn every_reason_says_what_to_do() {
        use ErrorKind::{Auth, Exists, Full, NotFound, Permanent, Temporary, Unreachable, Unsupported};
        for (status, code, message, kind, words) in [
            (404, "NoSuchKey", "", NotFound, "Nothing"),
            (404, "NoSuchBucket", "", Unreachable, "no bucket photos"),
            (404, "", "", Unreachable, "Check the address"),
            (403, "InvalidAccessKeyId", "", Auth, "Check the access key"),
            (403, "SignatureDoesNotMatch", "", Auth, "Check the secret key"),
            (400, "ExpiredToken", "", Auth, "Get new keys"),
            (403, "RequestTimeTooSkewed", "", Auth, "clock"),
            (403, "AccessDenied", "Request has expired", Auth, "clock"),
            (403, "AccessDenied", "Access Denied", Auth, "may not write"),
            (403, "", "", Auth, "sign in"),
            (507, "", "", Full, "Make room"),
            // Word for word from Garage 2.5.
            (
                403,
                "AccessDenied",
                "Forbidden: Bucket size quota is reached, maximum total size of objects for this bucket: 15000000. The \
                 bucket is already 14861041 bytes, and this object would add 609068 bytes.",
                Full,
                "Make room",
            ),
            (
                403,
                "AccessDenied",
                "Forbidden: No such key: GK00",
                Auth,
                "Check the access key",
            ),
            (
                403,
                "AccessDenied",
                "Forbidden: Invalid signature",
                Auth,
                "Check the secret key",
            ),
            (403, "QuotaExceeded", "", Full, "Make room"),
            (503, "SlowDown", "", Temporary, "busy"),
            (
                503,
                "ServiceUnavailable",
                "Internal error: Could not reach quorum of 1 (sets=Some(1)). 0 of 1 request succeeded, others returned \
                 errors: [\"af39c598e987140c: DB error: database error: LMDB: MDB_BAD_VALSIZE: Unsupported size of key/DB \
                 name/data, or wrong DUPFIXED size\"]",
                Permanent,
                "no name as long",
            ),
            (500, "InternalError", "", Temporary, "trouble"),
            (412, "PreconditionFailed", "", Exists, "already"),
            (400, "BadDigest", "", Temporary, "sent again"),
            (501, "NotImplemented", "", Unsupported, "cannot write"),
            (302, "", "", Unreachable, "sign in"),
            (204, "", "", Temporary, "204"),
            (418, "", "I am\na teapot", Permanent, "I ama teapot"),
        ] {
            let error = told(status, code, message, None);
            assert_eq!(error.kind, kind, "{status} {code}: {error}");
            assert!(error.what.contains(words), "{status} {code}: {error}");
        }
    }

    #[test]
    fn keys_that_were_never_let_in_may_be_wrong() {
        let denied = refusal(403, "AccessDenied", "", None);
        let error = say(Refusal {
            let_in: false,
            ..denied
        });
        assert_eq!(error.kind, ErrorKind::Auth);
        assert!(error.what.contains("Check the access key, the secret key"), "{error}");
        let denied = refusal(403, "AccessDenied", "", None);
        let error = say(Refusal {
            temporary: true,
            ..denied
        });
        assert_eq!(error.kind, ErrorKind::Auth);
        assert!(error.what.contains("expired. Get new keys"), "{error}");
    }

    #[test]
    fn a_clock_that_is_off_is_the_first_suspect() {
        for (status, code) in [
            (403, "SignatureDoesNotMatch"),
            (403, "AccessDenied"),
            (403, ""),
            (400, ""),
        ] {
            let error = told(status, code, "", Some("This computer's clock is 20 minutes behind."));
            assert_eq!(
                (error.kind, error.what.contains("20 minutes")),
                (ErrorKind::Auth, true),
                "{error}"
            );
        }
    }
}
