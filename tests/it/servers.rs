//! Servers for tests, in this process, on ports of their own, until they are dropped.

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use safelight::{remote::access::Access, sys::secret::Credentials};
use std::path::PathBuf;

/// The keys of [`S3Server`].
pub const USER: &str = "safelight-test";
/// Their secret.
pub const SECRET: &str = "a secret of no value";
/// Its bucket.
pub const BUCKET: &str = "photos";

/// An S3 server (`s3s-fs`) over a temporary folder.
pub struct S3Server {
    /// Where it listens on the loopback.
    pub port: u16,
    dir: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl S3Server {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join(BUCKET)).expect("a bucket");
        let files = s3s_fs::FileSystem::new(dir.path()).expect("a folder");
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(USER, SECRET));
        let service = builder.build();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let port = listener.local_addr().expect("bound").port();
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone()));
            }
        });
        Self {
            port,
            dir,
            _runtime: runtime,
        }
    }

    /// Where a store is, below a folder of the bucket.
    pub fn url(&self, folder: &str) -> String {
        url(self.port, folder)
    }

    /// The file in which it keeps an object.
    pub fn file(&self, key: &str) -> PathBuf {
        self.dir.path().join(BUCKET).join(key)
    }
}

/// The address of a store behind a port of this machine.
pub fn url(port: u16, folder: &str) -> String {
    format!("s3://{BUCKET}/{folder}?endpoint=http://127.0.0.1:{port}&region=us-east-1")
}

/// Who we are at [`S3Server`].
pub fn access() -> Access {
    access_as(USER, SECRET)
}

/// Somebody else.
pub fn access_as(user: &str, secret: &str) -> Access {
    Access {
        credentials: Some(Credentials {
            user: user.to_owned(),
            secret: secret.to_owned().into(),
            token: None,
        }),
        ..Access::default()
    }
}
