//! The part of the command line's definition that is about marks and albums.

use super::args::QueryArgs;
use crate::{
    engine::marking::parse_gap,
    model::{position::Position, time::parse_shift},
};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `mark`.
#[derive(Args, Debug)]
pub struct MarkArgs {
    #[command(flatten)]
    /// Which photos.
    pub query: QueryArgs,
    /// 0 to 5 stars.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub rating: Option<u8>,
    /// Keep it, throw it out, or neither.
    #[arg(long, value_enum)]
    pub flag: Option<FlagArg>,
    /// A colour.
    #[arg(long, value_enum)]
    pub label: Option<LabelArg>,
    /// Add a keyword; `a/b` is b below a.
    #[arg(long, value_name = "K")]
    pub add_keyword: Vec<String>,
    /// Take a keyword away.
    #[arg(long, value_name = "K")]
    pub remove_keyword: Vec<String>,
    /// Set the title.
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Set the caption.
    #[arg(long, value_name = "TEXT")]
    pub caption: Option<String>,
    /// Shift the capture time from what the file says, as in +1h30m or -2d; 0 takes the shift back.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_shift_arg)]
    pub shift: Option<i64>,
    /// Set the position, as in 41.9028,12.4964; none gives the file's own back.
    #[arg(long, value_name = "LAT,LON|none", allow_hyphen_values = true, value_parser = parse_position_arg)]
    pub position: Option<PositionArg>,
    /// Take positions from a GPX track, by the time of each photo; photos that have a position keep it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rating", "flag", "label", "add_keyword", "remove_keyword",
        "title", "caption", "shift", "position"])]
    pub gpx: Option<PathBuf>,
    /// How far the camera's clock was ahead of UTC, as in +2h; otherwise as each photo says.
    #[arg(long, value_name = "TIME", requires = "gpx", allow_hyphen_values = true, value_parser = parse_shift_arg)]
    pub camera_offset: Option<i64>,
    /// The longest gap in the track over which positions are interpolated, at most a day; 0 for none.
    #[arg(long, value_name = "TIME", requires = "gpx", default_value = "5m", value_parser = parse_gap_arg)]
    pub max_gap: i64,
    /// Let the track's positions take the place of those that photos have.
    #[arg(long, requires = "gpx")]
    pub replace: bool,
    /// Only show what would be marked.
    #[arg(long)]
    pub dry_run: bool,
}

/// A position on the command line, or none.
#[derive(Clone, Copy, Debug)]
pub struct PositionArg(pub Option<Position>);

fn parse_shift_arg(text: &str) -> Result<i64, String> {
    parse_shift(text).ok_or_else(|| format!("not a time such as +1h30m, -2d or 90s: {text}"))
}

fn parse_gap_arg(text: &str) -> Result<i64, String> {
    parse_gap(text).ok_or_else(|| format!("not a time of at most a day such as 90s, 5m or 1h30m: {text}"))
}

fn parse_position_arg(text: &str) -> Result<PositionArg, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(PositionArg(None));
    }
    let position = Position::parse(text);
    let position = position.ok_or_else(|| format!("not a position such as 41.9028,12.4964: {text}"))?;
    Ok(PositionArg(Some(position)))
}

/// A flag on the command line.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum FlagArg {
    /// A keeper.
    Pick,
    /// To be thrown out.
    Reject,
    /// Not decided.
    None,
}

/// A label on the command line.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum LabelArg {
    /// No label.
    None,
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
}

/// `album`.
#[derive(Subcommand, Debug)]
pub enum AlbumCommand {
    /// Make an album of the photos that a query finds now; with --query, a smart one that follows the query.
    Create {
        /// Its name.
        name: String,
        /// The first photos.
        photos: Vec<String>,
        /// Makes it a smart album.
        #[arg(long, value_name = "Q", conflicts_with = "photos")]
        query: Option<String>,
        /// Back its photos up to this store by themselves.
        #[arg(long, value_name = "STORE")]
        backup: Option<String>,
        /// Make it inside this album.
        #[arg(long = "in", value_name = "ALBUM")]
        inside: Option<String>,
    },
    /// Put photos into an album.
    Add {
        /// Its name.
        name: String,
        /// Which photos.
        #[arg(required = true)]
        photos: Vec<String>,
    },
    /// Take photos out of an album.
    Remove {
        /// Its name.
        name: String,
        /// Which photos.
        #[arg(required = true)]
        photos: Vec<String>,
    },
    /// Put an album into another, or back to the top.
    Move {
        /// Its name.
        name: String,
        /// The album that it lies in from now on.
        #[arg(long, value_name = "ALBUM", required_unless_present = "top")]
        into: Option<String>,
        /// To the top.
        #[arg(long, conflicts_with = "into")]
        top: bool,
    },
    /// Give an album another name.
    Rename {
        /// Its name.
        name: String,
        /// Its name from now on.
        new: String,
    },
    /// Choose the photo that stands for an album.
    Cover {
        /// Its name.
        name: String,
        /// The photo's file.
        #[arg(value_name = "FILE", required_unless_present = "none")]
        photo: Option<PathBuf>,
        /// The first photo again.
        #[arg(long, conflicts_with = "photo")]
        none: bool,
    },
    /// Put photos first in an album, in the order given, or before another.
    Order {
        /// Its name.
        name: String,
        /// The photos' files, in the order wanted.
        #[arg(value_name = "FILE", required = true)]
        photos: Vec<PathBuf>,
        /// Before this one instead of first.
        #[arg(long, value_name = "FILE")]
        before: Option<PathBuf>,
    },
    /// List albums.
    List,
    /// Delete an album; its photos stay.
    Delete {
        /// Its name.
        name: String,
    },
}
