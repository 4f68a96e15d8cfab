//! The main job on the bundled sample photos, really done, step by step, every byte compared at the end: scan,
//! thumbnails, albums, backup with read-back, optimize, restore in place, restore from the store alone. Exit code 0 only
//! if all of it held. Then the window opens on that library, where there is a display.

use super::{
    args::DemoArgs,
    run::{Context, Run, absolute},
    window::Window,
};
use crate::{
    engine::{
        Access, Cx, Demo, Home, Sweep,
        command::Scope,
        error::{OpError, Result},
        keeping,
        session::{Mode, Session},
    },
    model::{content::human_bytes, safety::Safety},
};
use std::path::{Path, PathBuf};

/// The long edge of the demo's optimized copies, in pixels.
const DEMO_EDGE: u32 = 800;

struct Steps<'a> {
    context: &'a Context,
    number: u32,
}

impl Steps<'_> {
    fn step(&mut self, title: &str) {
        self.number += 1;
        self.context.out.say(format!("{:>2}  {title}", self.number));
    }

    fn found(&self, line: impl AsRef<str>) {
        self.context.out.say(format!("    {}", line.as_ref()));
    }
}

/// What must hold, or the demo failed.
fn holds(condition: bool, what: &str) -> Result<()> {
    if condition {
        Ok(())
    } else {
        Err(OpError::Failed(format!("The demo failed: {what}")))
    }
}

/// Runs the demo.
///
/// # Errors
/// Anything that did not hold.
pub fn demo(context: &Context, args: &DemoArgs, smoke: Option<f64>) -> Result<Run> {
    let place = Demo::place(args.keep.as_deref().map(absolute).as_deref())?;
    let paths = Paths::below(place.path());
    let mut steps = Steps { context, number: 0 };
    context
        .out
        .say("Safelight demo: the main job on sample photos, every byte compared.");
    context.out.say(format!("It works in {}", place.path().display()));
    let summary = job(&mut steps, &paths, &context.cx)?;
    context.out.document(
        &serde_json::json!({ "held": true, "files": summary.files, "bytes": summary.bytes,
        "optimized": summary.optimized, "freed": summary.freed, "library": paths.library.to_string_lossy() }),
    );
    context.out.say(format!(
        "All of it held: {} files ({}), {} optimized and restored, every byte equal.",
        summary.files,
        human_bytes(summary.bytes),
        summary.optimized
    ));
    let code = 0;
    if args.no_window || context.out.json {
        return Ok(Run::Done(code));
    }
    // The folder has to live as long as the window; where nobody asked to keep it, it goes when the window closes.
    Ok(Run::Window(Window {
        home: Home::portable(&paths.home),
        paths: Vec::new(),
        before: Some(code),
        smoke,
        keep_alive: Some(place),
        ending: context.ending.clone(),
    }))
}

/// Where the demo keeps its things.
struct Paths {
    home: PathBuf,
    library: PathBuf,
    store: PathBuf,
    restored: PathBuf,
    empty_home: PathBuf,
}

impl Paths {
    fn below(dir: &Path) -> Self {
        Self {
            home: dir.join("home"),
            library: dir.join("Photos"),
            store: dir.join("Store"),
            restored: dir.join("Restored from the store alone"),
            empty_home: dir.join("another home"),
        }
    }
}

struct Summary {
    files: u64,
    bytes: u64,
    optimized: u64,
    freed: u64,
}

fn job(steps: &mut Steps<'_>, paths: &Paths, cx: &Cx) -> Result<Summary> {
    let (session, before) = look(steps, paths, cx)?;
    let files = before.len() as u64;
    let bytes = before.bytes();
    back_up(steps, &session, paths, files, cx)?;
    let (optimized, freed) = optimize(steps, &session, &before, cx)?;
    steps.step("Restore in place");
    let photos = session.photos_of(&Scope::All)?;
    let report = session.restore(&photos, cx)?;
    holds(
        report.failed.is_empty() && report.fetched == optimized,
        "not every original came back",
    )?;
    holds(
        before.same_as(&Demo::hashes(&paths.library)?),
        "a restored file differs from its original",
    )?;
    steps.found(format!(
        "{} originals fetched, all {files} files equal to the first byte and the last",
        report.fetched
    ));
    steps.step("Restore everything from the store alone, onto an empty home");
    let empty = Session::open(Home::portable(&paths.empty_home), Mode::Write, cx)?;
    holds(empty.catalog.totals()?.all.photos == 0, "the other home is not empty")?;
    drop(empty);
    let report = keeping::restore_store(
        &paths.store.to_string_lossy(),
        &Access::default(),
        &paths.restored,
        None,
        cx,
    )?;
    let restored = Demo::hashes(&paths.restored.join("Photos"))?;
    holds(
        report.failed.is_empty() && before.same_as(&restored),
        "what came out of the store differs from the photos",
    )?;
    steps.found(format!(
        "{} files written, names and bytes as they were",
        report.written
    ));
    steps.step("Audit the store without any catalog");
    let audit = keeping::check_store(&paths.store.to_string_lossy(), &Access::default(), false, cx)?;
    holds(audit.sound, &audit.sentence)?;
    steps.found(&audit.sentence);
    steps.found("Its README.txt tells how to get the photos back without Safelight.");
    Ok(Summary {
        files,
        bytes,
        optimized,
        freed,
    })
}

