//! Goal: a WebDAV folder keeps every promise of a remote, on a server as it should be and on servers as they are. Method: the
//! contract suite over a real WebDAV implementation in this process (`dav-server`), plain, with Basic and with Digest and below
//! a sub-path; then the same server made to do what real ones were seen doing (stores.md 3): ignore `Overwrite: F`, keep half
//! of a PUT, send a page, forget its folder. With `SAFELIGHT_TEST_DAV` the suite also runs against servers that are named there.

use crate::dav_servers::{Answer, Seen, Server, seen_of, status};
use dav_server::body::Body;
use hyper::{Request, Response, body::Incoming};
use md5::Md5;
use safelight::{
    model::content::ContentId,
    remote::{
        access::Access,
        api::{ErrorKind, Info, Key, Remote},
        contract::{self, Outcome},
        webdav::WebDav,
    },
    sys::{secret::Credentials, task::Cx},
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    fs,
    io::{Cursor, Read, Seek, SeekFrom},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

fn me() -> Access {
    Access {
        credentials: Some(Credentials {
            user: "mé \"x\"".to_owned(),
            secret: "pass wörd:1".to_owned().into(),
            token: None,
        }),
        ..Access::default()
    }
}

fn open(url: &str, access: &Access) -> WebDav {
    WebDav::open(url, access, &Cx::new()).expect("opened")
}

fn key(text: &str) -> Key {
    Key::new(text).expect("a key")
}

fn put(remote: &dyn Remote, name: &str, bytes: &[u8]) -> Result<Info, ErrorKind> {
    let sent = remote.put(&key(name), &mut Cursor::new(bytes), bytes.len() as u64, &Cx::new());
    sent.map_err(|error| error.kind)
}

fn get(remote: &dyn Remote, name: &str) -> Result<Vec<u8>, ErrorKind> {
    let mut bytes = Vec::new();
    remote
        .get(&key(name), None, &mut bytes, &Cx::new())
        .map(|_| bytes)
        .map_err(|error| error.kind)
}

fn listed(remote: &dyn Remote, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let each = &mut |info: Info| {
        found.insert(info.key.to_string());
        ControlFlow::Continue(())
    };
    remote.list(prefix, &Cx::new(), each).expect("listed");
    found
}

fn all_kept(remote: WebDav, with_many: bool) -> Arc<dyn Remote> {
    let remote: Arc<dyn Remote> = Arc::new(remote);
    let report = contract::run(&remote, with_many, &Cx::new()).expect("it ran");
    for probe in &report.probes {
        println!("{:?} {}: {}", probe.outcome, probe.name, probe.sentence);
    }
    let broken: Vec<_> = report.failed().map(|probe| (probe.name, &probe.sentence)).collect();
    assert!(broken.is_empty(), "{:?}: {broken:#?}", report.place);
    assert!(report.left.is_empty(), "{:?}", report.left);
    remote
}

/// Files below a folder, with their lengths.
fn files(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::metadata(&path).expect("there").len()));
        }
    }
    found
}

#[test]
fn webdav_keeps_the_contract() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let server = Server::honest(dir.path());
    all_kept(open(&server.url(""), &Access::default()), true);
    // What the server still made of a PUT that was stopped is swept a day later.
    let left = files(dir.path())
        .into_iter()
        .filter(|(path, _)| !path.starts_with(dir.path().join(".safelight-tmp")));
    assert_eq!(left.count(), 0, "nothing is left: {:?}", files(dir.path()));
    let deep = server
        .seen()
        .iter()
        .all(|seen| seen.header("depth") != Some("infinity"));
    assert!(deep, "never more than one folder at once");
    let direct = server
        .seen()
        .iter()
        .any(|seen| seen.method == "PUT" && !seen.path.contains("/.safelight-tmp/"));
    assert!(!direct, "never a PUT onto a name that counts");
}

