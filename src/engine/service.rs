//! Backing up without a window: a process that waits for changes and sends what stores follow, and the systemd user unit
//! that runs it. The library is locked only while there is something to do, and given to a window that asks for it.

use super::{
    error::{OpError, Result},
    session::{Mode, OpenError, Session},
};
use crate::{
    library::watch::watch,
    model::time::MINUTE_MS,
    sys::{
        child::{self, Leash},
        clock::{Clock as _, RealClock},
        dirs::Home,
        fs::{Fs as _, FsErrorKind},
        lock::HomeLock,
        real::RealFs,
        task::{self, Cancel, Cx},
    },
};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How often it looks around while nothing happens.
const BEAT: Duration = Duration::from_secs(1);
/// Milliseconds between two looks at the queue.
const ASK_MS: i64 = 10_000;
/// Folders are looked at so often even where nobody told of a change: network shares tell nothing.
const LOOK_MS: i64 = 15 * MINUTE_MS;

/// Watches and backs up until somebody asks to stop. `say` is told what a person may want to know.
///
/// # Errors
/// The library cannot be opened, or nothing is chosen to be backed up.
pub fn watch_and_back_up(home: &Home, all: bool, cx: &Cx, say: &dyn Fn(&str)) -> Result<()> {
    let changed = Arc::new(AtomicBool::new(true));
    let mut looked = i64::MIN;
    let mut held = false;
    let mut watching = None;
    let mut waits_for_window = false;
    let mut said = Vec::new();
    // Between two passes the catalog is only looked at, every tenth second.
    let mut looking: Option<Session> = None;
    let mut asked = i64::MIN;
    while !cx.cancel.is_cancelled() {
        let now = RealClock.boot().0;
        let look = changed.swap(false, Ordering::SeqCst) || now.saturating_sub(looked) >= LOOK_MS;
        let mut due = look;
        if !due && now.saturating_sub(asked) >= ASK_MS {
            asked = now;
            if looking.is_none() {
                looking = Session::open(home.clone(), Mode::Look, &Cx::new()).ok();
            }
            if let Some(session) = &looking {
                session.rules_held.store(held, Ordering::SeqCst);
                due = session.queue_is_due().unwrap_or(false);
            }
        }
        if !due {
            task::pause(BEAT, &cx.cancel);
            continue;
        }
        // What a sleep or another network made possible is tried by the pass.
        let woke = !look;
        looking = None;
        let session = match Session::open(home.clone(), Mode::Write, cx) {
            Ok(session) => session,
            Err(OpenError::Locked) => {
                if !waits_for_window {
                    say("A Safelight window is open: it backs up by itself. Waiting.");
                    waits_for_window = true;
                }
                changed.store(true, Ordering::SeqCst);
                task::pause(Duration::from_secs(10), &cx.cancel);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        waits_for_window = false;
        session.yields();
        if watching.is_none() || look {
            let flag = Arc::clone(&changed);
            let fs = Arc::clone(&session.fs);
            watching = watch(&session.catalog.roots()?, fs, move |_| {
                flag.store(true, Ordering::SeqCst)
            })
            .ok();
        }
        if woke {
            session
                .catalog
                .stores_due_now(&[crate::backup::policy::StorePause::Away.number()])?;
        }
        held = pass(&session, all, look, cx, &mut said, say)?;
        looked = RealClock.boot().0;
        // The lock goes with the session: between two passes the library is anybody's.
    }
    drop(watching);
    Ok(())
}

/// One look at the folders and one run of the queue; says whether a rule held something back.
fn pass(session: &Session, all: bool, look: bool, cx: &Cx, said: &mut Vec<String>, say: &dyn Fn(&str)) -> Result<bool> {
    let stores = session.stores_for(None)?;
    let mut chosen = all;
    for row in &stores {
        if !session.follows_of(row)?.is_empty() {
            chosen = true;
            // Who starts this says yes to what the stores follow.
            session.start_following(row)?;
        }
    }
    if !chosen {
        let sentence = "Nothing is chosen to be backed up by itself. Choose an album, a folder or a query with: \
                        safelight store follow STORE --album NAME. Or run it with --all.";
        return Err(OpError::Usage(sentence.to_owned()));
    }
    // A window that wants the library gets it: what is in hand is finished by the next run.
    let yielding = Cx {
        cancel: Cancel::new(),
        progress: cx.progress.clone(),
    };
    let wanted = AtomicBool::new(false);
    let ended = AtomicBool::new(false);
    let watched = task::beside(
        "watch",
        || {
            while !ended.load(Ordering::SeqCst) {
                if cx.cancel.is_cancelled() || HomeLock::is_wanted(&session.home.data) {
                    wanted.store(!cx.cancel.is_cancelled(), Ordering::SeqCst);
                    yielding.cancel.cancel();
                    return;
                }
                task::pause(Duration::from_millis(200), &yielding.cancel);
            }
        },
        || {
            let done = send(session, &stores, all, look, &yielding);
            ended.store(true, Ordering::SeqCst);
            done
        },
    );
    let report = match watched {
        Ok(((), report)) => report?,
        Err(error) => return Err(OpError::Failed(format!("The system has no threads to give ({error})."))),
    };
    // A file that was looked at again and is there already is no news.
    match report.done.saturating_sub(report.already) {
        0 => {}
        1 => say("1 file backed up and read back"),
        files => say(&format!("{files} files backed up and read back")),
    }
    if report.done > 0 {
        said.clear();
    }
    for (name, why) in report.blocked.iter().chain(&report.paused).chain(&report.held) {
        let line = format!("{name}: {why}");
        // What goes on and on is said once.
        if !said.contains(&line) {
            say(&line);
            said.push(line);
        }
    }
    if wanted.load(Ordering::SeqCst) {
        say("A Safelight window wants the library: it goes on there.");
        task::pause(Duration::from_secs(5), &cx.cancel);
    }
    Ok(!report.held.is_empty())
}

fn send(
    session: &Session,
    stores: &[crate::catalog::stores::StoreRow],
    all: bool,
    look: bool,
    cx: &Cx,
) -> Result<crate::backup::worker::RunReport> {
    if look {
        session.scan_all(false, cx, &|| {})?;
        if all {
            let photos = session.photos_of(&super::command::Scope::All)?;
            for row in stores.iter().filter(|row| row.pause.is_none()) {
                let plan = session.plan_backup(row, &photos, cx)?;
                if plan.store_away.is_none() {
                    session.catalog.enqueue(&row.id, &plan.send)?;
                }
            }
        } else {
            session.queue_followed(cx)?;
        }
    }
    session.run_queue(None, cx)
}

/// The name of the user unit.
pub const UNIT: &str = "safelight-backup.service";

/// What became of a wish about the service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceReport {
    /// Where the unit's file is.
    pub unit: PathBuf,
    /// It is there.
    pub installed: bool,
    /// systemd says that it runs.
    pub running: bool,
    /// In words, with what to do where something is missing.
    pub sentence: String,
}

/// The unit's text. Everything in it is quoted as systemd wants it: `%` doubled, quotes and backslashes escaped.
#[must_use]
pub fn unit_text(program: &Path, home: Option<&Path>, all: bool) -> String {
    let quoted = |text: &str| {
        let inner = text
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('%', "%%")
            .replace('$', "$$");
        format!("\"{inner}\"")
    };
    let mut line = quoted(&program.to_string_lossy());
    if let Some(home) = home {
        line.push_str(&format!(" --home {}", quoted(&home.to_string_lossy())));
    }
    line.push_str(" backup --watch");
    if all {
        line.push_str(" --all");
    }
    format!(
        "# Made by: safelight service install. Removed by: safelight service remove.\n\
         [Unit]\nDescription=Safelight backs up photos\n\n\
         [Service]\nExecStart={line}\nRestart=on-failure\nRestartSec=60\nRestartPreventExitStatus=2\nNice=10\n\
         IOSchedulingClass=idle\nNoNewPrivileges=yes\n\n\
         [Install]\nWantedBy=default.target\n"
    )
}

fn unit_path() -> Result<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
    let config = config.ok_or_else(|| OpError::Failed("This system names no home folder for you.".to_owned()))?;
    Ok(config.join("systemd/user").join(UNIT))
}