/// Scan, thumbnails, marks and albums.
fn look(steps: &mut Steps<'_>, paths: &Paths, cx: &Cx) -> Result<(Session, crate::engine::Hashes)> {
    steps.step("Write the sample photos");
    let written = Demo::write_samples(&paths.library)?;
    let before = Demo::hashes(&paths.library)?;
    steps.found(format!("{written} files, {}", human_bytes(before.bytes())));
    steps.step("Scan");
    let session = Session::open(Home::portable(&paths.home), Mode::Write, cx)?;
    session.add_root(&paths.library)?;
    let scan = session.scan_all(false, cx, &|| {})?;
    session.remember_places()?;
    let totals = session.catalog.totals()?;
    holds(
        totals.all.files == before.len() as u64 && totals.add_up(),
        "not every file was found",
    )?;
    steps.found(format!(
        "{} files in {} photos; {} cannot be read as a picture and is kept all the same",
        scan.added, totals.all.photos, scan.undecodable
    ));
    steps.step("Thumbnails");
    let photos = session.photos_of(&Scope::All)?;
    let filled = session.fill_thumbs(&photos, cx)?;
    holds(filled.made > 0, "no thumbnail was made")?;
    steps.found(format!("{} made", filled.made));
    for (path, why) in &filled.failed {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        steps.found(format!("none for {name}: {why}"));
    }
    steps.step("Marks and albums");
    Demo::dress(&session, &paths.library)?;
    let albums = session.albums()?;
    holds(!albums.is_empty(), "no album was made")?;
    for album in &albums {
        steps.found(format!("{}: {} photos", album.name, album.photos));
    }
    steps.found(format!(
        "{} photos with 4 stars and more",
        session.find("rating>=4")?.len()
    ));
    Ok((session, before))
}

/// Backup, read-back, status, a second read-back.
fn back_up(steps: &mut Steps<'_>, session: &Session, paths: &Paths, files: u64, cx: &Cx) -> Result<()> {
    steps.step("Add a store");
    let row = session.add_store("Demo store", &paths.store.to_string_lossy(), true, cx)?;
    steps.found("A folder of ordinary files. For this demo only it counts as another disk although it is on this one;");
    steps.found("with your own photos a copy on the same disk never counts.");
    steps.step("Back up: send, read every byte back, keep receipts");
    let photos = session.photos_of(&Scope::All)?;
    let plan = session.plan_backup(&row, &photos, cx)?;
    steps.found(format!("Plan: {} files, {}", plan.send.len(), human_bytes(plan.bytes)));
    session.enqueue(&row, &plan)?;
    let report = session.run_queue(Some(&row.id), cx)?;
    holds(
        report.done == files && report.blocked.is_empty() && report.paused.is_empty(),
        "not every file was backed up",
    )?;
    steps.found(format!("{} files sent and read back", report.done));
    let totals = session.catalog.totals()?;
    holds(
        totals.add_up() && totals.of(Safety::Safe).photos == totals.all.photos,
        "not every photo is safe",
    )?;
    steps.found(format!(
        "{} of {} photos are safe; the numbers add up",
        totals.proven(),
        totals.all.photos
    ));
    steps.step("Verify: read everything back once more");
    let sweep = session.verify(None, &Sweep::All, cx)?;
    holds(sweep.bad.is_empty() && sweep.away.is_empty(), "a copy did not match")?;
    steps.found(format!(
        "{} copies, {}, every byte matches",
        sweep.whole,
        human_bytes(sweep.bytes)
    ));
    Ok(())
}

/// Optimize with both proofs, at once; nothing may have left without its right bytes in the store.
fn optimize(steps: &mut Steps<'_>, session: &Session, before: &crate::engine::Hashes, cx: &Cx) -> Result<(u64, u64)> {
    steps.step("Optimize: replace proven originals by small copies");
    // The samples are small already; a real library keeps copies of 2048 pixels.
    session.change_settings(|settings| settings.release.proxy_edge = DEMO_EDGE)?;
    steps.found(format!(
        "Small copies of {DEMO_EDGE} pixels for this demo, since the samples are small themselves"
    ));
    let photos = session.photos_of(&Scope::All)?;
    let plan = session.plan_optimize(&photos)?;
    for refusal in keeping::refusals(&plan.refused) {
        steps.found(format!("{} stay: {}", refusal.count, refusal.reason));
    }
    let report = session.optimize(&plan, None, true, cx)?;
    holds(
        report.held > 0 && report.released.released == report.held,
        "no original left, or not all that should",
    )?;
    steps.found(format!(
        "{} originals left this disk after two full read-backs each, {} freed",
        report.released.released,
        human_bytes(report.released.freed)
    ));
    let totals = session.catalog.totals()?;
    holds(
        totals.add_up() && totals.of(Safety::Optimized).photos == report.held,
        "the numbers do not add up",
    )?;
    holds(
        totals.proven() == totals.all.photos && !before.is_empty(),
        "a photo is not proven any more",
    )?;
    steps.found(format!(
        "{} photos are small copies now, which any program opens",
        report.held
    ));
    Ok((report.held, report.released.freed))
}
