//! Where a store on S3 is and who we are there: from its address, from what the person entered, from the environment and
//! from the profiles of the AWS command line.

use super::profile;
use crate::{
    remote::{
        access::Access,
        api::{Error, ErrorKind, Key, Result},
        encode::decoded,
    },
    sys::{fs::Fs, secret::SecretString},
};

/// Where the bucket's name goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// `https://host/bucket/key`: what most servers of one's own want.
    Path,
    /// `https://bucket.host/key`: what Amazon wants.
    Host,
}

/// A place on S3.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// `https://host`, perhaps with a port and a path.
    pub endpoint: String,
    /// The region's name; servers of one's own mostly take any.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What comes before every key; empty or ending in `/`.
    pub prefix: String,
    /// Where the bucket's name goes.
    pub style: Style,
    /// The access key; no secret, but not for logs either.
    pub user: String,
    /// The secret key.
    pub secret: SecretString,
    /// The session token of keys that expire.
    pub token: Option<SecretString>,
}

/// Reads a variable of the environment.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl S3Config {
    /// The place at `s3://bucket/prefix?endpoint=..&region=..&style=path|host&profile=..`, all but the bucket optional.
    /// Keys come from `access`, else from a profile that the address names, else from `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, else from the profile of `AWS_PROFILE` or `default`.
    ///
    /// # Errors
    /// `Permanent` for an address that is none, `Auth` where there are no keys.
    pub fn from_url(url: &str, access: &Access, fs: &dyn Fs) -> Result<Self> {
        Self::read(
            url,
            access,
            &|name| std::env::var(name).ok().filter(|value| !value.is_empty()),
            fs,
        )
    }

    pub(super) fn read(url: &str, access: &Access, env: Env<'_>, fs: &dyn Fs) -> Result<Self> {
        let (bucket, prefix, options) = parts(url)?;
        let option = |name: &str| {
            options
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let named = option("profile");
        let profile = named
            .clone()
            .or_else(|| env("AWS_PROFILE"))
            .unwrap_or_else(|| "default".to_owned());
        let mut settings = profile::read(&profile, env, fs)?;
        let keys = keys(access, named.is_some(), env, &settings).ok_or_else(|| no_keys(&profile, &settings))?;
        let mut setting = |name: &str| settings.remove(name).filter(|value| !value.is_empty());
        let region = option("region")
            .or_else(|| env("AWS_REGION"))
            .or_else(|| env("AWS_DEFAULT_REGION"))
            .or_else(|| setting("region"));
        let endpoint = option("endpoint")
            .or_else(|| env("AWS_ENDPOINT_URL_S3"))
            .or_else(|| env("AWS_ENDPOINT_URL"))
            .or_else(|| setting("s3.endpoint_url"))
            .or_else(|| setting("endpoint_url"));
        let own = endpoint.is_some();
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        let endpoint = match endpoint {
            Some(endpoint) if endpoint.contains("://") => endpoint,
            Some(host) => format!("https://{host}"),
            None if region.starts_with("cn-") => format!("https://s3.{region}.amazonaws.com.cn"),
            None => format!("https://s3.{region}.amazonaws.com"),
        };
        let style = match option("style").or_else(|| setting("s3.addressing_style")).as_deref() {
            Some("path") => Style::Path,
            Some("host" | "virtual") => Style::Host,
            Some("auto") | None if own || bucket.contains('.') => Style::Path,
            Some("auto") | None => Style::Host,
            Some(other) => {
                let what = format!("The address of the store says style={other}. It can be path or host.");
                return Err(Error::new(ErrorKind::Permanent, what));
            }
        };
        let (user, secret, token) = keys;
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region,
            bucket,
            prefix,
            style,
            user,
            secret,
            token,
        })
    }
}

type Keys = (String, SecretString, Option<SecretString>);

fn keys(
    access: &Access,
    profile_named: bool,
    env: Env<'_>,
    settings: &std::collections::BTreeMap<String, String>,
) -> Option<Keys> {
    if let Some(given) = &access.credentials {
        return Some((given.user.clone(), given.secret.clone(), given.token.clone()));
    }
    let from_env = || -> Option<Keys> {
        let (user, secret) = (env("AWS_ACCESS_KEY_ID")?, env("AWS_SECRET_ACCESS_KEY")?);
        Some((user, secret.into(), env("AWS_SESSION_TOKEN").map(Into::into)))
    };
    let from_profile = || -> Option<Keys> {
        let get = |name: &str| settings.get(name).filter(|value| !value.is_empty()).cloned();
        let (user, secret) = (get("aws_access_key_id")?, get("aws_secret_access_key")?);
        Some((user, secret.into(), get("aws_session_token").map(Into::into)))
    };
    if profile_named {
        from_profile()
    } else {
        from_env().or_else(from_profile)
    }
}

fn no_keys(profile: &str, settings: &std::collections::BTreeMap<String, String>) -> Error {
    let elsewhere = ["sso_session", "sso_start_url", "role_arn", "credential_process"];
    let what = if elsewhere.iter().any(|name| settings.contains_key(*name)) {
        format!(
            "The AWS profile {profile} signs in in a way that Safelight cannot. Run `aws configure export-credentials \
             --profile {profile}` and enter the keys that it prints."
        )
    } else {
        "There are no keys for this store. Enter its access key and secret key.".to_owned()
    };
    Error::new(ErrorKind::Auth, what)
}

