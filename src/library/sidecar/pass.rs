//! The pass over all photos that wait: compared, what is new outside taken into the catalog as changes, and what is new in
//! the catalog written. The order makes a kill harmless: a photo waits until its sidecar lies on the disk, and a sidecar
//! that says what we would write is in step already.

use super::{
    compare::{Compared, Read, compare},
    leftovers::clear_interrupted,
    names::{NameStyle, new_name},
    write::{MAX_BYTES, Replaced, put},
};
use crate::{
    catalog::{
        Catalog,
        error::Result,
        sidecar_files::WrittenSidecar,
        sidecars::{Before, SeenSidecar, SidecarStep, SidecarWork},
    },
    library::annotate::photos_text,
    media::{
        limits::Limits,
        xmp::{self, Style, Wanted, Xmp},
    },
    model::{
        change::Marks,
        content::ContentId,
        id::{DeviceId, FolderId, PhotoId},
        sidecar::{Field, Stored},
    },
    sys::{
        clock::Clock,
        fs::{Fs, FsError, Stat},
        real::path_bytes,
        task::Cx,
    },
};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

/// Photos of one transaction.
const BATCH: usize = 200;
/// Sidecars written at once: this waits for the disk, not for the processor.
const WRITERS: usize = 4;
/// How often a pass begins again where somebody else was writing.
const ROUNDS: usize = 3;

/// How sidecars are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SidecarOptions {
    /// Marks are written; else sidecars are only read.
    pub write: bool,
    /// What new ones are called.
    pub names: NameStyle,
    /// A rejection takes the place of the stars, as Bridge and darktable read it.
    pub reject_as_rating: bool,
}

/// What a pass did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SidecarReport {
    /// Photos whose marks came from outside.
    pub read: u64,
    /// Sidecars written, new ones among them.
    pub written: u64,
    /// Photos in step, or waiting for a person.
    pub compared: u64,
    /// It was stopped before its end; what waits goes on waiting.
    pub cancelled: bool,
}

/// What the pass needs.
#[derive(Clone, Copy)]
pub struct Tender<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// This disk.
    pub fs: &'a dyn Fs,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// This installation.
    pub device: &'a DeviceId,
    /// How.
    pub options: SidecarOptions,
}

/// One sidecar to be written.
struct Target {
    path: PathBuf,
    old: Option<Vec<u8>>,
    /// `None` takes it away: it is back at the time before there was one.
    new: Option<Vec<u8>>,
    /// What is known of it once it is written.
    seen: SeenSidecar,
    /// The folder that it lies in, among the files.
    folder: Option<FolderId>,
}

impl Target {
    /// The file that it is now.
    fn file(&self, stat: Stat) -> Option<WrittenSidecar> {
        Some(WrittenSidecar {
            folder: self.folder?,
            name: self.seen.name.clone(),
            stat,
            content: ContentId::of(self.new.as_deref()?),
        })
    }
}

/// What is to be done for one photo.
enum Prepared {
    Nothing,
    Write(Vec<Target>),
    /// Somebody is writing there: look again.
    Again,
    Note(String),
}