/// Asks systemd; `None` where there is none for this user.
fn systemctl(arguments: &[&str]) -> Option<String> {
    const LEASH: Leash = Leash {
        time_ms: 20_000,
        output: 64 * 1024,
        memory: 1 << 30,
    };
    let program = child::find("systemctl")?;
    let all: Vec<&OsStr> = std::iter::once("--user")
        .chain(arguments.iter().copied())
        .map(OsStr::new)
        .collect();
    let said = child::run(program.as_os_str(), &all, LEASH, &Cancel::new()).ok()?;
    Some(String::from_utf8_lossy(&said).trim().to_owned())
}

/// Writes the unit and starts it.
///
/// # Errors
/// The unit's file cannot be written.
pub fn install(home: Option<&Path>, all: bool) -> Result<ServiceReport> {
    let program = std::env::current_exe()
        .map_err(|error| OpError::Failed(format!("This program does not know where it lies ({error}).")))?;
    let unit = unit_path()?;
    if let Some(folder) = unit.parent() {
        RealFs.make_dirs(folder)?;
    }
    RealFs.replace(&unit, unit_text(&program, home, all).as_bytes())?;
    let told = systemctl(&["daemon-reload"]).and_then(|_| systemctl(&["enable", "--now", UNIT]));
    let mut report = status()?;
    report.sentence = match (told, report.running) {
        (Some(_), true) => "Photos are backed up in the background from now on, also after the next login.".to_owned(),
        (Some(_), false) => format!("The service was installed, but does not run. See: systemctl --user status {UNIT}"),
        (None, _) => format!(
            "The unit is written, but systemd does not answer for this user. Start it after the next login with: \
             systemctl --user enable --now {UNIT}"
        ),
    };
    Ok(report)
}

