//! From a server's status to a sentence that says what to do.

use crate::remote::{
    api::{Error, ErrorKind},
    http::Response,
};

/// What was being done, as the end of a sentence "The server .. while ..".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    Looking,
    Listing,
    Reading,
    Sending,
    MakingFolder,
    Naming,
    Removing,
}

impl Doing {
    fn words(self) -> &'static str {
        match self {
            Self::Looking => "looking for a file",
            Self::Listing => "listing a folder",
            Self::Reading => "reading a file",
            Self::Sending => "sending a file",
            Self::MakingFolder => "making a folder",
            Self::Naming => "giving a file its name",
            Self::Removing => "removing a file",
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::Sending | Self::MakingFolder | Self::Naming | Self::Removing)
    }
}

/// What an answer that is no success means. `place` is the store's address.
pub(super) fn refused(answer: &Response, doing: Doing, place: &str) -> Error {
    if answer.is_web_page() && answer.status() == 511 {
        return answer.web_page();
    }
    of_status(answer.status(), answer.header("location"), doing, place)
}

/// The same from the bare status.
pub(super) fn of_status(status: u16, location: Option<&str>, doing: Doing, place: &str) -> Error {
    let what = doing.words();
    let (kind, text) = match status {
        401 => (
            ErrorKind::Auth,
            format!(
                "The server did not accept the user name and password. Sign in again; on Nextcloud, with an app password. {place}"
            ),
        ),
        402 | 403 if doing.writes() => (
            ErrorKind::Auth,
            format!(
                "The server does not allow {what} here. Give this user the right to write, or choose another folder. {place}"
            ),
        ),
        402 | 403 => (
            ErrorKind::Auth,
            format!(
                "The server does not allow {what} here. Give this user the right to read, or sign in as another. {place}"
            ),
        ),
        404 | 410 if doing.writes() && doing != Doing::Removing => (
            ErrorKind::Temporary,
            format!("A folder of the store went away while {what}. It is made again and tried again. {place}"),
        ),
        404 | 410 => (ErrorKind::NotFound, format!("Nothing is there. {place}")),
        405 | 501 => (
            ErrorKind::Unsupported,
            format!(
                "This server does not do what a WebDAV store needs ({what}, status {status}). Check the address: on Nextcloud it \
                 ends with /remote.php/dav/files/USER/, on a NAS turn WebDAV on. {place}"
            ),
        ),
        407 => (
            ErrorKind::Unreachable,
            format!(
                "The proxy of this network asks who you are. Put its user and password into the proxy settings. {place}"
            ),
        ),
        413 => (
            ErrorKind::Permanent,
            format!(
                "The server takes no file of this size. Raise its limit (Apache: LimitRequestBody, nginx: client_max_body_size, \
                 PHP: upload_max_filesize), or leave this file out. {place}"
            ),
        ),
        414 | 431 => (
            ErrorKind::Permanent,
            format!("The server takes no name of this length. Rename the file. {place}"),
        ),
        423 => (
            ErrorKind::Temporary,
            format!(
                "Another program has locked this file on the server. It is tried again; if it stays so, close it there. {place}"
            ),
        ),
        429 | 503 => (
            ErrorKind::Temporary,
            format!("The server is busy or in maintenance. It is tried again later. {place}"),
        ),
        507 => (
            ErrorKind::Full,
            format!("The server has no room left for this user. Make room there, or get more. {place}"),
        ),
        300..=399 => {
            let to = location.unwrap_or("another address");
            (
                ErrorKind::Unreachable,
                format!(
                    "The server sends us on to {to}. If that is your server, use that address for the store (davs:// for https); if \
                     it is a sign-in page of this network, open a browser and sign in. {place}"
                ),
            )
        }
        408 | 409 | 425 | 500..=599 => (
            ErrorKind::Temporary,
            format!(
                "The server failed while {what} (status {status}). It is tried again; if it stays so, look into the server's log. {place}"
            ),
        ),
        200..=299 => (
            ErrorKind::Temporary,
            format!(
                "The server answered {what} in a way that says nothing (status {status}). It is tried again. {place}"
            ),
        ),
        _ => (
            ErrorKind::Permanent,
            format!("The server refused {what} (status {status}). Look into the server's log. {place}"),
        ),
    };
    Error::new(kind, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_a_kind_and_a_sentence() {
        use ErrorKind as K;
        for (status, doing, kind, word) in [
            (401, Doing::Looking, K::Auth, "app password"),
            (403, Doing::Sending, K::Auth, "right to write"),
            (403, Doing::Reading, K::Auth, "right to read"),
            (404, Doing::Reading, K::NotFound, "Nothing"),
            (404, Doing::Naming, K::Temporary, "went away"),
            (405, Doing::Looking, K::Unsupported, "turn WebDAV on"),
            (413, Doing::Sending, K::Permanent, "client_max_body_size"),
            (423, Doing::Naming, K::Temporary, "locked"),
            (429, Doing::Sending, K::Temporary, "later"),
            (503, Doing::Sending, K::Temporary, "later"),
            (507, Doing::Sending, K::Full, "room"),
            (302, Doing::Looking, K::Unreachable, "sends us on"),
            (500, Doing::Sending, K::Temporary, "log"),
            (400, Doing::Sending, K::Permanent, "log"),
        ] {
            let error = of_status(status, None, doing, "davs://h/x");
            assert_eq!(error.kind, kind, "{status}");
            assert!(
                error.what.contains(word) && error.what.ends_with(". davs://h/x"),
                "{error}"
            );
        }
    }
}
