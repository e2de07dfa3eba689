//! A certificate in the place of the client secret, and what of it is secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onboarding_core::time::{Clock as _, SystemClock};
use simulated_microsoft::SelfSigned;

/// Where the private part of the PKCS#8 DER of an RSA key of 2,048 bits begins: behind the modulus and the exponent,
/// which stand in the certificate too.
const PRIVATE_FROM: usize = 303;
/// As many bytes as the scan looks for of one secret.
const PART: usize = 240;
/// How many bytes a line of PEM has.
const LINE: usize = 48;

/// A fresh one.
pub(crate) fn generate() -> SelfSigned {
    let now = chrono::DateTime::from_timestamp(SystemClock.now().seconds(), 0).unwrap();
    SelfSigned::generate(now, 365).unwrap()
}

/// What nobody may see of the PEM of a certificate with its key: the private numbers, as bytes and as lines.
pub(crate) fn secrets_of(pem: &str) -> Vec<Vec<u8>> {
    let (_, key) = pem.split_once("-----BEGIN PRIVATE KEY-----").unwrap();
    let lines: Vec<&str> = key.lines().filter(|line| !line.is_empty() && !line.starts_with('-')).collect();
    let der = STANDARD.decode(lines.concat()).unwrap();
    let numbers = der[PRIVATE_FROM..].chunks(PART).map(<[u8]>::to_vec);
    let lines = lines.iter().skip(PRIVATE_FROM.div_ceil(LINE)).map(|line| line.as_bytes().to_vec());
    numbers.chain(lines).collect()
}
