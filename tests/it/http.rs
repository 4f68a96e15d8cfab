//! Goal: requests end, whatever the other side does; they can be stopped in every state; nothing is sent to whom it was not
//! meant for; certificates that nobody vouches for are refused unless they were pinned. Method: small servers of our own
//! that misbehave in one way each; certificates made by `openssl`, which also says their fingerprints.

use safelight::{
    remote::{
        access::Access,
        api::{Error, ErrorKind, Result},
        http::{Body, Http, HttpConfig, Request, Response},
    },
    sys::{
        clock::{Clock as _, RealClock},
        task::Cx,
    },
};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, mpsc::sync_channel},
    time::Duration,
};

/// A server that does this with its first connection.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || serve(listener.accept().expect("a connection").0));
    port
}

fn client(origin: &str, access: Access) -> Http {
    let config = HttpConfig {
        access,
        origin: origin.to_owned(),
        ..HttpConfig::default()
    };
    Http::new(&config).expect("a client")
}

fn get(http: &Http, url: &str, cx: &Cx) -> Result<Response> {
    let request = Request {
        method: "GET",
        url,
        headers: Vec::new(),
        body: Body::Empty,
    };
    http.send(request, cx)
}

fn read_head(line: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        line.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).to_ascii_lowercase()
}

/// Cancels when the server says so; how long the request took to end after that, in milliseconds.
fn stopped(
    serve: impl FnOnce(TcpStream, &dyn Fn()) + Send + 'static,
    ask: impl FnOnce(&Http, &str, &Cx) -> Error,
) -> i64 {
    let cx = Cx::new();
    let cancel = cx.cancel.clone();
    let (tell, told) = sync_channel(1);
    let port = server(move |line| {
        serve(line, &|| {
            cancel.cancel();
            tell.send(RealClock.boot().0).expect("heard");
        });
    });
    let origin = format!("http://127.0.0.1:{port}");
    let error = ask(&client(&origin, Access::default()), &format!("{origin}/x"), &cx);
    let ended = RealClock.boot().0;
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error}");
    ended - told.recv().expect("told")
}

/// Keeps a connection open until the other side closes it.
fn wait(mut line: TcpStream) {
    let mut rest = [0; 4096];
    while matches!(line.read(&mut rest), Ok(got) if got > 0) {}
}

// 200 ms is the promise; a busy machine is given more, and still far less than any timeout of the client.
const SOON_MS: i64 = 2_000;

#[test]
fn i2_a_server_on_this_machine_is_known_once_it_answered() {
    // By the loopback, and by the address of the network card where there is one.
    let card = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        // Sends nothing: it only asks which card leads there.
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let mut names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    match card {
        Ok(SocketAddr::V4(card)) if card.ip().is_private() => names.push(card.ip().to_string()),
        _ => println!("no network card with a private address: only the loopback is tried"),
    }
    for name in names {
        let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        std::thread::spawn(move || {
            let (mut line, _) = listener.accept().expect("called");
            read_head(&mut line);
            line.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .expect("written");
        });
        let origin = format!("http://{name}:{port}");
        let agreed = Access {
            plain_http: true,
            ..Access::default()
        };
        let http = client(&origin, agreed);
        assert!(!http.is_here(), "nothing is known yet");
        get(&http, &format!("{origin}/x"), &Cx::new()).expect("answered");
        assert!(http.is_here(), "{name}");
    }
}

#[test]
fn waiting_for_an_answer_can_be_stopped() {
    let took = stopped(
        |mut line, cancel| {
            read_head(&mut line);
            cancel();
            wait(line);
        },
        |http, url, cx| get(http, url, cx).expect_err("stopped"),
    );
    assert!(took < SOON_MS, "{took} ms");
}

#[test]
fn reading_a_body_that_stands_still_can_be_stopped() {
    let took = stopped(
        |mut line, cancel| {
            read_head(&mut line);
            line.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun")
                .expect("written");
            cancel();
            wait(line);
        },
        |http, url, cx| match get(http, url, cx) {
            Ok(answer) => answer.copy_to(&mut Vec::new(), 1000, cx).expect_err("stopped"),
            Err(error) => error,
        },
    );
    assert!(took < SOON_MS, "{took} ms");
}

#[test]
fn sending_to_one_who_does_not_read_can_be_stopped() {
    let took = stopped(
        |mut line, cancel| {
            read_head(&mut line);
            line.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").expect("written");
            // The line is full soon.
            line.read_exact(&mut [0; 1000]).expect("begun");
            cancel();
            let (_keep, _silence) = (line, std::thread::park_timeout(Duration::from_secs(20)));
        },
        |http, url, cx| {
            let request = Request {
                method: "PUT",
                url,
                headers: Vec::new(),
                body: Body::Stream {
                    source: &mut std::io::repeat(1).take(1 << 34),
                    length: 1 << 34,
                },
            };
            http.send(request, cx).expect_err("stopped")
        },
    );
    assert!(took < SOON_MS, "{took} ms");
}

