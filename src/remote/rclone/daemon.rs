//! The one rclone process of this program, and how it is spoken to.
//!
//! It runs `rclone rcat` with its remote control on: a command that does nothing until its standard input ends, and then
//! ends. So it goes when this program goes, whatever that died of, on every system, without a watcher (`rclone rcd` would
//! stay for ever). The password is random, goes by the environment, and the port is on the loopback.

use super::say;
use crate::{
    remote::{
        access::Access,
        api::{Error, ErrorKind, Result, check_cancel},
        encode::base64,
        http::{Body, Http, HttpConfig, Request, Response, Timeouts},
    },
    sys::{
        child::{ChildError, find_or_in},
        clock::random_hex,
        secret::{ExposeSecret as _, SecretString},
        service::Service,
        task::{Cx, lock},
    },
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long it may take to start, in milliseconds: it reads its configuration, which may ask a password command.
const START_MS: i64 = 30_000;
/// The oldest version that uploads under another name and renames (1.63), so that half a file is never seen.
const OLDEST: (u64, u64) = (1, 63);
/// The longest answer that is read at once; listings are read as they come.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// rclone keeps its own times with the cloud; ours only end what hangs for good.
const PATIENCE: Timeouts = Timeouts {
    connect: Duration::from_secs(20),
    stall: Duration::from_secs(1800),
    answer: Duration::from_secs(3600),
};
/// Where package managers put it.
const PLACES: [&str; 5] = [
    "/opt/homebrew/bin",
    "/usr/local/bin",
    "/usr/bin",
    "/snap/bin",
    "/home/linuxbrew/.linuxbrew/bin",
];
/// Settings in the environment that would keep us from hearing it, or it from doing its work.
const KEPT_BACK: [&str; 8] = [
    "RCLONE_RC",
    "RCLONE_LOG",
    "RCLONE_SYSLOG",
    "RCLONE_USE_JSON",
    "RCLONE_VERBOSE",
    "RCLONE_QUIET",
    "RCLONE_DRY_RUN",
    "RCLONE_INTERACTIVE",
];
const ARGUMENTS: [&str; 14] = [
    "rcat",
    ":memory:safelight/hold",
    "--rc",
    "--rc-addr",
    "127.0.0.1:0",
    "--rc-serve",
    "--rc-server-read-timeout",
    "168h",
    "--rc-server-write-timeout",
    "168h",
    "--ask-password=false",
    "--log-level",
    "NOTICE",
    "--inplace=false",
];

/// rclone, running or not yet. Shared by all stores on it.
pub struct Daemon {
    program: Option<PathBuf>,
    running: Mutex<Option<Arc<Running>>>,
}

/// A started rclone.
pub(super) struct Running {
    service: Service,
    http: Http,
    origin: String,
    authorization: SecretString,
    /// The line to it broke.
    lost: AtomicBool,
}

impl Daemon {
    /// The one of this program, with the rclone that is found on PATH; nothing is started yet.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Mutex<Weak<Daemon>>> = OnceLock::new();
        let mut shared = lock(SHARED.get_or_init(Mutex::default));
        if let Some(daemon) = shared.upgrade() {
            return daemon;
        }
        let daemon = Arc::new(Self {
            program: find_or_in("rclone", &PLACES),
            running: Mutex::default(),
        });
        *shared = Arc::downgrade(&daemon);
        daemon
    }

    /// One with this program.
    #[must_use]
    pub fn of(program: &Path) -> Arc<Self> {
        Arc::new(Self {
            program: Some(program.to_owned()),
            running: Mutex::default(),
        })
    }

    /// The number of its process in the system, where it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        lock(&self.running).as_ref().map(|running| running.service.pid())
    }

    /// The running rclone; started where there is none, or where the last one died.
    ///
    /// # Errors
    /// `Unsupported` where it is missing or too old; it cannot be started.
    pub(super) fn running(&self, cx: &Cx) -> Result<Arc<Running>> {
        let mut slot = lock(&self.running);
        if let Some(running) = slot.as_ref().filter(|running| running.is_fine()) {
            return Ok(Arc::clone(running));
        }
        *slot = None;
        let program = self.program.as_deref().ok_or_else(say::not_there)?;
        let running = Arc::new(Running::start(program, cx)?);
        running.check_version(cx)?;
        *slot = Some(Arc::clone(&running));
        Ok(running)
    }

    /// Calls a command of rclone's remote control.
    ///
    /// # Errors
    /// As [`say::refused`]; it could not be started.
    pub(super) fn call(&self, command: &str, arguments: &Value, place: &str, cx: &Cx) -> Result<Value> {
        self.running(cx)?.call(command, arguments, place, cx)
    }
}

