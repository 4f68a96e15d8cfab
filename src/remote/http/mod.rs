//! The one way to the network: requests over HTTP/1.1 and TLS that can be stopped, that stall for a bounded time only, and
//! whose failures are sentences. It knows nothing of S3 or WebDAV.
//!
//! Statuses are answers, not errors: what a 404 or a 412 means is for whoever asked. What is an error is that there was
//! no answer. Redirects are never followed, so no header of ours ever reaches a host that was not meant.

mod client;
mod date;
mod explain;
mod line;
mod ride;
mod tls;

pub use client::{Body, Http, HttpConfig, Reader, Request, Response, Timeouts};
pub use date::http_date;
pub use explain::web_page;