fn basic(request: &mut Request<Incoming>) -> Option<Answer> {
    // printf 'mé "x":pass wörd:1' | base64
    let right = "Basic bcOpICJ4IjpwYXNzIHfDtnJkOjE=";
    let said = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    (said != Some(right)).then(|| {
        let answer = Response::builder()
            .status(401)
            .header("www-authenticate", "Basic realm=\"x\"");
        answer.body(Body::from("<p>who?")).expect("an answer")
    })
}

#[test]
fn webdav_keeps_the_contract_below_a_sub_path_with_basic() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(dir.path().join("my share/ph%20tos é")).expect("made");
    let server = Server::new(dir.path(), Box::new(basic), Box::new(|_, _| {}));
    all_kept(open(&server.url("/my%20share/ph%2520tos%20%C3%A9/"), &me()), false);
    let seen = server.seen();
    assert_eq!(
        seen.first().and_then(|first| first.authorization.clone()),
        None,
        "i17: nothing before it is asked"
    );
    let wrong = Access {
        credentials: Some(Credentials {
            user: "me".to_owned(),
            secret: "wrong".to_owned().into(),
            token: None,
        }),
        ..Access::default()
    };
    for (access, words) in [(wrong, "did not accept"), (Access::default(), "asks for a user name")] {
        server.forget();
        let error = WebDav::open(&server.url("/my%20share"), &access, &Cx::new())
            .map(|_| ())
            .expect_err("refused");
        assert_eq!(error.kind, ErrorKind::Auth);
        assert!(
            error.what.contains(words) && error.what.contains("app password"),
            "{error}"
        );
        assert!(server.seen().len() <= 2, "a wrong password is not tried on and on");
    }
}

/// A server of RFC 7616, which forgets a nonce after it was used five times.
fn digest(request: &mut Request<Incoming>) -> Option<Answer> {
    static USES: Mutex<(u64, u64)> = Mutex::new((0, 0));
    let mut uses = USES.lock().expect("kept");
    let nonce = format!("n{}", uses.0);
    let said = request
        .headers()
        .get("authorization")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let field = |name: &str| -> String {
        let said = said.clone().unwrap_or_default();
        let at = said
            .find(&format!(" {name}="))
            .map_or(said.len(), |at| at + name.len() + 2);
        let rest = &said[at..];
        match rest.strip_prefix('"') {
            Some(rest) => rest
                .replace("\\\"", "\u{1}")
                .split('"')
                .next()
                .expect("one")
                .replace('\u{1}', "\""),
            None => rest.split(',').next().expect("one").to_owned(),
        }
    };
    let hash = |text: String| -> String {
        Sha256::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let a1 = hash("mé \"x\":the realm:pass wörd:1".to_owned());
    let a2 = hash(format!("{}:{}", request.method(), request.uri().path()));
    let counted = (field("nc"), field("cnonce"));
    let right = hash(format!("{a1}:{nonce}:{}:{}:auth:{a2}", counted.0, counted.1));
    let named = field("username*") == "UTF-8''m%C3%A9%20%22x%22" && field("uri") == request.uri().path();
    let stale = said.is_some() && field("nonce") != nonce;
    uses.1 += 1;
    if named && field("response") == right && !stale && uses.1 <= 5 {
        return None;
    }
    *uses = (uses.0 + 1, 0);
    let offer = format!(
        "Digest realm=\"the realm\", nonce=\"n{}\", qop=\"auth\", algorithm=SHA-256, stale={}",
        uses.0,
        said.is_some()
    );
    let answer = Response::builder()
        .status(401)
        .header("www-authenticate", "Basic realm=\"x\"")
        .header(
            "www-authenticate",
            format!("Digest realm=y, nonce={}, qop=auth", ContentId::of(b"x").short()),
        )
        .header("www-authenticate", offer);
    Some(answer.body(Body::from("who?")).expect("an answer"))
}

#[test]
fn digest_sends_no_password_and_follows_stale_nonces() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let server = Server::new(dir.path(), Box::new(digest), Box::new(|_, _| {}));
    let remote = open(&server.url(""), &me());
    for number in 0..16_u8 {
        let bytes = vec![number; 700_000];
        put(&remote, &format!("a/{number}"), &bytes).expect("put");
        assert_eq!(get(&remote, &format!("a/{number}")), Ok(bytes));
    }
    assert_eq!(listed(&remote, "a/").len(), 16);
    let said: Vec<String> = server
        .seen()
        .into_iter()
        .filter_map(|seen| seen.authorization)
        .collect();
    assert!(
        said.iter()
            .all(|said| said.starts_with("Digest ") && said.contains("algorithm=SHA-256")),
        "{said:?}"
    );
    let nonces: BTreeSet<&str> = said
        .iter()
        .filter_map(|said| said.split("nonce=\"").nth(1)?.split('"').next())
        .collect();
    assert!(nonces.len() > 5, "it was asked again and again: {nonces:?}");
    // MD5 is what the older offer would have used.
    assert!(
        !said
            .iter()
            .any(|said| said.contains(&format!("{:x?}", Md5::digest(b"x"))))
    );
}

