//! Goal: whatever a server or somebody on the way answers, a WebDAV folder never calls a file absent that is there, never shows
//! other bytes under a key, never claims more than it was told, and always says why. Method: a proxy before an honest server
//! that tells one lie to one kind of request while one thing is done; then the truth is looked up. What only reading back can
//! find, other bytes in a GET, is found by their hash, and named here.

use crate::dav_servers::{Lie, Proxy, Server, Told};
use safelight::{
    remote::{
        access::Access,
        api::{Error, ErrorKind, Info, Key, Remote},
        webdav::WebDav,
    },
    sys::task::Cx,
};
use std::{
    collections::BTreeSet,
    io::Cursor,
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

const THERE: &[u8] = b"the bytes of a photo that is there, long enough to be cut in the middle";
const OTHER: &[u8] = b"the bytes of another photo, which nobody asked for at all, no, not here";
const NEW: &[u8] = b"the bytes of a photo that is new, and long enough to be cut as well, too";

/// The head of an answer and its body.
fn split(answer: &[u8]) -> (String, Vec<u8>) {
    let at = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(answer.len(), |at| at + 4);
    (
        String::from_utf8_lossy(&answer[..at]).into_owned(),
        dechunked(&answer[..at], &answer[at..]),
    )
}

fn dechunked(head: &[u8], body: &[u8]) -> Vec<u8> {
    if !String::from_utf8_lossy(head)
        .to_lowercase()
        .contains("transfer-encoding: chunked")
    {
        return body.to_vec();
    }
    let (mut rest, mut out) = (body, Vec::new());
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(String::from_utf8_lossy(&rest[..end]).trim(), 16).unwrap_or(0);
        if length == 0 {
            break;
        }
        out.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 4 + length..];
    }
    out
}

