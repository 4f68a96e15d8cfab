//! How we say who we are: Basic (RFC 7617) and Digest (RFC 7616, MD5 and SHA-256 with `qop=auth`), as the server asks.
//! Nothing is said before it asks, and Digest is preferred where it offers both: it never sends the password.

use crate::{
    remote::encode::{base64, encode},
    sys::{
        clock::random_hex,
        secret::{Credentials, ExposeSecret as _},
        task::lock,
    },
};
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::sync::Mutex;

/// The most challenges and parameters that are read of one answer.
const MAX_PARTS: usize = 64;

/// One way to sign in that a server offers.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Challenge {
    /// In lower case.
    scheme: String,
    /// Names in lower case, values unquoted.
    params: Vec<(String, String)>,
}

impl Challenge {
    fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What a Digest server gave us to answer with.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Digest {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// As the server spelled it; none where it did not say, which means MD5.
    algorithm: Option<String>,
    sha256: bool,
    session: bool,
    qop: bool,
    user_hash: bool,
}

impl Digest {
    /// The answer to this challenge, where we can give one.
    fn of(challenge: &Challenge) -> Option<Self> {
        if challenge.scheme != "digest" {
            return None;
        }
        let algorithm = challenge.param("algorithm").map(str::to_ascii_uppercase);
        let (sha256, session) = match algorithm.as_deref() {
            None | Some("MD5") => (false, false),
            Some("MD5-SESS") => (false, true),
            Some("SHA-256") => (true, false),
            Some("SHA-256-SESS") => (true, true),
            Some(_) => return None,
        };
        // A header of ours is ASCII: the letters of such a realm cannot be said back.
        if !challenge.params.iter().all(|(_, value)| value.is_ascii()) {
            return None;
        }
        let qop = match challenge.param("qop") {
            None => false,
            Some(offered) if offered.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")) => true,
            // auth-int alone would need a hash of the body before it is sent.
            Some(_) => return None,
        };
        Some(Self {
            realm: challenge.param("realm")?.to_owned(),
            nonce: challenge.param("nonce")?.to_owned(),
            opaque: challenge.param("opaque").map(str::to_owned),
            algorithm: challenge.param("algorithm").map(str::to_owned),
            sha256,
            session,
            qop,
            user_hash: challenge
                .param("userhash")
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        })
    }

    fn hash(&self, text: &str) -> String {
        if self.sha256 {
            hex(&Sha256::digest(text.as_bytes()))
        } else {
            hex(&Md5::digest(text.as_bytes()))
        }
    }

    /// The value of `Authorization` (RFC 7616, 3.4).
    fn answer(&self, who: (&str, &str), method: &str, uri: &str, count: u32, cnonce: &str) -> String {
        let (user, secret) = who;
        let mut a1 = self.hash(&format!("{user}:{}:{secret}", self.realm));
        if self.session {
            a1 = self.hash(&format!("{a1}:{}:{cnonce}", self.nonce));
        }
        let a2 = self.hash(&format!("{method}:{uri}"));
        let response = if self.qop {
            self.hash(&format!("{a1}:{}:{count:08x}:{cnonce}:auth:{a2}", self.nonce))
        } else {
            self.hash(&format!("{a1}:{}:{a2}", self.nonce))
        };
        let user = if self.user_hash {
            format!(
                "username=\"{}\", userhash=true",
                self.hash(&format!("{user}:{}", self.realm))
            )
        } else if user.is_ascii() {
            format!("username=\"{}\"", quoted(user))
        } else {
            format!("username*=UTF-8''{}", percent(user))
        };
        let mut text = format!(
            "Digest {user}, realm=\"{}\", nonce=\"{}\", uri=\"{}\", response=\"{response}\"",
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(uri)
        );
        if let Some(algorithm) = &self.algorithm {
            text.push_str(&format!(
                ", algorithm={}",
                algorithm.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '-'), "")
            ));
        }
        if let Some(opaque) = &self.opaque {
            text.push_str(&format!(", opaque=\"{}\"", quoted(opaque)));
        }
        if self.qop {
            text.push_str(&format!(", qop=auth, nc={count:08x}, cnonce=\"{cnonce}\""));
        }
        text
    }
}