#[test]
fn i9_a_server_that_writes_over_is_worked_around() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let overwrites = |request: &mut Request<Incoming>| {
        request.headers_mut().remove("overwrite");
        None
    };
    let server = Server::new(dir.path(), Box::new(overwrites), Box::new(|_, _| {}));
    all_kept(open(&server.url(""), &Access::default()), false);
}

#[test]
fn a_server_without_ranges_and_lengths_is_worked_around() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let no_ranges = |request: &mut Request<Incoming>| {
        request.headers_mut().remove("range");
        None
    };
    let server = Server::new(dir.path(), Box::new(no_ranges), Box::new(|_, _| {}));
    all_kept(open(&server.url(""), &Access::default()), false);
}

/// wsgidav and rclone keep what came of a cut PUT; worse, a proxy may say 201 to it.
#[test]
fn i9_half_of_a_put_never_gets_a_key() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().to_owned();
    let halves = move |seen: &Seen, _: &mut Answer| {
        if seen.method == "PUT" && seen.header("content-length") == Some("70000") {
            let path = root.join(seen.path.trim_start_matches('/'));
            fs::File::options()
                .write(true)
                .open(path)
                .expect("there")
                .set_len(35_000)
                .expect("cut");
        }
    };
    let server = Server::new(dir.path(), Box::new(|_| None), Box::new(halves));
    let remote = open(&server.url(""), &Access::default());
    put(&remote, "small", b"fits").expect("put");
    let error = remote.put(&key("a/b"), &mut Cursor::new(vec![1; 70_000]), 70_000, &Cx::new());
    let error = error.expect_err("half");
    assert!(
        error.kind == ErrorKind::Temporary && error.what.contains("35000 of 70000"),
        "{error}"
    );
    assert_eq!(get(&remote, "a/b"), Err(ErrorKind::NotFound));
    assert_eq!(listed(&remote, ""), BTreeSet::from(["small".to_owned()]));
    assert_eq!(
        files(dir.path()).len(),
        1,
        "the half is removed: {:?}",
        files(dir.path())
    );
}

/// A server that answers so to requests of this method that concern a victim.
fn answering(dir: &Path, method: &'static str, code: u16) -> Server {
    let concerns = move |seen: &Seen| {
        let temp = method == "PUT" && seen.header("content-length") == Some("77");
        let moved = seen.header("destination").is_some_and(|to| to.contains("victim"));
        seen.method == method && (temp || moved || seen.path.contains("victim"))
    };
    // A PUT is answered after its body was read, as most servers do.
    let before = move |request: &mut Request<Incoming>| {
        let seen = seen_of(request);
        (seen.method != "PUT" && concerns(&seen)).then(|| status(code))
    };
    let after = move |seen: &Seen, answer: &mut Answer| {
        if seen.method == "PUT" && concerns(seen) {
            *answer = status(code);
        }
    };
    Server::new(dir, Box::new(before), Box::new(after))
}