/// The same answer with this body and these headers more; its own length and form are left out.
fn with_body(answer: &[u8], body: &[u8], length: Option<usize>, more: &str) -> Vec<u8> {
    let (head, _) = split(answer);
    let mut out = String::new();
    for line in head.trim_end().lines() {
        let name = line.to_lowercase();
        if !name.starts_with("content-length:") && !name.starts_with("transfer-encoding:") && !name.starts_with("date:")
        {
            out.push_str(line);
            out.push_str("\r\n");
        }
    }
    if let Some(length) = length {
        out.push_str(&format!("Content-Length: {length}\r\n"));
    }
    out.push_str(more);
    out.push_str("\r\n");
    let mut bytes = out.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn plain(status: u16, more: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} No\r\nContent-Length: {}\r\n{more}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A lie that needs the true answer.
fn changed(change: impl Fn(&[u8]) -> Told + Send + Sync + 'static) -> Arc<Lie> {
    Arc::new(move |_, _, answer| answer.map_or(Told::AskFirst, |answer| change(&answer)))
}

/// A lie that asks nobody.
fn made_up(bytes: Vec<u8>) -> Arc<Lie> {
    Arc::new(move |_, _, _| Told::Bytes(bytes.clone()))
}

/// A lie that is told after the server did as it was asked.
fn after(bytes: Vec<u8>) -> Arc<Lie> {
    changed(move |_| Told::Bytes(bytes.clone()))
}

fn cut(keep: impl Fn(usize, usize) -> usize + Send + Sync + 'static) -> Arc<Lie> {
    changed(move |answer| {
        let (head, body) = split(answer);
        let whole = with_body(answer, &body, Some(body.len()), "");
        let end = keep(head.len().min(whole.len()), whole.len());
        Told::Bytes(whole[..end.min(whole.len())].to_vec())
    })
}

fn length(wrong: impl Fn(usize) -> usize + Send + Sync + 'static) -> Arc<Lie> {
    changed(move |answer| {
        let (_, body) = split(answer);
        Told::Bytes(with_body(answer, &body, Some(wrong(body.len())), ""))
    })
}

/// Every lie with its name.
#[expect(clippy::too_many_lines, reason = "a table of lies")]
fn lies() -> Vec<(String, Arc<Lie>)> {
    let mut lies: Vec<(String, Arc<Lie>)> = Vec::new();
    let mut add = |name: &str, lie: Arc<Lie>| lies.push((name.to_owned(), lie));
    for status in [
        400, 401, 403, 405, 409, 412, 413, 416, 423, 425, 429, 500, 501, 502, 503, 504, 507,
    ] {
        add(&format!("{status} instead"), made_up(plain(status, "", "no")));
    }
    for status in [401, 403, 409, 412, 423, 500, 502, 503, 504, 507] {
        add(&format!("{status} afterwards"), after(plain(status, "", "no")));
    }
    for status in [301, 302, 307, 308] {
        add(
            &format!("{status}"),
            made_up(plain(status, "Location: http://127.0.0.1:9/login\r\n", "")),
        );
    }
    add("302 to itself", made_up(plain(302, "Location: /\r\n", "")));
    add("200 and nothing", made_up(plain(200, "", "")));
    add("204 and nothing", made_up(b"HTTP/1.1 204 No\r\n\r\n".to_vec()));
    add("201 and nothing", made_up(plain(201, "", "")));
    add("206 and nothing", made_up(plain(206, "", "")));
    add("207 and nothing", made_up(plain(207, "", "")));
    for status in [200, 203, 207, 403, 404, 511] {
        let page = "<!doctype html><html><body>Welcome to the hotel, please sign in first, it is free, friend";
        add(
            &format!("a page with {status}"),
            made_up(plain(status, "Content-Type: text/html\r\n", page)),
        );
    }
    add("an empty listing of another place", {
        let said = "<multistatus xmlns='DAV:'><response><href>/x/</href><propstat><prop><resourcetype><collection/></resourcetype>\
                    </prop></propstat></response></multistatus>";
        made_up(plain(207, "", said))
    });
    add("a listing that is one error", {
        let said = "<multistatus xmlns='DAV:'><response><href>/a/there.jpg</href><status>HTTP/1.1 500 No</status></response></multistatus>";
        made_up(plain(207, "", said))
    });
    add("no answer", Arc::new(|_, _, _| Told::Nothing));
    add("no answer, done", changed(|_| Told::Nothing));
    add("a word", made_up(b"no".to_vec()));
    add("another protocol", made_up(b"220 ftp.example.org ready\r\n".to_vec()));
    add(
        "a head without end",
        made_up([b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; 300_000]].concat()),
    );
    add("cut in the head", cut(|head, _| head / 2));
    add("cut after the head", cut(|head, _| head));
    add("cut in the middle", cut(|head, whole| head + (whole - head) / 2));
    add("cut before the last byte", cut(|_, whole| whole - 1));
    add("one byte too short", length(|length| length.saturating_sub(1)));
    add("one byte too long", length(|length| length + 1));
    add(
        "no length",
        changed(|answer| Told::Bytes(with_body(answer, &split(answer).1, None, "Connection: close\r\n"))),
    );
    add(
        "one byte at a time",
        changed(|answer| {
            let chunks: Vec<u8> = split(answer)
                .1
                .iter()
                .flat_map(|byte| [b'1', b'\r', b'\n', *byte, b'\r', b'\n'])
                .collect();
            Told::Bytes(with_body(
                answer,
                &[&chunks, b"0\r\n\r\n".as_slice()].concat(),
                None,
                "Transfer-Encoding: chunked\r\n",
            ))
        }),
    );
    add(
        "chunks that are cut",
        changed(|answer| {
            let body = split(answer).1;
            let chunk = [format!("{:x}\r\n", body.len() + 1).as_bytes(), &body].concat();
            Told::Bytes(with_body(answer, &chunk, None, "Transfer-Encoding: chunked\r\n"))
        }),
    );
    add(
        "a body without end",
        changed(|answer| Told::Endless(with_body(answer, &split(answer).1, None, "Connection: close\r\n"))),
    );
    add(
        "zeros without end",
        Arc::new(|_, _, _| Told::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())),
    );
    add(
        "the answer twice",
        changed(|answer| Told::Bytes([answer, answer].concat())),
    );
    add(
        "another day",
        changed(|answer| {
            let body = split(answer).1;
            Told::Bytes(with_body(
                answer,
                &body,
                Some(body.len()),
                "Date: Thu, 01 Jan 2015 00:00:00 GMT\r\n",
            ))
        }),
    );
    add(
        "compressed, it says",
        changed(|answer| {
            let body = split(answer).1;
            Told::Bytes(with_body(answer, &body, Some(body.len()), "Content-Encoding: gzip\r\n"))
        }),
    );
    add(
        "a flipped bit",
        changed(|answer| {
            let mut body = split(answer).1;
            let middle = body.len() / 2;
            if let Some(byte) = body.get_mut(middle) {
                *byte ^= 1;
            }
            Told::Bytes(with_body(answer, &body, Some(body.len()), ""))
        }),
    );
    add(
        "another file",
        changed(|answer| Told::Bytes(with_body(answer, OTHER, Some(OTHER.len()), ""))),
    );
    add("what it said before", {
        let before = Mutex::new(None::<Vec<u8>>);
        changed(move |answer| {
            Told::Bytes(
                before
                    .lock()
                    .expect("kept")
                    .get_or_insert_with(|| answer.to_vec())
                    .clone(),
            )
        })
    });
    lies
}

