//! The floor of functions that read their secrets before the first event: one TLS handshake and two requests more, with
//! rustls alone. No SDK, no signature, and the answers are not looked into.

#[path = "../../floor/runtime.rs"]
mod runtime;

use std::io::{Error, ErrorKind, Result, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn main() -> Result<()> {
    read_secrets()?;
    runtime::serve()
}

fn read_secrets() -> Result<()> {
    let (endpoint, prefix) = (variable("AWS_ENDPOINT_URL_SECRETS_MANAGER")?, variable("SECRETS_PREFIX")?);
    let address = endpoint.strip_prefix("https://").ok_or(ErrorKind::InvalidInput)?.trim_end_matches('/');
    let (host, _) = address.rsplit_once(':').ok_or(ErrorKind::InvalidInput)?;
    let server = ServerName::try_from(host.to_owned()).map_err(Error::other)?;
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut connection = StreamOwned::new(ClientConnection::new(trust()?, server).map_err(Error::other)?, socket);
    for name in ["sealing-keys", "client-secret"] {
        let body = format!("{{\"SecretId\":\"{prefix}/{name}\"}}");
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-amz-json-1.1\r\n\
             x-amz-target: secretsmanager.GetSecretValue\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(request.as_bytes())?;
        let (head, _) = runtime::message(&mut connection)?;
        if !head.starts_with("HTTP/1.1 200") {
            return Err(Error::other(format!("{name} was not answered: {head}")));
        }
    }
    Ok(())
}

fn trust() -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(variable("AWS_CA_BUNDLE")?).map_err(Error::other)? {
        roots.add(root.map_err(Error::other)?).map_err(Error::other)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(Arc::new(config.map_err(Error::other)?.with_root_certificates(roots).with_no_client_auth()))
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| Error::other(format!("{name} is missing")))
}
