//! Everything a frame may read, as one immutable value. A frame takes it once and draws from it; nothing in it blocks.

use super::{
    command::{Agreed, FolderAdded, Scope, Sort, Source},
    duplicates::DuplicatesView,
    keeping::TestProbe,
    keymap::KeymapFile,
    mapping::{Atlas, MapView},
    settings::SettingsView,
    together::Together,
    tracks::TrackView,
};
pub use super::{
    culling::{Burst, BurstKind, Bursts, Shot},
    notice::{Notice, Severity},
    relocating::{MoveLine, MovePreview},
    trashing::EmptyPlan,
    views::Activity,
};
pub use crate::catalog::marks::KeywordCount;
use crate::model::{
    album::Album,
    content::ContentId,
    id::{FileId, FolderId, JobId, PhotoId, RootId, StoreId},
    job::JobState,
    metadata::{Facts, Gps, MediaKind},
    photo::Role,
    place::{CountryCount, Place},
    plans::Prices,
    position::Position,
    rating::{ColorLabel, Flag, Rating},
    receipt::Method,
    safety::{Safety, Totals},
    sidecar::Field,
    time::{CaptureTime, Timestamp},
};
use crate::{backup::policy::SendRules, catalog::follows::Followed, remote::folder::Synced};
use std::{path::PathBuf, sync::Arc};

/// The state of the application at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Grows with every snapshot.
    pub generation: u64,
    /// When it was taken.
    pub now: Timestamp,
    /// The catalog has been opened and the first view read.
    pub ready: bool,
    /// Nothing could be opened; the window shows this and nothing else.
    pub fatal: Option<Notice>,
    /// Counts for the sidebar.
    pub counts: Counts,
    /// Watched trees with their folders.
    pub roots: Arc<Vec<RootView>>,
    /// Albums, parents before what lies in them, smart ones behind the others.
    pub albums: Arc<Vec<Album>>,
    /// The countries and cities that photos are in.
    pub places: Arc<Vec<CountryCount>>,
    /// The photos of the grid.
    pub view: Arc<View>,
    /// The photo in the inspector.
    pub detail: Option<Arc<PhotoDetail>>,
    /// What the photos that were last asked about have in common.
    pub together: Option<Arc<Together>>,
    /// The keywords that photos have, sorted, with how many have them.
    pub keywords: Arc<Vec<KeywordCount>>,
    /// What was set on the camera for the photos that were last asked about.
    pub shots: Arc<Vec<Shot>>,
    /// What the pattern that was asked for last would do.
    pub rename: Arc<MovePreview>,
    /// What emptying the trash would do, where that was asked.
    pub empty_plan: Option<Arc<EmptyPlan>>,
    /// Where the whole library stands.
    pub totals: Totals,
    /// The stores.
    pub stores: Arc<Vec<StoreView>>,
    /// The backup queue.
    pub queue: Arc<QueueView>,
    /// The last backup plan asked for.
    pub plan: Option<Arc<PlanView>>,
    /// The rules by which the queue sends, and what they hold back.
    pub sending: Arc<SendingView>,
    /// The test of a place that runs or ran last.
    pub test: Arc<StoreTest>,
    /// What room in the cloud costs.
    pub prices: Arc<Prices>,
    /// Folders of this machine that a cloud keeps in step, offered as places for a store.
    pub synced: Arc<Vec<Synced>>,
    /// The last optimize preview asked for, and what is held.
    pub optimize: Arc<OptimizeView>,
    /// Marks and sidecars: what waits, and what needs a person.
    pub sidecars: Arc<SidecarsView>,
    /// Long work in the background: scan, thumbnails, checks.
    pub tasks: Vec<TaskView>,
    /// What a person should know, newest last.
    pub notices: Vec<Notice>,
    /// What was done, newest first.
    pub activity: Arc<Vec<Activity>>,
    /// What Ctrl+Z would take back, in words.
    pub undo: Option<String>,
    /// The photo that undo or redo changed last, the first of them, with a number that grows with each such step.
    pub turned: Option<(u64, PhotoId)>,
    /// What Ctrl+Shift+Z would do again.
    pub redo: Option<String>,
    /// What the last look for duplicates found; none before the first.
    pub duplicates: Option<Arc<DuplicatesView>>,
    /// The photos of the view on the map, while it is open; none before they were looked up.
    pub map: Option<Arc<MapView>>,
    /// The world that they are drawn on; none before the map was opened.
    pub atlas: Option<Arc<Atlas>>,
    /// What a GPX track would say of some photos, where that was asked.
    pub track: Option<Arc<TrackView>>,
    /// The person's own keys.
    pub keymap: Arc<KeymapFile>,
    /// What is set, and where Safelight keeps its things.
    pub settings: Arc<SettingsView>,
    /// What became of the folder that was typed last.
    pub folder_added: FolderAdded,
}

