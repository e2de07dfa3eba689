//! Certificates: those registered for an application, and self-signed ones to try with.
//!
//! Stands for "Certificates & secrets" of a registration: a certificate in DER, good within its dates, found by the
//! SHA-256 of its DER.

use std::str::FromStr as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rsa::pkcs1v15::{Signature, SigningKey};
use rsa::pkcs8::{DecodePublicKey as _, EncodePrivateKey as _, LineEnding};
use rsa::{Pss, RsaPrivateKey, RsaPublicKey};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
use x509_cert::der::asn1::UtcTime;
use x509_cert::der::{Decode as _, Encode as _, EncodePem as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{EncodePublicKey as _, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::Error;

const BITS: usize = 2048;
/// The salt of PS256 is as long as its hash (RFC 7518 §3.5).
const SALT: usize = 32;

/// A certificate as it is registered: its public part.
#[derive(Clone, Debug)]
pub struct Certificate {
    thumbprint: String,
    key: RsaPublicKey,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Certificate {
    /// Reads a certificate with an RSA key.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let parsed = x509_cert::Certificate::from_der(der).map_err(malformed)?.tbs_certificate;
        let key = parsed.subject_public_key_info.to_der().map_err(malformed)?;
        let key = RsaPublicKey::from_public_key_der(&key).map_err(malformed)?;
        let instant = |time: Time| {
            let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
            DateTime::from_timestamp(seconds, 0).unwrap_or_default()
        };
        let (from, to) = (instant(parsed.validity.not_before), instant(parsed.validity.not_after));
        Ok(Self { thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(der)), key, from, to })
    }

    /// `x5t#S256`.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    pub(crate) fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.from <= now && now <= self.to
    }

    /// Whether the private key made this PS256 signature.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let pss = Pss::new_with_salt::<Sha256>(SALT);
        self.key.verify(pss, &Sha256::digest(message), signature).is_ok()
    }
}

/// A fresh self-signed certificate with its private key, for a sandbox or a test.
pub struct SelfSigned {
    certificate: x509_cert::Certificate,
    private: RsaPrivateKey,
}

impl SelfSigned {
    /// Makes one that is good from a day before `now` for `days` days after it.
    pub fn generate(now: DateTime<Utc>, days: i64) -> Result<Self, Error> {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS)?;
        let time = |at: DateTime<Utc>| {
            let since = Duration::from_secs(u64::try_from(at.timestamp()).unwrap_or_default());
            UtcTime::from_unix_duration(since).map(Time::UtcTime).map_err(malformed)
        };
        let validity =
            Validity { not_before: time(now - TimeDelta::days(1))?, not_after: time(now + TimeDelta::days(days))? };
        let name = Name::from_str("CN=onboarding").map_err(malformed)?;
        let public = private.to_public_key().to_public_key_der().map_err(malformed)?;
        let public = SubjectPublicKeyInfoOwned::try_from(public.as_bytes()).map_err(malformed)?;
        let signer = SigningKey::<Sha256>::new(private.clone());
        let serial = SerialNumber::from(rand::random::<u32>());
        let builder = CertificateBuilder::new(Profile::Root, serial, validity, name, public, &signer);
        let certificate = builder.map_err(malformed)?.build::<Signature>().map_err(malformed)?;
        Ok(Self { certificate, private })
    }

    /// The certificate alone, as it is uploaded.
    pub fn certificate(&self) -> Result<Certificate, Error> {
        Certificate::from_der(&self.certificate.to_der().map_err(malformed)?)
    }

    /// A compact JWS over any header and claims, signed PS256, whatever the header says.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, Error> {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let pss = Pss::new_with_salt::<Sha256>(SALT);
        let signature = self.private.sign_with_rng(&mut rsa::rand_core::OsRng, pss, &Sha256::digest(&input))?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Certificate and private key, as they are kept in a secret store.
    pub fn pem(&self) -> Result<String, Error> {
        let certificate = self.certificate.to_pem(LineEnding::LF).map_err(malformed)?;
        let key = self.private.to_pkcs8_pem(LineEnding::LF).map_err(malformed)?;
        Ok(format!("{certificate}{}", key.as_str()))
    }
}

fn malformed(error: impl std::fmt::Display) -> Error {
    Error::Certificate(error.to_string())
}
