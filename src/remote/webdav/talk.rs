//! Requests to one WebDAV server, signed as it asks, their answers told apart from what is no answer.

use super::{
    address::Address,
    auth::{Asked, Signer},
    multistatus::{self, Entry, Fault},
    say::{self, Doing},
};
use crate::{
    remote::{
        access::Access,
        api::{Error, ErrorKind, Result, Source, check_cancel},
        http::{Body, Http, HttpConfig, Request, Response, Timeouts},
    },
    sys::task::Cx,
};
use std::{io::SeekFrom, ops::ControlFlow, time::Duration};

/// How often one request is sent again because the server asks who we are.
const SIGNINGS: usize = 3;
/// The most that is read of an answer nobody needs, so that its connection can be used again.
const LEFTOVER: usize = 64 * 1024;
/// A server that joins an upload's parts, or moves it between disks, takes its time.
const ANSWER: Duration = Duration::from_secs(300);
/// The properties of a file or folder.
const FACTS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/>\
                     <getlastmodified/></prop></propfind>";
/// The properties of the whole place (RFC 4331).
const ROOM: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><propfind xmlns=\"DAV:\"><prop><resourcetype/>\
                    <quota-available-bytes/><quota-used-bytes/></prop></propfind>";

/// What goes with a request.
pub(super) enum Load<'a> {
    Empty,
    Bytes(&'a [u8]),
    /// From its beginning, exactly so many bytes.
    Stream(&'a mut dyn Source, u64),
}

/// A server and who we are for it.
pub(super) struct Talk {
    http: Http,
    address: Address,
    signer: Signer,
    place: String,
}

impl Talk {
    /// Whether the server is this machine; known once it has answered.
    pub(super) fn is_here(&self) -> bool {
        self.http.is_here()
    }

    /// Connects to nothing yet.
    ///
    /// # Errors
    /// An unusable address; plain http to where it may not go.
    pub(super) fn new(address: Address, access: &Access) -> Result<Self> {
        let config = HttpConfig {
            access: access.clone(),
            origin: address.origin().to_owned(),
            timeouts: Timeouts {
                answer: ANSWER,
                ..Timeouts::default()
            },
        };
        Ok(Self {
            http: Http::new(&config)?,
            place: address.place(),
            signer: Signer::new(access.credentials.clone()),
            address,
        })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The address for people.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The user that we sign in as.
    pub(super) fn user(&self) -> Option<&str> {
        self.signer.user().or_else(|| self.address.user())
    }

    /// Sends a request for this path and waits for the head of the answer, signing in where asked.
    ///
    /// # Errors
    /// `Auth` where it does not accept us; the line's. Every status but 401 is an answer.
    pub(super) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        mut load: Load<'_>,
        cx: &Cx,
    ) -> Result<Response> {
        let url = format!("{}{path}", self.address.origin());
        let mut asked = Asked::Again;
        let (has_body, mut asked_apart) = (!matches!(load, Load::Empty), false);
        for _ in 0..SIGNINGS {
            check_cancel(cx)?;
            let said = self.signer.say(method, path).map_err(|error| {
                Error::caused(
                    ErrorKind::Temporary,
                    "The system has no randomness to give. Try again.",
                    error,
                )
            })?;
            let mut all: Vec<(&str, String)> = headers
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect();
            all.extend(said.header.clone().map(|value| ("Authorization", value)));
            let body = match &mut load {
                Load::Empty => Body::Empty,
                Load::Bytes(bytes) => Body::Bytes(bytes),
                Load::Stream(source, length) => {
                    source.seek(SeekFrom::Start(0)).map_err(|error| {
                        Error::caused(ErrorKind::Permanent, "what was to be sent could not be read", error)
                    })?;
                    Body::Stream {
                        source,
                        length: *length,
                    }
                }
            };
            let request = Request {
                method,
                url: &url,
                headers: all,
                body,
            };
            let answer = match self.http.send(request, cx) {
                // A server that asks again before it has read a body may close the line on its own question. Asked
                // without a body, the question is heard.
                Err(error) if error.kind == ErrorKind::Temporary && has_body && !asked_apart && said.runs_out() => {
                    asked_apart = true;
                    drain(self.send("OPTIONS", path, &[], Load::Empty, cx)?);
                    continue;
                }
                sent => sent?,
            };
            if answer.status() != 401 {
                self.signer.accepted(&said);
                return Ok(answer);
            }
            asked = self.signer.asked(&said, &answer.headers("www-authenticate"));
            drain(answer);
            if asked != Asked::Again {
                break;
            }
        }
        Err(self.not_let_in(asked))
    }

    fn not_let_in(&self, asked: Asked) -> Error {
        let place = &self.place;
        match asked {
            Asked::Again | Asked::Refused => say::of_status(401, None, Doing::Looking, place),
            Asked::NobodyToName => Error::new(
                ErrorKind::Auth,
                format!(
                    "The server asks for a user name and a password. Sign in to it; on Nextcloud, with an app password. {place}"
                ),
            ),
            Asked::UnknownWay => Error::new(
                ErrorKind::Auth,
                format!(
                    "The server asks for a way to sign in that Safelight does not know. Turn on Basic or Digest for WebDAV there, or \
                     make an app password. {place}"
                ),
            ),
        }
    }

    /// The error of an answer that is no success.
    pub(super) fn refused(&self, answer: &Response, doing: Doing) -> Error {
        say::refused(answer, doing, &self.place)
    }

    /// The error of a bare status.
    pub(super) fn refused_with(&self, status: u16, doing: Doing) -> Error {
        say::of_status(status, None, doing, &self.place)
    }

    /// What the server says of one thing; `None` where it says that nothing is there.
    ///
    /// # Errors
    /// It says something else, or nothing.
    pub(super) fn ask(&self, path: &str, cx: &Cx) -> Result<Option<Entry>> {
        self.ask_for(path, FACTS, cx)
    }

    /// The same with the room that is left.
    ///
    /// # Errors
    /// It says something else, or nothing.
    pub(super) fn ask_room(&self, path: &str, cx: &Cx) -> Result<Option<Entry>> {
        self.ask_for(path, ROOM, cx)
    }

    fn ask_for(&self, path: &str, wanted: &str, cx: &Cx) -> Result<Option<Entry>> {
        let Some(answer) = self.propfind(path, "0", wanted, Doing::Looking, cx)? else {
            return Ok(None);
        };
        let mut found: Option<Entry> = None;
        self.parse(answer, Doing::Looking, cx, &mut |entry| {
            found.get_or_insert(entry);
            ControlFlow::Continue(())
        })?;
        match found {
            Some(entry) => match entry.trouble {
                Some(404 | 410) => Ok(None),
                Some(status) => Err(self.refused_with(status, Doing::Looking)),
                None => Ok(Some(entry)),
            },
            None => Err(self.refused_with(207, Doing::Looking)),
        }
    }

    /// Everything that lies directly in this folder, and the folder itself; false where nothing is there.
    ///
    /// # Errors
    /// The listing may be incomplete then.
    pub(super) fn list(&self, path: &str, cx: &Cx, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<bool> {
        let Some(answer) = self.propfind(path, "1", FACTS, Doing::Listing, cx)? else {
            return Ok(false);
        };
        self.parse(answer, Doing::Listing, cx, each)?;
        Ok(true)
    }

    fn propfind(&self, path: &str, depth: &str, wanted: &str, doing: Doing, cx: &Cx) -> Result<Option<Response>> {
        let headers = [
            ("Depth", depth),
            ("Content-Type", "application/xml; charset=utf-8"),
            ("Cache-Control", "no-cache"),
        ];
        let answer = self.send("PROPFIND", path, &headers, Load::Bytes(wanted.as_bytes()), cx)?;
        match answer.status() {
            207 => Ok(Some(answer)),
            404 | 410 => {
                drain(answer);
                Ok(None)
            }
            _ if answer.is_web_page() && answer.status() < 400 => Err(answer.web_page()),
            _ => Err(self.refused(&answer, doing)),
        }
    }

    fn parse(
        &self,
        answer: Response,
        doing: Doing,
        cx: &Cx,
        each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<()> {
        let page = answer.web_page();
        let fault = match multistatus::read(answer.into_reader(), each) {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        check_cancel(cx)?;
        Err(match fault {
            Fault::Other => page,
            Fault::Line | Fault::Cut => self.refused_with(502, doing),
            Fault::TooMuch => Error::new(
                ErrorKind::Permanent,
                format!("The server's answer is longer than any listing may be. {}", self.place),
            ),
        })
    }
}

/// Reads what nobody needs of a short answer.
pub(super) fn drain(answer: Response) {
    if answer.length().is_none_or(|length| length <= LEFTOVER as u64)
        && let Err(error) = answer.text(LEFTOVER)
    {
        tracing::debug!("an answer's rest: {error}");
    }
}
