//! Secrets in memory: keys and passwords that no log, setting, argument or debug output ever shows (I17). The texts are
//! wiped when they are dropped.

pub use secrecy::{ExposeSecret, SecretString};

/// Who we are for a store that asks.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The access key or user name; no secret, but not for logs either.
    pub user: String,
    /// The secret key or password.
    pub secret: SecretString,
    /// The session token of keys that expire.
    pub token: Option<SecretString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i17_debug_shows_no_secret() {
        let credentials = Credentials {
            user: "me".to_owned(),
            secret: "hunter2".to_owned().into(),
            token: Some("hunter3".to_owned().into()),
        };
        let shown = format!("{credentials:?}");
        assert!(!shown.contains("hunter"), "{shown}");
        assert_eq!(credentials.secret.expose_secret(), "hunter2");
    }
}