/// Numbers beside the sidebar's entries, in photos.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Pictures and films.
    pub all: u64,
    /// Added in the last 30 days.
    pub recent: u64,
    /// Picks.
    pub picks: u64,
    /// Five stars: the favourites, in the one field that every other program reads.
    pub five_stars: u64,
    /// Files that are no pictures.
    pub others: u64,
    /// Photos in Safelight's trash.
    pub trashed: u64,
    /// Their bytes.
    pub trashed_bytes: u64,
}

/// A watched tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootView {
    /// Its number.
    pub id: RootId,
    /// Its last path component, or what the volume is called.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it can be reached now; an unplugged root still browses.
    pub online: bool,
    /// Photos in it.
    pub photos: u64,
    /// Its folders in tree order, parents before children, the root's own folder left out.
    pub folders: Vec<FolderView>,
}

/// A directory below a root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FolderView {
    /// Its number.
    pub id: FolderId,
    /// Its own name.
    pub name: String,
    /// 0 directly below the root.
    pub depth: u32,
    /// Photos in it and below it.
    pub photos: u64,
    /// Whether folders follow that are inside it.
    pub has_children: bool,
}

/// The photos that the grid shows.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Grows when the list changes, so that a layout can be kept.
    pub generation: u64,
    /// Where they come from.
    pub source: Source,
    /// The search text they answer.
    pub query: String,
    /// Why the search text could not be understood; there are no photos then.
    pub query_error: Option<String>,
    /// Their order.
    pub sort: Sort,
    /// What the page is called.
    pub title: String,
    /// Bytes of all of them on this disk.
    pub bytes: u64,
    /// The photos.
    pub tiles: Vec<Tile>,
    /// Which of them belong together.
    pub bursts: Bursts,
}

/// What a grid cell needs of one photo.
#[derive(Clone, PartialEq, Debug)]
pub struct Tile {
    /// Its number.
    pub id: PhotoId,
    /// The name of its first file.
    pub name: Arc<str>,
    /// Width by height as displayed; 1.5 until known.
    pub aspect: f32,
    /// Days since 1970 on its own wall clock; the file's date where it has none.
    pub day: i64,
    /// Stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// Colour.
    pub label: ColorLabel,
    /// Where it stands.
    pub safety: Safety,
    /// What it is.
    pub kind: MediaKind,
    /// It has a RAW and a developed file.
    pub raw_pair: bool,
    /// It cannot be read as a picture, or not at all.
    pub problem: bool,
    /// Its root is unplugged.
    pub offline: bool,
}

/// Everything known of one photo.
#[derive(Clone, PartialEq, Debug)]
pub struct PhotoDetail {
    /// Its number.
    pub id: PhotoId,
    /// The name of its first file.
    pub name: String,
    /// The folder it lies in.
    pub folder: PathBuf,
    /// The facts of the file that is shown; capture time and position are the person's where one was given.
    pub facts: Facts,
    /// When the file itself says that it was taken.
    pub file_taken: Option<CaptureTime>,
    /// Where the file itself says that it was taken.
    pub file_gps: Option<Gps>,
    /// Seconds from the file's capture time to the person's.
    pub shift_s: i64,
    /// Where a person says that it was taken.
    pub own_position: Option<Position>,
    /// The named place nearest to its position.
    pub place: Option<Place>,
    /// Every file of it.
    pub files: Vec<FileView>,
    /// Stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// Colour.
    pub label: ColorLabel,
    /// Keywords, sorted.
    pub keywords: Vec<String>,
    /// The title.
    pub title: String,
    /// The caption.
    pub caption: String,
    /// The albums it was put into.
    pub albums: Vec<String>,
    /// Where it stands.
    pub safety: Safety,
    /// How we know, since when, or what is missing: one sentence.
    pub safety_sentence: String,
    /// What is to be known of its sidecars: how much it matters, and a sentence.
    pub sidecar_notes: Vec<(Severity, String)>,
    /// Its marks and its sidecar disagree, and a person has to say which hold.
    pub sidecar_conflict: bool,
    /// Every copy in every store, file by file.
    pub copies: Vec<CopyView>,
}

