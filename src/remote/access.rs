//! How a remote may be reached, apart from where it is: who we are, and what the person agreed to.

use crate::sys::secret::Credentials;

/// What is needed to reach a remote, beside its address. The default reaches folders and public servers over TLS.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Who we are; none for a folder, or where the environment says it.
    pub credentials: Option<Credentials>,
    /// The person agreed to plain http to this private address. Loopback needs no consent.
    pub plain_http: bool,
    /// The SHA-256 of the one certificate that this server may show, for self-signed ones.
    pub pinned: Option<[u8; 32]>,
    /// The most bytes a second, both ways; none for no limit.
    pub bandwidth: Option<u64>,
}
