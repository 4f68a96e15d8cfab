//! A client for one origin: requests with bodies of a known length, and answers that are read within bounds.

use super::{
    date::http_date,
    explain::{explain, explain_io, web_page},
    line::{Dialer, Here, Names, Reach, is_private},
    ride::{Ride, aboard, now_ms, stopped},
    tls::{Encrypt, Refused},
};
use crate::{
    remote::{
        access::Access,
        api::{CHUNK, Error, ErrorKind, Result},
        throttle::Throttle,
    },
    sys::{
        clock::{Clock as _, RealClock},
        task::{Cx, Progress, lock},
    },
};
use std::{
    fmt,
    io::{self, Read, Write},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use ureq::{
    Agent, BodyReader, Proxy, SendBody,
    http::{self, HeaderMap, Uri},
    unversioned::transport::{ConnectProxyConnector, Connector as _, SocksConnector},
};

/// From this length on a body is announced first, so that a refusal costs no upload.
const ANNOUNCED: u64 = 1024 * 1024;
/// How long a server may take to say that it wants an announced body.
const ANNOUNCE_WAIT: Duration = Duration::from_secs(1);
/// How many idle connections are kept.
const IDLE: usize = 16;
/// No clock was compared yet.
const NO_SKEW: i64 = i64::MIN;
/// From this difference on clocks are called off, in milliseconds: signatures fail at 15 minutes.
const SKEW_MS: i64 = 5 * 60_000;

/// How long each step may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To a connection: name, line, encryption.
    pub connect: Duration,
    /// Without a byte moving while a body is sent or read.
    pub stall: Duration,
    /// From the end of a request to the head of its answer: a server that joins a large upload takes its time.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            stall: Duration::from_secs(60),
            answer: Duration::from_secs(180),
        }
    }
}

/// Where to, and how.
#[derive(Clone, Debug, Default)]
pub struct HttpConfig {
    /// What the person agreed to; its credentials are not looked at here.
    pub access: Access,
    /// `scheme://host` or `scheme://host:port`. No request leaves it.
    pub origin: String,
    /// How long each step may take.
    pub timeouts: Timeouts,
}

/// A body to send.
pub enum Body<'a> {
    /// None.
    Empty,
    /// These bytes.
    Bytes(&'a [u8]),
    /// A stream that gives exactly `length` bytes and then its end; whatever else it does fails the request. Its bytes are
    /// added to the progress.
    Stream {
        /// Where the bytes come from.
        source: &'a mut dyn Read,
        /// How many.
        length: u64,
    },
}

/// A request.
pub struct Request<'a> {
    /// Any method: `GET`, `PROPFIND`.
    pub method: &'a str,
    /// The whole address, percent-encoded.
    pub url: &'a str,
    /// Headers beside `Host`, `Content-Length`, `User-Agent` and `Expect`.
    pub headers: Vec<(&'a str, String)>,
    /// The body.
    pub body: Body<'a>,
}

/// A client for one origin. Clones share connections and the bandwidth limit.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    agent: Agent,
    origin: String,
    host: String,
    pinned: bool,
    timeouts: Timeouts,
    throttle: Arc<Throttle>,
    refused: Refused,
    /// A server that ignores announcements makes each of them wait a second.
    no_announce: AtomicBool,
    skew_ms: AtomicI64,
    here: Here,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Http").field(&self.0.origin).finish()
    }
}