/// One file of a photo.
#[derive(Clone, PartialEq, Debug)]
pub struct FileView {
    /// Its number.
    pub id: FileId,
    /// Its name.
    pub name: String,
    /// What it is to the photo.
    pub role: Role,
    /// Its length on this disk.
    pub size: u64,
    /// Its content, where hashed.
    pub content: Option<ContentId>,
    /// For a proxy, the original's content.
    pub stands_for: Option<ContentId>,
    /// For a proxy, the original's length.
    pub original_size: Option<u64>,
    /// What is wrong with it, in words.
    pub problem: Option<String>,
}

/// One copy of one file in one store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyView {
    /// The store's name.
    pub store: String,
    /// The file's name.
    pub file: String,
    /// Where it lies in the store.
    pub key: String,
    /// How it was checked.
    pub method: Method,
    /// When.
    pub at: Timestamp,
    /// The last check failed.
    pub damaged: bool,
    /// `Read back, every byte compared, 3 days ago`.
    pub sentence: String,
}

/// Whether a store can be used now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum StoreState {
    /// It answered when last asked.
    #[default]
    Ready,
    /// It cannot be reached, for this reason; nothing is concluded from that.
    Unreachable(String),
    /// The queue waits for a person, for this reason.
    Paused(String),
}

/// A store's card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreView {
    /// Its identity.
    pub id: StoreId,
    /// Its name.
    pub name: String,
    /// `Folder`, later `S3`, `WebDAV`..
    pub kind: String,
    /// Where, as a person wrote it.
    pub place: String,
    /// Whether it can be used now.
    pub state: StoreState,
    /// Whether its copies let an original go.
    pub counts: bool,
    /// Why they do not, or what they are worth: one sentence.
    pub counts_note: String,
    /// Files with a proven copy here.
    pub proven: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Copies found damaged or missing.
    pub damaged: u64,
    /// The last full read-back of any copy.
    pub last_verified: Option<Timestamp>,
    /// Bytes free there, where it says.
    pub free: Option<u64>,
    /// Its size, where it says.
    pub total: Option<u64>,
    /// What goes with stores in the cloud.
    pub cloud: CloudView,
}

/// What a store's card shows beside its copies.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CloudView {
    /// Why it waits, in a word or two.
    pub pause: Option<&'static str>,
    /// When it is tried again by itself.
    pub retry: Option<String>,
    /// The size is the person's own limit.
    pub by_hand: bool,
    /// The plan that would hold what it follows or what waits for it, where it does not fit.
    pub verdict: Option<String>,
    /// Files that wait for it, and their bytes.
    pub queued: (u64, u64),
    /// What it follows.
    pub set: SetView,
    /// It has keys, and where they are.
    pub keys: Option<String>,
    /// The last test, in words.
    pub tested: Option<String>,
    /// It was not yet asked what is left since the program began.
    pub asking: bool,
    /// The person's own limit in bytes.
    pub limit: Option<u64>,
    /// What the person agreed to, so that a change of something else keeps it.
    pub agreed: Agreed,
}

/// The rules by which the queue sends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SendingView {
    /// What the person chose.
    pub rules: SendRules,
    /// Whether this network costs by the byte, where the system says.
    pub metered: Option<bool>,
    /// What the rules hold back now: a store's name and a sentence.
    pub held: Vec<(String, String)>,
    /// The encrypted keys wait for their passphrase.
    pub locked: bool,
}

/// The test of a place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StoreTest {
    /// Where.
    pub url: String,
    /// It runs.
    pub running: bool,
    /// How many probes there are.
    pub total: usize,
    /// What was found so far.
    pub probes: Vec<TestProbe>,
    /// How it ended: whether it may be relied on, and a sentence; or why it could not run.
    pub ended: Option<(bool, String)>,
}

/// One album, folder or query that a store follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowView {
    /// What.
    pub what: Followed,
    /// What it is called.
    pub words: String,
    /// Photos in it now.
    pub photos: u64,
    /// Their bytes on this disk.
    pub bytes: u64,
    /// Why it cannot be followed any more.
    pub problem: Option<String>,
}

/// What of the library is backed up to a store by itself, and what is not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SetView {
    /// What it follows; nothing means that nothing follows by itself.
    pub follows: Vec<FollowView>,
    /// Photos that follow, each counted once.
    pub photos_in: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Photos that do not.
    pub photos_out: u64,
    /// Their bytes.
    pub bytes_out: u64,
}

/// Whether the queue runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum QueueState {
    /// Nothing to do.
    #[default]
    Idle,
    /// Working.
    Running,
    /// Stopped by a person.
    Paused,
}