/// What we know of how this server wants to be told who we are.
#[derive(Debug)]
enum Known {
    /// It has not asked.
    Nothing,
    Basic,
    Digest {
        digest: Digest,
        used: u32,
        /// It has been accepted, so a refusal means that its time is over, not that the password is wrong.
        worked: bool,
    },
}

/// What an answer of 401 means for the request that got it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// Send it again: now we know how.
    Again,
    /// It knows who we say we are, and does not accept it.
    Refused,
    /// It asks, and we have nobody to name.
    NobodyToName,
    /// It asks in a way that we do not know.
    UnknownWay,
}

/// Says who we are, in the way that the server asked for. Shared by all requests to it.
#[derive(Debug)]
pub(super) struct Signer {
    who: Option<Credentials>,
    known: Mutex<Known>,
}

/// What was said with one request, to be compared with the answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Said {
    /// The header's value.
    pub(super) header: Option<String>,
    nonce: Option<String>,
}

impl Said {
    /// What was said is good for some time only, and the server may ask again.
    pub(super) fn runs_out(&self) -> bool {
        self.nonce.is_some()
    }
}

impl Signer {
    pub(super) fn new(who: Option<Credentials>) -> Self {
        Self {
            who,
            known: Mutex::new(Known::Nothing),
        }
    }

    /// The user's name, if we have one.
    pub(super) fn user(&self) -> Option<&str> {
        self.who.as_ref().map(|who| who.user.as_str())
    }

    /// What to say with a request; nothing until the server asked.
    pub(super) fn say(&self, method: &str, uri: &str) -> std::io::Result<Said> {
        let Some(who) = &self.who else {
            return Ok(Said::default());
        };
        match &mut *lock(&self.known) {
            Known::Nothing => Ok(Said::default()),
            Known::Basic => {
                let pair = format!("{}:{}", who.user, who.secret.expose_secret());
                Ok(Said {
                    header: Some(format!("Basic {}", base64(pair.as_bytes()))),
                    nonce: None,
                })
            }
            Known::Digest { digest, used, .. } => {
                *used = used.saturating_add(1);
                let pair = (who.user.as_str(), who.secret.expose_secret());
                let header = digest.answer(pair, method, uri, *used, &random_hex(16)?);
                Ok(Said {
                    header: Some(header),
                    nonce: Some(digest.nonce.clone()),
                })
            }
        }
    }

    /// A request that said this was not refused for who we are.
    pub(super) fn accepted(&self, said: &Said) {
        if let Known::Digest { digest, worked, .. } = &mut *lock(&self.known) {
            *worked |= said.nonce.as_ref() == Some(&digest.nonce);
        }
    }

    /// A request that said this was answered with 401 and these values of `WWW-Authenticate`.
    pub(super) fn asked(&self, said: &Said, values: &[impl AsRef<str>]) -> Asked {
        let challenges: Vec<Challenge> = values.iter().flat_map(|value| challenges(value.as_ref())).collect();
        let digests = challenges.iter().filter_map(|one| Some((one, Digest::of(one)?)));
        let best = digests.max_by_key(|(_, digest)| digest.sha256);
        let basic = challenges.iter().any(|one| one.scheme == "basic");
        if self.who.is_none() {
            return Asked::NobodyToName;
        }
        let mut known = lock(&self.known);
        match (best, &*known) {
            (Some((challenge, digest)), now) => {
                let stale = challenge
                    .param("stale")
                    .is_some_and(|stale| stale.eq_ignore_ascii_case("true"));
                let (worked, others) = match now {
                    Known::Digest { digest, worked, .. } => (*worked, said.nonce.as_ref() != Some(&digest.nonce)),
                    _ => (false, true),
                };
                if said.nonce.is_some() && !stale && !worked && !others {
                    return Asked::Refused;
                }
                *known = Known::Digest {
                    digest,
                    used: 0,
                    worked: false,
                };
                Asked::Again
            }
            (None, _) if basic && said.header.as_deref().is_some_and(|value| value.starts_with("Basic")) => {
                Asked::Refused
            }
            (None, _) if basic => {
                *known = Known::Basic;
                Asked::Again
            }
            (None, _) if said.header.is_some() && challenges.is_empty() => Asked::Refused,
            (None, _) => Asked::UnknownWay,
        }
    }
}