#[test]
fn each_refusal_is_a_sentence_that_says_what_to_do() {
    for (method, code, kind, words) in [
        ("PUT", 403, ErrorKind::Auth, "right to write"),
        ("PUT", 413, ErrorKind::Permanent, "limit"),
        ("PUT", 423, ErrorKind::Temporary, "locked"),
        ("PUT", 500, ErrorKind::Temporary, "log"),
        ("PUT", 503, ErrorKind::Temporary, "later"),
        ("PUT", 507, ErrorKind::Full, "Make room"),
        ("MOVE", 403, ErrorKind::Auth, "right to write"),
        ("MOVE", 412, ErrorKind::Exists, "already"),
        ("MOVE", 423, ErrorKind::Temporary, "locked"),
        ("MOVE", 507, ErrorKind::Full, "Make room"),
        ("MOVE", 501, ErrorKind::Unsupported, "WebDAV"),
        ("PROPFIND", 403, ErrorKind::Auth, "right to read"),
        ("PROPFIND", 503, ErrorKind::Temporary, "later"),
        ("GET", 403, ErrorKind::Auth, "right to read"),
        ("GET", 500, ErrorKind::Temporary, "log"),
        ("GET", 302, ErrorKind::Unreachable, "sends us on"),
    ] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let server = answering(dir.path(), method, code);
        let remote = open(&server.url(""), &Access::default());
        let cx = Cx::new();
        let error = match method {
            "GET" => {
                fs::write(dir.path().join("victim"), "x").expect("written");
                remote.get(&key("victim"), None, &mut std::io::sink(), &cx).map(|_| ())
            }
            "PROPFIND" => remote.head(&key("victim"), &cx).map(|_| ()),
            _ => remote
                .put(&key("a/victim"), &mut Cursor::new(vec![5; 77]), 77, &cx)
                .map(|_| ()),
        }
        .expect_err("refused");
        assert_eq!(error.kind, kind, "{method} {code}: {error}");
        assert!(error.what.contains(words), "{method} {code}: {error}");
        let shown: Vec<_> = files(dir.path())
            .into_iter()
            .filter(|(path, _)| path.ends_with("a/victim"))
            .collect();
        assert!(shown.is_empty(), "{method} {code}");
    }
}

#[test]
fn i12_a_folder_that_went_away_is_unreachable_and_never_made_again() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let share = dir.path().join("share");
    fs::create_dir(&share).expect("made");
    let server = Server::honest(dir.path());
    let remote = open(&server.url("/share/"), &Access::default());
    put(&remote, "originals/a", b"a").expect("put");
    fs::rename(&share, dir.path().join("unmounted")).expect("moved");
    let cx = Cx::new();
    assert_eq!(put(&remote, "originals/b", b"b"), Err(ErrorKind::Unreachable));
    assert_eq!(put(&remote, "other/b", b"b"), Err(ErrorKind::Unreachable));
    assert_eq!(get(&remote, "originals/a"), Err(ErrorKind::Unreachable));
    let away =
        |error: Option<safelight::remote::api::Error>| assert_eq!(error.expect("away").kind, ErrorKind::Unreachable);
    away(remote.head(&key("originals/a"), &cx).err());
    away(remote.list("", &cx, &mut |_| panic!("nothing can be listed")).err());
    away(
        remote
            .list("originals/", &cx, &mut |_| panic!("nothing can be listed"))
            .err(),
    );
    away(remote.replace(&key("x"), b"x", &cx).err());
    away(remote.delete(&key("originals/a"), &cx).err());
    away(remote.quota(&cx).err());
    assert!(!share.exists(), "it was not made again");
    away(WebDav::open(&server.url("/share/"), &Access::default(), &cx).err());
    away(WebDav::create(&server.url("/no/share/"), &Access::default(), &cx).err());
    WebDav::create(&server.url("/new share/"), &Access::default(), &cx).expect("only the last is made");
    assert!(dir.path().join("new share").is_dir());
    let file = WebDav::open(&server.url("/unmounted/originals/a"), &Access::default(), &cx);
    assert_eq!(
        file.err().map(|error| error.kind),
        Some(ErrorKind::Permanent),
        "a file is no folder"
    );
}