/// The backup queue.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct QueueView {
    /// Whether it runs.
    pub state: QueueState,
    /// Files done in this run.
    pub done: u64,
    /// Files of this run.
    pub total: u64,
    /// Bytes done in this run.
    pub bytes_done: u64,
    /// Bytes of this run.
    pub bytes_total: u64,
    /// Bytes a second over the last seconds.
    pub rate: u64,
    /// Seconds left at that rate, once there is one.
    pub seconds_left: Option<u64>,
    /// Jobs that failed and will be tried again.
    pub waiting: u64,
    /// Jobs that need a person.
    pub blocked: u64,
    /// The first jobs: those that need you, those in hand, then the next ones; at most 200.
    pub rows: Vec<JobView>,
}

/// One job of the queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobView {
    /// Its number.
    pub id: JobId,
    /// Whose file it is.
    pub photo: PhotoId,
    /// The file's name.
    pub name: String,
    /// The store's name.
    pub store: String,
    /// Its length.
    pub size: u64,
    /// Where it stands.
    pub state: JobState,
    /// Why it waits or is blocked, and what to do: one or two sentences.
    pub reason: Option<String>,
}

/// What a backup would do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlanView {
    /// The store's name.
    pub store: String,
    /// Photos in scope.
    pub photos: u64,
    /// Files to send.
    pub files: u64,
    /// Bytes to send.
    pub bytes: u64,
    /// Files already proven there.
    pub already: u64,
    /// Why others are left out: reason, how many, the first names.
    pub refused: Vec<Refusal>,
    /// Whether they fit, as far as the store says.
    pub fits: Option<bool>,
    /// Room there.
    pub free: Option<u64>,
    /// Whether it fits, and which plan would hold it, in words.
    pub verdict: String,
    /// How long it takes, in words.
    pub time: Option<String>,
    /// What was planned.
    pub scope: Option<Scope>,
    /// Photos that stay out of it, and their bytes, where it is what a store follows.
    pub left_out: Option<(u64, u64)>,
}

/// Photos or files left out for one reason.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Refusal {
    /// The reason as one sentence.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The first few names.
    pub examples: Vec<String>,
}

/// What Optimize would do, did, and holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OptimizeView {
    /// A preview has been made.
    pub planned: bool,
    /// Photos that may be replaced.
    pub photos: u64,
    /// Bytes that would be freed once the originals go, less the copies' estimated size.
    pub frees: u64,
    /// Why others stay.
    pub refused: Vec<Refusal>,
    /// Originals held on this disk, not freed yet.
    pub held: u64,
    /// Their bytes.
    pub held_bytes: u64,
    /// When the next of them may go.
    pub next_release: Option<Timestamp>,
    /// Photos optimized so far, originals gone from this disk.
    pub optimized: u64,
    /// Bytes freed so far.
    pub freed: u64,
    /// How the last run ended, in one sentence.
    pub last: Option<String>,
}

/// Marks and sidecars.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SidecarsView {
    /// Whether marks are written into sidecars.
    pub writes: bool,
    /// Photos to be compared with their sidecars, or written.
    pub waiting: u64,
    /// Photos that a person has to settle.
    pub conflict_count: u64,
    /// Photos whose sidecar cannot be read or written.
    pub trouble_count: u64,
    /// The first of those to be settled.
    pub conflicts: Vec<ConflictView>,
    /// The first of those with trouble: the photo, its file, and a sentence.
    pub troubles: Vec<(PhotoId, PathBuf, String)>,
}

impl SidecarsView {
    /// Photos whose marks wait for a person.
    #[must_use]
    pub fn needs(&self) -> u64 {
        self.conflict_count + self.trouble_count
    }
}

/// A photo whose marks were changed here and in its sidecar, each in its own way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConflictView {
    /// The photo.
    pub photo: PhotoId,
    /// The file that is shown for it.
    pub path: PathBuf,
    /// Field by field.
    pub fields: Vec<FieldView>,
}

/// One field of a conflict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldView {
    /// Which.
    pub field: Field,
    /// What it is here, for people.
    pub ours: String,
    /// What the sidecar says, for people.
    pub theirs: String,
}

/// Long work in the background.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskView {
    /// `Scanning Photos SSD`.
    pub label: String,
    /// Things done.
    pub done: u64,
    /// Things in all; 0 = not known.
    pub total: u64,
    /// A person can stop it.
    pub can_stop: bool,
}
