//! The certificate with which the program itself terminates TLS, 1.2 and 1.3.

use std::io;
use std::path::Path;

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use rustls::Error;

/// Reads the pair before anything is served with it. Each refusal says how to mend it.
pub async fn load(cert: &Path, key: &Path) -> anyhow::Result<RustlsConfig> {
    let (cert, key) = (read("GATEHOUSE_TLS_CERT", cert).await?, read("GATEHOUSE_TLS_KEY", key).await?);
    RustlsConfig::from_pem(cert, key).await.map_err(|error| {
        let mended_by = mended_by(&error);
        anyhow::Error::new(error).context(mended_by)
    })
}

async fn read(setting: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    tokio::fs::read(path)
        .await
        .with_context(|| format!("{setting}: cannot read {}; name a PEM file that this user may read", path.display()))
}

fn mended_by(error: &io::Error) -> &'static str {
    match error.get_ref().and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(Error::InconsistentKeys(_)) => {
            "GATEHOUSE_TLS_KEY is not the key of the certificate in GATEHOUSE_TLS_CERT: name the two files that were made together"
        }
        Some(Error::NoCertificatesPresented) => {
            "GATEHOUSE_TLS_CERT holds no certificate: name the PEM file of the chain, the server's own certificate first"
        }
        _ => {
            "GATEHOUSE_TLS_CERT has to hold a certificate chain and GATEHOUSE_TLS_KEY its private key without a password, both as PEM"
        }
    }
}
