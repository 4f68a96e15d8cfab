//! A WebDAV server for tests, in this process, on a port of its own, until it is dropped; what comes and what goes can be
//! changed on the way. A proxy in front of it can tell lies that an HTTP library would not let pass its lips.

use dav_server::{DavHandler, body::Body, fakels::FakeLs, localfs::LocalFs};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
};

/// A short answer.
pub type Answer = Response<Body>;
/// What happens to a request before the server sees it; an answer ends it.
pub type Before = dyn Fn(&mut Request<Incoming>) -> Option<Answer> + Send + Sync;
/// What happens after the server answered.
pub type After = dyn Fn(&Seen, &mut Answer) + Send + Sync;

/// What a request was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    headers: Vec<(String, String)>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A server in this process, on a port of its own, until it is dropped.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    pub fn new(dir: &Path, before: Box<Before>, after: Box<After>) -> Self {
        let dav = DavHandler::builder()
            .filesystem(LocalFs::new(dir, false, false, false))
            .locksystem(FakeLs::new())
            .build_handler();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (before, after): (Arc<Before>, Arc<After>) = (Arc::from(before), Arc::from(after));
        let all = Arc::clone(&seen);
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                let (dav, all, before, after) =
                    (dav.clone(), Arc::clone(&all), Arc::clone(&before), Arc::clone(&after));
                let answer = move |mut request: Request<Incoming>| {
                    let (dav, all, before, after) =
                        (dav.clone(), Arc::clone(&all), Arc::clone(&before), Arc::clone(&after));
                    async move {
                        let one = seen_of(&request);
                        all.lock().expect("kept").push(one.clone());
                        let mut answer = match before(&mut request) {
                            Some(answer) => answer,
                            None => dav.handle(request).await,
                        };
                        after(&one, &mut answer);
                        Ok::<_, Infallible>(answer)
                    }
                };
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
            }
        });
        Self {
            port,
            seen,
            _runtime: runtime,
        }
    }

    pub fn honest(dir: &Path) -> Self {
        Self::new(dir, Box::new(|_| None), Box::new(|_, _| {}))
    }

    pub fn url(&self, path: &str) -> String {
        format!("dav://127.0.0.1:{}{path}", self.port)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("kept").clone()
    }

    pub fn forget(&self) {
        self.seen.lock().expect("kept").clear();
    }
}

pub fn seen_of(request: &Request<Incoming>) -> Seen {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter();
    Seen {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        authorization: request.headers().get("authorization").map(text),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
    }
}

pub fn status(code: u16) -> Answer {
    Response::builder()
        .status(code)
        .body(Body::from("no"))
        .expect("an answer")
}

/// What a proxy does to the answer of a request; it is given the request's method, its path and the server's whole answer.
pub type Lie = dyn Fn(&str, &str, Option<Vec<u8>>) -> Told + Send + Sync;

/// What is told instead of the truth.
pub enum Told {
    /// First ask: the request goes to the server, and the lie is asked again with its answer.
    AskFirst,
    /// These bytes, and the end of the line.
    Bytes(Vec<u8>),
    /// These bytes, and then zeros until the client has enough.
    Endless(Vec<u8>),
    /// Nothing: the line ends.
    Nothing,
}

/// A proxy that lies. Every connection carries one request.
pub struct Proxy {
    pub port: u16,
    lie: Arc<Mutex<Arc<Lie>>>,
}

/// A request or an answer as it comes over the line, read to its end.
fn read_message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 64 * 1024];
    let mut announced = false;
    loop {
        if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let header = |name: &str| {
                text.lines()
                    .find_map(|line| line.strip_prefix(name).map(str::trim).map(str::to_owned))
            };
            let length = header("content-length:").map_or(0, |length| length.parse().expect("a length"));
            if header("expect:").is_some() && !std::mem::replace(&mut announced, true) {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            if bytes.len() >= head + 4 + length {
                return Ok(bytes);
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            got => bytes.extend_from_slice(&buffer[..got]),
        }
    }
}

impl Proxy {
    pub fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let lie: Arc<Mutex<Arc<Lie>>> = Arc::new(Mutex::new(Arc::new(honest)));
        let (now, to) = (Arc::clone(&lie), server.port);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lie = Arc::clone(&now.lock().expect("kept"));
                std::thread::spawn(move || serve(stream, to, lie.as_ref()));
            }
        });
        Self { port, lie }
    }

    /// From the next connection on.
    pub fn tell(&self, lie: Arc<Lie>) {
        *self.lie.lock().expect("kept") = lie;
    }

    pub fn be_honest(&self) {
        self.tell(Arc::new(honest));
    }
}

fn honest(_: &str, _: &str, answer: Option<Vec<u8>>) -> Told {
    answer.map_or(Told::AskFirst, Told::Bytes)
}

fn serve(mut stream: TcpStream, to: u16, lie: &Lie) {
    let Ok(request) = read_message(&mut stream) else { return };
    let text = String::from_utf8_lossy(&request[..request.len().min(4096)]).into_owned();
    let mut words = text.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let told = match lie(method, path, None) {
        Told::AskFirst => match ask(to, &request) {
            Ok(answer) => lie(method, path, Some(answer)),
            Err(_) => Told::Nothing,
        },
        told => told,
    };
    let sent = match told {
        Told::Bytes(bytes) => stream.write_all(&bytes),
        Told::Endless(bytes) => stream.write_all(&bytes).and_then(|()| {
            loop {
                stream.write_all(&[0; 4096])?;
            }
        }),
        Told::AskFirst | Told::Nothing => Ok(()),
    };
    // The client may have had enough.
    drop(sent);
}

/// The server's whole answer, to a request that asks for the end of the line after it.
fn ask(to: u16, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(("127.0.0.1", to))?;
    let line = request.windows(2).position(|two| two == b"\r\n").unwrap_or(0) + 2;
    let text = String::from_utf8_lossy(&request[line..]);
    assert!(
        !text.to_lowercase().contains("\nconnection:"),
        "one request a connection"
    );
    server.write_all(&request[..line])?;
    server.write_all(b"Connection: close\r\n")?;
    let mut rest = request[line..].to_vec();
    // Answered by the proxy already.
    if let Some(at) = rest
        .windows(8)
        .position(|eight| eight.eq_ignore_ascii_case(b"expect: "))
    {
        rest[at..at + 6].copy_from_slice(b"x-done");
    }
    server.write_all(&rest)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}