impl Http {
    /// A client; connects to nothing yet.
    ///
    /// # Errors
    /// `Permanent` for an origin that is none, `Unsupported` for plain http to where it may not go.
    pub fn new(config: &HttpConfig) -> Result<Self> {
        let (uri, host) = origin_of(&config.origin)?;
        let access = &config.access;
        let plain = uri.scheme_str() == Some("http");
        let bare = host.trim_matches(['[', ']']);
        let reach = match (plain, access.plain_http) {
            (false, _) => Reach::Anywhere,
            (true, true) => Reach::Private,
            (true, false) => Reach::Loopback,
        };
        let near = bare.parse::<IpAddr>().map_or(bare == "localhost", is_private);
        // Plain http never leaves the private network, where proxies have no business.
        let proxy = if plain || near { None } else { Proxy::try_from_env() };
        let proxied = proxy.is_some();
        let refused = Refused::default();
        let encrypt = Encrypt::new(&host, access.pinned, &refused)?;
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(concat!("Safelight/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .input_buffer_size(CHUNK)
            .output_buffer_size(CHUNK)
            .max_idle_connections(IDLE)
            .max_idle_connections_per_host(IDLE)
            .timeout_resolve(Some(config.timeouts.connect))
            .timeout_connect(Some(config.timeouts.connect))
            .timeout_send_request(Some(config.timeouts.stall))
            .timeout_await_100(Some(ANNOUNCE_WAIT))
            .timeout_recv_response(Some(config.timeouts.answer))
            .build();
        // Behind a proxy the other end of the line is the proxy's.
        let here = Here::default();
        let seen = proxied.then(Here::default).unwrap_or_else(|| here.clone());
        let connector =
            ().chain(SocksConnector::default())
                .chain(ConnectProxyConnector::default())
                .chain(Dialer { reach, here: seen })
                .chain(encrypt);
        Ok(Self(Arc::new(Inner {
            agent: Agent::with_parts(settings, connector, Names),
            origin: config.origin.trim_end_matches('/').to_owned(),
            host,
            pinned: access.pinned.is_some(),
            timeouts: config.timeouts,
            throttle: Arc::new(Throttle::new(access.bandwidth)),
            refused,
            no_announce: AtomicBool::new(false),
            skew_ms: AtomicI64::new(NO_SKEW),
            here,
        })))
    }

    /// Whom it speaks to.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// Whether the server is this machine itself, by whatever name it was reached: known once it has answered. A tunnel's
    /// end is one, too; what lies behind it cannot be seen.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.0.here.is_set()
    }

    /// What a person should know of this computer's clock, if by the last answer it is off by minutes.
    #[must_use]
    pub fn clock_trouble(&self) -> Option<String> {
        let skew = self.0.skew_ms.load(Ordering::Relaxed);
        (skew != NO_SKEW && skew.saturating_abs() >= SKEW_MS).then(|| {
            let minutes = skew.unsigned_abs() / 60_000;
            let how = if skew > 0 { "ahead of" } else { "behind" };
            format!(
                "This computer's clock is {minutes} minutes {how} the clock of {}. Set it right, then try again.",
                self.0.host
            )
        })
    }

    /// Sends a request and waits for the head of its answer. Any status is an answer.
    ///
    /// # Errors
    /// `Cancelled` within 200 ms of being asked; `Unreachable`, `Auth` (the certificate), `Unsupported` (plain http) or
    /// `Temporary` where there was no answer; `Permanent` where the body could not be read or has another length.
    pub fn send(&self, request: Request<'_>, cx: &Cx) -> Result<Response> {
        let inner = &self.0;
        let rest = request.url.strip_prefix(&inner.origin);
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) {
            let what = format!("An address that does not belong to {} was not asked.", inner.host);
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        let ride = Arc::new(Ride {
            cancel: cx.cancel.clone(),
            stall_ms: i64::try_from(inner.timeouts.stall.as_millis()).unwrap_or(i64::MAX),
            ..Ride::default()
        });
        crate::remote::api::check_cancel(cx)?;
        let mut builder = http::Request::builder().method(request.method).uri(request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let mut bytes;
        let (source, length, progress): (&mut dyn Read, u64, _) = match request.body {
            Body::Empty if matches!(request.method, "PUT" | "POST") => {
                bytes = &[][..];
                (&mut bytes, 0, None)
            }
            Body::Empty => return self.run(builder, None, &ride),
            Body::Bytes(body) => {
                bytes = body;
                (&mut bytes, body.len() as u64, None)
            }
            Body::Stream { source, length } => (source, length, Some(cx.progress.clone())),
        };
        builder = builder.header("Content-Length", length);
        let announced = length >= ANNOUNCED && !inner.no_announce.load(Ordering::Relaxed);
        if announced {
            builder = builder.header("Expect", "100-continue");
        }
        let mut sender = Sender {
            source,
            left: length,
            ride: &ride,
            throttle: &inner.throttle,
            progress,
            begun_ms: None,
            failed: None,
        };
        let begun = now_ms();
        if length == 0 {
            // Nobody reads a body of no length, and it may be longer.
            let _ = sender.read(&mut [0]);
            if let Some(failed) = sender.failed.take() {
                return Err(failed);
            }
            sender.begun_ms = None;
        }
        let answer = self.run(builder, Some(&mut sender), &ride);
        let waited = sender.begun_ms.map_or(0, |at| at.saturating_sub(begun));
        if announced && waited >= i64::try_from(ANNOUNCE_WAIT.as_millis()).unwrap_or(0) {
            inner.no_announce.store(true, Ordering::Relaxed);
        }
        if let Some(failed) = sender.failed.take() {
            return Err(failed);
        }
        let answer = answer?;
        if ride.is_cut() && answer.status() < 400 {
            // It cannot have taken what it did not get.
            let what = format!(
                "The connection to {} broke while sending. It is tried again.",
                inner.host
            );
            return Err(Error::new(ErrorKind::Temporary, what));
        }
        Ok(answer)
    }

    fn run(
        &self,
        builder: http::request::Builder,
        body: Option<&mut Sender<'_>>,
        ride: &Arc<Ride>,
    ) -> Result<Response> {
        let inner = &self.0;
        let unusable = |error: http::Error| Error::caused(ErrorKind::Permanent, "A request could not be made.", error);
        let answer = aboard(ride, || match body {
            Some(sender) => {
                let request = builder.body(SendBody::from_reader(sender)).map_err(unusable)?;
                Ok(inner.agent.run(request))
            }
            None => Ok(inner.agent.run(builder.body(()).map_err(unusable)?)),
        })?;
        let answer = answer.map_err(|error| {
            if ride.cancel.is_cancelled() {
                return Error::new(ErrorKind::Cancelled, "stopped as asked");
            }
            let refused = lock(&inner.refused).take();
            explain(error, &inner.host, inner.pinned, refused)
        })?;
        let (head, body) = answer.into_parts();
        let response = Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.into_with_config().limit(u64::MAX).reader(),
            ride: Arc::clone(ride),
            throttle: Arc::clone(&inner.throttle),
            host: inner.host.clone(),
            answer: inner.timeouts.answer,
        };
        if let Some(theirs) = response.header("date").and_then(http_date) {
            let skew = RealClock.now().0.saturating_sub(theirs);
            inner.skew_ms.store(skew, Ordering::Relaxed);
        }
        Ok(response)
    }
}

/// The origin as an address, and its host's name.
fn origin_of(origin: &str) -> Result<(Uri, String)> {
    let refuse = || {
        Error::new(
            ErrorKind::Permanent,
            "Not a usable address: it should look like https://host.",
        )
    };
    let uri: Uri = origin.parse().map_err(|_| refuse())?;
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().ok_or_else(refuse)?;
    let bare = uri.path().is_empty() || uri.path() == "/";
    if !matches!(scheme, "http" | "https") || !bare || uri.query().is_some() || authority.as_str().contains('@') {
        return Err(refuse());
    }
    let host = authority.host().to_owned();
    Ok((uri, host))
}

/// A body on its way out: of exactly the length that was announced, at the allowed rate, until somebody cancels.
struct Sender<'a> {
    source: &'a mut dyn Read,
    left: u64,
    ride: &'a Ride,
    throttle: &'a Throttle,
    progress: Option<Progress>,
    begun_ms: Option<i64>,
    failed: Option<Error>,
}