#[test]
fn i17_credentials_never_follow_a_redirect() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let thief = Server::honest(dir.path());
    let to = format!("http://127.0.0.1:{}/login", thief.port);
    let sends_on = move |request: &mut Request<Incoming>| {
        let said = request.headers().get("authorization").is_some();
        Some(if said {
            Response::builder()
                .status(302)
                .header("location", &to)
                .body(Body::empty())
                .expect("an answer")
        } else {
            basic(request).expect("asked")
        })
    };
    let server = Server::new(dir.path(), Box::new(sends_on), Box::new(|_, _| {}));
    let error = WebDav::open(&server.url(""), &me(), &Cx::new())
        .map(|_| ())
        .expect_err("sent on");
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(
        error.what.contains("/login") && !error.what.contains("pass w"),
        "{error}"
    );
    assert!(thief.seen().is_empty(), "nobody else was asked: {:?}", thief.seen());
}

#[test]
fn i12_a_web_page_is_never_a_file_and_never_absence() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let portal = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let on = Arc::clone(&portal);
    let page = move |_: &mut Request<Incoming>| {
        on.load(std::sync::atomic::Ordering::SeqCst).then(|| {
            let answer = Response::builder().header("content-type", "text/html; charset=utf-8");
            answer
                .body(Body::from("<html>Welcome to the hotel"))
                .expect("an answer")
        })
    };
    let server = Server::new(dir.path(), Box::new(page), Box::new(|_, _| {}));
    let remote = open(&server.url(""), &Access::default());
    put(&remote, "a.jpg", b"a").expect("put");
    put(&remote, "page.html", b"<html>").expect("put");
    assert_eq!(get(&remote, "page.html"), Ok(b"<html>".to_vec()), "a page that is one");
    portal.store(true, std::sync::atomic::Ordering::SeqCst);
    let cx = Cx::new();
    for error in [
        remote.get(&key("a.jpg"), None, &mut std::io::sink(), &cx).err(),
        remote.head(&key("a.jpg"), &cx).err(),
        remote.list("", &cx, &mut |_| ControlFlow::Continue(())).err(),
        remote.put(&key("b.jpg"), &mut Cursor::new(b"b"), 1, &cx).err(),
        remote.quota(&cx).err(),
        WebDav::open(&server.url(""), &Access::default(), &cx).err(),
    ] {
        let error = error.expect("no answer of the server's");
        assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
        assert!(error.what.contains("sign-in"), "{error}");
    }
}

/// Behind a proxy that takes off the encryption, Apache and others take a target with https for another server's.
#[test]
fn a_server_behind_a_proxy_is_moved_on_by_path() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let proxied = |request: &mut Request<Incoming>| {
        let to = request.headers().get("destination")?.to_str().ok()?;
        to.starts_with("http").then(|| status(502))
    };
    let server = Server::new(dir.path(), Box::new(proxied), Box::new(|_, _| {}));
    all_kept(open(&server.url(""), &Access::default()), false);
}

/// wsgidav takes what follows a `;` in the target of a MOVE for a parameter, and says that all is well.
#[test]
fn a_server_that_cuts_names_is_worked_around_or_found_out() {
    for (helped, expected) in [(true, Ok(())), (false, Err(ErrorKind::Unsupported))] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let cuts = move |request: &mut Request<Incoming>| {
            let to = request.headers().get("destination")?.to_str().ok()?.to_owned();
            let to = match to.strip_suffix('/') {
                Some(to) if helped => to.to_owned(),
                _ => to.split("%3B").next().expect("one").to_owned(),
            };
            request
                .headers_mut()
                .insert("destination", to.parse().expect("a value"));
            None
        };
        let server = Server::new(dir.path(), Box::new(cuts), Box::new(|_, _| {}));
        let remote = open(&server.url(""), &Access::default());
        for name in ["a/plain.jpg", "a/one;two.jpg", "a/three;four;.jpg"] {
            let sent = put(&remote, name, name.as_bytes()).map(|_| ());
            assert_eq!(sent, if name.contains(';') { expected } else { Ok(()) }, "{name}");
            if sent.is_ok() {
                assert_eq!(get(&remote, name), Ok(name.as_bytes().to_vec()));
            }
        }
        let left = files(dir.path())
            .into_iter()
            .filter(|(path, _)| path.starts_with(dir.path().join(".safelight-tmp")));
        assert_eq!(left.count(), 0, "{:?}", files(dir.path()));
    }
}

