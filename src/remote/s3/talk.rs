//! One signed request and its answer.

use super::{
    config::{S3Config, Style},
    say::{Doing, Refusal, say},
    xml::Node,
};
use crate::{
    remote::{
        access::Access,
        api::{Error, ErrorKind, Key, Result},
        http::{Body, Http, HttpConfig, Request, Response, Timeouts},
    },
    sys::{
        clock::{Clock as _, RealClock},
        secret::{ExposeSecret as _, SecretString},
        task::Cx,
    },
};
use rusty_s3::{Bucket, Method, UrlStyle, signing::sign};
use std::sync::atomic::{AtomicI64, Ordering};

/// How long a request may be under way before its signature is too old, in seconds.
const VALID: u64 = 3600;
/// The longest refusal that is read.
const MAX_REFUSAL: usize = 64 * 1024;
/// How long the bucket counts as seen, in milliseconds: so long its bare 404 is believed.
const SEEN_MS: i64 = 10 * 60_000;

/// A request, before it is signed.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// None for the bucket itself.
    pub(super) key: Option<&'a str>,
    pub(super) query: Vec<(&'a str, String)>,
    /// Names in lower case.
    pub(super) headers: Vec<(&'a str, String)>,
    pub(super) body: Body<'a>,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, key: Option<&'a str>) -> Self {
        Self {
            method,
            key,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
        }
    }
}

/// A page for people, and not an object that is one.
pub(super) fn is_page(response: &Response, key: Option<&str>) -> bool {
    let own = key.is_some_and(|key| key.ends_with(".html") || key.ends_with(".htm"));
    response.is_web_page() && !own
}

/// A line to one bucket.
pub(super) struct Talk {
    pub(super) http: Http,
    at: Bucket,
    prefix: String,
    user: String,
    secret: SecretString,
    token: Option<SecretString>,
    /// When the bucket last answered as itself, on the boot clock.
    seen_ms: AtomicI64,
}

impl Talk {
    pub(super) fn new(config: &S3Config, access: &Access, timeouts: Timeouts) -> Result<Self> {
        let unusable = |why: String| {
            let what = format!("Not a usable address for a store on S3 ({why}). Check it.");
            Error::new(ErrorKind::Permanent, what)
        };
        let style = match config.style {
            Style::Path => UrlStyle::Path,
            Style::Host => UrlStyle::VirtualHost,
        };
        let endpoint = config.endpoint.parse().map_err(|_| unusable(config.endpoint.clone()))?;
        let at = Bucket::new(endpoint, style, config.bucket.clone(), config.region.clone())
            .map_err(|error| unusable(error.to_string()))?;
        let http = Http::new(&HttpConfig {
            access: access.clone(),
            origin: at.base_url().origin().ascii_serialization(),
            timeouts,
        })?;
        Ok(Self {
            http,
            at,
            prefix: config.prefix.clone(),
            user: config.user.clone(),
            secret: config.secret.clone(),
            token: config.token.clone(),
            seen_ms: AtomicI64::new(i64::MIN),
        })
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        format!("{}/{} at {}", self.at.name(), self.prefix, self.http.host())
    }

    /// What comes before every key.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A key with what comes before it.
    pub(super) fn full(&self, key: &Key) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The address of a call, signed for so many seconds. Only `x-amz-` headers are signed: those must be (Amazon), others
    /// need not.
    pub(super) fn url(&self, call: &Call<'_>, seconds: u64) -> Result<String> {
        let url = match call.key {
            Some(key) => self.at.object_url(key),
            None => self.at.base_url().clone(),
        };
        let mut query: Vec<(&str, &str)> = call.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        query.sort_unstable();
        let ours = |name: &str| name.starts_with("x-amz-");
        let signed = call.headers.iter().filter(|(name, _)| ours(name));
        let mut headers: Vec<(&str, &str)> = signed.map(|(name, value)| (*name, value.as_str())).collect();
        headers.sort_unstable();
        let now = jiff::Timestamp::from_millisecond(RealClock.now().0).map_err(|error| {
            Error::caused(
                ErrorKind::Auth,
                "This computer's clock is far off. Set it right.",
                error,
            )
        })?;
        let token = self.token.as_ref().map(|token| token.expose_secret());
        let (region, secret) = (self.at.region(), self.secret.expose_secret());
        let (query, headers) = (query.into_iter(), headers.into_iter());
        let url = sign(
            &now,
            call.method,
            url,
            &self.user,
            secret,
            token,
            region,
            seconds,
            query,
            headers,
        );
        Ok(url.into())
    }