/// Every challenge of one header value. What cannot be read ends the reading; what came before counts.
fn challenges(value: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = value.trim_start_matches([' ', '\t', ',']);
    for _ in 0..MAX_PARTS {
        let (word, after) = token(rest);
        if word.is_empty() {
            break;
        }
        let after_blanks = after.trim_start_matches([' ', '\t']);
        match (after_blanks.strip_prefix('='), found.last_mut()) {
            // A parameter of the challenge before it.
            (Some(value), Some(challenge)) if after_blanks.len() < after.len() + 1 => {
                let (value, after) = parameter(value.trim_start_matches([' ', '\t']));
                challenge.params.push((word.to_ascii_lowercase(), value));
                rest = after;
            }
            // A new scheme; its first parameter, or its token68, follows.
            _ => {
                found.push(Challenge {
                    scheme: word.to_ascii_lowercase(),
                    params: Vec::new(),
                });
                rest = after_blanks;
            }
        }
        rest = rest.trim_start_matches([' ', '\t', ',', '=']);
    }
    found
}

fn token(text: &str) -> (&str, &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c);
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// A token or a quoted text, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(inner) = text.strip_prefix('"') else {
        let (word, after) = token(text);
        return (word.to_owned(), after);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, inner.get(at + 1..).unwrap_or_default()),
            _ => value.push(c),
        }
    }
    (value, "")
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    encode(text, &mut out);
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(user: &str, secret: &str) -> Option<Credentials> {
        Some(Credentials {
            user: user.to_owned(),
            secret: secret.to_owned().into(),
            token: None,
        })
    }

    fn only(value: &str) -> Challenge {
        let mut found = challenges(value);
        assert_eq!(found.len(), 1, "{value}");
        found.remove(0)
    }

    /// RFC 7616, 3.9.1: the very header values that it prints.
    #[test]
    fn digest_answers_as_rfc_7616_prints_it() {
        let offer = |algorithm: &str| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let digest = Digest::of(&only(&offer(algorithm))).expect("ours");
            let said = digest.answer(("Mufasa", "Circle of Life"), "GET", "/dir/index.html", 1, cnonce);
            for part in [
                "Digest username=\"Mufasa\"",
                "realm=\"http-auth@example.org\"",
                "uri=\"/dir/index.html\"",
                &format!("response=\"{response}\""),
                &format!("algorithm={algorithm}"),
                "qop=auth, nc=00000001",
                &format!("cnonce=\"{cnonce}\""),
                "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
            ] {
                assert!(said.contains(part), "{said} lacks {part}");
            }
        }
    }

    /// RFC 2617, 3.5, without and with `qop`; and RFC 7616's userhash of 3.9.2 under SHA-256 is the hash it defines.
    #[test]
    fn digest_answers_older_servers() {
        let offer = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
                     opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let digest = Digest::of(&only(offer)).expect("ours");
        let said = digest.answer(("Mufasa", "Circle Of Life"), "GET", "/dir/index.html", 1, "0a4f113b");
        assert!(said.contains("response=\"6629fae49393a05397450978507c4ef1\""), "{said}");
        assert!(!said.contains("algorithm"), "not said where not asked: {said}");
        // RFC 2069's form, as its erratum 749 gives it.
        let offer = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let digest = Digest::of(&only(offer)).expect("ours");
        let said = digest.answer(("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", 1, "");
        assert!(
            said.contains("response=\"1949323746fe6a43ef61f9606e7febea\"") && !said.contains("nc="),
            "{said}"
        );
    }

    #[test]
    fn challenges_are_read_however_they_are_written() {
        let found =
            challenges("Negotiate, Basic realm=\"a, b\\\"c\" , charset=UTF-8,Digest  Realm = x ,nonce=\"n\",qop=auth");
        let schemes: Vec<&str> = found.iter().map(|one| one.scheme.as_str()).collect();
        assert_eq!(schemes, ["negotiate", "basic", "digest"]);
        assert_eq!(found[1].param("realm"), Some("a, b\"c"));
        assert_eq!(found[1].param("charset"), Some("UTF-8"));
        assert_eq!(
            (found[2].param("realm"), found[2].param("nonce")),
            (Some("x"), Some("n"))
        );
        for hostile in [
            "",
            ",,,,",
            "=",
            "\"",
            "Basic realm=\"",
            "Digest =,=,=\"\\",
            "é",
            &"a=b,".repeat(10_000),
            &"x ".repeat(10_000),
        ] {
            assert!(challenges(hostile).len() <= MAX_PARTS);
        }
        for unknown in [
            "Digest realm=x, nonce=y, algorithm=SHA-512-256",
            "Digest realm=x, nonce=y, qop=auth-int",
            "Digest realm=x",
        ] {
            assert_eq!(Digest::of(&only(unknown)), None, "{unknown}");
        }
    }

    #[test]
    fn i17_nothing_is_said_before_it_is_asked_for() {
        let signer = Signer::new(me("me", "hunter2"));
        let said = signer.say("PUT", "/x").expect("random");
        assert_eq!(said, Said::default());
        assert_eq!(signer.asked(&said, &["Basic realm=\"x\""]), Asked::Again);
        let said = signer.say("PUT", "/x").expect("random");
        // printf 'me:hunter2' | base64
        assert_eq!(said.header.as_deref(), Some("Basic bWU6aHVudGVyMg=="));
        assert_eq!(signer.asked(&said, &["Basic realm=\"x\""]), Asked::Refused);
        assert!(!format!("{signer:?}").contains("hunter2"));
        let nobody = Signer::new(None);
        assert_eq!(
            nobody.asked(&Said::default(), &["Basic realm=\"x\""]),
            Asked::NobodyToName
        );
        assert_eq!(
            Signer::new(me("a", "b")).asked(&Said::default(), &["Negotiate"]),
            Asked::UnknownWay
        );
    }

    #[test]
    fn digest_is_preferred_counted_and_renewed() {
        let signer = Signer::new(me("me", "hunter2"));
        let offer =
            |nonce: &str, more: &str| format!("Digest realm=x, nonce={nonce}, qop=auth, algorithm=SHA-256{more}");
        let asked = |said: &Said, nonce: &str, more: &str| {
            signer.asked(
                said,
                &[
                    "Basic realm=x",
                    "Digest realm=x, nonce=m, qop=auth",
                    &offer(nonce, more),
                ],
            )
        };
        assert_eq!(asked(&Said::default(), "n1", ""), Asked::Again);
        let first = signer.say("GET", "/").expect("random");
        let second = signer.say("GET", "/").expect("random");
        let text = |said: &Said| said.header.clone().unwrap_or_default();
        assert!(text(&first).contains("algorithm=SHA-256") && text(&first).contains("nc=00000001"));
        assert!(text(&second).contains("nc=00000002"));
        assert!(!text(&first).contains("hunter2"));
        // A wrong password: a new nonce, not stale.
        assert_eq!(asked(&first, "n2", ""), Asked::Refused);
        // Stale by its own word, or after it had worked, or renewed by another thread meanwhile: once more.
        assert_eq!(asked(&first, "n3", ", stale=true"), Asked::Again);
        assert_eq!(asked(&second, "n4", ""), Asked::Again, "n3 came meanwhile");
        let third = signer.say("GET", "/").expect("random");
        signer.accepted(&third);
        assert_eq!(asked(&third, "n5", ""), Asked::Again);
    }
}