/// A body of a seed, as long as it says, that is never in memory as a whole.
struct Noise {
    at: u64,
    size: u64,
}

impl Noise {
    fn byte(at: u64) -> u8 {
        (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
    }

    fn content(size: u64) -> ContentId {
        let mut bytes = Vec::new();
        Self { at: 0, size }.read_to_end(&mut bytes).expect("read");
        ContentId::of(&bytes)
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = usize::try_from(self.size - self.at).map_or(buffer.len(), |left| left.min(buffer.len()));
        for byte in &mut buffer[..got] {
            *byte = Self::byte(self.at);
            self.at += 1;
        }
        Ok(got)
    }
}

impl Seek for Noise {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        assert_eq!(to, SeekFrom::Start(0), "a body can only be begun again");
        self.at = 0;
        Ok(0)
    }
}

/// Nextcloud as its manual describes it: `status.php`, uploads in parts, `X-Hash`.
fn nextcloud(dir: &Path, lies: bool) -> Server {
    let root = dir.to_owned();
    let before = move |request: &mut Request<Incoming>| {
        let path = request.uri().path().to_owned();
        if path.ends_with("/status.php") {
            let said = "{\"installed\":true,\"version\":\"31.0.0.18\",\"productname\":\"Nextcloud\"}";
            return Some(Response::new(Body::from(said)));
        }
        let parts = path
            .contains("/uploads/")
            .then(|| request.headers().get("destination").is_some());
        if parts == Some(false) && matches!(request.method().as_str(), "PUT" | "MOVE" | "MKCOL") {
            return Some(status(400));
        }
        let folder = path.strip_suffix("/.file")?;
        let to = request.headers()["destination"].to_str().expect("text").to_owned();
        let to = root.join(to.split_once("/cloud/").expect("this server").1);
        let from = root.join(folder.trim_start_matches("/cloud/"));
        let mut names: Vec<_> = files(&from);
        names.sort();
        let total: u64 = names.iter().map(|(_, size)| size).sum();
        assert!(
            names.iter().rev().skip(1).all(|(_, size)| *size >= 5_000_000),
            "parts of 5 MB: {names:?}"
        );
        if request.headers()["oc-total-length"] != total.to_string().as_str() {
            return Some(status(400));
        }
        let mut whole = fs::File::create(&to).expect("made");
        for (name, _) in &names {
            std::io::copy(&mut fs::File::open(name).expect("there"), &mut whole).expect("joined");
        }
        fs::remove_dir_all(from).expect("removed");
        Some(status(201))
    };
    let root = dir.to_owned();
    let after = move |seen: &Seen, answer: &mut Answer| {
        if seen.method == "PUT" && seen.header("x-hash") == Some("sha256") {
            let bytes = fs::read(root.join(seen.path.trim_start_matches("/cloud/"))).expect("there");
            let hash = ContentId::of(if lies && bytes.len() == 9 { b"other" } else { &bytes }).hex();
            answer
                .headers_mut()
                .insert("x-hash-sha256", hash.parse().expect("a value"));
        }
    };
    let prefixed = dir.join("cloud");
    fs::create_dir_all(dir.join("remote.php/dav/files/me/Photos")).expect("made");
    fs::create_dir_all(dir.join("remote.php/dav/uploads/me")).expect("made");
    std::os::unix::fs::symlink(dir, prefixed).expect("linked");
    Server::new(dir, Box::new(before), Box::new(after))
}