/// Tells this lie to requests of one method only.
fn to_one(method: &'static str, lie: Arc<Lie>) -> Arc<Lie> {
    Arc::new(move |asked, path, answer| {
        if asked == method {
            lie(asked, path, answer)
        } else {
            answer.map_or(Told::AskFirst, Told::Bytes)
        }
    })
}

fn key(text: &str) -> Key {
    Key::new(text).expect("a key")
}

fn get(remote: &dyn Remote, name: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    remote.get(&key(name), None, &mut bytes, &Cx::new()).map(|_| bytes)
}

fn list(remote: &dyn Remote) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    let each = &mut |info: Info| {
        found.insert(info.key.to_string());
        ControlFlow::Continue(())
    };
    remote.list("", &Cx::new(), each).map(|()| found)
}

/// What was wrong, each with the lie that made it so.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, right: bool, what: &str, why: impl std::fmt::Display) {
        if !right {
            self.0.push(format!("{what}: {why}"));
        }
    }

    /// A failure says something and is no absence.
    fn unless_named(&mut self, error: &Error, what: &str) {
        self.unless(error.what.len() > 20 && error.kind != ErrorKind::NotFound, what, error);
    }
}

#[test]
fn i12_no_lie_is_taken_for_absence_or_shows_other_bytes_under_a_key() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(dir.path().join("a")).expect("made");
    std::fs::write(dir.path().join("a/there.jpg"), THERE).expect("written");
    std::fs::write(dir.path().join("a/other.jpg"), OTHER).expect("written");
    let server = Server::honest(dir.path());
    let proxy = Proxy::before(&server);
    let truth = WebDav::open(&server.url(""), &Access::default(), &Cx::new()).expect("opened");
    let url = format!("dav://127.0.0.1:{}", proxy.port);
    let (lies, mut told, mut refused) = (lies(), 0_u32, 0_u32);
    let mut wrong = Wrong::default();
    assert!(lies.len() >= 40, "{}", lies.len());
    for (number, (name, lie)) in lies.iter().enumerate() {
        for method in ["GET", "PROPFIND", "PUT", "MOVE", "MKCOL", "DELETE"] {
            let what = format!("{name} to {method}");
            proxy.be_honest();
            let remote = WebDav::open(&url, &Access::default(), &Cx::new()).expect("opened");
            proxy.tell(to_one(method, Arc::clone(lie)));
            told += 1;
            let other_bytes = ["a flipped bit", "another file", "one byte too short"].contains(&name.as_str());
            match get(&remote, "a/there.jpg") {
                // Reading back finds these by their hash: here they must at least not be hidden.
                Ok(bytes) => wrong.unless(bytes == THERE || other_bytes, &what, String::from_utf8_lossy(&bytes)),
                Err(error) => wrong.unless_named(&error, &what),
            }
            match remote.head(&key("a/there.jpg"), &Cx::new()) {
                Ok(info) => wrong.unless(info.is_some(), &what, "taken for absent"),
                Err(error) => wrong.unless_named(&error, &what),
            }
            match list(&remote) {
                Ok(found) => wrong.unless(
                    found.contains("a/there.jpg") || other_bytes,
                    &what,
                    format!("{found:?}"),
                ),
                Err(error) => wrong.unless_named(&error, &what),
            }
            let new = key(&format!("new/{number}-{method}.jpg"));
            let sent = remote.put(&new, &mut Cursor::new(NEW), NEW.len() as u64, &Cx::new());
            if let Err(error) = &sent {
                refused += 1;
                wrong.unless_named(error, &what);
            }
            proxy.be_honest();
            match get(&truth, new.as_str()) {
                Ok(bytes) => wrong.unless(bytes == NEW, &what, "other bytes under a key"),
                Err(error) => {
                    wrong.unless(error.kind == ErrorKind::NotFound, &what, &error);
                    // Said to be sent, and is not: only where the MOVE itself was lied about. Reading back finds it.
                    wrong.unless(sent.is_err() || method == "MOVE", &what, "said to be there, and is not");
                }
            }
            wrong.unless(
                get(&truth, "a/there.jpg").is_ok_and(|bytes| bytes == THERE),
                &what,
                "what was there is not",
            );
        }
    }
    assert!(wrong.0.is_empty(), "{:#?}", wrong.0);
    let shown = list(&truth).expect("listed");
    assert!(
        shown
            .iter()
            .all(|name| name.starts_with("a/") || name.starts_with("new/")),
        "{shown:?}"
    );
    println!("{told} lies of {} kinds, {refused} refusals", lies.len());
}
