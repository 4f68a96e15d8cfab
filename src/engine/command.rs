//! Everything a person can ask of the window's engine. Widgets send these; they never mutate anything themselves.

use super::{keymap::KeymapFile, settings::SettingsChange, tracks::TrackWish};
use crate::{
    backup::policy::SendRules,
    catalog::follows::Followed,
    model::{
        change::Mark,
        id::{AlbumId, FolderId, JobId, PhotoId, RootId, StoreId},
        safety::Safety,
        sidecar::Field,
    },
    sys::secret::{Credentials, Hidden},
};
use std::path::PathBuf;

/// Which photos the grid shows, before the search box narrows them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Source {
    /// Every picture and film.
    #[default]
    All,
    /// Added in the last 30 days.
    Recent,
    /// Flagged as picks.
    Picks,
    /// Favourites: five stars.
    FiveStars,
    /// Files that are no pictures, but lie among them.
    Others,
    /// Photos of these safety buckets.
    Safety(Vec<Safety>),
    /// One whole root.
    Root(RootId),
    /// One folder and what is below it.
    Folder(FolderId),
    /// One album and those inside it.
    Album(AlbumId),
    /// One country, region or city: the path of a place.
    Place(String),
    /// What lies in Safelight's trash.
    Trash,
}

/// A folder that photos are moved to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// By its path; it is made where it is not there yet.
    Path(PathBuf),
    /// One of the sidebar.
    Folder(FolderId),
    /// The top of a watched tree.
    Root(RootId),
}

/// The order of the grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// Newest first, in days.
    #[default]
    NewestFirst,
    /// Oldest first, in days.
    OldestFirst,
    /// By file name.
    Name,
    /// Best first.
    Rating,
    /// As a person has put them in an album.
    ByHand,
}

/// The photos that a backup, a check or an optimize run is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The whole library.
    All,
    /// These photos.
    Photos(Vec<PhotoId>),
    /// One album.
    Album(AlbumId),
    /// What a query finds.
    Query(String),
    /// What a store follows.
    Set(StoreId),
}

/// What a person agreed to for one store, beside its keys.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Agreed {
    /// Plain http to its private address.
    pub plain_http: bool,
    /// The SHA-256 of the one certificate that its server may show, in hex.
    pub pinned: Option<String>,
    /// A server that is reached at this machine is another one, behind a tunnel.
    pub elsewhere: bool,
}

/// A store as the assistant describes it. Its keys show themselves in no debug output.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StoreWish {
    /// The store that is changed; none for a new one.
    pub store: Option<StoreId>,
    /// What to call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Who we are there; none leaves it as it is.
    pub keys: Option<Credentials>,
    /// What the person agreed to.
    pub agreed: Agreed,
    /// How many bytes there are room for, where the store does not say.
    pub limit: Option<u64>,
    /// What is backed up to it by itself, beside what is already.
    pub follow: Vec<Followed>,
}

