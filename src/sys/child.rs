//! Other programs as helpers: found on PATH when needed, never required, and held on a short leash. No shell, no standard
//! input, a time limit, a limit on what is read from them, less urgent than this program, and killed when nobody waits.

#![expect(clippy::disallowed_methods, reason = "this file is the door to other programs")]

use super::{
    clock::{Clock as _, RealClock},
    task::{self, Cancel},
};
use std::{
    ffi::OsStr,
    io::Read as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

/// What a helper may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leash {
    /// Milliseconds from its start to its end.
    pub time_ms: i64,
    /// Bytes that it may say.
    pub output: usize,
    /// Bytes of memory that it may have (where the system can hold it to that: Linux).
    pub memory: u64,
}

/// Why a helper gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It could not be started.
    #[error("It could not be started ({0})")]
    Start(#[source] std::io::Error),
    /// Nobody waits for it any more.
    #[error("It is no longer wanted")]
    Cancelled,
    /// It took too long.
    #[error("It took too long")]
    Late,
    /// It ended in failure, or said more than it may.
    #[error("It failed")]
    Failed,
}

static OWN: OnceLock<PathBuf> = OnceLock::new();

/// Says that this process is the program itself, which then can be its own helper. Tests of the library never say so.
pub fn is_the_program() {
    if let Ok(path) = std::env::current_exe() {
        let _ = OWN.set(path);
    }
}

/// Where the program lies, if it is what runs.
#[must_use]
pub fn own_program() -> Option<&'static PathBuf> {
    OWN.get()
}

/// The program of this name in one of PATH's folders; relative folders do not count.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|program| rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file())
}

/// The program of this name on PATH, else in one of these folders: a window that was not started from a terminal often has a
/// PATH without them.
#[must_use]
pub fn find_or_in(name: &str, folders: &[&str]) -> Option<PathBuf> {
    let runs =
        |program: &PathBuf| rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file();
    find(name).or_else(|| folders.iter().map(|folder| PathBuf::from(folder).join(name)).find(runs))
}

/// Whether a process of this number runs on this system; another may have its number by now.
#[must_use]
pub fn is_running(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| {
        let asked = rustix::process::test_kill_process(pid);
        asked.is_ok() || asked == Err(rustix::io::Errno::PERM)
    })
}

/// Runs a program and gives what it wrote to its standard output.
///
/// # Errors
/// It could not be started, failed, took too long, or was cancelled; in each case it is gone when this returns.
pub fn run(program: &OsStr, arguments: &[&OsStr], leash: Leash, cancel: &Cancel) -> Result<Vec<u8>, ChildError> {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(ChildError::Start)?;
    restrain(&child, leash);
    let Some(output) = child.stdout.take() else {
        end(&mut child);
        return Err(ChildError::Failed);
    };
    let read = move || {
        let mut bytes = Vec::new();
        // One byte more than allowed tells that it is more. When `output` goes, the helper's next write ends it.
        let result = output.take(leash.output as u64 + 1).read_to_end(&mut bytes);
        result.map(|_| bytes)
    };
    let watched = task::beside("child", read, || watch(&mut child, leash, cancel));
    let (bytes, ended) = match watched {
        Ok(both) => both,
        Err(error) => {
            end(&mut child);
            return Err(ChildError::Start(error));
        }
    };
    ended?;
    match bytes {
        Ok(bytes) if bytes.len() <= leash.output => Ok(bytes),
        _ => Err(ChildError::Failed),
    }
}

/// Less urgent than this program, and within its memory; a system that refuses either still has the time limit.
fn restrain(child: &Child, leash: Leash) {
    const NICE: i32 = 10;
    let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) else {
        return;
    };
    if let Err(error) = rustix::process::setpriority_process(Some(pid), NICE) {
        tracing::debug!("a helper's priority: {error}");
    }
    #[cfg(target_os = "linux")]
    {
        let limit = rustix::process::Rlimit {
            current: Some(leash.memory),
            maximum: Some(leash.memory),
        };
        if let Err(error) = rustix::process::prlimit(Some(pid), rustix::process::Resource::As, limit) {
            tracing::debug!("a helper's memory: {error}");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = leash.memory;
}

/// Waits until it ends, or ends it.
fn watch(child: &mut Child, leash: Leash, cancel: &Cancel) -> Result<(), ChildError> {
    let started = RealClock.boot().0;
    let mut step = Duration::from_millis(2);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err(ChildError::Failed),
            Ok(None) => {}
            Err(_) => {
                end(child);
                return Err(ChildError::Failed);
            }
        }
        let why = if cancel.is_cancelled() {
            Some(ChildError::Cancelled)
        } else if RealClock.boot().0.saturating_sub(started) > leash.time_ms {
            Some(ChildError::Late)
        } else {
            None
        };
        if let Some(why) = why {
            end(child);
            return Err(why);
        }
        task::pause(step, cancel);
        step = (step * 2).min(Duration::from_millis(40));
    }
}

fn end(child: &mut Child) {
    // Both fail only where it has ended already.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASH: Leash = Leash {
        time_ms: 10_000,
        output: 1000,
        memory: 1 << 30,
    };

    fn shell(text: &str, leash: Leash, cancel: &Cancel) -> Result<Vec<u8>, ChildError> {
        let program = find("sh").expect("every Unix has one");
        run(
            program.as_os_str(),
            &[OsStr::new("-c"), OsStr::new(text)],
            leash,
            cancel,
        )
    }

    #[test]
    fn what_it_says_is_read_and_what_goes_wrong_is_named() {
        let cancel = Cancel::new();
        assert_eq!(shell("echo hello", LEASH, &cancel).expect("said"), b"hello\n");
        assert!(matches!(
            shell("echo no; exit 3", LEASH, &cancel),
            Err(ChildError::Failed)
        ));
        let much = shell("while :; do echo 1234567890; done", LEASH, &cancel);
        assert!(matches!(much, Err(ChildError::Failed)), "more than it may say");
        let nothing = run(OsStr::new("/nowhere/ffmpeg"), &[], LEASH, &cancel);
        assert!(matches!(nothing, Err(ChildError::Start(_))));
        assert_eq!(find("no-such-program-of-safelight"), None);
        assert_eq!(find_or_in("no-such-program-of-safelight", &["/bin"]), None);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("only-here-of-safelight");
        std::os::unix::fs::symlink("/bin/sh", &program).expect("linked");
        let folders = ["/nowhere", folder.path().to_str().expect("text")];
        assert_eq!(find_or_in("only-here-of-safelight", &folders), Some(program));
    }

    #[test]
    fn i16_a_helper_that_hangs_is_ended_by_time_or_by_who_waits() {
        let cancel = Cancel::new();
        let short = Leash { time_ms: 20, ..LEASH };
        assert!(matches!(shell("exec sleep 600", short, &cancel), Err(ChildError::Late)));
        cancel.cancel();
        assert!(matches!(
            shell("exec sleep 600", LEASH, &cancel),
            Err(ChildError::Cancelled)
        ));
    }

    #[test]
    fn running_processes_are_known() {
        assert!(is_running(std::process::id()) && is_running(1));
        assert!(!is_running(0) && !is_running(u32::MAX) && !is_running(2_000_000_000));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_is_less_urgent_than_this_program() {
        // The priority is set just after the start, so the helper waits a moment before it looks.
        let said = shell("sleep 0.2; nice", LEASH, &Cancel::new()).expect("said");
        let nice: i32 = String::from_utf8_lossy(&said).trim().parse().expect("a number");
        assert!(nice >= 10, "{nice}");
    }
}