impl Sender<'_> {
    fn fail(&mut self, error: Error) -> io::Error {
        let told = io::Error::other(error.what.clone());
        self.failed.get_or_insert(error);
        told
    }

    fn other_length(&mut self, how: &str) -> io::Error {
        self.fail(Error::new(
            ErrorKind::Permanent,
            format!("what was to be sent is {how} than it was said to be"),
        ))
    }

    /// One read, tried again where a signal came between.
    fn pull(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.source.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let failed = Error::caused(ErrorKind::Permanent, "what was to be sent could not be read", error);
                    return Err(self.fail(failed));
                }
                got => return got,
            }
        }
    }
}

impl Read for Sender<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.begun_ms.is_none() {
            self.begun_ms = Some(now_ms());
            self.ride.sending.store(true, Ordering::Relaxed);
        }
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(self.throttle.piece());
        let end = buffer.len().min(most);
        let Some(buffer) = buffer.get_mut(..end).filter(|buffer| !buffer.is_empty()) else {
            // The only look at an empty body.
            if self.left == 0 && self.pull(&mut [0])? > 0 {
                return Err(self.other_length("longer"));
            }
            return Ok(0);
        };
        if self.ride.is_cut() {
            buffer.fill(0);
            self.left = self.left.saturating_sub(buffer.len() as u64);
            return Ok(buffer.len());
        }
        let got = self.pull(buffer)?;
        if self.ride.cancel.is_cancelled() {
            return Err(self.fail(Error::new(ErrorKind::Cancelled, "stopped as asked")));
        }
        if got == 0 {
            return Err(self.other_length("shorter"));
        }
        self.left = self.left.saturating_sub(got as u64);
        // The last bytes are not given before the end was seen: a file that has grown never becomes an object.
        if self.left == 0 && self.pull(&mut [0])? > 0 {
            return Err(self.other_length("longer"));
        }
        self.throttle.take(got as u64, &self.ride.cancel);
        if let Some(progress) = &self.progress {
            progress.add_bytes(got as u64);
        }
        Ok(got)
    }
}

