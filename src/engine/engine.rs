//! The heartbeat: one thread that takes commands and events, keeps the snapshot true and publishes it; long work runs
//! beside it in two lanes (looking at the disk, keeping copies), one thing at a time in each.

use super::{
    command::{Command, Sort, Source},
    error::{OpError, Result},
    handle::Handle,
    pace::Pace,
    pictures,
    session::{Mode, OpenError, Session},
    snapshot::{EmptyPlan, Notice, Severity, Snapshot},
    work::{LANES, Lane, Outcome, Work, do_work},
};
use crate::{
    library::watch::{Touched, Watching, watch},
    model::{
        id::PhotoId,
        time::{HOUR_MS, Timestamp},
    },
    sys::{
        dirs::Home,
        lock::HomeLock,
        task::{self, Cx},
    },
};
use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How often the snapshot is refreshed while something runs.
const BUSY: Duration = Duration::from_millis(250);
/// How often the engine looks around while nothing runs.
const IDLE: Duration = Duration::from_secs(5);
/// Notices kept for a face that does not dismiss them.
const MAX_NOTICES: usize = 8;
/// Who marks goes on marking: such a rest is the end of it. Milliseconds.
const REST_MS: i64 = 10_000;

/// A running engine.
pub struct Engine {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Starts the engine on a home; the folders in `paths` are watched and shown.
///
/// # Errors
/// The system has no thread to give. A home that cannot be opened is in the snapshot.
pub fn start(home: Home, paths: Vec<PathBuf>) -> std::io::Result<Engine> {
    let handle = Handle::default();
    let engine_side = handle.clone();
    let thread = task::spawn("engine", move || run(&engine_side, home, paths))?;
    Ok(Engine {
        handle,
        thread: Some(thread),
    })
}

impl Engine {
    /// The face's side.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops cleanly: what runs is cancelled, what is done stays done.
    pub fn stop(mut self) {
        self.handle.send(Command::Quit);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the engine ended badly");
        }
    }
}

/// What lanes and watchers tell the loop.
enum Event {
    Finished(Lane, Box<Result<Outcome>>),
    Batch,
    DiskChanged(Box<Touched>),
}

pub(in crate::engine) struct Running {
    pub work: Work,
    pub cx: Cx,
    pub started: Timestamp,
    /// When the rate was last looked at, and how many bytes were done then.
    pub last: (Timestamp, u64),
    pub rate: u64,
}

/// What of the snapshot has to be read again.
#[derive(Clone, Copy, Default)]
pub(in crate::engine) struct Dirty {
    pub view: bool,
    pub sidebar: bool,
    pub detail: bool,
    pub keeping: bool,
    pub keywords: bool,
}

impl Dirty {
    fn any(self) -> bool {
        self.view || self.sidebar || self.detail || self.keeping || self.keywords
    }

    pub(in crate::engine) const ALL: Self = Self {
        view: true,
        sidebar: true,
        detail: true,
        keeping: true,
        keywords: true,
    };
}

pub(in crate::engine) struct Loop {
    pub handle: Handle,
    pub session: Arc<Session>,
    pub snapshot: Snapshot,
    pub source: Source,
    pub query: String,
    pub sort: Sort,
    pub focus: Option<PhotoId>,
    /// The photos of which a face wants to know what they have in common, and the number of its question.
    pub together: Option<(u64, Vec<PhotoId>)>,
    pub map_open: bool,
    pub dirty: Dirty,
    pub view_pace: Pace,
    /// The reading of the library (`tiles::Library`) that the folders of the sidebar are of.
    pub trees_of: u64,
    pub keeping_pace: Pace,
    pub running: [Option<Running>; LANES],
    pub waiting: [VecDeque<Work>; LANES],
    pub paused: bool,
    events: SyncSender<Event>,
    received: Receiver<Event>,
    pub batch_told: Arc<AtomicBool>,
    pub watching: Option<Watching>,
    /// What the watcher told of and nobody has looked at yet.
    touched: Option<Touched>,
    pub next_notice: u64,
    pub last_release: Timestamp,
    /// When the queue was last asked whether something is due.
    pub last_look: Timestamp,
    /// When what stores follow is looked at again: a little after the last mark.
    pub follow_at: Option<Timestamp>,
}

