//! Long work, as the lanes do it: each a value, so that what waits can be listed, and the same thing is not done twice.

use super::{
    command::{Scope, StoreWish},
    duplicates::Found,
    error::{OpError, Result},
    keeping::{optimize_view, plan_view},
    mapping::Atlas,
    moving::turned,
    relocating::{copy_sentence, move_sentence},
    samples,
    session::Session,
    snapshot::{OptimizeView, PlanView, Severity, StoreView},
    trashing::trash_sentence,
};
use crate::{
    backup::{policy::StorePause, verify::Sweep, worker::RunReport},
    catalog::stores::StoreRow,
    library::{relocate::MoveReport, trash::TrashReport, watch::all_known},
    model::{
        content::human_bytes,
        id::{PhotoId, StoreId},
    },
    sys::{secret::Hidden, task::Cx, trash::RealTrash},
};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// Which lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::engine) enum Lane {
    /// Looking at this disk.
    Look = 0,
    /// Keeping copies.
    Keep = 1,
    /// Keeping sidecars in step: soon after a mark, whatever else runs.
    Tend = 2,
    /// Copying photos to a folder: long, and in nobody's way.
    Copy = 3,
}

/// How many lanes there are.
pub(in crate::engine) const LANES: usize = 4;

/// One thing to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::engine) enum Work {
    Scan,
    /// Is there something at these paths that the catalog does not know?
    Glance {
        paths: BTreeSet<PathBuf>,
    },
    Duplicates,
    /// Do shots that were taken in one go look alike?
    Alike,
    Places,
    Atlas,
    Samples,
    TendSidecars,
    WriteSidecars,
    Trash {
        photos: Vec<PhotoId>,
    },
    TrashDuplicates {
        groups: Vec<Vec<PhotoId>>,
    },
    PutBack {
        photos: Vec<PhotoId>,
    },
    EmptyTrash {
        photos: Vec<PhotoId>,
    },
    Move {
        photos: Vec<PhotoId>,
        to: PathBuf,
    },
    Rename {
        photos: Vec<PhotoId>,
        pattern: String,
        first: u64,
    },
    CopyTo {
        photos: Vec<PhotoId>,
        to: PathBuf,
    },
    /// Undo or redo that waits for a move before it.
    Step {
        back: bool,
    },
    SettleFiles,
    AskStores,
    AddStore {
        name: String,
        url: String,
    },
    SetUpStore(Box<StoreWish>),
    TestStore(Box<StoreWish>),
    Unlock(Hidden),
    /// Is there something to send that was not before?
    Due,
    SendNow,
    PlanBackup {
        scope: Scope,
        store: StoreId,
    },
    Backup {
        scope: Scope,
        store: Option<StoreId>,
    },
    RunQueue,
    FollowAlbums,
    Verify {
        scope: Scope,
    },
    PlanOptimize {
        scope: Scope,
    },
    Optimize {
        scope: Scope,
        free_now: bool,
    },
    Release,
    Restore {
        scope: Scope,
    },
}

/// What came of it.
pub(in crate::engine) enum Outcome {
    Quiet,
    Due,
    /// Something on the disk is not as it is known.
    LookAgain,
    /// There are more shots to look at.
    MoreAlike,
    /// Sidecars were written.
    Tended,
    Duplicates(Found),
    Atlas(Arc<Atlas>),
    Said(Severity, String, String),
    Plan(PlanView),
    Optimize(OptimizeView),
    Optimized(Severity, String, String),
    Stores(Vec<StoreView>),
    Scanned {
        changed: bool,
        first: Option<(String, String)>,
    },
}

impl Work {
    pub(in crate::engine) fn lane(&self) -> Lane {
        match self {
            // A test must not wait for a long backup.
            Self::Scan
            | Self::Glance { .. }
            | Self::Alike
            | Self::Duplicates
            | Self::Places
            | Self::Samples
            | Self::TestStore(_) => Lane::Look,
            // The map waits for its world, and must not wait for a long scan.
            Self::TendSidecars | Self::WriteSidecars | Self::Atlas => Lane::Tend,
            Self::CopyTo { .. } => Lane::Copy,
            _ if self.moves_files() => Lane::Look,
            _ => Lane::Keep,
        }
    }

    /// Whether it sends files, and so is what Pause pauses.
    pub(in crate::engine) fn is_sending(&self) -> bool {
        matches!(
            self,
            Self::Backup { .. } | Self::RunQueue | Self::FollowAlbums | Self::SendNow
        )
    }

