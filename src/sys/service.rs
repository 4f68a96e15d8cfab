//! A helper program that stays: started once, spoken to over a loopback port of its own, and gone when this program is, also
//! after `kill -9`. It is started with a pipe as its standard input and chosen so that it ends when that pipe does; the
//! system closes the pipe of a program that dies, whatever it died of.

#![expect(clippy::disallowed_methods, reason = "a door to other programs, beside sys::child")]

use super::{
    child::ChildError,
    clock::{Clock as _, RealClock},
    secret::{ExposeSecret as _, SecretString},
    task::{self, Cancel, lock},
};
use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

/// How many lines of what it says are kept.
const LINES: usize = 50;
/// The longest line that is kept, in bytes.
const LINE: u64 = 4096;
/// How long it may take to end by itself.
const GRACE: Duration = Duration::from_millis(500);

/// A running helper. Dropped, it is ended.
pub struct Service {
    child: Mutex<Child>,
    said: Arc<Mutex<Said>>,
}

#[derive(Default)]
struct Said {
    lines: VecDeque<String>,
    ended: bool,
}

impl Service {
    /// Starts a program. Secrets go by its environment, which other users cannot read, never by its arguments; variables
    /// of ours whose names begin with one of `without` do not reach it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(
        program: &Path,
        arguments: &[&str],
        secrets: &[(&str, &SecretString)],
        without: &[&str],
    ) -> Result<Self, ChildError> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            let kept_back = |name: &str| without.iter().any(|start| name.starts_with(start));
            if name.to_str().is_some_and(kept_back) {
                command.env_remove(name);
            }
        }
        for (name, secret) in secrets {
            command.env(name, secret.expose_secret());
        }
        let mut child = command.spawn().map_err(ChildError::Start)?;
        let said = Arc::new(Mutex::new(Said::default()));
        if let Some(errors) = child.stderr.take() {
            let said = Arc::clone(&said);
            let listening = task::spawn("service", move || listen(errors, &said));
            if let Err(error) = listening {
                end(&mut child);
                return Err(ChildError::Start(error));
            }
        }
        Ok(Self {
            child: Mutex::new(child),
            said,
        })
    }

    /// Waits until it says a line in which something is found.
    ///
    /// # Errors
    /// It ended, or said nothing of the kind in so many milliseconds, or was cancelled.
    pub fn wait_for<T>(
        &self,
        find: impl Fn(&str) -> Option<T>,
        time_ms: i64,
        cancel: &Cancel,
    ) -> Result<T, ChildError> {
        let started = RealClock.boot().0;
        loop {
            {
                let said = lock(&self.said);
                if let Some(found) = said.lines.iter().find_map(|line| find(line)) {
                    return Ok(found);
                }
                if said.ended {
                    return Err(ChildError::Failed);
                }
            }
            if cancel.is_cancelled() {
                return Err(ChildError::Cancelled);
            }
            if RealClock.boot().0.saturating_sub(started) > time_ms {
                return Err(ChildError::Late);
            }
            task::pause(Duration::from_millis(5), cancel);
        }
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(lock(&self.child).try_wait(), Ok(None))
    }

    /// Its number in the system.
    #[must_use]
    pub fn pid(&self) -> u32 {
        lock(&self.child).id()
    }

    /// What it said last, oldest first.
    #[must_use]
    pub fn last_words(&self) -> Vec<String> {
        lock(&self.said).lines.iter().cloned().collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        end(&mut lock(&self.child));
    }
}

/// Reads what it says until it is gone; it must never wait for us to listen.
fn listen(errors: ChildStderr, said: &Mutex<Said>) {
    let mut reader = BufReader::new(errors);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let mut said = lock(said);
        if said.lines.len() >= LINES {
            said.lines.pop_front();
        }
        said.lines.push_back(text);
    }
    lock(said).ended = true;
}

/// Closes its input, which it takes for the end; ends it where it does not.
fn end(child: &mut Child) {
    drop(child.stdin.take());
    let started = RealClock.boot().0;
    let nobody = Cancel::new();
    while matches!(child.try_wait(), Ok(None)) {
        if RealClock.boot().0.saturating_sub(started) > i64::try_from(GRACE.as_millis()).unwrap_or(0) {
            // Fails only where it has ended already.
            let _ = child.kill();
            break;
        }
        task::pause(Duration::from_millis(5), &nobody);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::child::find;

    fn shell(text: &str, secrets: &[(&str, &SecretString)]) -> Service {
        let program = find("sh").expect("every Unix has one");
        Service::start(&program, &["-c", text], secrets, &[]).expect("started")
    }

    #[test]
    fn it_is_heard_and_ends_with_its_input() {
        let secret: SecretString = "hunter2".to_owned().into();
        let service = shell(
            "echo port 17 >&2; echo $SECRET | wc -c >&2; read nothing; exit 0",
            &[("SECRET", &secret)],
        );
        let cancel = Cancel::new();
        let port = service.wait_for(|line| line.strip_prefix("port ")?.parse::<u16>().ok(), 10_000, &cancel);
        assert_eq!(port.expect("said"), 17);
        let length = service.wait_for(|line| (line.trim() == "8").then_some(()), 10_000, &cancel);
        assert!(length.is_ok(), "{:?}", service.last_words());
        assert!(service.is_running());
        drop(service);
    }

    #[test]
    fn i16_one_that_hangs_or_ends_is_known() {
        let cancel = Cancel::new();
        let hangs = shell("exec sleep 600", &[]);
        assert!(matches!(
            hangs.wait_for(|_| None::<()>, 20, &cancel),
            Err(ChildError::Late)
        ));
        let pid = hangs.pid();
        drop(hangs);
        assert!(
            !std::path::Path::new(&format!("/proc/{pid}/stat")).exists(),
            "it was ended"
        );
        let ends = shell("echo bad >&2; exit 3", &[]);
        assert!(matches!(
            ends.wait_for(|_| None::<()>, 10_000, &cancel),
            Err(ChildError::Failed)
        ));
        assert_eq!(ends.last_words(), ["bad"]);
        cancel.cancel();
        let hangs = shell("read nothing", &[]);
        assert!(matches!(
            hangs.wait_for(|_| None::<()>, 10_000, &cancel),
            Err(ChildError::Cancelled)
        ));
    }
}
