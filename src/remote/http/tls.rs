//! Encrypted lines: the certificate is judged by the system's own roots, or has to be the one that the person pinned.

use crate::{remote::api, sys::task::lock};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    io::{Read as _, Write as _},
    sync::{Arc, Mutex},
};
use ureq::{
    Error,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
    },
};

/// The fingerprint of the last certificate that was refused, so that a person can compare and pin it.
pub(super) type Refused = Arc<Mutex<Option<[u8; 32]>>>;

/// Wraps lines to `https` addresses.
pub(super) struct Encrypt {
    /// The host that `own` is for; a proxy on the way is judged by the system's roots.
    host: String,
    own: Arc<ClientConfig>,
    other: Arc<ClientConfig>,
}

impl fmt::Debug for Encrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypt")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Encrypt {
    /// For lines to `host`, which may only show the pinned certificate where there is one.
    ///
    /// # Errors
    /// The system's roots cannot be read.
    pub(super) fn new(host: &str, pinned: Option<[u8; 32]>, refused: &Refused) -> api::Result<Self> {
        let other = config(None, refused)?;
        let own = if pinned.is_some() {
            config(pinned, refused)?
        } else {
            Arc::clone(&other)
        };
        Ok(Self {
            host: host.to_owned(),
            own,
            other,
        })
    }
}

fn config(pinned: Option<[u8; 32]>, refused: &Refused) -> api::Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let no_tls = |error: rustls::Error| {
        let what = "Encrypted connections cannot be made: the system's certificates cannot be used.";
        api::Error::caused(api::ErrorKind::Permanent, what, error)
    };
    let trust = match pinned {
        Some(pinned) => Trust::Pinned(pinned),
        None => Trust::System(Verifier::new(Arc::clone(&provider)).map_err(no_tls)?),
    };
    let judge = Judge {
        trust,
        provider: Arc::clone(&provider),
        refused: Arc::clone(refused),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(no_tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[derive(Debug)]
enum Trust {
    System(Verifier),
    Pinned([u8; 32]),
}

/// Who says whether a certificate is the right one.
#[derive(Debug)]
struct Judge {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    refused: Refused,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown: [u8; 32] = Sha256::digest(end_entity.as_ref()).into();
        let judged = match &self.trust {
            Trust::System(verifier) => {
                verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            // The pin is the whole certificate, so neither name nor dates add anything to it.
            Trust::Pinned(pinned) if *pinned == shown => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(_) => Err(rustls::CertificateError::ApplicationVerificationFailure.into()),
        };
        *lock(&self.refused) = judged.is_err().then_some(shown);
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl<In: Transport> Connector<In> for Encrypt {
    type Out = Either<In, Encrypted>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(line) = chained else { return Ok(None) };
        if !details.needs_tls() || line.is_tls() {
            return Ok(Some(Either::A(line)));
        }
        let host = details.uri.host().unwrap_or_default();
        let config = if host.eq_ignore_ascii_case(&self.host) {
            &self.own
        } else {
            &self.other
        };
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| Error::Tls("the host's name cannot be in a certificate"))?;
        let mut connection = ClientConnection::new(Arc::clone(config), name)?;
        let boxed: Box<dyn Transport> = Box::new(line);
        let mut line = TransportAdapter::new(boxed, Arc::clone(&details.current_time));
        line.set_timeout(details.timeout);
        connection.complete_io(&mut line)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = StreamOwned::new(connection, line);
        Ok(Some(Either::B(Encrypted { buffers, stream })))
    }
}

/// An encrypted line.
pub(super) struct Encrypted {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted").finish_non_exhaustive()
    }
}

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output();
        self.stream.write_all(output.get(..amount).unwrap_or_default())?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let room = self.buffers.input_append_buf();
        let got = self.stream.read(room)?;
        self.buffers.input_appended(got);
        Ok(got > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
