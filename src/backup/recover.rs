//! After a crash, a kill or an error in the middle: the journal says where to look, the bytes found there decide
//! (safety.md rule 6, table 2.5 in `crash_table`). Every step here may itself be interrupted and begun again.

use super::{
    bridge::Bridge,
    crash_table::{Action, Found, Journey, decide},
    error::Result,
    local,
    optimize::{HELD_DIR, TMP_DIR},
};
use crate::{
    catalog::swaps::{FileBecomes, Swap, SwapState},
    sys::{
        fs::{FileKind, FsErrorKind},
        task::Cx,
    },
};
use std::path::{Path, PathBuf};

/// What recovery found and did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recovered {
    /// Journeys finished or undone.
    pub settled: u64,
    /// Journeys whose disk cannot be read now; tried again at the next start.
    pub later: u64,
    /// Photos that need a person, with the sentence.
    pub stuck: Vec<(PathBuf, String)>,
    /// Files in a held folder that no journal knows: kept, and shown.
    pub rescued: Vec<PathBuf>,
}

/// Settles every unfinished journey, sweeps our temporary files, and names what nobody knows in the held folders.
///
/// # Errors
/// The catalog's.
pub fn recover(bridge: &Bridge, cx: &Cx) -> Result<Recovered> {
    let mut report = Recovered::default();
    let open = [SwapState::Intent, SwapState::Releasing, SwapState::RestoreIntent];
    for swap in bridge.catalog.swaps(&open)? {
        match recover_one(bridge, &swap, cx)? {
            Settled::Done => report.settled += 1,
            Settled::Later => report.later += 1,
            Settled::Stuck(why) => report.stuck.push((swap.visible, why)),
        }
    }
    let known: Vec<PathBuf> = bridge
        .catalog
        .swaps(&[
            SwapState::Intent,
            SwapState::Held,
            SwapState::Releasing,
            SwapState::RestoreIntent,
            SwapState::Stuck,
        ])?
        .into_iter()
        .map(|swap| swap.held)
        .collect();
    for root in bridge.catalog.roots()? {
        sweep_tmp(bridge, &root.path.join(TMP_DIR));
        for path in files_in(bridge, &root.path.join(HELD_DIR)) {
            if !known.contains(&path) {
                report.rescued.push(path);
            }
        }
    }
    Ok(report)
}

/// Files in the temporary folder are proxies and fetched originals that never got a name: whole or not, each can be made
/// again, and none is the only copy of anything.
fn sweep_tmp(bridge: &Bridge, dir: &Path) {
    for path in files_in(bridge, dir) {
        if let Err(error) = bridge.fs.unlink(&path) {
            tracing::warn!("a temporary file stays: {error}");
        }
    }
}

fn files_in(bridge: &Bridge, dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let listed = bridge.fs.list(dir, &mut |entry| {
        if entry.stat.is_ok_and(|stat| stat.kind == FileKind::File) {
            found.push(dir.join(&entry.name));
        }
    });
    match listed {
        Ok(()) => {}
        // No held folder is the usual case; a root that is unplugged is looked at when it comes back.
        Err(error) if error.kind == FsErrorKind::NotFound => {}
        Err(error) => tracing::warn!("{error}"),
    }
    found
}

/// How one journey ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settled {
    /// Finished or undone.
    Done,
    /// It cannot be told now.
    Later,
    /// A person must look.
    Stuck(String),
}

/// Settles one journey by the bytes at its two paths.
///
/// # Errors
/// The catalog's, and the disk's in the middle of a step, which leaves the journal as it was.
pub fn recover_one(bridge: &Bridge, swap: &Swap, cx: &Cx) -> Result<Settled> {
    let fs = bridge.fs.as_ref();
    let journey = match swap.state {
        SwapState::Releasing => Journey::Release,
        SwapState::RestoreIntent => Journey::Restore,
        _ => Journey::Optimize,
    };
    let visible_seen = local::look(fs, &swap.visible, swap.content, swap.proxy_content, cx);
    let held_seen = local::look(fs, &swap.held, swap.content, swap.proxy_content, cx);
    let (visible, held) = (visible_seen.found, held_seen.found);
    // What the catalog remembers is the stat of the bytes that were hashed: with a later one, an edit made since would
    // count as known, and be neither noticed nor backed up.
    let visible_stat = || match visible_seen.stat {
        Some(stat) => Ok(stat),
        None => fs.stat(&swap.visible),
    };
    let now = bridge.clock.now();
    let set = |state: SwapState, becomes: &FileBecomes, note: Option<&str>| {
        bridge.catalog.set_swap(swap, state, becomes, now, note)
    };
    match decide(journey, visible, held) {
        Action::Later => return Ok(Settled::Later),
        Action::ForgetAndDropProxy => {
            if held == Found::Proxy {
                let now = fs.stat(&swap.held)?;
                if !held_seen.stat.is_some_and(|seen| now.same_content_as(&seen)) {
                    // Somebody who had opened the proxy writes to it: looked at anew at the next try.
                    return Ok(Settled::Later);
                }
                fs.unlink(&swap.held)?;
            }
            let becomes = match visible {
                Found::Original => FileBecomes::Original(visible_stat()?),
                _ => FileBecomes::Unchanged,
            };
            let state = if journey == Journey::Restore {
                SwapState::Restored
            } else {
                SwapState::Undone
            };
            set(state, &becomes, None)?;
        }
        Action::FinishHeld => {
            let becomes = FileBecomes::Proxy(visible_stat()?);
            set(SwapState::Held, &becomes, None)?;
        }
        Action::FinishRestore => {
            fs.exchange(&swap.held, &swap.visible)?;
            // Round again: what came out is hashed like everything else.
            return recover_one(bridge, swap, cx);
        }
        Action::MoveBack => {
            fs.rename_new(&swap.held, &swap.visible)?;
            let becomes = match held_seen.stat {
                Some(hashed) => FileBecomes::Original(local::stat_after(fs, &swap.visible, &hashed)?),
                None => FileBecomes::Unchanged,
            };
            set(SwapState::Undone, &becomes, None)?;
        }
        Action::ExchangeBack => {
            fs.exchange(&swap.held, &swap.visible)?;
            return recover_one(bridge, swap, cx);
        }
        Action::Released => {
            let becomes = match visible {
                Found::Proxy => FileBecomes::Proxy(visible_stat()?),
                _ => FileBecomes::Unchanged,
            };
            set(SwapState::Released, &becomes, None)?;
        }
        Action::KeepBoth => {
            let why = format!(
                "The photo was edited after it was optimized. Your edit stays where it is; the original is kept at {}",
                swap.held.display()
            );
            set(SwapState::Stuck, &FileBecomes::Unchanged, Some(&why))?;
            return Ok(Settled::Stuck(why));
        }
        Action::AskPerson => {
            let why = format!(
                "Neither the photo nor what is held beside it is what was expected. Nothing was touched; look at {}",
                swap.held.display()
            );
            set(SwapState::Stuck, &FileBecomes::Unchanged, Some(&why))?;
            return Ok(Settled::Stuck(why));
        }
    }
    Ok(Settled::Done)
}