fn run(handle: &Handle, home: Home, paths: Vec<PathBuf>) {
    let session = loop {
        match open_patiently(home.clone()) {
            Ok(session) => break Arc::new(session),
            Err(error) => {
                let what = "The library could not be opened";
                handle.publish(Snapshot {
                    fatal: Some(notice(0, Severity::Error, what, &error.to_string(), "")),
                    ..Snapshot::default()
                });
                if !wait_to_try_again(handle) {
                    return;
                }
                handle.publish(Snapshot::default());
            }
        }
    };
    let workers = match pictures::start(handle, &session) {
        Ok(workers) => workers,
        Err(error) => {
            tracing::error!("no workers for pictures: {error}");
            Vec::new()
        }
    };
    let (events, received) = sync_channel(256);
    let now = session.clock.now();
    let mut engine = Loop {
        handle: handle.clone(),
        snapshot: Snapshot {
            prices: Arc::new(session.prices.clone()),
            synced: Arc::new(session.synced_places()),
            ..Snapshot::default()
        },
        source: Source::All,
        query: String::new(),
        sort: Sort::default(),
        focus: None,
        together: None,
        map_open: false,
        dirty: Dirty::ALL,
        view_pace: Pace::default(),
        trees_of: 0,
        keeping_pace: Pace::default(),
        running: Default::default(),
        waiting: Default::default(),
        paused: false,
        events,
        received,
        batch_told: Arc::default(),
        watching: None,
        touched: None,
        next_notice: 1,
        last_release: now,
        last_look: now,
        follow_at: None,
        session,
    };
    engine.begin(paths);
    engine.heartbeat();
    handle.close();
    for worker in workers {
        if worker.join().is_err() {
            tracing::error!("a worker for pictures ended badly");
        }
    }
    engine.session.thumbs.flush();
}

/// A backup without a window holds the library only while it sends, and lets go of it when a window asks.
fn open_patiently(home: Home) -> std::result::Result<Session, OpenError> {
    const TRIES: u32 = 20;
    for _ in 0..TRIES {
        match Session::open(home.clone(), Mode::Write, &Cx::new()) {
            Err(OpenError::Locked) if HomeLock::is_held_by_one_that_yields(&home.data) => {
                HomeLock::want(&home.data);
                task::pause(Duration::from_millis(500), &Cx::new().cancel);
            }
            opened => return opened,
        }
    }
    Session::open(home, Mode::Write, &Cx::new())
}

/// Whether the person wants to try once more; else the window closes.
fn wait_to_try_again(handle: &Handle) -> bool {
    loop {
        let commands = handle.wait_commands(IDLE);
        if commands.contains(&Command::Quit) {
            handle.close();
            return false;
        }
        if commands.contains(&Command::TryAgain) {
            return true;
        }
    }
}

fn notice(id: u64, severity: Severity, what: &str, why: &str, do_next: &str) -> Notice {
    Notice {
        id,
        severity,
        what: what.to_owned(),
        why: why.to_owned(),
        do_next: do_next.to_owned(),
    }
}

impl Loop {
    fn begin(&mut self, paths: Vec<PathBuf>) {
        for warning in self.session.warnings.clone() {
            self.say(Severity::Warning, &warning, "", "");
        }
        self.load_keys();
        self.show_settings();
        if !paths.is_empty() {
            self.add_roots(paths);
        }
        self.refresh();
        if !self.snapshot.roots.is_empty() {
            self.enqueue(Work::Scan);
        }
        // What a kill left unwritten is written now.
        self.enqueue(Work::TendSidecars);
        self.enqueue(Work::AskStores);
        self.enqueue(Work::Release);
        if self.snapshot.queue.total > 0 {
            // What the last run left in the queue goes on by itself.
            self.enqueue(Work::RunQueue);
        }
    }