impl Running {
    fn start(program: &Path, cx: &Cx) -> Result<Self> {
        let random = |bytes| {
            random_hex(bytes).map_err(|error| {
                Error::caused(
                    ErrorKind::Temporary,
                    "The system has no randomness to give. Try again.",
                    error,
                )
            })
        };
        let (user, password) = (SecretString::from(random(16)?), SecretString::from(random(32)?));
        let secrets = [("RCLONE_RC_USER", &user), ("RCLONE_RC_PASS", &password)];
        let service =
            Service::start(program, &ARGUMENTS, &secrets, &KEPT_BACK).map_err(|error| not_started(&error, &[]))?;
        let origin = service
            .wait_for(origin_in, START_MS, &cx.cancel)
            .map_err(|error| not_started(&error, &service.last_words()))?;
        let config = HttpConfig {
            access: Access::default(),
            origin: origin.clone(),
            timeouts: PATIENCE,
        };
        let pair = format!("{}:{}", user.expose_secret(), password.expose_secret());
        Ok(Self {
            http: Http::new(&config)?,
            service,
            origin,
            authorization: format!("Basic {}", base64(pair.as_bytes())).into(),
            lost: AtomicBool::new(false),
        })
    }

    fn check_version(&self, cx: &Cx) -> Result<()> {
        let said = self.call("core/version", &json!({}), "", cx)?;
        let number = |index: usize| {
            said.get("decomposed")
                .and_then(|parts| parts.get(index))
                .and_then(Value::as_u64)
        };
        let version = said
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or("of unknown version");
        if (number(0).unwrap_or(0), number(1).unwrap_or(0)) < OLDEST {
            return Err(say::too_old(version));
        }
        Ok(())
    }

    /// Calls a command and waits for its answer.
    pub(super) fn call(&self, command: &str, arguments: &Value, place: &str, cx: &Cx) -> Result<Value> {
        let answer = self.ask(command, arguments, cx)?;
        let status = answer.status();
        let text = answer.text(MAX_ANSWER)?;
        if status != 200 {
            return Err(say::refused(&words_of(&text), status, place));
        }
        serde_json::from_str(&text).map_err(|error| self.nonsense(error))
    }

    /// Calls a command; its answer is not read yet.
    pub(super) fn ask(&self, command: &str, arguments: &Value, cx: &Cx) -> Result<Response> {
        check_cancel(cx)?;
        let body = arguments.to_string();
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("Authorization", self.authorization.expose_secret().to_owned()),
        ];
        let url = format!("{}/{command}", self.origin);
        let request = Request {
            method: "POST",
            url: &url,
            headers,
            body: Body::Bytes(body.as_bytes()),
        };
        self.http.send(request, cx).map_err(|error| self.why(error))
    }

    /// Asks for the bytes of an object.
    pub(super) fn fetch(&self, path: &str, range: Option<String>, cx: &Cx) -> Result<Response> {
        check_cancel(cx)?;
        let mut headers = vec![("Authorization", self.authorization.expose_secret().to_owned())];
        headers.extend(range.map(|range| ("Range", range)));
        let url = format!("{}{path}", self.origin);
        let request = Request {
            method: "GET",
            url: &url,
            headers,
            body: Body::Empty,
        };
        self.http.send(request, cx).map_err(|error| self.why(error))
    }

    pub(super) fn nonsense(&self, error: serde_json::Error) -> Error {
        Error::caused(
            ErrorKind::Temporary,
            "rclone's answer could not be read. It is tried again.",
            error,
        )
    }

    fn is_fine(&self) -> bool {
        !self.lost.load(Ordering::Relaxed) && self.service.is_running()
    }

    /// A line to it that broke means that it ended: the next call starts another.
    fn why(&self, error: Error) -> Error {
        if error.kind == ErrorKind::Cancelled {
            return error;
        }
        self.lost.store(true, Ordering::Relaxed);
        let words = self.service.last_words().pop().unwrap_or_default();
        Error::caused(
            ErrorKind::Temporary,
            format!("rclone ended unexpectedly. It is started again. Its last words: {words}"),
            error,
        )
    }
}