    /// Whether a person can stop it in the status line.
    pub(in crate::engine) fn can_stop(&self) -> bool {
        matches!(self, Self::CopyTo { .. } | Self::Move { .. } | Self::Rename { .. })
    }

    /// Whether it moves photos, to the trash or elsewhere or back; it goes before scans, which must not run beside it.
    pub(in crate::engine) fn moves_files(&self) -> bool {
        matches!(
            self,
            Self::Trash { .. }
                | Self::TrashDuplicates { .. }
                | Self::PutBack { .. }
                | Self::EmptyTrash { .. }
                | Self::Move { .. }
                | Self::Rename { .. }
                | Self::Step { .. }
                | Self::SettleFiles
        )
    }

    /// The thread's name.
    pub(in crate::engine) fn name(&self) -> &'static str {
        match self.lane() {
            Lane::Look => "look",
            Lane::Keep => "keep",
            Lane::Tend => "tend",
            Lane::Copy => "copy",
        }
    }

    /// What the status bar says while it runs; what is quick says nothing.
    pub(in crate::engine) fn title(&self) -> Option<&'static str> {
        match self {
            Self::Scan => Some("Looking at folders"),
            Self::Duplicates => Some("Looking for duplicates"),
            Self::Samples => Some("Setting up sample photos"),
            Self::WriteSidecars => Some("Writing sidecars"),
            Self::PlanBackup { .. } => Some("Planning"),
            Self::Verify { .. } => Some("Reading copies back"),
            Self::PlanOptimize { .. } => Some("Looking what can be optimized"),
            Self::Optimize { .. } => Some("Optimizing"),
            Self::Restore { .. } => Some("Restoring originals"),
            Self::Trash { .. } | Self::TrashDuplicates { .. } => Some("Moving to the trash"),
            Self::PutBack { .. } => Some("Putting back"),
            Self::EmptyTrash { .. } => Some("Emptying the trash"),
            Self::Move { .. } => Some("Moving photos"),
            Self::Rename { .. } => Some("Renaming"),
            Self::CopyTo { .. } => Some("Copying"),
            Self::Step { .. } | Self::SettleFiles => None,
            Self::TestStore(_) => Some("Testing a store"),
            Self::TendSidecars
            | Self::Glance { .. }
            | Self::Alike
            | Self::Atlas
            | Self::Places
            | Self::AskStores
            | Self::AddStore { .. }
            | Self::SetUpStore(_)
            | Self::Unlock(_)
            | Self::Due
            | Self::Release => None,
            Self::Backup { .. } | Self::RunQueue | Self::FollowAlbums | Self::SendNow => Some("Backing up"),
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of work")]
pub(in crate::engine) fn do_work(session: &Session, work: &Work, cx: &Cx, on_batch: &dyn Fn()) -> Result<Outcome> {
    match work {
        Work::Scan => scan(session, cx, on_batch),
        Work::Glance { paths } => Ok(match all_known(&session.catalog, session.fs.as_ref(), paths)? {
            true => Outcome::Quiet,
            false => Outcome::LookAgain,
        }),
        Work::Alike => Ok(match session.look_alike(cx)? {
            true => Outcome::MoreAlike,
            false => Outcome::Quiet,
        }),
        Work::Duplicates => {
            let found = session.duplicates(None, cx)?;
            // What was looked at is kept, so that going on begins where it stopped.
            if found.cancelled {
                return Err(OpError::Cancelled);
            }
            Ok(Outcome::Duplicates(found))
        }
        Work::Places => {
            session.name_places(cx)?;
            Ok(Outcome::Quiet)
        }
        Work::Atlas => Ok(Outcome::Atlas(Arc::new(Atlas::load()))),
        Work::Samples => set_up_samples(session, cx, on_batch),
        Work::TendSidecars => {
            let report = session.tend_sidecars(cx)?;
            if report.read > 0 {
                on_batch();
            }
            Ok(match report.written {
                0 => Outcome::Quiet,
                _ => Outcome::Tended,
            })
        }
        Work::WriteSidecars => write_sidecars(session, cx),
        Work::Trash { photos } => Ok(moved(&session.trash(photos, cx)?)),
        Work::TrashDuplicates { groups } => Ok(moved(&session.trash_settled(groups, cx)?)),
        Work::Move { photos, to } => relocated(session, &session.move_to(photos, to, cx)?),
        Work::Rename { photos, pattern, first } => relocated(session, &session.rename(photos, pattern, *first, cx)?),
        Work::CopyTo { photos, to } => {
            let report = session.copy_to(photos, to, cx)?;
            let (what, why) = copy_sentence(&report);
            let severity = if report.failed.is_empty() {
                Severity::Success
            } else {
                Severity::Warning
            };
            Ok(Outcome::Said(severity, what, why))
        }
        Work::PutBack { photos } => {
            session.begin_put_back(&session.trash_lines_of(photos)?)?;
            Ok(moved(&session.settle_trash(cx)?))
        }
        Work::EmptyTrash { photos } => {
            let lines = session.trash_lines_of(photos)?;
            let report = session.empty_trash(&lines, &RealTrash, cx)?;
            let (what, why) = trash_sentence(&report);
            let severity = if report.failed.is_empty() {
                Severity::Success
            } else {
                Severity::Warning
            };
            Ok(Outcome::Said(severity, what, why))
        }
        Work::Step { back } => {
            let done = if *back {
                session.step_back(1)?
            } else {
                session.step_again(1)?
            };
            let outcome = if done.settle {
                settled(session, done.failed, cx)?
            } else {
                Outcome::Quiet
            };
            Ok(match (outcome, done.steps.first()) {
                (Outcome::Quiet | Outcome::Due, Some(step)) => {
                    Outcome::Said(Severity::Info, turned(step, *back), String::new())
                }
                (outcome, _) => outcome,
            })
        }
        Work::SettleFiles => settled(session, Vec::new(), cx),
        Work::AskStores => Ok(Outcome::Stores(session.store_views(true, cx)?)),
        Work::AddStore { name, url } => {
            let row = session.add_store(name, url, false, cx)?;
            let views = session.store_views(true, cx)?;
            let note = views
                .iter()
                .find(|view| view.id == row.id)
                .map(|view| view.counts_note.clone());
            Ok(Outcome::Said(
                Severity::Success,
                format!("{} is ready", row.name),
                note.unwrap_or_default(),
            ))
        }
        Work::PlanBackup { scope, store } => {
            let row = session.stores_for(Some(&store.0))?.remove(0);
            Ok(Outcome::Plan(planned(session, &row, scope, cx)?))
        }
        Work::SetUpStore(_) | Work::TestStore(_) | Work::Unlock(_) | Work::Due => cloud_work(session, work, cx),
        Work::SendNow => Ok(sent(session.run_queue_now(None, true, cx)?)),
        Work::Backup { scope, store } => back_up(session, scope, store.as_ref(), cx),
        Work::RunQueue => Ok(sent(session.run_queue(None, cx)?)),
        Work::FollowAlbums => follow(session, cx),
        Work::Verify { scope } => verify(session, scope, cx),
        Work::PlanOptimize { scope } => {
            let plan = session.plan_optimize(&session.photos_of(scope)?)?;
            Ok(Outcome::Optimize(optimize_view(&plan, session.held_view()?)))
        }
        Work::Optimize { scope, free_now } => optimize(session, scope, *free_now, cx),
        Work::Release => {
            let policy = session.settings().release;
            let report = session.release_due(&policy, None, cx)?;
            Ok(if report.released + report.kept.len() as u64 == 0 {
                Outcome::Quiet
            } else {
                Outcome::Said(
                    Severity::Info,
                    super::views::release_sentence(&report),
                    first_reason(&report.kept),
                )
            })
        }
        Work::Restore { scope } => {
            let report = session.restore(&session.photos_of(scope)?, cx)?;
            let back = report.fetched + report.unheld + report.brought_back;
            let what = format!("{back} originals are back, every byte compared");
            Ok(Outcome::Said(
                if report.failed.is_empty() {
                    Severity::Success
                } else {
                    Severity::Warning
                },
                if back == 0 && report.failed.is_empty() {
                    "These are originals already".to_owned()
                } else {
                    what
                },
                first_reason(&report.failed),
            ))
        }
    }
}

/// What went as it was asked needs no word: the undo offer names it, and the photos are gone from the grid, or back.
fn moved(report: &TrashReport) -> Outcome {
    if report.failed.is_empty() {
        return Outcome::Quiet;
    }
    let (what, why) = trash_sentence(report);
    Outcome::Said(Severity::Warning, what, why)
}

/// The same of photos that got other places; a store that has them is told where they are now.
fn relocated(session: &Session, report: &MoveReport) -> Result<Outcome> {
    if report.failed.is_empty() && report.across == 0 && !report.cancelled {
        return Ok(if session.catalog.retold_counts()?.is_empty() {
            Outcome::Quiet
        } else {
            Outcome::Due
        });
    }
    let severity = if report.failed.is_empty() {
        Severity::Info
    } else {
        Severity::Warning
    };
    let (what, why) = move_sentence(report);
    Ok(Outcome::Said(severity, what, why))
}

/// Brings everything that is on its way to where it is wanted; `failed` could not even be begun with.
fn settled(session: &Session, failed: Vec<(String, String)>, cx: &Cx) -> Result<Outcome> {
    let (mut moves, trash) = session.settle_files(cx)?;
    moves.failed.splice(0..0, failed);
    match (moves.failed.is_empty(), trash.failed.is_empty()) {
        (true, false) => Ok(moved(&trash)),
        _ => relocated(session, &moves),
    }
}

/// What is about stores in the cloud and sends nothing.
fn cloud_work(session: &Session, work: &Work, cx: &Cx) -> Result<Outcome> {
    match work {
        Work::SetUpStore(wish) => set_up(session, wish, cx),
        Work::TestStore(wish) => {
            session.try_out(wish, cx)?;
            Ok(Outcome::Quiet)
        }
        Work::Unlock(passphrase) => {
            let unlocked = session.secrets.unlock(passphrase.0.clone());
            unlocked.map_err(|error| OpError::NeedsYou(error.to_string()))?;
            session.catalog.stores_due_now(&[StorePause::SignedOut.number()])?;
            Ok(Outcome::Due)
        }
        Work::Due => Ok(if session.queue_is_due()? {
            Outcome::Due
        } else {
            Outcome::Quiet
        }),
        _ => Ok(Outcome::Quiet),
    }
}

fn planned(session: &Session, row: &StoreRow, scope: &Scope, cx: &Cx) -> Result<PlanView> {
    let photos = session.photos_of(scope)?;
    let mut view = plan_view(&row.name, &session.plan_backup(row, &photos, cx)?);
    if let Scope::Set(_) = scope {
        let set = session.set_view(row)?;
        view.left_out = Some((set.photos_out, set.bytes_out));
    }
    view.scope = Some(scope.clone());
    Ok(view)
}

/// The assistant's store: made or changed, then what it follows is planned and shown; nothing is sent yet.
fn set_up(session: &Session, wish: &StoreWish, cx: &Cx) -> Result<Outcome> {
    let (row, keeper) = session.set_up_store(wish, cx)?;
    if !wish.follow.is_empty() && !row.config.started {
        return Ok(Outcome::Plan(planned(session, &row, &Scope::Set(row.id.clone()), cx)?));
    }
    let views = session.store_views(true, cx)?;
    let note = views
        .iter()
        .find(|view| view.id == row.id)
        .map(|view| view.counts_note.clone())
        .unwrap_or_default();
    let keys = keeper.map_or_else(String::new, |keeper| format!(" {}", keeper.sentence()));
    let what = match wish.store {
        None => format!("{} is ready", row.name),
        Some(_) => format!("{} is changed", row.name),
    };
    Ok(Outcome::Said(Severity::Success, what, format!("{note}{keys}")))
}

fn scan(session: &Session, cx: &Cx, on_batch: &dyn Fn()) -> Result<Outcome> {
    let summary = session.scan_all(false, cx, on_batch)?;
    let first = summary.unreadable.first().map(|(path, why)| {
        (
            format!("{} files or folders cannot be read", summary.unreadable.len()),
            format!("{}: {why}", path.display()),
        )
    });
    // An unplugged disk says so in the sidebar; that it is away is no news worth a notice.
    Ok(Outcome::Scanned {
        changed: summary.added + summary.changed > 0,
        first,
    })
}

fn write_sidecars(session: &Session, cx: &Cx) -> Result<Outcome> {
    let report = session.write_sidecars(cx)?;
    let view = session.sidecars_view()?;
    let (what, severity) = match view.conflict_count + view.trouble_count {
        0 => (String::new(), Severity::Success),
        1 => ("1 photo needs you".to_owned(), Severity::Warning),
        count => (format!("{count} photos need you"), Severity::Warning),
    };
    let written = match report.written {
        0 => "All sidecars say what the catalog says".to_owned(),
        1 => "1 sidecar written".to_owned(),
        count => format!("{count} sidecars written"),
    };
    Ok(Outcome::Said(severity, written, what))
}

fn set_up_samples(session: &Session, cx: &Cx, on_batch: &dyn Fn()) -> Result<Outcome> {
    let dir = session.home.data.join("Sample photos");
    samples::write_to(session.fs.as_ref(), &dir)?;
    session.add_root(&dir)?;
    session.remember_places()?;
    session.scan_all(false, cx, on_batch)?;
    samples::dress(session, &dir)?;
    Ok(Outcome::Said(
        Severity::Success,
        "The sample photos are ready".to_owned(),
        format!("They lie in {}", dir.display()),
    ))
}

fn back_up(session: &Session, scope: &Scope, store: Option<&StoreId>, cx: &Cx) -> Result<Outcome> {
    let photos = session.photos_of(scope)?;
    let mut away = Vec::new();
    for row in session.stores_for(store.map(|id| id.0.as_str()))? {
        let plan = session.plan_backup(&row, &photos, cx)?;
        match plan.store_away {
            Some(why) => away.push((row.name, why)),
            None => session.enqueue(&row, &plan)?,
        }
    }
    let mut report = session.run_queue(store, cx)?;
    report.paused.extend(away);
    Ok(sent(report))
}

fn sent(report: RunReport) -> Outcome {
    let troubles: Vec<(String, String)> = report
        .paused
        .iter()
        .chain(&report.held)
        .chain(&report.blocked)
        .cloned()
        .collect();
    let severity = if troubles.is_empty() {
        Severity::Success
    } else {
        Severity::Warning
    };
    // What a person's own rules hold back is shown beside the queue, and no news.
    let only_held =
        report.done == 0 && report.paused.is_empty() && report.blocked.is_empty() && !report.held.is_empty();
    if report.cancelled || only_held || (report.done == 0 && troubles.is_empty()) {
        return if report.cancelled || only_held {
            Outcome::Quiet
        } else {
            Outcome::Said(
                Severity::Success,
                "Everything is backed up already".to_owned(),
                String::new(),
            )
        };
    }
    Outcome::Said(
        severity,
        format!(
            "{} files backed up and read back ({})",
            report.done,
            human_bytes(report.bytes)
        ),
        first_reason(&troubles),
    )
}

/// What stores follow takes its new photos along.
fn follow(session: &Session, cx: &Cx) -> Result<Outcome> {
    if session.queue_followed(cx)? > 0 {
        Ok(sent(session.run_queue(None, cx)?))
    } else {
        Ok(Outcome::Quiet)
    }
}

fn verify(session: &Session, scope: &Scope, cx: &Cx) -> Result<Outcome> {
    let what = match scope {
        Scope::All => Sweep::All,
        other => Sweep::Contents(session.contents_of(&session.photos_of(other)?)?),
    };
    let report = session.verify(None, &what, cx)?;
    let bad: Vec<(String, String)> = report.bad.iter().chain(&report.away).cloned().collect();
    let severity = if bad.is_empty() {
        Severity::Success
    } else {
        Severity::Error
    };
    let what = format!("{} copies read back, every byte matches", report.whole);
    Ok(Outcome::Said(severity, what, first_reason(&bad)))
}

fn optimize(session: &Session, scope: &Scope, free_now: bool, cx: &Cx) -> Result<Outcome> {
    let plan = session.plan_optimize(&session.photos_of(scope)?)?;
    let report = session.optimize(&plan, None, free_now, cx)?;
    let freed = report.released.freed;
    let what = match (report.held, freed) {
        (0, 0) => "Nothing was optimized".to_owned(),
        (held, 0) => format!("{held} photos optimized; their originals are held on this disk for now"),
        (held, freed) => format!("{held} photos optimized, {} freed", human_bytes(freed)),
    };
    let kept: Vec<(String, String)> = report.kept.iter().chain(&report.released.kept).cloned().collect();
    let severity = if kept.is_empty() {
        Severity::Success
    } else {
        Severity::Warning
    };
    Ok(Outcome::Optimized(severity, what, first_reason(&kept)))
}

fn first_reason(list: &[(String, String)]) -> String {
    match list {
        [] => String::new(),
        [(name, why)] => format!("{name}: {why}"),
        [(name, why), rest @ ..] => format!("{name}: {why}; and {} more", rest.len()),
    }
}