impl Tender<'_> {
    /// Brings every waiting photo into step. With `force`, photos whose sidecar is gone get a new one.
    ///
    /// # Errors
    /// The catalog's, and the system's where it has no threads to give. Troubles with sidecars become notes.
    pub fn run(&self, force: bool, cx: &Cx) -> Result<SidecarReport> {
        let mut report = SidecarReport::default();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(WRITERS)
            .thread_name(|number| format!("safelight-sidecar-{number}"))
            .build()
            .map_err(|error| FsError::new("start threads", self.catalog.path(), io::Error::other(error)))?;
        cx.progress.start(self.catalog.sidecar_counts()?.waiting, 0);
        for _ in 0..ROUNDS {
            if !self.round(force, &pool, cx, &mut report)? || cx.cancel.is_cancelled() {
                break;
            }
        }
        report.cancelled = cx.cancel.is_cancelled();
        Ok(report)
    }

    /// Once over all that wait; whether somebody was writing meanwhile, so that it is worth another round.
    fn round(&self, force: bool, pool: &rayon::ThreadPool, cx: &Cx, report: &mut SidecarReport) -> Result<bool> {
        let mut after = PhotoId(0);
        let mut again = false;
        loop {
            let works = self.catalog.sidecar_work(after, self.options.write, BATCH)?;
            let Some(last) = works.last() else {
                return Ok(again);
            };
            after = last.photo;
            if cx.cancel.is_cancelled() {
                return Ok(false);
            }
            let seen = works.len() as u64;
            again |= self.batch(&works, force, pool, report)?;
            cx.progress.add(seen);
        }
    }

    fn batch(
        &self,
        works: &[SidecarWork],
        force: bool,
        pool: &rayon::ThreadPool,
        report: &mut SidecarReport,
    ) -> Result<bool> {
        clear_interrupted(self.fs, works);
        let now_ns = self.clock.now().0.saturating_mul(1_000_000);
        let found: Vec<std::result::Result<(Compared, Prepared), String>> = pool.install(|| {
            let one = |work: &SidecarWork| {
                let mut compared = compare(self.fs, work, now_ns, force)?;
                let prepared = match compared.to_write && self.options.write {
                    true => self.prepare(work, &mut compared),
                    false => Prepared::Nothing,
                };
                Ok((compared, prepared))
            };
            works.par_iter().map(one).collect()
        });
        let mut steps = Vec::with_capacity(works.len());
        for (work, found) in works.iter().zip(&found) {
            steps.push(match found {
                Ok((compared, prepared)) => first_step(compared, prepared, self.options.write),
                Err(note) => noted(work, note),
            });
        }
        let taken = steps.iter().filter(|step| !step.marks.is_empty());
        let count = taken.clone().filter(|step| !step.first).count().max(1);
        let photos = photos_text(count);
        let whose = if count == 1 { "its sidecar" } else { "their sidecars" };
        report.read += taken.count() as u64;
        let label = format!("Read marks of {photos} from {whose}");
        let kept: HashSet<PhotoId> = self
            .catalog
            .keep_sidecars(&steps, &label, self.clock, self.device)?
            .into_iter()
            .collect();
        report.compared += kept.len() as u64;
        let again = found
            .iter()
            .flatten()
            .any(|(_, prepared)| matches!(prepared, Prepared::Again));
        let to_write: Vec<(&Compared, &Vec<Target>)> = found
            .iter()
            .flatten()
            .filter(|(compared, _)| kept.contains(&compared.step.photo))
            .filter_map(|(compared, prepared)| match prepared {
                Prepared::Write(targets) => Some((compared, targets)),
                _ => None,
            })
            .collect();
        if to_write.is_empty() {
            return Ok(again);
        }
        let written: Vec<(SidecarStep, u64)> = pool.install(|| {
            let one = |(compared, targets): &(&Compared, &Vec<Target>)| self.write(compared, targets);
            to_write.par_iter().map(one).collect()
        });
        report.written += written.iter().map(|(_, count)| count).sum::<u64>();
        let steps: Vec<SidecarStep> = written.into_iter().map(|(step, _)| step).collect();
        self.catalog.keep_sidecars(&steps, "", self.clock, self.device)?;
        Ok(again || steps.iter().any(|step| step.waits > 0))
    }

    /// Works out what every sidecar of a photo is to hold, and notes it in what will be known of them.
    fn prepare(&self, work: &SidecarWork, compared: &mut Compared) -> Prepared {
        let sidecars = compared.sidecars.clone();
        let mut targets = Vec::new();
        let prepared = if sidecars.is_empty() {
            self.prepare_first(work, compared).map(|target| targets.extend(target))
        } else {
            sidecars.iter().try_for_each(|read| {
                self.prepare_one(work, compared, read, sidecars.len() == 1)
                    .map(|target| targets.extend(target))
            })
        };
        if let Err(other) = prepared {
            return other;
        }
        let planned = targets
            .iter()
            .filter(|target| target.new.is_some())
            .map(|target| SeenSidecar {
                planned: true,
                ..target.seen.clone()
            });
        compared.step.row.seen.extend(planned);
        Prepared::Write(targets)
    }

    fn prepare_one(
        &self,
        work: &SidecarWork,
        compared: &mut Compared,
        read: &Read,
        single: bool,
    ) -> std::result::Result<Option<Target>, Prepared> {
        let path = &read.candidate.path;
        let failed = |error: FsError| Prepared::Note(unwritten(path, error.kind.sentence()));
        let bytes = self.fs.read_small(path, MAX_BYTES).map_err(failed)?;
        if ContentId::of(&bytes).to_string() != read.seen.hash {
            return Err(Prepared::Again);
        }
        let wanted = wanted(work, compared, &read.seen.said);
        let new = xmp::write(Some(&bytes), &wanted, &self.style(None), &Limits::default())
            .map_err(|trouble| Prepared::Note(unwritten(path, &trouble.to_string())))?;
        let Some(new) = new else { return Ok(None) };
        let row = &mut compared.step.row;
        // What nobody else has touched since our first writing becomes again what it was, when the marks are what they were.
        let untouched = |before: &Before| before.name == read.seen.name && read.seen.ours && single;
        let before = row.before.take().filter(untouched);
        let same = |before: &&Before| {
            Field::ALL
                .iter()
                .all(|field| field.same(&before.marks, &compared.merged))
        };
        let back = before.as_ref().filter(same).map(|before| before.bytes.clone());
        let went_back = back.is_some();
        let target = back.unwrap_or(Some(new));
        if !went_back {
            let old = Before {
                name: read.seen.name.clone(),
                marks: row.base.clone().unwrap_or_default(),
                bytes: Some(bytes.clone()),
            };
            row.before = before.or(single.then_some(old));
        }
        Ok(Some(Target {
            folder: folder_of(work, path),
            path: path.clone(),
            seen: seen(work, path, target.as_deref().unwrap_or_default(), !went_back),
            old: Some(bytes),
            new: target,
        }))
    }

    fn prepare_first(
        &self,
        work: &SidecarWork,
        compared: &mut Compared,
    ) -> std::result::Result<Option<Target>, Prepared> {
        let Some((path, sidecar_for)) = new_name(work, self.options.names) else {
            return Ok(None);
        };
        let wanted = wanted(work, compared, &Stored::default());
        let new = xmp::write(None, &wanted, &self.style(sidecar_for), &Limits::default())
            .map_err(|trouble| Prepared::Note(unwritten(&path, &trouble.to_string())))?;
        let Some(new) = new else { return Ok(None) };
        let row = &mut compared.step.row;
        row.before = Some(Before {
            name: name_of(&path),
            marks: row.base.clone().unwrap_or_default(),
            bytes: None,
        });
        Ok(Some(Target {
            seen: seen(work, &path, &new, true),
            folder: folder_of(work, &path),
            path,
            old: None,
            new: Some(new),
        }))
    }

    /// Writes the sidecars of one photo; how many were written.
    fn write(&self, compared: &Compared, targets: &[Target]) -> (SidecarStep, u64) {
        let mut step = SidecarStep {
            compared: compared.merged.clone(),
            marks: Vec::new(),
            waits: 0,
            written: true,
            files: Vec::new(),
            ..compared.step.clone()
        };
        let mut count = 0;
        for target in targets {
            let replaced = put(
                self.fs,
                self.clock,
                &target.path,
                target.old.as_deref(),
                target.new.as_deref(),
            );
            match replaced {
                Ok(Replaced::Done(stat)) => {
                    count += 1;
                    step.row.seen.retain(|one| one.name != target.seen.name);
                    match stat {
                        Some(stat) => {
                            step.row.seen.push(SeenSidecar {
                                mtime_ns: stat.mtime_ns,
                                ctime_ns: stat.ctime_ns,
                                ..target.seen.clone()
                            });
                            step.files.extend(target.file(stat));
                        }
                        None => step.removed = Some(target.seen.name.clone()),
                    }
                }
                Ok(Replaced::Changed) => step.waits = 1,
                Ok(Replaced::Refused(why)) => step.row.note = Some(unwritten(&target.path, &why)),
                Err(error) => step.row.note = Some(unwritten(&target.path, error.kind.sentence())),
            }
        }
        if step.waits == 0 && step.row.note.is_none() {
            let mut base = compared.merged.clone();
            for field in step.row.conflict.iter().flat_map(|conflict| &conflict.fields) {
                field.copy(&mut base, step.row.base.as_ref().unwrap_or(&Marks::default()));
            }
            step.row.base = Some(base);
        }
        (step, count)
    }

    fn style(&self, sidecar_for: Option<String>) -> Style {
        Style {
            reject_as_rating: self.options.reject_as_rating,
            sidecar_for,
        }
    }
}

