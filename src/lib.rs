//! Safelight, a native photo viewer and manager for people who keep their photos as files. You browse, mark and find; choose what is
//! backed up; see photo by photo what is safe **and how we know**; and let *Optimize Storage* replace an original by a
//! small local copy only when its copy in a store is proven. One story holds it together: *you can let go of the
//! original, because its copy is proven.*
//!
//! This page is the architecture. Read the modules in the order in which they are declared below: it is the house from
//! the ground up.
//!
//! # The house
//!
//! Two wings and a bridge. The near wing (`catalog`, `library`) knows what lies on this machine. The far wing (`remote`,
//! `store`) knows what lies elsewhere. Neither knows the other. `backup` is the bridge, the only floor that sees both,
//! and so the only place where "is it safe to let go of this file?" can be asked. `engine` gives the whole a heartbeat;
//! `ui` and `cli` are thin skins on it.
//!
//! ```text
//! floor 8  main.rs                                choose a face
//! floor 7  ui/                       cli/         faces: window, terminal
//! floor 6  engine/                                Command in, Snapshot out; sessions, threads, wiring
//! floor 5  backup/                                the bridge: queue, verify, proof, optimize, restore, recover
//! floor 4  store/   (far)            library/     our format  |  scan, facts, thumbs, marks
//! floor 3  remote/  (far)            catalog/     bytes by key |  SQLite
//! floor 2  sys/                      media/       the machine |  untrusted bytes <-> pixels, metadata
//! floor 1  model/                                 the words; no IO, no clock, no threads
//! ```
//!
//! A file imports only from lower floors or from its own folder. `mod.rs` is a face: documentation, `mod`, `pub use`.
//! The floors, the wall between the wings and the one-door rules are kept by `tests/it/tidy.rs`; egui is behind the
//! feature `ui`, so that an import of it below floor 7 does not compile without that feature.
//!
//! # How data flows
//!
//! * **A folder becomes a grid.** `library::scan` stats (never opens) and writes batches into the catalog; a second pass
//!   (`library::facts`) reads EXIF through `media::facts`; a face wants pictures (`engine::handle`), `library::thumbs`
//!   makes them: cache, else a stored preview, else a scaled decode through `media::decode`. The list of wanted pictures is
//!   replaced with each frame; what fell out of it is given up (`engine::handle`), and a loupe wants ahead by direction
//!   and speed (`ui::prefetch`).
//! * **A text becomes a list.** One tree (`model::query`), two readings: `catalog::search` makes SQL of it, and
//!   `Query::matches` says it of one photo. The window asks its tiles, which are in memory, what they say themselves, and
//!   the catalog for the rest alone (`engine::finding`, `engine::tiles`). A property test holds all of them together.
//! * **A key becomes a mark.** One [`model::change::Change`] in one transaction with its inverse; undo is another change.
//! * **A mark reaches other programs.** The transaction of the mark lets its photo wait (`catalog::sidecars`);
//!   `library::sidecar` compares the catalog, the sidecar and what both last agreed on, takes over what is new outside as
//!   changes, and writes what is new here into the packet's own text (`media::xmp`). The agreed state is noted before the
//!   file is written, so that a kill or a mark in between is no foreign change. What was written is a file of its photo at
//!   once (`catalog::sidecar_files`): safety and backups never wait for a scan, and the watcher wakes none for it.
//! * **A photo is thrown away.** `library::trash`: the journal says where its files are wanted, and moves them by rename
//!   within their root; only a person's command gives them on to the system's trash (`sys::trash`).
//! * **A map without a network.** `library::atlas` reads the bundled outlines and makes triangles of them once; `engine::mapping`
//!   puts the view's positions into an index (`model::clusters`), in which the thread that draws finds what is in sight at any
//!   zoom; what is opened is a `within:` in the search.
//! * **A photo moves.** `library::relocate`: planned first, then the journal (`catalog::moves`) says where all of its files are
//!   wanted, and settling brings them there or back; a scan leaves both places alone meanwhile. On another disk: copied, read
//!   back, compared, the source to its own trash. A store's log is told the new place (`catalog::retold`).
//! * **A key is the person's.** `ui::action` has the table, a preset and `keymap.ron` change it (`ui::keymap`), and every hint
//!   asks for the keys in force (`ui::keys`). `engine::keymap` reads and writes the file and knows no action.
//! * **Duplicates are found.** Hashes of the grid's thumbnails (`media::likeness`) kept in the catalog, bands in
//!   `library::duplicates`; `library::merge` settles a group as one step of changes; what was settled goes to the trash
//!   where what is kept is as good and as safe (`engine::duplicates`).
//! * **A photo becomes safe.** `backup::plan` -> `jobs` -> `backup::worker`: hash, put, **read back every byte**, receipt,
//!   line in the store's log, done. A kill at any point repeats the last step.
//! * **A queue goes on by itself.** What a store follows is queued (`engine::cloud`); the person's rules hold it back
//!   (`backup::policy`), a store that is away, full or signed out waits as one and is tried again, how many files go at
//!   once is felt out; `engine::service` does the same without a window.
//! * **An original is let go.** `backup::optimize`: proof, proxy written whole under another name, intent journaled, the
//!   two names exchanged, what came out hashed, the original held. `backup::release`: later, a second proof, the pin in
//!   the store's log, and only then [`backup::proof::release`], the one call that removes an original.
//! * **It comes back.** `backup::restore`: fetched whole beside it, hashed, exchanged, hashed again.
//! * **Anything is interrupted.** `backup::recover` asks the journal where to look and the bytes what is true
//!   (`backup::crash_table`).
//!
//! # Invariants
//!
//! I1   The thread that draws does no IO and never waits: `ui` holds only a handle; `sys::fs` asserts it.
//! I2   No original leaves this disk unless a live `Proof` covers it: `release` consumes a `HeldOriginal` and a `Proof`.
//! I3   A receipt is written only after what it says has really happened, from a `Checked` value, for the store it names.
//! I4   The bytes of originals are never modified: `sys::fs` has no write in place.
//! I5   Untrusted bytes are decoded only in `media`, under `Limits`; a panic costs one file.
//! I6   Every mutation of marks and albums by a person is a `Change`; replaying all of them gives the same marks.
//! I7   SQL only in `catalog`, the network only in `remote`, clock, randomness and file system only in `sys`.
//! I8   Floors: no import goes up; near and far wing never import each other.
//! I9   Store files are written once; a log refers only to what was verified before.
//! I10  Readers refuse a newer major version and keep what they do not understand.
//! I11  The catalog is a cache of disk and stores: `rebuild` makes it again.
//! I12  Offline is not deleted: an unreachable root or store changes no record but its availability.
//! I13  Numbers add up: every known file is in exactly one bucket of `model::safety`.
//! I14  A proxy is never backed up, counted or shown as an original; it names its original itself.
//! I15  Capture time is a wall clock with a perhaps unknown offset; `model` knows no local time.
//! I16  Everything has a limit: queues, retries, memory per decode, lines, segments.
//! I17  Secrets are in `sys::secret` and nowhere else: in no setting, log, argument, address, snapshot or debug output.
//!
//! One more of the design is where its tests are: the table of all actions (I18) is in `ui::action`.
//!
//! # Where this differs from the first design, and why
//!
//! * A copy on the photo's own disk never makes it safe (`catalog::safety`): a green tick has to survive that disk. The
//!   bucket says "copied" instead. The design only kept Optimize from using such a copy.
//!   A server that is reached at this machine itself counts as its disk (`model::safety::THIS_MACHINE`), unless the
//!   person says that a tunnel leads elsewhere.
//! * `Proof::obtain` always reads every byte back again, even minutes after the last time; no stored time is trusted.
//! * The window is drawn by glow alone. The wgpu renderer is five times slower where there is no graphics card and
//!   doubles the build; it can come beside glow when it earns its place.
//! * `media` reads EXIF, TIFF, RAW previews and MPF with one bounded reader of its own instead of kamadak-exif: it has to
//!   read little of large files, under limits, and one reader serves all of them. kamadak-exif cross-checks it in tests.
//! * Decoders: JPEG by `media::jpegscale`, our own, for 1/8 to 4/8 (libjpeg-turbo-rs at any doubt, and for full size); HEIC by
//!   heifer, AVIF by re_rav1d, JPEG XL by jxl-oxide, PSD by a reader of ours, RAW by rawler, the rest by `image` and `tiff`.
//!   heic, rav1d-safe and zenjpeg are AGPL. AV1 is decoded in a child process (`library::apart`): re_rav1d's entry points
//!   cannot be unwound, so a panic in it would end the program. Helpers and children have one door, `sys::child`.
//! * A grid cell is kept packed beside its JPEG (`media::cell`, with the table of what was tried).
//! * Facts lie in a table of their own, and views of 100,000 photos are one pass in memory instead of several indexes:
//!   each index made the first scan slower.
//! * The manifest in a store is one replaced summary, not a numbered series; opening reads the logs (FORMAT.md).
//! * `Remote::put` has no parts in its signature, and no table keeps them: S3 sends large files in parts by itself, and
//!   asks the server which of them it has (`remote::s3`).
//!
//! # Where failures are shown
//!
//! One file: its tile, its row in the status, its job in the queue. One store: its card, and its queue waits as one. The
//! catalog or the home: one sentence with what to do, exit code 3. A bug: caught at the edge of its task and logged
//! (`SAFELIGHT_LOG=debug`). Each error is handled once; paths come last in its sentence.
//!
//! # Words
//!
//! **Photo** (what a person counts) of one or more files; **Original**; **Proxy** (people read "optimized copy");
//! **Held** (an original waiting for its second proof); **Root** (a watched folder tree); **Folder**; **Album** and smart
//! album; **Rating**, **Flag**, **ColorLabel**, **Keyword**; **Remote** (a place for bytes); **Store** (our format on a
//! remote); **Job** in the **Queue**; **Receipt** (evidence, kept); **Proof** (leave to let go, now); **Change**.
#![forbid(unsafe_code)]
// Tests prepare files and read clocks as nothing else may.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub mod model;

pub mod media;
pub mod sys;

pub mod catalog;
pub mod remote;

pub mod library;
pub mod store;

pub mod backup;

pub mod engine;

pub mod cli;
#[cfg(feature = "ui")]
pub mod ui;
