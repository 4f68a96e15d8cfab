//! The command line as one definition; help, completions and the man page come from it.

use super::args_store::{FollowArgs, RulesArgs, ServiceCommand, SizeOrNone, StoreArgs, parse_size_or_none, parse_yes};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

pub use super::mark_args::{AlbumCommand, FlagArg, LabelArg, MarkArgs, PositionArg};

/// A photo viewer and manager that lets go of an original only when its copy is proven.
#[derive(Parser, Debug)]
#[command(name = "safelight", version, about, long_about = None, max_term_width = 100)]
#[command(after_help = "Without a command the window opens.\n\
    Exit codes: 0 done; 1 something needs you, the rest was done; 2 wrong usage; 3 could not run.")]
pub struct Cli {
    /// Keep catalog, thumbnails and settings in this one folder.
    #[arg(long, global = true, env = "SAFELIGHT_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print one JSON document on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print errors only.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Close the window after so many seconds; for tests.
    #[arg(long, global = true, hide = true, value_name = "SECONDS")]
    pub smoke: Option<f64>,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the whole main job on the bundled sample photos and compare every byte.
    Demo(DemoArgs),
    /// Open the window on a file or folder.
    Open {
        /// Files or folders.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Add folder trees and index them; without a folder, look at all known ones again.
    Scan(ScanArgs),
    /// List the watched folder trees.
    Roots,
    /// Stop watching a folder tree; touches no file.
    Forget {
        /// The tree's folder.
        root: PathBuf,
        /// Also where photos in it have marks, which leave the catalog with them.
        #[arg(long)]
        yes: bool,
    },
    /// List photos with their facts, marks and safety.
    List {
        #[command(flatten)]
        /// Which photos.
        query: QueryArgs,
        /// Print at most this many.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Tell everything known of a file, with its receipts.
    Show {
        /// Files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// List photos that are there twice, with a suggestion which to keep. Changes nothing.
    Duplicates {
        #[command(flatten)]
        /// Among which photos.
        query: QueryArgs,
        /// Only twins of this kind.
        #[arg(long, value_enum)]
        kind: Option<TwinArg>,
    },
    /// Fill the thumbnail cache.
    Thumbs {
        #[command(flatten)]
        /// Which photos.
        query: QueryArgs,
        /// Long edge in pixels, at most 512.
        #[arg(long, default_value_t = 512, value_name = "N")]
        size: u32,
    },
    /// Give photos stars, a flag, a label, keywords, texts, another capture time or a position: one undo step.
    Mark(MarkArgs),
    /// Take the last marks, album changes or moves back.
    Undo {
        /// How many steps.
        #[arg(default_value_t = 1)]
        steps: u32,
    },
    /// Take undone steps again.
    Redo {
        /// How many steps.
        #[arg(default_value_t = 1)]
        steps: u32,
    },
    /// List the countries and cities that photos were taken in.
    Places,
    /// Move photos to Safelight's trash, all files of each; list it, put back, or empty it to the system's trash.
    Trash(TrashArgs),
    /// Move photos to another folder of a watched tree, all files of each; one undo step.
    Move(MoveArgs),
    /// Give photos other names, all files of each; one undo step.
    Rename(RenameArgs),
    /// Copy photos into a folder anywhere, all files of each, read back and compared.
    Copy(CopyArgs),
    /// Marks in sidecars: what waits, what needs you; write all now; settle what disagrees.
    Sidecars(super::sidecars::SidecarArgs),
    /// Albums and smart albums.
    #[command(subcommand)]
    Album(AlbumCommand),
    /// Places for copies.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Send photos to a store, read every byte back, keep receipts.
    Backup(BackupArgs),
    /// The queue: what waits, what needs you.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Back up in the background, without a window.
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Where every photo stands, in numbers that add up, each exception by name.
    Status {
        /// One store only.
        #[arg(long, value_name = "NAME")]
        store: Option<String>,
    },
    /// Read copies back again and compare every byte.
    Verify(VerifyArgs),
    /// Replace proven originals by small optimized copies.
    Optimize(OptimizeArgs),
    /// Bring originals back: in place, or a whole store into an empty folder.
    Restore(RestoreArgs),
    /// Check a store without the catalog, changing nothing; exit 1 on any doubt.
    CheckStore {
        /// Where the store is.
        url: String,
        /// Compare sizes only, read no photo.
        #[arg(long)]
        sizes_only: bool,
    },
    /// Make the catalog again from its daily copies, the disk and the stores.
    Rebuild {
        /// Do not use the daily copies.
        #[arg(long)]
        from_scratch: bool,
    },
    /// Print a completion script for a shell.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
    /// Decode one picture for the program itself.
    #[command(hide = true, name = crate::engine::apart::COMMAND)]
    DecodeApart {
        /// Long edge in pixels, 0 for every pixel.
        edge: u32,
        /// The picture.
        path: PathBuf,
    },
}

/// A query, as in the search box.
#[derive(Args, Debug, Default)]
pub struct QueryArgs {
    /// Words and conditions, as in the search box; everything without one.
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
}

impl QueryArgs {
    /// The query as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.query.join(" ")
    }
}

/// `demo`.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Keep library, store and home in this folder, which must be empty or new.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Stay in the terminal even where there is a display.
    #[arg(long)]
    pub no_window: bool,
}

/// `scan`.
#[derive(Args, Debug)]
pub struct ScanArgs {
    /// Folder trees.
    #[arg(value_name = "ROOT")]
    pub roots: Vec<PathBuf>,
    /// Only names, sizes and dates; facts are read at the next scan.
    #[arg(long)]
    pub index_only: bool,
}

/// `trash`.
#[derive(Args, Debug)]
pub struct TrashArgs {
    #[command(flatten)]
    /// Which photos; with an option, words in the names and folders of what is in the trash.
    pub query: QueryArgs,
    /// List what lies in Safelight's trash.
    #[arg(long, conflicts_with_all = ["put_back", "empty"])]
    pub list: bool,
    /// Put photos back to their folders, under exactly their names.
    #[arg(long, conflicts_with = "empty")]
    pub put_back: bool,
    /// Give photos to the system's trash; says what that means, and does it with --yes.
    #[arg(long)]
    pub empty: bool,
    /// With --empty: yes, do it.
    #[arg(long, requires = "empty")]
    pub yes: bool,
}

/// `move`.
#[derive(Args, Debug)]
pub struct MoveArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// The folder; it is made where it is not there yet.
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// Only say what would happen.
    #[arg(long)]
    pub dry_run: bool,
}