/// The folder of this path as the catalog numbers it.
fn folder_of(work: &SidecarWork, path: &Path) -> Option<FolderId> {
    let mut files = work.files.iter();
    files
        .find(|file| file.path.parent() == path.parent())
        .map(|file| file.folder)
}

fn name_of(path: &Path) -> Vec<u8> {
    path.file_name()
        .map(|name| path_bytes(Path::new(name)))
        .unwrap_or_default()
}

fn unwritten(path: &Path, why: &str) -> String {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    format!("The sidecar {name} cannot be written: {why}. It is left as it is; the marks are safe in the catalog.")
}

fn noted(work: &SidecarWork, note: &str) -> SidecarStep {
    let mut row = work.row.clone();
    row.note = Some(note.to_owned());
    SidecarStep {
        photo: work.photo,
        compared: work.marks.clone(),
        marks: Vec::new(),
        first: false,
        row,
        waits: 0,
        written: false,
        files: Vec::new(),
        removed: None,
    }
}

/// What is to be kept before anything is written.
fn first_step(compared: &Compared, prepared: &Prepared, write: bool) -> SidecarStep {
    let mut step = compared.step.clone();
    step.waits = match (compared.to_write, write) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    };
    if let Prepared::Note(note) = prepared {
        step.row.note = Some(note.clone());
        step.waits = 0;
    }
    step
}