#[test]
fn i16_an_endless_text_ends() {
    let port = server(|mut line| {
        read_head(&mut line);
        line.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("written");
        while line.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let origin = format!("http://127.0.0.1:{port}");
    let answer = get(&client(&origin, Access::default()), &origin, &Cx::new()).expect("an answer");
    assert_eq!(answer.text(100_000).expect_err("too long").kind, ErrorKind::Temporary);
}

#[test]
fn redirects_are_answers_and_nobody_is_told_anything() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = elsewhere.local_addr().expect("bound").port();
    let port = server(move |mut line| {
        read_head(&mut line);
        let head = format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{target}/\r\nContent-Length: 0\r\n\r\n");
        line.write_all(head.as_bytes()).expect("written");
    });
    let origin = format!("http://127.0.0.1:{port}");
    let http = client(&origin, Access::default());
    let request = Request {
        method: "GET",
        url: &origin,
        headers: vec![("authorization", "secret".to_owned())],
        body: Body::Empty,
    };
    assert_eq!(http.send(request, &Cx::new()).expect("an answer").status(), 302);
    elsewhere.set_nonblocking(true).expect("set");
    assert!(elsewhere.accept().is_err(), "nobody followed");
}

#[test]
fn plain_http_stays_near() {
    for (origin, agreed) in [
        ("http://93.184.216.34", false),
        ("http://93.184.216.34", true),
        ("http://10.255.255.1", false),
        ("http://[2001:db8::1]", true),
    ] {
        let access = Access {
            plain_http: agreed,
            ..Access::default()
        };
        let refused = get(&client(origin, access), origin, &Cx::new()).expect_err(origin);
        assert_eq!(refused.kind, ErrorKind::Unsupported, "{origin}: {refused}");
        assert!(refused.what.contains("Use https"), "{refused}");
    }
    for bad in [
        "ftp://host",
        "https://user:secret@host",
        "https://host/path",
        "host",
        "",
    ] {
        let config = HttpConfig {
            origin: bad.to_owned(),
            ..HttpConfig::default()
        };
        assert_eq!(Http::new(&config).expect_err(bad).kind, ErrorKind::Permanent, "{bad}");
    }
}

/// A certificate for `localhost` that nobody vouches for, and its SHA-256 as `openssl` prints it.
fn certificate(dir: &Path) -> Option<String> {
    let (key, cert) = (dir.join("key.pem"), dir.join("cert.pem"));
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                 -addext subjectAltName=DNS:localhost";
    let made = Command::new("openssl")
        .args(words.split_ascii_whitespace())
        .args(["-keyout".as_ref(), key.as_os_str(), "-out".as_ref(), cert.as_os_str()])
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: openssl makes no certificate here");
        return None;
    }
    let printed = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(&cert)
        .output()
        .expect("its fingerprint");
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    Some(text.trim().rsplit('=').next().expect("a fingerprint").to_owned())
}

/// A server with that certificate; counts who got as far as a request.
fn encrypted(dir: &Path) -> (u16, Arc<std::sync::atomic::AtomicU32>) {
    use rustls::{
        ServerConfig, ServerConnection, Stream,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    };
    let cert = CertificateDer::from_pem_file(dir.join("cert.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .expect("a server");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut line in listener.incoming().flatten() {
            let mut tls = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = Stream::new(&mut tls, &mut line);
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.push(byte[0]);
            }
            if !head.is_empty() {
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                stream.conn.send_close_notify();
                let _ = stream.conn.write_tls(stream.sock);
            }
        }
    });
    (port, asked)
}

#[test]
fn a_certificate_of_ones_own_is_refused_until_it_is_pinned() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let Some(fingerprint) = certificate(dir.path()) else {
        return;
    };
    let (port, asked) = encrypted(dir.path());
    let origin = format!("https://localhost:{port}");
    let requests = || asked.load(std::sync::atomic::Ordering::SeqCst);
    let refused = get(&client(&origin, Access::default()), &origin, &Cx::new()).expect_err("nobody vouches for it");
    assert_eq!(refused.kind, ErrorKind::Auth, "{refused}");
    assert!(refused.what.contains(&fingerprint), "{refused} names {fingerprint}");
    let bytes: Vec<u8> = fingerprint
        .split(':')
        .map(|pair| u8::from_str_radix(pair, 16).expect("hex"))
        .collect();
    let pinned: [u8; 32] = bytes.try_into().expect("32 bytes");
    let mut other = pinned;
    other[7] ^= 1;
    let with = |pinned| Access {
        pinned: Some(pinned),
        ..Access::default()
    };
    let refused = get(&client(&origin, with(other)), &origin, &Cx::new()).expect_err("another was pinned");
    assert!(
        refused.kind == ErrorKind::Auth && refused.what.contains("another certificate"),
        "{refused}"
    );
    assert_eq!(requests(), 0, "nothing was said to a stranger");
    let answer = get(&client(&origin, with(pinned)), &origin, &Cx::new()).expect("an answer");
    assert_eq!(answer.text(10).expect("text"), "ok");
    assert_eq!(requests(), 1);
    // Plain http where encryption is expected, and the other way round, are sentences, too.
    let crossed = format!("http://localhost:{port}");
    let error = get(&client(&crossed, Access::default()), &crossed, &Cx::new()).expect_err("no HTTP");
    assert_eq!(error.kind, ErrorKind::Temporary, "{error}");
}

#[test]
fn encryption_where_there_is_none_is_a_sentence() {
    let port = server(|mut line| {
        let _ = line.read(&mut [0; 100]);
        let _ = line.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    let origin = format!("https://localhost:{port}");
    let error = get(&client(&origin, Access::default()), &origin, &Cx::new()).expect_err("no TLS");
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.what.contains("only speaks"), "{error}");
}
