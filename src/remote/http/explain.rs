//! From what went wrong on the way to a sentence that says what to do.

use super::line::TooFar;
use crate::remote::api::{Error, ErrorKind};
use std::io;
use ureq::Timeout;

/// What this failure on the way to `host` means. `refused` is the fingerprint of the certificate it showed, if that was
/// the reason.
pub(super) fn explain(error: ureq::Error, host: &str, pinned: bool, refused: Option<[u8; 32]>) -> Error {
    use ErrorKind::{Permanent, Temporary, Unreachable};
    match error {
        ureq::Error::Io(error) => explain_io(error, host, pinned, refused),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Error::new(
            Unreachable,
            format!("{host} does not answer. Check the network connection, and that the server is running."),
        ),
        ureq::Error::Timeout(_) => Error::new(
            Temporary,
            format!("{host} stopped answering. It is tried again later; if it stays so, check the network connection."),
        ),
        ureq::Error::HostNotFound => Error::new(
            Unreachable,
            format!("No address is known for {host}. Check its spelling, and that this computer is online."),
        ),
        ureq::Error::Rustls(error) => certificate(error, host, pinned, refused),
        ureq::Error::ConnectProxyFailed(why) => Error::new(
            Unreachable,
            format!("The proxy of this network does not let us reach {host} ({why}). Check the proxy's settings."),
        ),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl => Error::caused(
            Permanent,
            format!("Not a usable address: {host}. Check its spelling."),
            error,
        ),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => Error::caused(
            Temporary,
            format!("What answers at {host} does not speak HTTP. Check the address and the port."),
            error,
        ),
        other => Error::caused(Temporary, format!("The connection to {host} failed."), other),
    }
}

/// The same for a failure of the line itself.
pub(super) fn explain_io(error: io::Error, host: &str, pinned: bool, refused: Option<[u8; 32]>) -> Error {
    use io::ErrorKind as K;
    if error.get_ref().is_some_and(|inner| inner.is::<TooFar>()) {
        let what = format!(
            "{host} would be reached without encryption, where others can read along. Use https, or agree to plain http \
             if it is in your own network."
        );
        return Error::new(ErrorKind::Unsupported, what);
    }
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        if let Some(Ok(tls)) = error.into_inner().map(|inner| inner.downcast::<rustls::Error>()) {
            return certificate(*tls, host, pinned, refused);
        }
        return Error::new(ErrorKind::Temporary, format!("The connection to {host} failed."));
    }
    let (kind, what) = match error.kind() {
        K::ConnectionRefused => (
            ErrorKind::Unreachable,
            format!("Nothing answers at {host}. Check that the server is running, and its address and port."),
        ),
        K::HostUnreachable | K::NetworkUnreachable | K::NetworkDown | K::AddrNotAvailable | K::NotConnected => (
            ErrorKind::Unreachable,
            format!("There is no way to {host}. Check that this computer is online."),
        ),
        K::BrokenPipe | K::ConnectionReset | K::ConnectionAborted | K::UnexpectedEof | K::WriteZero => (
            ErrorKind::Temporary,
            format!("The connection to {host} broke. It is tried again."),
        ),
        _ => (
            ErrorKind::Temporary,
            format!("The connection to {host} failed ({error})."),
        ),
    };
    Error::caused(kind, what, error)
}

/// Not whom we meant, as far as its certificate says. The person has to look, so the store waits (`Auth`).
fn certificate(error: rustls::Error, host: &str, pinned: bool, refused: Option<[u8; 32]>) -> Error {
    let rustls::Error::InvalidCertificate(_) = error else {
        let what = format!(
            "No encrypted connection to {host} could be made ({error}). Check the address; perhaps the server only speaks \
             http."
        );
        return Error::caused(ErrorKind::Unreachable, what, error);
    };
    let shown = refused.map(fingerprint).unwrap_or_default();
    let what = if pinned {
        format!(
            "{host} shows another certificate than the one you trusted. Nothing was sent. If you renewed it, trust the new \
             one, {shown}; if not, somebody may be in between."
        )
    } else {
        format!(
            "The certificate of {host} cannot be trusted ({error}). Nothing was sent. If it is your own server, compare its \
             fingerprint and trust it: {shown}"
        )
    };
    Error::caused(ErrorKind::Auth, what, error)
}

/// A fingerprint as certificates' tools show it: `AB:CD:..`.
fn fingerprint(hash: [u8; 32]) -> String {
    let pairs: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// A page for people came where a machine should have answered: a hotel's network wants one to sign in, or another program
/// answers at this address. Says nothing about what is in the place.
#[must_use]
pub fn web_page(host: &str) -> Error {
    let what = format!(
        "A web page came back instead of an answer from {host}. If this network asks for a sign-in, open a browser and sign \
         in; else check the address."
    );
    Error::new(ErrorKind::Unreachable, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_the_line_are_told_apart() {
        let kind = |error: io::Error| explain_io(error, "h", false, None).kind;
        assert_eq!(kind(io::ErrorKind::ConnectionRefused.into()), ErrorKind::Unreachable);
        assert_eq!(kind(io::ErrorKind::ConnectionReset.into()), ErrorKind::Temporary);
        assert_eq!(kind(io::Error::other(TooFar)), ErrorKind::Unsupported);
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let told = explain_io(io::Error::other(tls), "h", false, Some([0xab; 32]));
        assert_eq!(told.kind, ErrorKind::Auth);
        assert!(told.what.contains("AB:AB:"), "{told}");
    }
}