/// `rename`.
#[derive(Args, Debug)]
pub struct RenameArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// The new name without extension, with {date}, {time}, {year}, {month}, {day}, {name}, {seq} (or {seq:4}) and {camera}.
    #[arg(long, value_name = "TEMPLATE", default_value = crate::model::rename::DEFAULT_PATTERN)]
    pub to: String,
    /// Where {seq} begins.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub start: u64,
    /// Only say what would happen.
    #[arg(long)]
    pub dry_run: bool,
}

/// `copy`.
#[derive(Args, Debug)]
pub struct CopyArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// The folder; it is made where it is not there yet.
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
}

/// `store`.
#[derive(Subcommand, Debug)]
pub enum StoreCommand {
    /// Make a place a store, or open the store that is there. Keys are asked for, never given as arguments.
    Add {
        /// What to call it.
        name: String,
        /// Where: a folder's path, s3://bucket/prefix?endpoint=..&region=.., davs://host/path or rclone:remote:path.
        url: String,
        #[command(flatten)]
        /// More on it.
        more: StoreArgs,
    },
    /// Enter other keys for a store.
    Keys {
        /// The store's name.
        name: String,
        /// Read them from standard input: user, secret and perhaps a token, one line each.
        #[arg(long)]
        keys_stdin: bool,
    },
    /// Set how much room a store has, or how fast it is used.
    Set {
        /// The store's name.
        name: String,
        /// How much room there is, as in 50GB, where the store does not say; none takes it back.
        #[arg(long, value_name = "SIZE", value_parser = parse_size_or_none)]
        limit: Option<SizeOrNone>,
        /// The most bytes a second, as in 2MB; none takes it back.
        #[arg(long, value_name = "SIZE", value_parser = parse_size_or_none)]
        bandwidth: Option<SizeOrNone>,
        /// Whether a server that is reached at this machine is another one, behind a tunnel.
        #[arg(long, value_name = "YES|NO", value_parser = parse_yes)]
        elsewhere: Option<bool>,
    },
    /// From now on back an album, a folder or what a query finds up to a store by itself.
    Follow {
        /// The store's name.
        name: String,
        #[command(flatten)]
        /// What.
        what: FollowArgs,
    },
    /// No longer; what was sent stays.
    Unfollow {
        /// The store's name.
        name: String,
        #[command(flatten)]
        /// What.
        what: FollowArgs,
    },
    /// List stores with what is proven in each, and what each follows.
    List,
    /// Try out everything Safelight relies on, with small probe files that are removed again.
    Test {
        /// The store's name, or any place.
        name: String,
    },
    /// Forget a store; touches nothing in it.
    Remove {
        /// The store's name.
        name: String,
    },
}