/// What is known of a sidecar of these bytes; its times are known once it lies there.
fn seen(work: &SidecarWork, path: &Path, bytes: &[u8], ours: bool) -> SeenSidecar {
    let limits = Limits::default();
    let mut said = Xmp::parse_whole(bytes, &limits)
        .map(|xmp| xmp.marks(&limits))
        .unwrap_or_default();
    said.relate(work.taken, work.gps);
    SeenSidecar {
        name: name_of(path),
        size: bytes.len() as u64,
        mtime_ns: 0,
        ctime_ns: 0,
        hash: ContentId::of(bytes).to_string(),
        ours,
        planned: false,
        said,
    }
}

/// What a sidecar has to be told: where it says otherwise, and where it is silent but the photo's own file says otherwise.
/// Conflicts are left as they are.
fn wanted(work: &SidecarWork, compared: &Compared, said: &Stored) -> Wanted {
    let marks = &compared.merged;
    let mut now = super::compare::spoken(&compared.step.row.embedded);
    crate::model::sidecar::take_stored(&mut now, said);
    let conflict = compared.step.row.conflict.as_ref();
    let open = |field: Field| conflict.is_none_or(|conflict| !conflict.fields.contains(&field));
    let want = |field: Field| open(field) && !field.same(&now, marks);
    Wanted {
        rating: want(Field::Rating).then_some(marks.rating),
        flag: want(Field::Flag).then_some(marks.flag),
        label: want(Field::Label).then_some(marks.label),
        keywords: want(Field::Keywords).then(|| marks.keywords.clone()),
        title: want(Field::Title).then(|| marks.title.clone()),
        caption: want(Field::Caption).then(|| marks.caption.clone()),
        // Where the file itself says no time, there is none to shift.
        taken: work
            .taken
            .filter(|_| want(Field::Time))
            .map(|taken| taken.shifted(marks.shift_s)),
        position: want(Field::Position).then(|| {
            let own = marks.position.map(<(f64, f64)>::from);
            own.or(work.gps.map(|gps| (gps.latitude, gps.longitude)))
        }),
    }
}
