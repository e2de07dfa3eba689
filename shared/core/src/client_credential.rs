//! How our application proves to Microsoft who it is: with a client secret, or with a certificate.
//!
//! Stored, it is one text. Two PEM blocks, `CERTIFICATE` and `PRIVATE KEY` (PKCS#8), in either order, are a
//! certificate; a chain may stand beside it. Any other text is a client secret, as Entra shows it, perhaps with its end on a
//! second line: `expires 2027-11-26`. A certificate says itself when it ends.

mod validity;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::signature::{KeyPair as _, RsaKeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;
use thiserror::Error;

use crate::time::Timestamp;

/// What every PEM block begins with. No client secret does: Entra makes them without spaces.
const PEM: &str = "-----BEGIN ";

/// How our application proves who it is.
#[derive(Debug)]
pub enum ClientCredential {
    /// A client secret.
    Secret {
        /// Sent as it is.
        value: SecretString,
        /// When it ends, if whoever stored it wrote that along.
        ends_at: Option<Timestamp>,
    },
    /// A certificate: its key signs an assertion, and never leaves us.
    Certificate(Box<ClientCertificate>),
}

/// A certificate with its private key. `Debug` shows the thumbprint alone.
pub struct ClientCertificate {
    der: Vec<u8>,
    key: RsaKeyPair,
}

/// The text is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidCredential {
    /// Nothing, or white space.
    #[error("the client credential is empty")]
    Empty,
    /// PEM, but not one private key and a certificate.
    #[error("the client credential is not a pair of the PEM blocks CERTIFICATE and PRIVATE KEY")]
    NotAPair,
    /// Not an RSA key that signs PS256.
    #[error("the private key is not an RSA key of 2048 to 4096 bits in PKCS#8")]
    WrongKey,
    /// No certificate carries the public part of the key.
    #[error("the private key is not the one of the certificate")]
    ForeignKey,
}

impl ClientCredential {
    /// Reads the stored text, without the line end that files leave behind.
    pub fn parse(stored: &str) -> Result<Self, InvalidCredential> {
        match stored.trim() {
            "" => Err(InvalidCredential::Empty),
            pem if pem.contains(PEM) => ClientCertificate::from_pem(pem).map(Box::new).map(Self::Certificate),
            secret => {
                let (value, ends_at) = with_its_end(secret).map_or((secret, None), |(value, end)| (value, Some(end)));
                Ok(Self::Secret { value: value.into(), ends_at })
            }
        }
    }

    /// When Microsoft takes it no more, if that is known.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::Secret { ends_at, .. } => *ends_at,
            Self::Certificate(certificate) => validity::not_after(certificate.der()),
        }
    }
}

/// A secret and the day that stands on a line of its own behind it: at its begin it has ended.
fn with_its_end(text: &str) -> Option<(&str, Timestamp)> {
    let (secret, day) = text.split_once('\n')?;
    let day = day.trim().strip_prefix("expires ")?.trim();
    let end = format!("{day}T00:00:00Z").parse().ok()?;
    Some((secret.trim_end(), end))
}

impl ClientCertificate {
    fn from_pem(text: &str) -> Result<Self, InvalidCredential> {
        let keys: Result<Vec<_>, _> = PrivatePkcs8KeyDer::pem_slice_iter(text.as_bytes()).collect();
        let Ok([key]) = keys.as_deref() else { return Err(InvalidCredential::NotAPair) };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let certificates = certificates.ok().filter(|all| !all.is_empty()).ok_or(InvalidCredential::NotAPair)?;
        let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|_| InvalidCredential::WrongKey)?;
        let own = certificates.iter().find(|one| carries(one, key.public_key().as_ref()));
        let der = own.ok_or(InvalidCredential::ForeignKey)?.to_vec();
        Ok(Self { der, key })
    }

    /// The certificate in DER, as it is uploaded to Entra.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The private key.
    #[must_use]
    pub const fn key(&self) -> &RsaKeyPair {
        &self.key
    }

    /// `x5t#S256`: by which Entra finds the certificate (RFC 7515 §4.1.8).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.der))
    }
}

/// Whether a certificate carries this public key: X.509 holds its DER whole (RFC 8017 §A.1.1), 2,048 random bits that
/// stand nowhere else.
fn carries(certificate: &[u8], public_key: &[u8]) -> bool {
    certificate.windows(public_key.len()).any(|part| part == public_key)
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCertificate({}, [redacted])", self.thumbprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn a_text_is_a_secret_without_its_line_end() {
        let read = |text: &str| match ClientCredential::parse(text).unwrap() {
            ClientCredential::Secret { value, ends_at } => (value.expose_secret().to_owned(), ends_at),
            ClientCredential::Certificate(_) => panic!("{text}"),
        };
        assert_eq!(read("s~3cr.et\r\n"), ("s~3cr.et".to_owned(), None));
        assert_eq!(ClientCredential::parse(" \n").unwrap_err(), InvalidCredential::Empty);
        let end = "2027-11-26T00:00:00Z".parse().ok();
        assert_eq!(read("s~3cr.et\r\nexpires 2027-11-26\n"), ("s~3cr.et".to_owned(), end));
        assert_eq!(ClientCredential::parse("s\nexpires 2027-11-26").unwrap().ends_at(), end);
        for other in ["s\nexpires soon", "s\n2027-11-26", "s expires 2027-11-26"] {
            assert_eq!(read(other), (other.to_owned(), None), "no end can be read, and nothing is cut off");
        }
    }

    /// A spoilt certificate is never sent as if it were a client secret.
    #[test]
    fn what_looks_like_pem_is_no_secret() {
        let block = |kind: &str, body: &str| format!("-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n");
        let (key, certificate) = (block("PRIVATE KEY", "AAAA"), block("CERTIFICATE", "AAAA"));
        for (text, fault) in [
            (key.clone(), InvalidCredential::NotAPair),
            (certificate.clone(), InvalidCredential::NotAPair),
            (format!("{key}{key}{certificate}"), InvalidCredential::NotAPair),
            (format!("{}{certificate}", block("RSA PRIVATE KEY", "AAAA")), InvalidCredential::NotAPair),
            (format!("{}{certificate}", block("ENCRYPTED PRIVATE KEY", "AAAA")), InvalidCredential::NotAPair),
            ("-----BEGIN PRIVATE KEY-----".to_owned(), InvalidCredential::NotAPair),
            (format!("{key}{certificate}"), InvalidCredential::WrongKey),
        ] {
            assert_eq!(ClientCredential::parse(&text).unwrap_err(), fault, "{text}");
        }
    }
}
