//! TLS of the server: a certificate and its key in PEM. 1.2 and 1.3: mbedtls of older firmware has no 1.3.
//! Asks devices for no certificate.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::server::TlsStream;

use crate::ota::OtaError;

/// What a server shows to devices.
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Reads a certificate, with those between it and the root if there are some, and its key.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, OtaError> {
        let unusable = |path: &Path, error: &dyn std::fmt::Display| OtaError::Certificate {
            why: format!("{}: {error}", path.display()),
        };
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
        let chain: Vec<CertificateDer<'static>> = chain.map_err(|error| unusable(certificate, &error))?;
        if chain.is_empty() {
            return Err(unusable(certificate, &"there is no certificate in it"));
        }
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
        let config = config.map_err(|error| unusable(certificate, &error))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}
