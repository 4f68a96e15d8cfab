//! The command line's words for stores in the cloud: what is chosen for one, what it follows, the rules of the queue, the
//! service.

use super::args::parse_size;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `store add`, beside name and place.
#[derive(Args, Debug)]
pub struct StoreArgs {
    /// Read the keys from standard input: user, secret and perhaps a token, one line each.
    #[arg(long)]
    pub keys_stdin: bool,
    /// Agree to send keys and photos unencrypted to this private address.
    #[arg(long)]
    pub plain_http: bool,
    /// Trust the one certificate with this SHA-256, in hex: for a server that signed its own.
    #[arg(long, value_name = "SHA256")]
    pub pin: Option<String>,
    /// The server is another machine although it is reached at this one: a tunnel leads there. Without this, a server on
    /// this machine makes nothing safe.
    #[arg(long)]
    pub elsewhere: bool,
    /// How much room there is, as in 50GB, where the store does not say.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub limit: Option<u64>,
    /// The most bytes a second, as in 2MB.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub bandwidth: Option<u64>,
}

/// What a store follows.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct FollowArgs {
    /// The photos of this album.
    #[arg(long, value_name = "NAME")]
    pub album: Option<String>,
    /// The photos in this folder and below it.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// What this query finds, as "rating>=3".
    #[arg(long, value_name = "QUERY")]
    pub query: Option<String>,
}

/// `queue rules`.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// Send in these hours only, as 22:00-7:00; none for always.
    #[arg(long, value_name = "FROM-TO")]
    pub hours: Option<String>,
    /// Whether to wait on networks that cost by the byte.
    #[arg(long, value_name = "YES|NO", value_parser = parse_yes)]
    pub spare_metered: Option<bool>,
    /// Whether this network costs by the byte, where the system does not know.
    #[arg(long, value_name = "YES|NO", value_parser = parse_yes)]
    pub this_network_is_metered: Option<bool>,
    /// The most bytes a second, as in 2MB; none for no limit.
    #[arg(long, value_name = "SIZE", value_parser = parse_size_or_none)]
    pub bandwidth: Option<SizeOrNone>,
    /// Which files go first.
    #[arg(long, value_enum)]
    pub order: Option<OrderArg>,
}

/// An order on the command line.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum OrderArg {
    /// Picks, then by stars.
    Picks,
    /// Small files.
    Small,
    /// The newest photos.
    Newest,
    /// The oldest photos.
    Oldest,
}

pub(in crate::cli) fn parse_yes(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Ok(true),
        "no" | "false" | "off" => Ok(false),
        _ => Err("say yes or no".to_owned()),
    }
}

/// `service`.
#[derive(Subcommand, Clone, Copy, Debug)]
pub enum ServiceCommand {
    /// Back up in the background from now on, by a systemd user unit.
    Install {
        /// Everything, not only what stores follow.
        #[arg(long)]
        all: bool,
    },
    /// No longer.
    Remove,
    /// Say whether it is there and runs.
    Status,
}

/// A size, or none at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeOrNone(pub Option<u64>);

pub(in crate::cli) fn parse_size_or_none(text: &str) -> Result<SizeOrNone, String> {
    match text.trim() {
        "none" => Ok(SizeOrNone(None)),
        text => parse_size(text).map(|size| SizeOrNone(Some(size))),
    }
}