    fn heartbeat(&mut self) {
        loop {
            let busy = self.running.iter().any(Option::is_some) || self.dirty.any();
            let commands = self.handle.wait_commands(if busy { BUSY } else { IDLE });
            let mut quit = false;
            for command in commands {
                quit |= command == Command::Quit;
                if let Err(error) = self.command(command) {
                    self.fail(&error);
                }
            }
            while let Ok(event) = self.received.try_recv() {
                self.event(event);
            }
            if quit {
                return self.wind_down();
            }
            self.hourly();
            self.look_at_touched();
            self.look_around();
            if self.session.found_flaw.swap(false, Ordering::Relaxed) {
                (self.dirty.view, self.dirty.detail) = (true, true);
            }
            self.start_waiting();
            self.refresh();
        }
    }

    /// Everything that runs is asked to stop and waited for: no thread outlives the catalog.
    fn wind_down(&mut self) {
        self.waiting = Default::default();
        self.watching = None;
        for running in self.running.iter().flatten() {
            running.cx.cancel.cancel();
        }
        while self.running.iter().any(Option::is_some) {
            match self.received.recv_timeout(Duration::from_secs(30)) {
                Ok(Event::Finished(lane, _)) => self.running[lane as usize] = None,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    fn hourly(&mut self) {
        let now = self.session.clock.now();
        if now.since(self.last_release) >= HOUR_MS || now < self.last_release {
            self.last_release = now;
            self.enqueue(Work::Release);
            self.enqueue(Work::AskStores);
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Batch => {
                self.batch_told.store(false, Ordering::SeqCst);
                self.dirty.view = true;
                self.dirty.sidebar = true;
            }
            Event::DiskChanged(more) => match &mut self.touched {
                Some(touched) => touched.join(*more),
                none => *none = Some(*more),
            },
            Event::Finished(lane, result) => {
                let finished = self.running.get_mut(lane as usize).and_then(Option::take);
                // A glance at what the watcher told of changes nothing.
                if !matches!(&finished, Some(one) if matches!(one.work, Work::Glance { .. })) {
                    self.all_dirty();
                }
                match *result {
                    Ok(outcome) => self.finished(outcome),
                    Err(OpError::Cancelled) => {}
                    Err(error) => self.fail(&error),
                }
                let finished = finished.map(|one| one.work);
                if finished.as_ref().is_some_and(Work::moves_files)
                    && let Err(error) = self.refresh_duplicates()
                {
                    self.fail(&error);
                }
                match finished {
                    Some(Work::Scan) => {
                        self.name_places();
                        self.enqueue(Work::Alike);
                        self.watch();
                    }
                    Some(Work::AddStore { .. } | Work::SetUpStore(_)) => self.ask_stores_next(),
                    // Copies in a watched tree are photos.
                    Some(Work::CopyTo { .. }) => self.enqueue(Work::Scan),
                    _ => {}
                }
            }
        }
    }

    /// What the watcher told of is looked at. While sidecars are being written, a change of sidecars waits: most of it is
    /// our own writing, which is known once its batch is.
    fn look_at_touched(&mut self) {
        let tending = self.running[Lane::Tend as usize].is_some();
        let Some(touched) = self.touched.take_if(|touched| !(tending && touched.is_sidecars())) else {
            return;
        };
        match touched.paths {
            Some(paths) => self.enqueue(Work::Glance { paths }),
            None => self.enqueue(Work::Scan),
        }
    }

    fn finished(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Quiet => {}
            Outcome::MoreAlike => self.enqueue(Work::Alike),
            Outcome::LookAgain => self.enqueue(Work::Scan),
            Outcome::Tended => self.follow_at = Some(self.session.clock.now().plus(REST_MS)),
            Outcome::Due => self.enqueue(Work::RunQueue),
            Outcome::Duplicates(found) => self.show_duplicates(found),
            Outcome::Atlas(atlas) => self.snapshot.atlas = Some(atlas),
            Outcome::Said(severity, what, why) => self.say(severity, &what, &why, ""),
            Outcome::Plan(plan) => self.snapshot.plan = Some(Arc::new(plan)),
            Outcome::Optimize(view) => self.snapshot.optimize = Arc::new(view),
            Outcome::Optimized(severity, what, why) => {
                let mut view = (*self.snapshot.optimize).clone();
                view.planned = false;
                view.refused.clear();
                view.last = Some(what.clone());
                self.snapshot.optimize = Arc::new(view);
                self.say(severity, &what, &why, "");
            }
            Outcome::Stores(stores) => self.snapshot.stores = Arc::new(stores),
            Outcome::Scanned { changed, first } => {
                if changed {
                    self.enqueue(Work::FollowAlbums);
                }
                if let Some((what, why)) = first {
                    self.say(Severity::Warning, &what, &why, "");
                }
            }
        }
    }

    fn watch(&mut self) {
        let Ok(roots) = self.session.catalog.roots() else {
            return;
        };
        let events = self.events.clone();
        let started = watch(&roots, Arc::clone(&self.session.fs), move |touched| {
            // Where the engine is gone, nobody wants to know.
            let _ = events.send(Event::DiskChanged(Box::new(touched)));
        });
        match started {
            Ok(watching) => {
                for (path, why) in &watching.problems {
                    tracing::warn!("{}: {why}", path.display());
                }
                self.watching = Some(watching);
            }
            Err(error) => tracing::warn!("{error}"),
        }
    }

    /// Puts work in its lane; the same work twice in line is once.
    pub(in crate::engine) fn enqueue(&mut self, work: Work) {
        let lane = &mut self.waiting[work.lane() as usize];
        if !lane.contains(&work) {
            lane.push_back(work);
        }
    }

    fn start_waiting(&mut self) {
        for lane in [Lane::Look, Lane::Keep, Lane::Tend, Lane::Copy] {
            let at = lane as usize;
            if self.running[at].is_some() {
                continue;
            }
            // What Pause holds back lets everything else pass.
            let paused = self.paused;
            let next = self.waiting[at].iter().position(|work| !(paused && work.is_sending()));
            if next.is_some_and(|index| self.keeps_out_of_the_way(lane, index)) {
                continue;
            }
            let Some(work) = next.and_then(|index| self.waiting[at].remove(index)) else {
                continue;
            };
            let cx = Cx::new();
            let (session, events, for_work) = (Arc::clone(&self.session), self.events.clone(), work.clone());
            let (batches, told, work_cx) = (self.events.clone(), Arc::clone(&self.batch_told), cx.clone());
            let on_batch = move || {
                // One word in the channel is enough, however many batches come.
                if !told.swap(true, Ordering::SeqCst) && batches.try_send(Event::Batch).is_err() {
                    told.store(false, Ordering::SeqCst);
                }
            };
            let started = task::spawn(work.name(), move || {
                let result = do_work(&session, &for_work, &work_cx, &on_batch);
                let _ = events.send(Event::Finished(lane, Box::new(result)));
            });
            let now = self.session.clock.now();
            match started {
                Ok(_) => {
                    self.running[at] = Some(Running {
                        work,
                        cx,
                        started: now,
                        last: (now, 0),
                        rate: 0,
                    })
                }
                Err(error) => self.say(Severity::Error, "Nothing more can be started", &error.to_string(), ""),
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each command")]
    fn command(&mut self, command: Command) -> Result<()> {
        let session = Arc::clone(&self.session);
        match command {
            Command::AddRoots(paths) => {
                self.add_roots(paths);
                self.source = Source::All;
            }
            Command::AddFolder(path) => self.add_typed_root(path),
            Command::Rescan => self.enqueue(Work::Scan),
            Command::ForgetRoot(root) => {
                session.forget_root_id(root)?;
                session.remember_places()?;
                self.source = Source::All;
                self.all_dirty();
            }
            Command::TrySamples => self.enqueue(Work::Samples),
            Command::Show { source, query, sort } => {
                (self.source, self.query, self.sort) = (source, query, sort);
                self.dirty.view = true;
                self.at_once();
            }
            Command::ShowMap(on) => self.show_map(on)?,
            Command::Focus(photo) => {
                self.focus = photo;
                self.dirty.detail = true;
            }
            Command::Mark { photos, mark } => {
                session.mark(&photos, std::slice::from_ref(&mark))?;
                self.marked_with(&[mark]);
            }
            Command::MarkAll { photos, marks } => {
                session.mark(&photos, &marks)?;
                self.marked_with(&marks);
            }
            Command::MarkCamera { camera, among, mark } => {
                session.mark_camera(&camera, among.as_deref(), &mark)?;
                self.marked_with(&[mark]);
            }
            Command::Together { asked, photos } => {
                self.together = (!photos.is_empty()).then_some((asked, photos));
                self.dirty.detail = true;
            }
            Command::KeepOne { keep, reject } => {
                session.keep_one(keep, &reject)?;
                self.marked();
            }
            Command::Shots(photos) => self.snapshot.shots = Arc::new(session.shots(&photos)?),
            command @ (Command::MoveTo { .. }
            | Command::Rename { .. }
            | Command::PreviewRename { .. }
            | Command::CopyTo { .. }
            | Command::StopMoving) => self.relocate_command(command)?,
            Command::Trash(photos) => self.move_files(Work::Trash { photos }),
            Command::PutBack(photos) => self.move_files(Work::PutBack { photos }),
            Command::EmptyTrash(photos) => self.move_files(Work::EmptyTrash { photos }),
            Command::PlanEmpty(photos) => {
                let mut lines = session.trash_lines()?;
                lines.retain(|line| photos.is_empty() || photos.contains(&line.photo));
                self.snapshot.empty_plan = Some(Arc::new(EmptyPlan::of(&lines)));
            }
            Command::PlanTrack(wish) => self.show_track(&wish),
            Command::PlaceByTrack(wish) => self.apply_track(&wish)?,
            Command::Undo => self.step(true)?,
            Command::Redo => self.step(false)?,
            command @ (Command::CreateAlbum { .. }
            | Command::CreateAlbumIn { .. }
            | Command::AddToAlbum { .. }
            | Command::RemoveFromAlbum { .. }
            | Command::MoveAlbum { .. }
            | Command::RenameAlbum { .. }
            | Command::CoverAlbum { .. }
            | Command::OrderAlbum { .. }
            | Command::DeleteAlbum(_)) => self.shelve(command)?,
            Command::AddStore { name, url } => self.enqueue(Work::AddStore { name, url }),
            Command::SetUpStore(_)
            | Command::TestStore(_)
            | Command::StopTest
            | Command::Follow { .. }
            | Command::SetRules(_)
            | Command::Unlock(_)
            | Command::RetryStore(_)
            | Command::SendNow => self.cloud_command(command)?,
            Command::RemoveStore(store) => {
                if session.relied_on(&store)? > 0 {
                    return Err(OpError::NeedsYou(
                        "Optimized photos rely on this store. Restore their originals first.".to_owned(),
                    ));
                }
                session.remove_store(&store)?;
                self.all_dirty();
                self.enqueue(Work::AskStores);
            }
            Command::PlanBackup { scope, store } => self.enqueue(Work::PlanBackup { scope, store }),
            Command::BackUpNow { scope, store } => {
                self.paused = false;
                self.enqueue(Work::Backup { scope, store });
            }
            Command::PauseBackup => {
                self.paused = true;
                if let Some(running) = self.running[Lane::Keep as usize]
                    .as_ref()
                    .filter(|one| one.work.is_sending())
                {
                    running.cx.cancel.cancel();
                }
                self.enqueue(Work::RunQueue);
            }
            Command::ResumeBackup => {
                self.paused = false;
                self.enqueue(Work::RunQueue);
            }
            Command::CancelBackup => self.cancel_backup()?,
            Command::RetryJob(job) => {
                session.catalog.retry_jobs(Some(job))?;
                for row in session.catalog.stores()? {
                    session.catalog.pause_store(&row.id, None)?;
                }
                self.paused = false;
                self.dirty.keeping = true;
                self.enqueue(Work::RunQueue);
            }
            Command::Verify { scope } => self.enqueue(Work::Verify { scope }),
            Command::PlanOptimize { scope } => self.enqueue(Work::PlanOptimize { scope }),
            Command::Optimize { scope, free_now } => self.enqueue(Work::Optimize { scope, free_now }),
            Command::Restore { scope } => self.enqueue(Work::Restore { scope }),
            Command::WriteSidecars => self.enqueue(Work::WriteSidecars),
            Command::SetWriteSidecars(on) => {
                session.change_settings(|settings| settings.write_sidecars = on)?;
                self.dirty.sidebar = true;
                self.enqueue(Work::TendSidecars);
            }
            Command::SettleConflict { photo, fields } => {
                session.settle_sidecar(photo, &fields)?;
                self.marked();
            }
            Command::FindDuplicates => self.enqueue(Work::Duplicates),
            Command::MergeDuplicates { keep, others } => {
                session.merge_duplicates(keep, &others)?;
                self.refresh_duplicates()?;
                self.marked();
            }
            Command::TrashDuplicates(groups) => self.move_files(Work::TrashDuplicates { groups }),
            Command::SetKeys(keys) => self.set_keys(keys)?,
            Command::Set(change) => self.set(change)?,
            Command::EmptyThumbs => {
                session.thumbs.clear();
                self.show_settings();
            }
            Command::Dismiss(id) => self.snapshot.notices.retain(|notice| notice.id != id),
            Command::TryAgain | Command::Quit => {}
        }
        Ok(())
    }

    fn cancel_backup(&mut self) -> Result<()> {
        self.paused = false;
        self.waiting[Lane::Keep as usize].retain(|work| !work.is_sending());
        if let Some(running) = self.running[Lane::Keep as usize]
            .as_ref()
            .filter(|one| one.work.is_sending())
        {
            running.cx.cancel.cancel();
        }
        let count = self.session.catalog.cancel_jobs(None)?;
        self.all_dirty();
        self.say(
            Severity::Info,
            &format!("{count} files were taken out of the queue"),
            "What was sent stays where it is.",
            "",
        );
        Ok(())
    }

    pub(in crate::engine) fn marked(&mut self) {
        self.follow_at = Some(self.session.clock.now().plus(REST_MS));
        self.dirty = Dirty {
            keeping: self.dirty.keeping,
            ..Dirty::ALL
        };
        self.at_once();
        self.name_places();
        self.enqueue(Work::TendSidecars);
    }

    pub(in crate::engine) fn fail(&mut self, error: &OpError) {
        self.say(Severity::Error, &error.to_string(), "", "");
    }

    pub(in crate::engine) fn say(&mut self, severity: Severity, what: &str, why: &str, do_next: &str) {
        let id = self.next_notice;
        self.next_notice += 1;
        self.snapshot.notices.push(notice(id, severity, what, why, do_next));
        let extra = self.snapshot.notices.len().saturating_sub(MAX_NOTICES);
        self.snapshot.notices.drain(..extra);
    }
}