    /// Sends a call. A page for people in place of an object is an error; every status is the caller's.
    pub(super) fn send(&self, call: Call<'_>, cx: &Cx) -> Result<Response> {
        let url = self.url(&call, VALID)?;
        // The body is lent on for no longer than the address lives.
        let body = match call.body {
            Body::Empty => Body::Empty,
            Body::Bytes(bytes) => Body::Bytes(bytes),
            Body::Stream { source, length } => Body::Stream {
                source: &mut *source,
                length,
            },
        };
        let response = self.http.send(
            Request {
                method: call.method.to_str(),
                url: &url,
                headers: call.headers,
                body,
            },
            cx,
        )?;
        // Some servers call everything HTML: what has no body, or is read as XML next, is judged by what it says.
        let judged_later = call.key.is_none() || !call.query.is_empty() || call.method == Method::Head;
        if !judged_later
            && matches!(response.status(), 200..=203 | 206)
            && response.length() != Some(0)
            && is_page(&response, call.key)
        {
            return Err(response.web_page());
        }
        if matches!(response.status(), 200 | 204 | 206) {
            self.seen();
        }
        Ok(response)
    }

    /// The bucket has just answered as itself.
    pub(super) fn seen(&self) {
        self.seen_ms.store(RealClock.boot().0, Ordering::Relaxed);
    }

    /// It has, a short while ago: a 404 without a word is then about the key.
    pub(super) fn was_seen(&self) -> bool {
        let at = self.seen_ms.load(Ordering::Relaxed);
        at != i64::MIN && RealClock.boot().0.saturating_sub(at) < SEEN_MS
    }

    /// The error for an answer that is none of those hoped for.
    pub(super) fn refused(&self, response: Response, doing: Doing) -> Error {
        let status = response.status();
        let region = response.header("x-amz-bucket-region").map(str::to_owned);
        let page = response.is_web_page().then(|| response.web_page());
        let text = if matches!(status, 204 | 304) {
            String::new()
        } else {
            match response.text(MAX_REFUSAL) {
                Ok(text) => text,
                Err(error) if error.kind == ErrorKind::Cancelled => return error,
                Err(_) => String::new(),
            }
        };
        let root = Node::parse(&text).unwrap_or_default();
        if let Some(page) = page.filter(|_| root.child("Error").unwrap_or(&root).get("Code").is_none()) {
            return page;
        }
        self.refused_as(status, &root, region.as_deref(), doing)
    }

    /// The error for a refusal whose text was read already.
    pub(super) fn refused_as(&self, status: u16, root: &Node, region: Option<&str>, doing: Doing) -> Error {
        // Some put <Error> into another element.
        let error = root.child("Error").unwrap_or(root);
        let code = error.get("Code").unwrap_or_default();
        if matches!(code, "NoSuchKey" | "PreconditionFailed" | "NoSuchUpload") {
            self.seen();
        }
        say(Refusal {
            status,
            code,
            message: error.get("Message").unwrap_or_default(),
            region: region.or_else(|| error.get("Region")),
            host: self.http.host(),
            bucket: self.at.name(),
            doing,
            clock: self.http.clock_trouble(),
            let_in: self.seen_ms.load(Ordering::Relaxed) != i64::MIN,
            temporary: self.token.is_some(),
        })
    }
}