#[test]
fn nextcloud_gets_large_files_in_parts_and_its_hash_is_compared() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let server = nextcloud(dir.path(), true);
    let remote = open(&server.url("/cloud/remote.php/dav/files/me/Photos"), &Access::default());
    assert_eq!(remote.describe().kind, "Nextcloud");
    put(&remote, "a/small.jpg", b"small, it is").expect("put");
    let size = 64 * 1024 * 1024 + 17;
    let cx = Cx::new();
    remote
        .put(&key("a/film.mov"), &mut Noise { at: 0, size }, size, &cx)
        .expect("put in parts");
    assert_eq!(cx.progress.read().bytes_done, size, "progress is told");
    let kept = fs::read(dir.path().join("remote.php/dav/files/me/Photos/a/film.mov")).expect("there");
    assert_eq!(ContentId::of(&kept), Noise::content(size));
    let parts = server
        .seen()
        .iter()
        .filter(|seen| seen.method == "PUT" && seen.path.contains("/uploads/me/"))
        .count();
    assert_eq!(parts, 9);
    // One that ends early, or goes on, becomes nothing; what was sent of it is removed.
    for wrong in [size - 5, size + 5] {
        let sent = remote.put(&key("a/wrong.mov"), &mut Noise { at: 0, size: wrong }, size, &cx);
        assert_eq!(sent.expect_err("another length").kind, ErrorKind::Permanent);
    }
    put(&remote, "a/next.jpg", b"the next").expect("put");
    assert_eq!(files(&dir.path().join("remote.php/dav/uploads/me")), []);
    // It says another hash than what was sent has.
    assert_eq!(put(&remote, "a/lied.jpg", b"nine byte"), Err(ErrorKind::Temporary));
    assert_eq!(listed(&remote, "a/").len(), 3);
    assert!(
        !server.seen().iter().any(|seen| seen.header("oc-checksum").is_some()),
        "never sent: it is stored unverified"
    );
}

#[test]
fn leftovers_of_a_kill_are_ignored_and_swept_when_old() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let temp = dir.path().join(".safelight-tmp");
    fs::create_dir(&temp).expect("made");
    let hex = |digits: &str| format!("put-{}", digits.repeat(16));
    let (young, old, foreign) = (hex("0a"), hex("0b"), "somebody's.txt".to_owned());
    for name in [&young, &old, &foreign] {
        fs::write(temp.join(name), "half").expect("written");
    }
    let age = SystemTime::now() - Duration::from_secs(25 * 3600);
    for name in [&old, &foreign] {
        let file = fs::File::options().write(true).open(temp.join(name)).expect("there");
        file.set_modified(age).expect("aged");
    }
    let server = Server::honest(dir.path());
    let remote = open(&server.url(""), &Access::default());
    assert!(temp.join(&young).exists(), "young: another program may be writing it");
    assert!(!temp.join(&old).exists(), "old: swept");
    assert!(temp.join(&foreign).exists(), "not ours: kept");
    assert_eq!(listed(&remote, ""), BTreeSet::new());
    assert_eq!(
        put(&remote, &format!(".safelight-tmp/{young}"), b"x"),
        Err(ErrorKind::Permanent),
        "reserved"
    );
}