/// Bucket, prefix and options of an address.
fn parts(url: &str) -> Result<(String, String, Vec<(String, String)>)> {
    let refuse = |why: &str| {
        let what = format!("Not a usable address for a store on S3: {why}. It should look like s3://bucket/folder.");
        Error::new(ErrorKind::Permanent, what)
    };
    let scheme = url.get(..5).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("s3://") {
        return Err(refuse("it does not begin with s3://"));
    }
    let rest = url.get(5..).unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    let text = |part: &str| decoded(part).ok_or_else(|| refuse("its letters are not UTF-8"));
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if bucket.is_empty() || bucket.len() > 255 || !bucket.chars().all(usable) || bucket.starts_with('.') {
        return Err(refuse("the name of the bucket"));
    }
    let prefix = text(prefix.trim_matches('/'))?;
    if !prefix.is_empty() {
        Key::new(prefix.clone()).map_err(|_| refuse("the folder in the bucket"))?;
    }
    let prefix = if prefix.is_empty() {
        prefix
    } else {
        format!("{prefix}/")
    };
    let mut options = Vec::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        if !matches!(name, "endpoint" | "region" | "style" | "profile") {
            return Err(refuse(&format!("it knows no option {name}")));
        }
        options.push((name.to_owned(), text(value)?));
    }
    Ok((bucket.to_owned(), prefix, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{
        real::RealFs,
        secret::{Credentials, ExposeSecret as _},
    };

    fn read(url: &str, access: &Access, env: &[(&str, &str)]) -> Result<S3Config> {
        let env = |name: &str| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        S3Config::read(url, access, &env, &RealFs)
    }

    fn me() -> Access {
        Access {
            credentials: Some(Credentials {
                user: "me".to_owned(),
                secret: "hush".to_owned().into(),
                token: None,
            }),
            ..Access::default()
        }
    }

    #[test]
    fn addresses_are_read() {
        let plain = read("s3://photos", &me(), &[]).expect("read");
        assert_eq!(
            (
                plain.endpoint.as_str(),
                plain.region.as_str(),
                plain.style,
                plain.prefix.as_str()
            ),
            ("https://s3.us-east-1.amazonaws.com", "us-east-1", Style::Host, "")
        );
        let own = read(
            "S3://my.photos/a%20b/c/?endpoint=http%3A%2F%2F127.0.0.1:3900/&region=garage",
            &me(),
            &[("AWS_REGION", "elsewhere")],
        )
        .expect("read");
        assert_eq!(
            (
                own.endpoint.as_str(),
                own.region.as_str(),
                own.style,
                own.prefix.as_str()
            ),
            ("http://127.0.0.1:3900", "garage", Style::Path, "a b/c/")
        );
        assert_eq!(own.bucket, "my.photos");
        for bad in [
            "s3:photos",
            "s3:///x",
            "s3://b/../c",
            "s3://b/a//b",
            "s3://u:p@b/",
            "s3://b?keys=1",
            "s3://b?style=x",
            "s3://b/%ff",
        ] {
            assert_eq!(
                read(bad, &me(), &[]).expect_err(bad).kind,
                ErrorKind::Permanent,
                "{bad}"
            );
        }
    }

    #[test]
    fn keys_come_from_the_nearest_place() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join(".aws")).expect("made");
        let keys = "[default]\naws_access_key_id = D\naws_secret_access_key = ds\n[work]\naws_access_key_id=W\n\
                    aws_secret_access_key=ws\naws_session_token=wt\n";
        std::fs::write(dir.path().join(".aws/credentials"), keys).expect("written");
        let config = "[profile work]\nregion = eu-central-1\n[profile sso]\nsso_start_url = x\n";
        std::fs::write(dir.path().join(".aws/config"), config).expect("written");
        let home = dir.path().to_str().expect("text");
        let env = [
            ("HOME", home),
            ("AWS_ACCESS_KEY_ID", "E"),
            ("AWS_SECRET_ACCESS_KEY", "es"),
        ];
        let nobody = Access::default();
        let user = |url: &str, access: &Access, env: &[(&str, &str)]| read(url, access, env).expect("read").user;
        assert_eq!(user("s3://b", &me(), &env), "me");
        assert_eq!(user("s3://b", &nobody, &env), "E");
        assert_eq!(user("s3://b", &nobody, &[("HOME", home)]), "D");
        let work = read("s3://b?profile=work", &nobody, &env).expect("read");
        assert_eq!((work.user.as_str(), work.region.as_str()), ("W", "eu-central-1"));
        assert_eq!(work.token.expect("a token").expose_secret(), "wt");
        let sso = read("s3://b?profile=sso", &nobody, &env).expect_err("no keys");
        assert!(
            sso.kind == ErrorKind::Auth && sso.what.contains("export-credentials"),
            "{sso}"
        );
        let none = read("s3://b", &nobody, &[]).expect_err("no keys");
        assert!(none.kind == ErrorKind::Auth && none.what.contains("Enter"), "{none}");
    }

    #[test]
    fn i17_debug_shows_no_secret() {
        let shown = format!("{:?}", read("s3://b", &me(), &[]).expect("read"));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
