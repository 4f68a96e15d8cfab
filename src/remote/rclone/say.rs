//! From what rclone says to a sentence that says what to do. Its errors are texts of seventy services: what is not known
//! here is passed on in its own words.

use crate::remote::api::{Error, ErrorKind};

/// The most of rclone's own words that is shown, in characters.
const MAX_WORDS: usize = 300;

/// Where rclone comes from.
pub(super) const GET_IT: &str =
    "Install rclone from https://rclone.org/downloads or with your system's package manager, then try again.";

/// Parts of rclone's and its services' errors in lower case, and what they mean; the first that fits counts.
const KNOWN: [(&[&str], ErrorKind, &str); 9] = [
    (
        &["didn't find section in config file"],
        ErrorKind::Permanent,
        "rclone knows no remote of this name. Look at `rclone listremotes`, or make one with `rclone config`.",
    ),
    (
        &["didn't find backend called"],
        ErrorKind::Unsupported,
        "This rclone is too old for this service; iCloud Drive needs version 1.69 or later. Install a newer rclone from \
         https://rclone.org/downloads.",
    ),
    (
        &[
            "unable to decrypt configuration",
            "config file is encrypted",
            "couldn't decrypt configuration",
            "rclone_config_pass",
        ],
        ErrorKind::Auth,
        "rclone's configuration has a password. Set RCLONE_CONFIG_PASS or RCLONE_PASSWORD_COMMAND before Safelight starts.",
    ),
    (
        &[
            "insufficient storage",
            "storagequotaexceeded",
            "quota exceeded",
            "quotaexceeded",
            "no space left",
            "disk quota",
            "out of space",
            "insufficient_space",
            "not enough space",
            "quota limit",
        ],
        ErrorKind::Full,
        "The cloud has no room left. Make room there, or get more.",
    ),
    (
        &[
            "invalid_grant",
            "token expired",
            "expired token",
            "token has been expired",
            "couldn't fetch token",
            "empty token found",
            "unauthorized",
            "invalid_client",
            "authentication",
            "trust token",
            "401",
            "signaturedoesnotmatch",
            "invalidaccesskeyid",
            "login failed",
        ],
        ErrorKind::Auth,
        "The cloud no longer accepts rclone's sign-in. Run `rclone config reconnect` for this remote.",
    ),
    (
        &[
            "permission denied",
            "access denied",
            "accessdenied",
            "forbidden",
            "read only",
            "read-only",
        ],
        ErrorKind::Auth,
        "rclone may not write or read here. Give it the right to, or choose another folder.",
    ),
    (
        &[
            "no such host",
            "connection refused",
            "network is unreachable",
            "i/o timeout",
            "no route to host",
            "tls handshake",
            "connection reset",
            "dial tcp",
            "temporary failure in name resolution",
        ],
        ErrorKind::Unreachable,
        "The cloud cannot be reached. Check that this computer is online.",
    ),
    (
        &[
            "rate limit",
            "ratelimit",
            "too many requests",
            "429",
            "slow down",
            "too_many",
        ],
        ErrorKind::Temporary,
        "The cloud asks to go slower. It is tried again later.",
    ),
    (
        &["corrupted on transfer", "hash differ", "hashes differ"],
        ErrorKind::Temporary,
        "Other bytes arrived in the cloud than were sent. It is tried again.",
    ),
];

/// What rclone's own words mean, with the status of its answer where there is one.
pub(super) fn refused(words: &str, status: u16, place: &str) -> Error {
    let lower = words.to_lowercase();
    let absent = ["object not found", "directory not found", "error_not_found"];
    if status == 404 && !lower.contains("couldn't find method") || absent.iter().any(|part| lower.contains(part)) {
        return Error::new(ErrorKind::NotFound, format!("Nothing is there. {place}"));
    }
    let known = KNOWN
        .iter()
        .find(|(parts, ..)| parts.iter().any(|part| lower.contains(part)));
    let short: String = words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    match known {
        Some((_, kind, sentence)) => Error::new(*kind, format!("{sentence} (rclone: {short}) {place}")),
        None => Error::new(
            ErrorKind::Temporary,
            format!("rclone failed: {short}. It is tried again. {place}"),
        ),
    }
}

/// No rclone on this computer.
pub(super) fn not_there() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("This store needs the program rclone, which is not installed. {GET_IT}"),
    )
}

/// An rclone that is too old.
pub(super) fn too_old(version: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "rclone {version} is too old: Safelight needs 1.63 or later, and iCloud Drive needs 1.69. {GET_IT} Many systems' own \
             packages are older."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors as rclone 1.75 and its services word them.
    #[test]
    fn known_failures_are_sentences() {
        use ErrorKind as K;
        for (words, status, kind, part) in [
            (
                "didn't find section in config file (\"nope\")",
                500,
                K::Permanent,
                "rclone listremotes",
            ),
            (
                "didn't find backend called \"iclouddrive\"",
                500,
                K::Unsupported,
                "1.69",
            ),
            ("object not found", 404, K::NotFound, "Nothing"),
            ("error in ListJSON: directory not found", 404, K::NotFound, "Nothing"),
            (
                "googleapi: Error 403: The user's Drive storage quota has been exceeded., storageQuotaExceeded",
                500,
                K::Full,
                "room",
            ),
            ("open /x: no space left on device", 500, K::Full, "room"),
            (
                "couldn't fetch token: invalid_grant: maybe token expired? - try refreshing",
                500,
                K::Auth,
                "reconnect",
            ),
            ("mkdir /x: permission denied", 500, K::Auth, "right"),
            (
                "dial tcp: lookup www.googleapis.com: no such host",
                500,
                K::Unreachable,
                "online",
            ),
            ("too_many_requests/..", 500, K::Temporary, "slower"),
            ("something new", 500, K::Temporary, "something new"),
        ] {
            let error = refused(words, status, "drive:photos");
            assert_eq!(error.kind, kind, "{words}");
            assert!(
                error.what.contains(part) && error.what.ends_with("drive:photos"),
                "{error}"
            );
        }
    }
}