/// An answer; its body is not read yet. Dropped before its end, the connection is closed.
pub struct Response {
    status: u16,
    headers: HeaderMap,
    body: BodyReader<'static>,
    ride: Arc<Ride>,
    throttle: Arc<Throttle>,
    host: String,
    answer: Duration,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Response {
    /// The status, 200 to 599; redirects, too.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of this name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every header of this name in the order they came, wrong characters replaced.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<String> {
        let all = self.headers.get_all(name).iter();
        all.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }

    /// The length that the answer says it has.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.header("content-length").and_then(|text| text.trim().parse().ok())
    }

    /// It says that it is a page for people, or that the network wants a sign-in (511): nothing of it counts.
    #[must_use]
    pub fn is_web_page(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        self.status == 511 || kind.starts_with("text/html") || kind.starts_with("application/xhtml")
    }

    /// The sentence for a page for people.
    #[must_use]
    pub fn web_page(&self) -> Error {
        web_page(&self.host)
    }

    /// The body, as a stream that can be stopped. Its errors are those of the line: prefer [`Response::copy_to`].
    #[must_use]
    pub fn into_reader(self) -> Reader {
        Reader {
            body: self.body,
            ride: self.ride,
            throttle: self.throttle,
            host: self.host,
        }
    }

    /// Passes the body on and says how long it was. The bytes are added to the progress.
    ///
    /// # Errors
    /// `Corrupt` where it is longer than `limit`; `Permanent` where the sink fails; `Cancelled`; else the line's.
    pub fn copy_to(self, sink: &mut dyn Write, limit: u64, cx: &Cx) -> Result<u64> {
        let mut reader = self.into_reader();
        let mut buffer = vec![0_u8; CHUNK];
        let mut total = 0_u64;
        loop {
            let got = reader.pull(&mut buffer)?;
            if got == 0 {
                return Ok(total);
            }
            total = total.saturating_add(got as u64);
            if total > limit {
                let what = format!("{} sends more bytes than it should.", reader.host);
                return Err(Error::new(ErrorKind::Corrupt, what));
            }
            sink.write_all(buffer.get(..got).unwrap_or_default())
                .map_err(|error| Error::caused(ErrorKind::Permanent, "what was read could not be passed on", error))?;
            cx.progress.add_bytes(got as u64);
        }
    }

    /// A small body as text, wrong characters replaced. It has to be whole within the time for an answer.
    ///
    /// # Errors
    /// `Temporary` where it is longer than `limit` bytes or takes too long; the line's.
    pub fn text(self, limit: usize) -> Result<String> {
        let until = now_ms().saturating_add(i64::try_from(self.answer.as_millis()).unwrap_or(i64::MAX));
        let mut reader = self.into_reader();
        let mut bytes = Vec::new();
        let mut buffer = vec![0_u8; 64 * 1024];
        loop {
            let got = reader.pull(&mut buffer)?;
            if got == 0 {
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
            bytes.extend_from_slice(buffer.get(..got).unwrap_or_default());
            if bytes.len() > limit || now_ms() > until {
                let what = format!(
                    "{} does not come to an end with its answer. It is tried again later.",
                    reader.host
                );
                return Err(Error::new(ErrorKind::Temporary, what));
            }
        }
    }
}

/// A body on its way in.
pub struct Reader {
    body: BodyReader<'static>,
    ride: Arc<Ride>,
    throttle: Arc<Throttle>,
    host: String,
}

impl Reader {
    /// Reads on.
    ///
    /// # Errors
    /// `Cancelled`; `Temporary` where the line broke, also where the body is shorter than the answer said.
    pub fn pull(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.read(buffer).map_err(|error| {
            if self.ride.cancel.is_cancelled() {
                return Error::new(ErrorKind::Cancelled, "stopped as asked");
            }
            let told = ureq::Error::from(error);
            match told {
                ureq::Error::Io(error) => explain_io(error, &self.host, false, None),
                other => explain(other, &self.host, false, None),
            }
        })
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ride.cancel.is_cancelled() {
            return Err(stopped());
        }
        let end = buffer.len().min(self.throttle.piece());
        let buffer = buffer.get_mut(..end).unwrap_or_default();
        let (body, ride) = (&mut self.body, &self.ride);
        let got = aboard(ride, || body.read(buffer))?;
        self.throttle.take(got as u64, &self.ride.cancel);
        Ok(got)
    }
}