/// Stops the service and empties its unit. What was backed up stays.
///
/// # Errors
/// The unit's file cannot be removed.
pub fn remove() -> Result<ServiceReport> {
    let unit = unit_path()?;
    let _ = systemctl(&["disable", "--now", UNIT]);
    match crate::sys::real::remove_own(&unit) {
        Ok(()) => {}
        Err(error) if error.kind == FsErrorKind::NotFound => {
            return Ok(ServiceReport {
                unit,
                installed: false,
                running: false,
                sentence: "There is no service to remove.".to_owned(),
            });
        }
        Err(error) => return Err(error.into()),
    }
    let _ = systemctl(&["daemon-reload"]);
    Ok(ServiceReport {
        unit,
        installed: false,
        running: false,
        sentence: "The service is removed. Photos are backed up by the window, or with: safelight backup".to_owned(),
    })
}

/// Whether the service is there and runs.
///
/// # Errors
/// The unit's file cannot be asked for.
pub fn status() -> Result<ServiceReport> {
    let unit = unit_path()?;
    let installed = RealFs.stat_opt(&unit)?.is_some();
    let running = installed && systemctl(&["is-active", UNIT]).is_some_and(|word| word == "active");
    let sentence = match (installed, running) {
        (_, true) => "The service runs.",
        (true, false) => {
            "The service is installed and does not run. Start it with: systemctl --user start safelight-backup"
        }
        (false, _) => "There is no service. Install it with: safelight service install",
    };
    Ok(ServiceReport {
        unit,
        installed,
        running,
        sentence: sentence.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_quotes_what_systemd_would_read() {
        let text = unit_text(
            Path::new("/opt/my apps/safe\"light"),
            Some(Path::new("/home/ana/100% $x")),
            true,
        );
        let line = text
            .lines()
            .find(|line| line.starts_with("ExecStart="))
            .expect("a line");
        assert_eq!(
            line,
            "ExecStart=\"/opt/my apps/safe\\\"light\" --home \"/home/ana/100%% $$x\" backup --watch --all"
        );
        assert!(text.starts_with("# Made by"));
    }
}