#[test]
fn i12_a_listing_that_was_cut_or_hides_something_is_an_error() {
    for (from, to) in [
        ("</D:multistatus>", ""),
        ("<D:href>/a/</D:href>", "<D:href>/</D:href>"),
        (
            "<D:response>",
            "<D:response><D:href>/a/hidden</D:href><D:status>HTTP/1.1 403 no</D:status></D:response><D:response>",
        ),
        (
            "<D:response>",
            "<D:response><D:href>/other/place</D:href></D:response><D:response>",
        ),
        (
            "<D:response>",
            "<D:response><D:href>/a/%ff</D:href></D:response><D:response>",
        ),
    ] {
        let page = "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">\
             <D:response><D:href>/a/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop></D:propstat></D:response>\
             <D:response><D:href>/a/one</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>1</D:getcontentlength></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>";
        let (whole, broken) = (page.to_owned(), page.replacen(from, to, 1));
        for (page, right) in [(whole, true), (broken, false)] {
            let dir = tempfile::tempdir().expect("a temporary folder");
            let before = move |request: &mut Request<Incoming>| {
                let ours = request.method().as_str() == "PROPFIND" && request.uri().path() == "/a/";
                ours.then(|| {
                    Response::builder()
                        .status(207)
                        .body(Body::from(page.as_str()))
                        .expect("an answer")
                })
            };
            let server = Server::new(dir.path(), Box::new(before), Box::new(|_, _| {}));
            let remote = open(&server.url(""), &Access::default());
            let told = remote.list("a/", &Cx::new(), &mut |_| ControlFlow::Continue(()));
            assert_eq!(told.is_ok(), right, "{from} -> {to}: {told:?}");
        }
    }
}

/// A server that names its folders in another way than we do, as behind a proxy that changes paths.
#[test]
fn hrefs_of_another_base_are_understood() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(dir.path().join("inside/store")).expect("made");
    let mapped = |request: &mut Request<Incoming>| {
        let map = |text: &str| text.replacen("/outside/", "/inside/", 1);
        let uri = map(&request.uri().to_string());
        *request.uri_mut() = uri.parse().expect("an address");
        if let Some(to) = request
            .headers()
            .get("destination")
            .and_then(|to| to.to_str().ok())
            .map(map)
        {
            request
                .headers_mut()
                .insert("destination", to.parse().expect("a value"));
        }
        None
    };
    let server = Server::new(dir.path(), Box::new(mapped), Box::new(|_, _| {}));
    let remote = open(&server.url("/outside/store/"), &Access::default());
    put(&remote, "a/b/c.jpg", b"x").expect("put");
    put(&remote, "d.jpg", b"x").expect("put");
    assert_eq!(
        listed(&remote, ""),
        BTreeSet::from(["a/b/c.jpg".to_owned(), "d.jpg".to_owned()])
    );
}

#[test]
fn room_is_told_where_the_server_says_it() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let server = Server::honest(dir.path());
    let remote = open(&server.url(""), &Access::default());
    if let Some(quota) = remote.quota(&Cx::new()).expect("asked") {
        assert!(quota.free <= quota.total && quota.total > 0, "{quota:?}");
    }
    // It answered from this machine itself.
    let device = remote.device().expect("asked");
    assert_eq!(device, Some(safelight::model::safety::THIS_MACHINE));
}

/// Real servers, each on a line of `SAFELIGHT_TEST_DAV`: the address, the user, the password, separated by blanks.
#[test]
fn real_servers_keep_the_contract() {
    let Ok(servers) = std::env::var("SAFELIGHT_TEST_DAV") else {
        println!("skipped: SAFELIGHT_TEST_DAV names no server");
        return;
    };
    let mut broken = Vec::new();
    for line in servers.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let url = words.next().expect("an address");
        let credentials = words.next().zip(words.next()).map(|(user, secret)| Credentials {
            user: user.to_owned(),
            secret: secret.to_owned().into(),
            token: None,
        });
        let access = Access {
            credentials,
            ..Access::default()
        };
        let remote = match WebDav::create(url, &access, &Cx::new()) {
            Ok(remote) => Arc::new(remote),
            Err(error) => {
                broken.push(format!("{url}: {error}"));
                continue;
            }
        };
        println!("{url}: room {:?}", remote.quota(&Cx::new()));
        let remote: Arc<dyn Remote> = remote;
        let report = contract::run(&remote, true, &Cx::new()).expect("it ran");
        for probe in &report.probes {
            println!("{url}: {:?} {}: {}", probe.outcome, probe.name, probe.sentence);
            if probe.outcome == Outcome::Failed {
                broken.push(format!("{url}: {}: {}", probe.name, probe.sentence));
            }
        }
        println!("{url}: left {:?}", report.left);
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
