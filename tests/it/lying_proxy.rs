//! Goal: whatever stands between us and a server, nothing is called safe that is not, and the reason is named (safety.md:
//! a 2xx is never evidence). Method: a proxy that lies in some fifty ways, about one kind of request at a time, in front
//! of a real S3 server; a store over it puts, asks, lists and reads back. What was called checked is compared with the
//! bytes on the server's disk, and a copy that was damaged there is never called so.

use super::servers::{self, S3Server, access};
use safelight::{
    model::content::ContentId,
    remote::{
        api::{ErrorKind, Info, Key, Remote},
        contract,
        http::Timeouts,
        retry::Retry,
        s3::{S3, S3Config},
    },
    store::{
        object::PutMeta,
        store::{CreateOptions, Store},
    },
    sys::{
        clock::{Clock, RealClock},
        real::RealFs,
        task::Cx,
    },
};
use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Cursor, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    ops::ControlFlow,
    sync::{Arc, Mutex},
    time::Duration,
};

/// A way to lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lie {
    Honest,
    DropBefore,
    DropAfter,
    HalfHead,
    Silence,
    /// Instead of the server.
    Answer(u16),
    /// The server does it, another status comes back.
    AnswerAfter(u16),
    /// A refusal as S3 writes it.
    Named(u16, &'static str),
    Page(u16),
    Elsewhere(u16),
    CutAt(usize),
    CutWithoutLength(usize),
    Flip,
    Drip,
    Endless,
    SaysLonger,
    SaysShorter,
    NoLength,
    Empty,
    WrongObject,
    LongerObject,
    Stale,
    Skewed,
    FakeDone,
    FlipUpload,
    HalfUpload,
    NotHttp,
    HugeHead,
    ErrorIn200,
    Interim,
    Zipped,
    MoreAfter,
    /// The first reply is lost, and from then on it is not done again.
    OnlyOnce,
}

use Lie::*;

const LIES: [Lie; 62] = [
    Honest,
    DropBefore,
    DropAfter,
    HalfHead,
    Silence,
    Answer(400),
    Answer(401),
    Answer(403),
    Answer(404),
    Answer(405),
    Answer(408),
    Answer(409),
    Answer(412),
    Answer(413),
    Answer(416),
    Answer(429),
    Answer(500),
    Answer(501),
    Answer(502),
    Answer(503),
    Answer(504),
    Answer(507),
    AnswerAfter(204),
    AnswerAfter(500),
    AnswerAfter(503),
    AnswerAfter(403),
    Named(403, "InvalidAccessKeyId"),
    Named(403, "SignatureDoesNotMatch"),
    Named(400, "ExpiredToken"),
    Named(404, "NoSuchBucket"),
    Named(403, "QuotaExceeded"),
    Named(503, "SlowDown"),
    Page(200),
    Page(403),
    Page(404),
    Page(511),
    Page(503),
    Elsewhere(301),
    Elsewhere(302),
    Elsewhere(307),
    CutAt(0),
    CutAt(1),
    CutAt(100),
    CutWithoutLength(0),
    CutWithoutLength(100),
    Flip,
    Drip,
    Endless,
    SaysLonger,
    SaysShorter,
    NoLength,
    Empty,
    WrongObject,
    LongerObject,
    Stale,
    Skewed,
    FakeDone,
    NotHttp,
    HugeHead,
    ErrorIn200,
    Interim,
    MoreAfter,
];
/// Those that only mean something for what is sent up, or for bytes.
const UPLOADS: [Lie; 2] = [FlipUpload, HalfUpload];
const READS: [Lie; 1] = [Zipped];

impl Lie {
    /// The bytes come through all the same.
    fn is_harmless_to_reading(self) -> bool {
        matches!(self, Honest | Drip | NoLength | Interim | MoreAfter)
    }

    /// What it should be called, where that does not depend on what was asked.
    fn name(self) -> Option<ErrorKind> {
        use ErrorKind::{Auth, Full, Permanent, Temporary, Unreachable, Unsupported};
        Some(match self {
            Answer(400 | 413 | 416) => Permanent,
            Answer(401 | 403) | AnswerAfter(403) | Skewed => Auth,
            Answer(404) => Unreachable,
            Answer(405 | 501) => Unsupported,
            Answer(507) | Named(403, "QuotaExceeded") => Full,
            Answer(408 | 409 | 429 | 500 | 502 | 503 | 504) | AnswerAfter(204 | 500 | 503) => Temporary,
            Named(404, _) | Page(_) | Elsewhere(_) => Unreachable,
            Named(503, _) => Temporary,
            Named(..) => Auth,
            DropBefore | DropAfter | HalfHead | Silence | NotHttp | HugeHead => Temporary,
            _ => return None,
        })
    }
}

