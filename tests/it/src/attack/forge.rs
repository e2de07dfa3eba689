//! A signer that holds Microsoft's own private keys: what it makes differs from a good token only where it is told to.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::Value;

/// The keys of a simulated Microsoft, oldest first; the last is current.
pub(crate) struct Forger(Vec<(String, RsaKeyPair)>);

impl Forger {
    /// Reads them from the file in which the simulation keeps them.
    pub(crate) fn of(file: &Path) -> Self {
        let stored: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let key = |key: &Value| {
            let pkcs8 = STANDARD.decode(key["pkcs8"].as_str().unwrap()).unwrap();
            (key["kid"].as_str().unwrap().to_owned(), RsaKeyPair::from_pkcs8(&pkcs8).unwrap())
        };
        Self(stored["keys"].as_array().unwrap().iter().map(key).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn kid(&self, key: usize) -> &str {
        &self.0[key].0
    }

    /// RS256 with one of the keys, over any header and payload.
    pub(crate) fn sign(&self, key: usize, header: &[u8], payload: &[u8]) -> String {
        self.sign_as(&RSA_PKCS1_SHA256, key, header, payload)
    }

    /// Any RSA signature with one of the keys.
    pub(crate) fn sign_as(&self, how: &'static dyn RsaEncoding, key: usize, header: &[u8], payload: &[u8]) -> String {
        let key = &self.0[key].1;
        jws(header, payload, |signed| {
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(how, &SystemRandom::new(), signed, &mut signature).unwrap();
            signature
        })
    }
}

/// A compact JWS over any bytes.
pub(crate) fn jws(header: &[u8], payload: &[u8], sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The ways in which a public RSA key could be taken for an HMAC key (T19), named.
pub(crate) fn public_key_spellings(jwk: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    // RFC 8017 A.1.1 in RFC 5280 4.1.2.7, for 2048 bits and the exponent 65537.
    let mut pkcs1 = vec![0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];
    pkcs1.extend_from_slice(&modulus);
    pkcs1.extend_from_slice(&[0x02, 0x03, 0x01, 0x00, 0x01]);
    let mut spki = vec![0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    spki.extend_from_slice(&[0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00]);
    spki.extend_from_slice(&pkcs1);
    let text = STANDARD.encode(&spki);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    vec![
        ("PEM", pem.clone().into_bytes()),
        ("PEM without its last line end", pem.trim_end().as_bytes().to_vec()),
        ("SPKI", spki),
        ("PKCS#1", pkcs1),
        ("modulus", modulus),
        ("n", jwk["n"].as_str().unwrap().as_bytes().to_vec()),
        ("JWK", jwk.to_string().into_bytes()),
        ("kid", jwk["kid"].as_str().unwrap().as_bytes().to_vec()),
        ("nothing", Vec::new()),
    ]
}