/// The answer to a folder that was typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FolderAdded {
    /// Answers until now.
    pub count: u64,
    /// Why the last one could not be added; none where it was.
    pub why: Option<String>,
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Watch these folder trees and index them.
    AddRoots(Vec<PathBuf>),
    /// The same with one that was typed; the answer is in the snapshot, beside what was typed.
    AddFolder(PathBuf),
    /// Look at all roots again.
    Rescan,
    /// Stop watching a root; touches no file.
    ForgetRoot(RootId),
    /// Set up the sample photos in a library of their own and show them.
    TrySamples,
    /// Show these photos.
    Show {
        /// From where.
        source: Source,
        /// The search box.
        query: String,
        /// In which order.
        sort: Sort,
    },
    /// The map is open and wants the photos of the grid, or is closed.
    ShowMap(bool),
    /// The photo whose details the inspector shows.
    Focus(Option<PhotoId>),
    /// Give each photo this mark: one undo step.
    Mark {
        /// Which photos.
        photos: Vec<PhotoId>,
        /// Which mark.
        mark: Mark,
    },
    /// Give each photo all of these marks: one undo step.
    MarkAll {
        /// Which photos.
        photos: Vec<PhotoId>,
        /// Which marks.
        marks: Vec<Mark>,
    },
    /// Give the photos of one camera this mark: one undo step.
    MarkCamera {
        /// The camera, as the inspector names it.
        camera: String,
        /// Only those of these photos; none means the whole library.
        among: Option<Vec<PhotoId>>,
        /// Which mark.
        mark: Mark,
    },
    /// Say what these photos have in common, in `Snapshot::together`, until something else is asked; nothing for none.
    Together {
        /// The number of the question, which is in the answer.
        asked: u64,
        /// Which photos.
        photos: Vec<PhotoId>,
    },
    /// Pick one photo and reject others: one undo step.
    KeepOne {
        /// The one that is kept.
        keep: PhotoId,
        /// The others.
        reject: Vec<PhotoId>,
    },
    /// Say what was set on the camera for these, in `Snapshot::shots`.
    Shots(Vec<PhotoId>),
    /// These photos go to a folder of a watched tree, all files of each: one undo step.
    MoveTo {
        /// Which photos.
        photos: Vec<PhotoId>,
        /// Where to.
        to: Target,
    },
    /// These photos get names by a pattern, all files of each: one undo step.
    Rename {
        /// Which photos.
        photos: Vec<PhotoId>,
        /// The pattern.
        pattern: String,
        /// Where `{seq}` begins.
        first: u64,
    },
    /// Say what a pattern would do, in `Snapshot::rename`.
    PreviewRename {
        /// Which photos.
        photos: Vec<PhotoId>,
        /// The pattern.
        pattern: String,
        /// Where `{seq}` begins.
        first: u64,
    },
    /// Copy these photos into a folder anywhere, all files of each.
    CopyTo {
        /// Which photos.
        photos: Vec<PhotoId>,
        /// Where to.
        to: PathBuf,
    },
    /// Stop moving, renaming and copying; what has gone stays gone, the rest stays.
    StopMoving,
    /// These photos go to Safelight's trash: one undo step.
    Trash(Vec<PhotoId>),
    /// These photos come back from Safelight's trash to their places.
    PutBack(Vec<PhotoId>),
    /// Say what emptying would do, in `Snapshot::empty_plan`; no photos means all of the trash.
    PlanEmpty(Vec<PhotoId>),
    /// Give exactly these photos of Safelight's trash to the system's; a person has confirmed what the plan named.
    EmptyTrash(Vec<PhotoId>),
    /// Say what a GPX track would say of photos, in `Snapshot::track`.
    PlanTrack(Box<TrackWish>),
    /// Give photos the positions that a track says: one undo step.
    PlaceByTrack(Box<TrackWish>),
    /// Take the last step back.
    Undo,
    /// Take it again.
    Redo,
    /// A new album with these photos.
    CreateAlbum {
        /// Its name.
        name: String,
        /// The first photos.
        photos: Vec<PhotoId>,
        /// The query, for a smart album.
        query: Option<String>,
    },
    /// More photos for an album.
    AddToAlbum {
        /// Which album.
        album: AlbumId,
        /// Which photos.
        photos: Vec<PhotoId>,
    },
    /// Photos leave an album.
    RemoveFromAlbum {
        /// Which album.
        album: AlbumId,
        /// Which photos.
        photos: Vec<PhotoId>,
    },
    /// A new, empty album inside another.
    CreateAlbumIn {
        /// Its name.
        name: String,
        /// The first photos.
        photos: Vec<PhotoId>,
        /// The album that it lies in.
        parent: AlbumId,
    },
    /// An album goes into another, or to the top.
    MoveAlbum {
        /// Which album.
        album: AlbumId,
        /// Into which; none for the top.
        parent: Option<AlbumId>,
    },
    /// A new name for an album.
    RenameAlbum {
        /// Which album.
        album: AlbumId,
        /// Its name from now on.
        name: String,
    },
    /// The photo that stands for an album; none for the first one.
    CoverAlbum {
        /// Which album.
        album: AlbumId,
        /// Which photo.
        photo: Option<PhotoId>,
    },
    /// Photos of an album come before another of its photos, or last.
    OrderAlbum {
        /// Which album.
        album: AlbumId,
        /// Which photos, in this order.
        photos: Vec<PhotoId>,
        /// Before which one.
        before: Option<PhotoId>,
    },
    /// The album goes, its photos stay.
    DeleteAlbum(AlbumId),
    /// A folder becomes a store, or an existing store is opened.
    AddStore {
        /// What to call it.
        name: String,
        /// Where it is: a folder's path.
        url: String,
    },
    /// Add a store with all that the assistant asks, or change one; then plan what it follows.
    SetUpStore(Box<StoreWish>),
    /// Try out a place; what is found is in `Snapshot::test` as it comes.
    TestStore(Box<StoreWish>),
    /// Stop the test of a place.
    StopTest,
    /// Back this up to the store by itself, or no longer.
    Follow {
        /// Which store.
        store: StoreId,
        /// What.
        what: Followed,
        /// Whether.
        on: bool,
    },
    /// When, how fast and in which order is sent.
    SetRules(SendRules),
    /// The passphrase of the encrypted keys.
    Unlock(Hidden),
    /// Try a waiting store again now.
    RetryStore(StoreId),
    /// Send what is in the queue now, whatever the hour and the network.
    SendNow,
    /// Forget a store; touches nothing in it.
    RemoveStore(StoreId),
    /// Plan a backup and show the plan in `Snapshot::plan`.
    PlanBackup {
        /// Of what.
        scope: Scope,
        /// Where to.
        store: StoreId,
    },
    /// Plan, queue and send.
    BackUpNow {
        /// Of what.
        scope: Scope,
        /// Where to; none means every store.
        store: Option<StoreId>,
    },
    /// Stop after the file in hand; the queue stays.
    PauseBackup,
    /// Go on.
    ResumeBackup,
    /// Empty the queue of what is not sent.
    CancelBackup,
    /// Try one job again now.
    RetryJob(JobId),
    /// Read copies back again.
    Verify {
        /// Of what.
        scope: Scope,
    },
    /// Say what Optimize would do, in `Snapshot::optimize`.
    PlanOptimize {
        /// Of what.
        scope: Scope,
    },
    /// Replace proven originals by optimized copies.
    Optimize {
        /// Of what.
        scope: Scope,
        /// Let held originals go at once instead of after the holding time.
        free_now: bool,
    },
    /// Bring originals back in place.
    Restore {
        /// Of what.
        scope: Scope,
    },
    /// Compare and write all sidecars now.
    WriteSidecars,
    /// Whether marks are written into sidecars.
    SetWriteSidecars(bool),
    /// A photo's marks and its sidecar disagree: which holds, field by field.
    SettleConflict {
        /// The photo.
        photo: PhotoId,
        /// Each field, and whether the sidecar's value holds.
        fields: Vec<(Field, bool)>,
    },
    /// Look for photos that are there twice, and show them in `Snapshot::duplicates`.
    FindDuplicates,
    /// Keep one photo with the marks and albums of all, and reject the others: one undo step.
    MergeDuplicates {
        /// The one that stays.
        keep: PhotoId,
        /// The others.
        others: Vec<PhotoId>,
    },
    /// The rejected photos of these groups go to Safelight's trash, where another of the group is kept: one undo step.
    TrashDuplicates(Vec<Vec<PhotoId>>),
    /// Keep these keys in `keymap.ron`, and use them.
    SetKeys(KeymapFile),
    /// Change a setting and keep it.
    Set(SettingsChange),
    /// Throw the kept thumbnails away; they are made again when they are wanted.
    EmptyThumbs,
    /// A notice has been read.
    Dismiss(u64),
    /// Open the library that could not be opened once more.
    TryAgain,
    /// Stop cleanly.
    Quit,
}