/// What is lied about.
#[derive(Clone)]
struct Plan {
    lie: Lie,
    method: &'static str,
    needle: String,
}

pub struct Proxy {
    pub port: u16,
    plan: Arc<Mutex<Option<Plan>>>,
}

impl Proxy {
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let plan: Arc<Mutex<Option<Plan>>> = Arc::default();
        let shared = Arc::clone(&plan);
        // Ends with the process: tests start few of them.
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                let plan = Arc::clone(&shared);
                std::thread::spawn(move || drop(carry(line, server, &plan)));
            }
        });
        Self { port, plan }
    }

    pub fn lie(&self, lie: Lie, method: &'static str, needle: &str) {
        let needle = needle.to_owned();
        *self.plan.lock().expect("the plan") = Some(Plan { lie, method, needle });
    }

    pub fn be_honest(&self) {
        *self.plan.lock().expect("the plan") = None;
    }
}

/// A message: its first line and headers, and its body.
struct Message {
    first: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Message {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    fn without(&mut self, names: &[&str]) {
        self.headers.retain(|line| {
            let name = line.split(':').next().unwrap_or("");
            !names.iter().any(|gone| name.eq_ignore_ascii_case(gone))
        });
    }

    fn head(&self) -> String {
        let mut head = format!("{}\r\n", self.first);
        for line in &self.headers {
            head.push_str(line);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        head
    }
}

fn read_head(reader: &mut BufReader<TcpStream>) -> std::io::Result<Message> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let first = if lines.is_empty() {
        String::new()
    } else {
        lines.remove(0)
    };
    Ok(Message {
        first,
        headers: lines,
        body: Vec::new(),
    })
}

/// Asks the real server.
fn forward(request: &Message, server: u16) -> std::io::Result<Message> {
    let mut line = TcpStream::connect(("127.0.0.1", server))?;
    line.write_all(request.head().as_bytes())?;
    line.write_all(&request.body)?;
    let mut reader = BufReader::new(line);
    let mut answer = read_head(&mut reader)?;
    if !request.first.starts_with("HEAD ") {
        match answer.header("content-length").and_then(|text| text.parse().ok()) {
            Some(length) => {
                answer.body.resize(length, 0);
                reader.read_exact(&mut answer.body)?;
            }
            None if answer.header("transfer-encoding").is_some() => {
                answer.body = chunks(&mut reader)?;
                let length = answer.body.len();
                answer.without(&["transfer-encoding"]);
                answer.headers.push(format!("Content-Length: {length}"));
            }
            None => {}
        }
    }
    answer.without(&["connection"]);
    answer.headers.push("Connection: close".to_owned());
    Ok(answer)
}

fn chunks(reader: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        let start = all.len();
        all.resize(start + length + 2, 0);
        reader.read_exact(&mut all[start..])?;
        all.truncate(start + length);
        if length == 0 {
            return Ok(all);
        }
    }
}