/// The address in `Serving remote control on http://127.0.0.1:38293/`.
fn origin_in(line: &str) -> Option<String> {
    let at = line.find("http://127.0.0.1:")?;
    let rest = line.get(at..)?;
    let end = rest
        .get("http://".len()..)?
        .find('/')
        .map_or(rest.len(), |end| end + "http://".len());
    let origin = rest.get(..end)?.trim_end();
    let port = origin.rsplit(':').next()?;
    port.parse::<u16>().ok().map(|_| origin.to_owned())
}

/// rclone's own words in the JSON of a failure.
pub(super) fn words_of(text: &str) -> String {
    let said: Option<Value> = serde_json::from_str(text).ok();
    let words = said.as_ref().and_then(|said| said.get("error")).and_then(Value::as_str);
    words.map_or_else(|| text.trim().to_owned(), str::to_owned)
}

fn not_started(error: &ChildError, said: &[String]) -> Error {
    let words = said.join(" ");
    match error {
        ChildError::Cancelled => Error::new(ErrorKind::Cancelled, "stopped as asked"),
        ChildError::Failed if words.contains("unknown flag") || words.contains("unknown command") => {
            say::too_old("on this computer")
        }
        ChildError::Failed => {
            let told = say::refused(&words, 500, "");
            Error::new(
                told.kind,
                format!("rclone could not be started. {}", told.what.trim_end()),
            )
        }
        other => Error::new(
            ErrorKind::Temporary,
            format!("rclone could not be started: {other}. Try `rclone version` in a terminal. {words}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_address_is_heard() {
        let line = "2026/11/23 12:19:38 NOTICE: Serving remote control on http://127.0.0.1:45677/";
        assert_eq!(origin_in(line).as_deref(), Some("http://127.0.0.1:45677"));
        for other in [
            "",
            "Serving on http://[::]:1/",
            "http://127.0.0.1:x/",
            "http://127.0.0.1:99999/",
        ] {
            assert_eq!(origin_in(other), None, "{other}");
        }
        assert_eq!(
            words_of("{\"error\":\"object not found\",\"status\":404}"),
            "object not found"
        );
        assert_eq!(words_of(" 404 page "), "404 page");
    }

    #[test]
    fn no_rclone_and_one_that_is_none_say_how_to_get_it() {
        let cx = Cx::new();
        let none = Daemon {
            program: None,
            running: Mutex::default(),
        };
        let error = none.running(&cx).map(|_| ()).expect_err("none");
        assert_eq!(error.kind, ErrorKind::Unsupported);
        assert!(error.what.contains("https://rclone.org/downloads"), "{error}");
        let error = Daemon::of(Path::new("/nowhere/rclone"))
            .running(&cx)
            .map(|_| ())
            .expect_err("none");
        assert!(error.what.contains("could not be started"), "{error}");
        let error = Daemon::of(Path::new("/bin/true"))
            .running(&cx)
            .map(|_| ())
            .expect_err("none");
        assert!(error.what.contains("could not be started"), "{error}");
        // What rclone 1.45 says to a flag that it does not know.
        let old = not_started(&ChildError::Failed, &["Error: unknown flag: --rc-serve".to_owned()]);
        assert!(old.kind == ErrorKind::Unsupported && old.what.contains("1.63"), "{old}");
    }
}