/// `backup`.
#[derive(Args, Debug)]
pub struct BackupArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// The photos of this album.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "all"])]
    pub album: Option<String>,
    /// Everything.
    #[arg(long, conflicts_with = "query")]
    pub all: bool,
    /// To this store; to every store without it.
    #[arg(long, value_name = "NAME")]
    pub store: Option<String>,
    /// Only show the plan.
    #[arg(long)]
    pub dry_run: bool,
    /// Send outside the chosen hours and over metered networks too.
    #[arg(long)]
    pub now: bool,
    /// Go on until stopped: wait for new photos of what stores follow (with --all, of everything) and send them.
    #[arg(long, conflicts_with_all = ["query", "album", "store", "dry_run", "now"])]
    pub watch: bool,
}

/// `queue`.
#[derive(Subcommand, Debug)]
pub enum QueueCommand {
    /// List what waits and what needs you.
    List,
    /// Try failed jobs again: one by its number, or all.
    Retry {
        /// The job's number.
        job: Option<i64>,
    },
    /// Take everything out of the queue that has not been sent.
    Cancel,
    /// Show or change when, how fast and in which order is sent.
    Rules(RulesArgs),
}

/// `verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// In this store only.
    #[arg(long, value_name = "NAME")]
    pub store: Option<String>,
    /// The N copies that were not checked for the longest time.
    #[arg(long, value_name = "N", conflicts_with_all = ["query", "all"])]
    pub sample: Option<usize>,
    /// Every copy.
    #[arg(long, conflicts_with = "query")]
    pub all: bool,
}

/// `optimize`.
#[derive(Args, Debug)]
pub struct OptimizeArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// Stop when this much is freed, as in 20GB.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub free: Option<u64>,
    /// Let originals go at once after two full read-backs, instead of holding them for a week.
    #[arg(long)]
    pub free_now: bool,
    /// Only show what would happen, and why some photos stay.
    #[arg(long)]
    pub dry_run: bool,
}

/// `restore`.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// Everything in the store.
    #[arg(long, conflicts_with = "query")]
    pub all: bool,
    /// Into this folder instead of in place; needs no catalog together with --all.
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// From this store: its name, or its place where this home does not know it.
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
}

/// Bytes of a text like `500MB`, `20 GB`, `1.5TB` or `4096`.
pub(in crate::cli) fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| format!("not a size: {text}"))?;
    let factor: f64 = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1.0,
        "K" | "KB" => 1e3,
        "M" | "MB" => 1e6,
        "G" | "GB" => 1e9,
        "T" | "TB" => 1e12,
        other => return Err(format!("not a unit of size: {other}; use KB, MB, GB or TB")),
    };
    Ok((number * factor) as u64)
}

/// How photos are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum TwinArg {
    /// Every byte.
    Exact,
    /// Every pixel; the metadata differ.
    Pixels,
    /// The same picture with another number of pixels.
    Resized,
    /// Nearly the same picture.
    Near,
}

impl TwinArg {
    pub(in crate::cli) fn twin(self) -> crate::engine::duplicates::Twin {
        use crate::engine::duplicates::Twin;
        match self {
            Self::Exact => Twin::Exact,
            Self::Pixels => Twin::Pixels,
            Self::Resized => Twin::Resized,
            Self::Near => Twin::Near,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("4096", 4096), ("500MB", 500_000_000), ("1.5 tb", 1_500_000_000_000)] {
            assert_eq!(parse_size(text), Ok(bytes));
        }
        assert!(parse_size("20 parsecs").is_err());
    }
}