/// One request and its answer.
#[expect(clippy::too_many_lines, reason = "a table of lies")]
fn carry(line: TcpStream, server: u16, plan: &Mutex<Option<Plan>>) -> std::io::Result<()> {
    let mut out = line.try_clone()?;
    let mut reader = BufReader::new(line);
    let mut request = read_head(&mut reader)?;
    let path = request.first.split(' ').nth(1).unwrap_or("").to_owned();
    let method = request.first.split(' ').next().unwrap_or("").to_owned();
    let planned = plan.lock().expect("the plan").clone();
    let planned = planned.filter(|plan| plan.method == method && path.contains(&plan.needle));
    let lie = planned.map_or(Honest, |plan| plan.lie);
    if request.header("expect").is_some() {
        out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length = request
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body)?;
    request.without(&["connection", "expect"]);
    request.headers.push("Connection: close".to_owned());
    let is_head = method == "HEAD";
    match lie {
        DropBefore => return Ok(()),
        Silence => {
            // Until the other side has had enough.
            let _ = reader.read(&mut [0]);
            return Ok(());
        }
        FakeDone => {
            return out
                .write_all(b"HTTP/1.1 200 OK\r\nETag: \"0123\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        Answer(status) => return short(&mut out, status, "", "", is_head),
        Named(status, code) => {
            let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No.</Message></Error>");
            return short(&mut out, status, "Content-Type: application/xml\r\n", &body, is_head);
        }
        ErrorIn200 => {
            let body = "<Error><Code>InternalError</Code><Message>Later.</Message></Error>";
            return short(&mut out, 200, "Content-Type: application/xml\r\n", body, is_head);
        }
        Page(status) => {
            let body = "<!doctype html><html><body>Welcome to our hotel. Please sign in.</body></html>";
            return short(
                &mut out,
                status,
                "Content-Type: text/html; charset=utf-8\r\n",
                body,
                is_head,
            );
        }
        Elsewhere(status) => {
            return short(
                &mut out,
                status,
                "Location: http://login.hotel.example/\r\n",
                "",
                is_head,
            );
        }
        Skewed => {
            let body = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
            return short(&mut out, 403, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", body, is_head);
        }
        Stale if path.contains("list-type") => {
            let body = "<ListBucketResult><Name>photos</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
            return short(&mut out, 200, "", body, is_head);
        }
        Stale if method != "PUT" => {
            return short(&mut out, 404, "", "<Error><Code>NoSuchKey</Code></Error>", is_head);
        }
        NotHttp => return out.write_all(b"220 mail.example ESMTP at your service\r\n"),
        HugeHead => {
            out.write_all(b"HTTP/1.1 200 OK\r\n")?;
            for _ in 0..20_000 {
                out.write_all(b"X-More: and more and more and more and more\r\n")?;
            }
            return out.write_all(b"Content-Length: 0\r\n\r\n");
        }
        FlipUpload => {
            if let Some(byte) = request.body.last_mut() {
                *byte ^= 1;
            }
        }
        HalfUpload => {
            let half = request.body.len() / 2;
            request.body.truncate(half);
            let mut line = TcpStream::connect(("127.0.0.1", server))?;
            line.write_all(request.head().as_bytes())?;
            line.write_all(&request.body)?;
            drop(line);
            return out
                .write_all(b"HTTP/1.1 200 OK\r\nETag: \"0123\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        _ => {}
    }
    let answer = forward(&request, server)?;
    if lie == OnlyOnce {
        if let Some(plan) = plan.lock().expect("the plan").as_mut() {
            plan.lie = Named(501, "NotImplemented");
        }
        return Ok(());
    }
    reply(&mut out, answer, lie, is_head)
}

fn short(out: &mut TcpStream, status: u16, headers: &str, body: &str, is_head: bool) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} So\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    out.write_all(head.as_bytes())?;
    out.write_all(if is_head { b"" } else { body.as_bytes() })
}

/// The real answer, bent.
fn reply(out: &mut TcpStream, mut answer: Message, lie: Lie, is_head: bool) -> std::io::Result<()> {
    let length = answer.body.len();
    let set_length = |answer: &mut Message, length: usize| {
        answer.without(&["content-length"]);
        answer.headers.push(format!("Content-Length: {length}"));
    };
    match lie {
        DropAfter => return Ok(()),
        HalfHead => return out.write_all(&answer.head().as_bytes()[..20]),
        AnswerAfter(status) => return short(out, status, "", "", is_head),
        CutAt(at) => {
            out.write_all(answer.head().as_bytes())?;
            return out.write_all(&answer.body[..at.min(length)]);
        }
        CutWithoutLength(at) => {
            answer.without(&["content-length"]);
            answer.body.truncate(at);
        }
        Flip => {
            if let Some(byte) = answer.body.get_mut(length / 2) {
                *byte ^= 4;
            }
        }
        Drip => {
            out.write_all(answer.head().as_bytes())?;
            out.set_nodelay(true)?;
            for byte in answer.body.chunks(1) {
                out.write_all(byte)?;
            }
            return Ok(());
        }
        Endless => {
            answer.without(&["content-length"]);
            out.write_all(answer.head().as_bytes())?;
            loop {
                out.write_all(&[b'x'; 4096])?;
            }
        }
        SaysLonger => set_length(&mut answer, length + 10),
        SaysShorter => set_length(&mut answer, length.saturating_sub(10)),
        NoLength => answer.without(&["content-length"]),
        Empty => {
            answer.body.clear();
            set_length(&mut answer, 0);
        }
        WrongObject => answer.body = vec![b'w'; length],
        LongerObject => {
            answer.body = vec![b'w'; length + 7];
            set_length(&mut answer, length + 7);
        }
        Interim => {
            for _ in 0..3 {
                out.write_all(b"HTTP/1.1 102 Processing\r\n\r\n")?;
            }
        }
        Zipped => answer.headers.push("Content-Encoding: gzip".to_owned()),
        MoreAfter => answer
            .body
            .extend_from_slice(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        _ => {}
    }
    out.write_all(answer.head().as_bytes())?;
    if is_head { Ok(()) } else { out.write_all(&answer.body) }
}

/// A server, the proxy before it, and a store over both.
struct World {
    server: S3Server,
    proxy: Proxy,
    s3: Arc<S3>,
    store: Store,
    /// The same with little patience, for silence.
    hasty: Store,
    hasty_s3: Arc<S3>,
}

impl World {
    fn new() -> Self {
        let server = S3Server::start();
        let proxy = Proxy::before(server.port);
        let url = servers::url(proxy.port, "store");
        let config = S3Config::from_url(&url, &access(), &RealFs).expect("an address");
        let s3 = |answer: u64| {
            let patience = Timeouts {
                answer: Duration::from_secs(answer),
                stall: Duration::from_secs(answer),
                ..Timeouts::default()
            };
            let s3 = S3::with_timeouts(&config, &access(), patience).expect("a place");
            s3.habits(&Cx::new()).expect("tried out");
            Arc::new(s3)
        };
        let (patient, hasty_s3) = (s3(120), s3(1));
        let clock: Arc<dyn Clock> = Arc::new(RealClock);
        let store = Store::create(
            patient.clone(),
            Arc::clone(&clock),
            CreateOptions::default(),
            &Cx::new(),
        );
        let store = store.expect("a store");
        let hasty = Store::open(hasty_s3.clone(), clock, &Cx::new()).expect("the same store");
        Self {
            server,
            proxy,
            s3: patient,
            store,
            hasty,
            hasty_s3,
        }
    }

    fn store(&self, lie: Lie) -> &Store {
        if lie == Silence { &self.hasty } else { &self.store }
    }

    fn s3(&self, lie: Lie) -> &S3 {
        if lie == Silence { &self.hasty_s3 } else { &self.s3 }
    }

    /// The bytes that the server keeps, whatever anybody says.
    fn on_disk(&self, key: &Key) -> Option<Vec<u8>> {
        std::fs::read(self.server.file(&format!("store/{key}"))).ok()
    }
}

/// A photo for a case, and its name.
fn photo(what: &str, number: usize) -> (String, Vec<u8>, ContentId) {
    let name = format!("{what}{number:03}.jpg");
    let bytes: Vec<u8> = name.bytes().cycle().take(3000 + number).collect();
    let content = ContentId::of(&bytes);
    (name, bytes, content)
}

fn meta<'a>(name: &'a str, bytes: &[u8], content: ContentId) -> PutMeta<'a> {
    PutMeta {
        name: name.as_bytes(),
        taken: None,
        content,
        size: bytes.len() as u64,
        avoid: &[],
    }
}

/// A reason is a sentence, and the right one.
fn is_named(lie: Lie, kind: ErrorKind, what: &str, also: &[ErrorKind]) {
    let sentence = what.len() > 15 && what.contains(['.', ':']);
    assert!(sentence, "{lie:?}: {what}");
    if let Some(expected) = lie.name() {
        assert!(
            kind == expected || also.contains(&kind),
            "{lie:?} is called {kind:?}: {what}"
        );
    }
    assert_ne!(kind, ErrorKind::Cancelled, "{lie:?}");
}

#[test]
fn i3_whatever_is_said_of_an_upload_only_what_is_kept_is_called_checked() {
    let world = World::new();
    let mut checked = 0;
    for (number, lie) in LIES.into_iter().chain(UPLOADS).enumerate() {
        let (name, bytes, content) = photo("up", number);
        world.proxy.lie(lie, "PUT", &name[..5]);
        let put = world
            .store(lie)
            .put_original(&meta(&name, &bytes, content), &mut Cursor::new(&bytes), &Cx::new());
        world.proxy.be_honest();
        match put {
            Err(error) => {
                // A 412 sends us on to a longer name; when all are taken, it is the store that is to blame.
                is_named(lie, error.kind(), &error.to_string(), &[ErrorKind::Corrupt]);
                assert!(lie != Honest && lie != Drip, "{lie:?}: {error}");
            }
            Ok(put) => match world
                .store
                .read_back(&put.key, &content, bytes.len() as u64, &Cx::new())
            {
                Ok(_) => {
                    checked += 1;
                    assert!(
                        world.on_disk(&put.key).as_ref() == Some(&bytes),
                        "{lie:?}: falsely safe"
                    );
                }
                Err(error) => assert!(!matches!(lie, Honest | Drip | DropAfter), "{lie:?}: {error}"),
            },
        }
        // The same file can still be sent when the lies are over.
        let avoid = Vec::new();
        let again = PutMeta {
            avoid: &avoid,
            ..meta(&name, &bytes, content)
        };
        let put = world.store.put_original(&again, &mut Cursor::new(&bytes), &Cx::new());
        let put = put.unwrap_or_else(|error| panic!("{lie:?}: later: {error}"));
        let damaged = matches!(lie, FlipUpload);
        let back = world
            .store
            .read_back(&put.key, &content, bytes.len() as u64, &Cx::new());
        assert_eq!(back.is_ok(), !damaged, "{lie:?}: {back:?}");
    }
    assert!(checked > 10, "only {checked} lies were harmless");
}

#[test]
fn i3_i12_whatever_is_read_only_the_right_bytes_are_called_checked() {
    let world = World::new();
    for (number, lie) in LIES.into_iter().chain(READS).enumerate() {
        let (name, bytes, content) = photo("down", number);
        let put = world
            .store
            .put_original(&meta(&name, &bytes, content), &mut Cursor::new(&bytes), &Cx::new())
            .expect("put");
        let read = |store: &Store| store.read_back(&put.key, &content, bytes.len() as u64, &Cx::new());
        world.proxy.lie(lie, "GET", &name[..7]);
        match read(world.store(lie)) {
            Ok(_) => assert!(lie.is_harmless_to_reading() || lie == Zipped, "{lie:?}"),
            Err(error) => {
                assert!(!lie.is_harmless_to_reading(), "{lie:?}: {error}");
                is_named(lie, error.kind(), &error.to_string(), &[]);
                let absent = error.kind() == ErrorKind::NotFound;
                assert_eq!(absent, lie == Stale, "{lie:?}: absence needs S3's own word: {error}");
            }
        }
        // The same lie over a copy that has rotten on the server.
        let file = world.server.file(&format!("store/{}", put.key));
        let mut rotten = bytes.clone();
        rotten[1234] ^= 1;
        std::fs::write(&file, &rotten).expect("written");
        let read = read(world.store(lie));
        assert!(read.is_err(), "{lie:?}: a damaged copy is called safe");
        world.proxy.be_honest();
    }
}

#[test]
fn i12_whatever_is_said_of_a_key_nothing_is_lost_or_safe_by_it() {
    let world = World::new();
    for (number, lie) in LIES.into_iter().enumerate() {
        let (name, bytes, content) = photo("look", number);
        let put = world
            .store
            .put_original(&meta(&name, &bytes, content), &mut Cursor::new(&bytes), &Cx::new())
            .expect("put");
        world.proxy.lie(lie, "HEAD", &name[..7]);
        match world.s3(lie).head(&put.key, &Cx::new()) {
            // A second opinion was asked for where the first was none.
            Ok(Some(_)) => {}
            Ok(None) => assert!(
                matches!(lie, Stale | Answer(404) | Named(404, _)),
                "{lie:?}: called absent"
            ),
            Err(error) => is_named(lie, error.kind, &error.what, &[]),
        }
        // Another file of the same name: what is said of its key never makes it safe, and never costs the first.
        let (_, other, _) = photo("other", number);
        let other_id = ContentId::of(&other);
        let put_other =
            world
                .store(lie)
                .put_original(&meta(&name, &other, other_id), &mut Cursor::new(&other), &Cx::new());
        world.proxy.be_honest();
        if let Ok(put_other) = put_other
            && world
                .store
                .read_back(&put_other.key, &other_id, other.len() as u64, &Cx::new())
                .is_ok()
        {
            assert!(
                world.on_disk(&put_other.key).as_ref() == Some(&other),
                "{lie:?}: falsely safe"
            );
        }
        assert!(
            world.on_disk(&put.key).as_ref() == Some(&bytes),
            "{lie:?}: the first is gone"
        );
    }
}

#[test]
fn i12_whatever_is_listed_the_reason_is_named() {
    let world = World::new();
    let mut all = BTreeSet::new();
    for number in 0..5 {
        let (name, bytes, content) = photo("list", number);
        let put = world
            .store
            .put_original(&meta(&name, &bytes, content), &mut Cursor::new(&bytes), &Cx::new())
            .expect("put");
        all.insert(put.key);
    }
    for lie in LIES {
        world.proxy.lie(lie, "GET", "list-type=2");
        let mut found = BTreeSet::new();
        let listed = world.s3(lie).list("originals/", &Cx::new(), &mut |info: Info| {
            found.insert(info.key);
            ControlFlow::Continue(())
        });
        world.proxy.be_honest();
        match listed {
            Ok(()) if lie == Stale => assert!(found.is_empty()),
            // One letter may be wrong and still be a name; nothing rests on a listing alone.
            Ok(()) if lie == Flip => assert_eq!(found.len(), all.len()),
            Ok(()) => {
                assert!(lie.is_harmless_to_reading() || lie == Endless, "{lie:?} is not noticed");
                assert_eq!(found, all, "{lie:?}");
            }
            Err(error) => {
                assert!(!lie.is_harmless_to_reading(), "{lie:?}: {error}");
                assert_ne!(error.kind, ErrorKind::NotFound, "{lie:?}");
                is_named(lie, error.kind, &error.what, &[]);
            }
        }
    }
}

#[test]
fn a_clock_that_is_off_is_named() {
    let world = World::new();
    let (name, bytes, content) = photo("clock", 1);
    world.proxy.lie(Skewed, "PUT", "clock001");
    let put = world
        .store
        .put_original(&meta(&name, &bytes, content), &mut Cursor::new(&bytes), &Cx::new());
    let error = put.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(
        error.is_about_the_store() && error.to_string().contains("clock"),
        "{error}"
    );
    assert!(error.to_string().contains("minutes ahead of"), "{error}");
}

#[test]
fn what_was_cut_is_read_on() {
    let world = World::new();
    let (name, bytes, content) = photo("cut", 1);
    let put = world
        .store
        .put_original(&meta(&name, &bytes, content), &mut Cursor::new(&bytes), &Cx::new())
        .expect("put");
    let calm = Retry::with_first(world.s3.clone(), 0);
    world.proxy.lie(CutAt(1200), "GET", "cut001");
    let mut found = Vec::new();
    let cx = Cx::new();
    let info = calm.get(&put.key, None, &mut found, &cx).expect("read in three pieces");
    assert!(found == bytes, "every byte once");
    assert_eq!(
        (info.size, cx.progress.read().bytes_done),
        (bytes.len() as u64, bytes.len() as u64)
    );
    let mut part = Vec::new();
    calm.get(&put.key, Some(100..2900), &mut part, &Cx::new())
        .expect("a part");
    assert!(part == bytes[100..2900]);
}

#[test]
fn keys_that_may_not_delete_are_enough() {
    let server = S3Server::start();
    let proxy = Proxy::before(server.port);
    proxy.lie(Named(403, "AccessDenied"), "DELETE", "");
    let config = S3Config::from_url(&servers::url(proxy.port, "store"), &access(), &RealFs).expect("an address");
    let s3 = Arc::new(S3::open(&config, &access()).expect("a place"));
    let store = Store::create(s3.clone(), Arc::new(RealClock), CreateOptions::default(), &Cx::new()).expect("a store");
    let (name, bytes, content) = photo("kept", 1);
    let put = store
        .put_original(&meta(&name, &bytes, content), &mut Cursor::new(&bytes), &Cx::new())
        .expect("put");
    store
        .read_back(&put.key, &content, bytes.len() as u64, &Cx::new())
        .expect("read");
    let refused = s3.delete(&put.key, &Cx::new()).expect_err("not allowed");
    assert!(
        refused.kind == ErrorKind::Auth && refused.what.contains("may not delete"),
        "{refused}"
    );
    let remote: Arc<dyn Remote> = s3;
    let report = contract::run(&remote, false, &Cx::new()).expect("run");
    let failed: Vec<&str> = report.failed().map(|probe| probe.name).collect();
    let expected: &[&str] = &["Takes names of 255 bytes"];
    assert!(failed.iter().all(|name| expected.contains(name)), "{failed:?}");
    assert!(!report.left.is_empty(), "what is left is told");
}
