//! Where a WebDAV folder is: from `davs://host/path` to the address of each thing in it, percent-encoded so that every
//! server reads back the name that was meant.

use crate::remote::{
    api::{Error, ErrorKind, Result},
    encode::{decoded, path_of},
};

/// The longest address that is read, in bytes.
const MAX_URL: usize = 4096;

/// The address of the folder that holds a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Address {
    /// `https://host:port`, no slash at the end.
    origin: String,
    /// The folders to it, as they are named, not percent-encoded.
    base: Vec<String>,
    /// The user named in the address, if any; no secret.
    user: Option<String>,
}

impl Address {
    /// Reads `dav`, `webdav` or `http` (plain) and `davs`, `webdavs` or `https` addresses with any sub-path.
    ///
    /// # Errors
    /// `Permanent`, with what to change.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let bad = |why: &str| Err(Error::new(ErrorKind::Permanent, why));
        if url.len() > MAX_URL || url.contains(|c: char| c.is_control()) {
            return bad("This address is too long, or has characters that no address has.");
        }
        let Some((scheme, rest)) = url.split_once("://") else {
            return bad("A WebDAV address begins with davs://, then the server's name.");
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "dav" | "webdav" | "http" => "http",
            "davs" | "webdavs" | "https" => "https",
            _ => return bad("A WebDAV address begins with davs://, or dav:// inside your own network."),
        };
        if rest.contains(['?', '#']) {
            return bad("Leave out what follows ? or # in the address: a store's address ends with its folder.");
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => {
                return bad(
                    "Leave the password out of the address: it would be kept in readable settings. Safelight asks for it.",
                );
            }
            Some((user, host)) => (decoded(user), host),
            None => (None, authority),
        };
        if !is_host(host) {
            return bad("The address names no server. It should look like davs://cloud.example.org/folder.");
        }
        let mut base = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            match decoded(part) {
                Some(name) if name != "." && name != ".." && !name.contains(['/', '\\']) => base.push(name),
                _ => {
                    return bad(
                        "The folder in the address is not written as addresses are. Copy it from the server's settings.",
                    );
                }
            }
        }
        Ok(Self {
            origin: format!("{scheme}://{}", host.to_ascii_lowercase()),
            base,
            user: user.filter(|user| !user.is_empty()),
        })
    }

    /// The user named in the address.
    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// `https://host:port`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The folders that lead to the store.
    pub(super) fn base(&self) -> &[String] {
        &self.base
    }

    /// As a person would write it, without the user.
    pub(super) fn place(&self) -> String {
        let (scheme, host) = self.origin.split_once("://").unwrap_or(("https", self.origin.as_str()));
        let scheme = if scheme == "http" { "dav" } else { "davs" };
        let mut text = format!("{scheme}://{host}");
        for part in &self.base {
            text.push('/');
            text.push_str(part);
        }
        text
    }

    /// The path of the file with these names below the base, as it stands in a request.
    pub(super) fn file(&self, below: &str) -> String {
        let names = below.split('/').filter(|part| !part.is_empty());
        path_of(self.base.iter().map(String::as_str).chain(names), false)
    }

    /// The path of a folder below the base (the base itself for an empty text); it ends in `/`, without which some
    /// servers answer with a redirect or refuse.
    pub(super) fn folder(&self, below: &str) -> String {
        let names = below.split('/').filter(|part| !part.is_empty());
        path_of(self.base.iter().map(String::as_str).chain(names), true)
    }
}

/// The names that lead to what a server's `href` points at, whatever way it is written; `None` where it is not one.
pub(super) fn names_of_href(href: &str) -> Option<Vec<String>> {
    let href = href.trim();
    let path = match href.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest.split_once('/').map_or("", |(_, path)| path),
        _ => href,
    };
    let mut names = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        match decoded(part)? {
            name if name == "." || name == ".." || name.contains('/') => return None,
            name => names.push(name),
        }
    }
    Some(names)
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, "")) => (name, None),
            Some((name, port)) => (name, Some(port.strip_prefix(':').unwrap_or("no"))),
            None => return false,
        },
        None => host
            .split_once(':')
            .map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_') || host.starts_with('[') && c == ':';
    !name.is_empty() && name.chars().all(fits) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_sub_paths_are_read() {
        for (url, origin, folder, place) in [
            ("dav://nas/photos", "http://nas", "/photos/", "dav://nas/photos"),
            (
                "davs://Host.example:8443",
                "https://host.example:8443",
                "/",
                "davs://host.example:8443",
            ),
            (
                "https://h/remote.php/dav/files/me/",
                "https://h",
                "/remote.php/dav/files/me/",
                "davs://h/remote.php/dav/files/me",
            ),
            (
                "webdavs://h//My%20photos/caf%C3%A9",
                "https://h",
                "/My%20photos/caf%C3%A9/",
                "davs://h/My photos/café",
            ),
            ("webdav://[::1]:80/x", "http://[::1]:80", "/x/", "dav://[::1]:80/x"),
            ("DAVS://me@h/a b", "https://h", "/a%20b/", "davs://h/a b"),
        ] {
            let address = Address::parse(url).expect(url);
            assert_eq!(
                (address.origin(), address.folder("").as_str(), address.place().as_str()),
                (origin, folder, place)
            );
        }
        assert_eq!(Address::parse("davs://me@h/").expect("read").user(), Some("me"));
    }

    #[test]
    fn bad_addresses_are_refused_with_a_sentence() {
        for url in [
            "dav:/x",
            "davs://",
            "davs:///path",
            "davs://me:secret@h/",
            "davs://h/?x",
            "davs://h/#x",
            "davs://h/../up",
            "davs://h/%2e%2e/up",
            "davs://h/a%2Fb",
            "davs://h:99999/",
            "davs://h:/",
            "davs://h\r\nx/",
            "davs://[::1",
            "ftp://h/",
            "davs://h/%ff",
        ] {
            let error = Address::parse(url).expect_err(url);
            assert!(
                error.kind == ErrorKind::Permanent && error.what.ends_with('.'),
                "{url}: {error}"
            );
            assert!(!error.what.contains("secret"), "i17: {error}");
        }
    }

    #[test]
    fn odd_names_survive_there_and_back() {
        let address = Address::parse("davs://h/base").expect("read");
        for name in [
            "100% #1 + &=;,@!()[]{}.jpg",
            "a%2Fb%20c.jpg",
            "日本 Ж 🌄.jpg",
            "two  blanks and 'quotes'.jpg",
        ] {
            let path = address.file(&format!("odd/{name}"));
            assert!(path.is_ascii() && !path.contains([' ', '#', '?', '+', '&']), "{path}");
            assert_eq!(names_of_href(&path).expect("read"), ["base", "odd", name]);
        }
    }

    #[test]
    fn hrefs_are_read_in_every_way_that_servers_write_them() {
        for href in [
            "/a/b%20c",
            "/a/b c/",
            "http://other:80/a/b%20c",
            "https://h/a//b%20c/",
            "  /a/b%20c\n",
            "a/b%20c",
        ] {
            assert_eq!(names_of_href(href).expect(href), ["a", "b c"], "{href}");
        }
        assert_eq!(names_of_href("/a/100%").expect("read"), ["a", "100%"]);
        assert_eq!(names_of_href("http://h").expect("read"), Vec::<String>::new());
        for href in ["/a/../b", "/a/%2e%2e/b", "/a/b%2fc", "/a/%ff"] {
            assert_eq!(names_of_href(href), None, "{href}");
        }
    }
}
