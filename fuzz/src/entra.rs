//! Microsoft's signing keys on loopback: made when the target starts, read by the product's own client.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onboarding_core::application_client::ApplicationClients;
use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::id::ApplicationId;
use onboarding_core::identity::SignedClaims;
use onboarding_microsoft::id_token::IdTokenError;
use onboarding_microsoft::{Microsoft, Settings};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey as _;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::NOW;

/// What tokens call the one key that is listed.
pub const KEY_ID: &str = "listed";

/// A client of Microsoft, with the private keys of Microsoft and of a stranger.
pub struct Entra {
    runtime: Runtime,
    microsoft: Microsoft,
    listed: KeyPair,
    stranger: KeyPair,
}

impl Entra {
    /// Makes the keys and lists one of them.
    ///
    /// # Panics
    /// If loopback or the generator of keys fails: there is nothing to fuzz then.
    #[must_use]
    pub fn start() -> Self {
        let (listed, stranger) = (key_pair(), key_pair());
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let keys = key_set(&listed);
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &keys)));
        let base = Url::parse(&format!("http://{address}")).expect("an address makes a URL");
        let endpoints = Endpoints::of(Cloud::Global, Some(&base), Some(&base));
        let settings = Settings { endpoints, clients: ApplicationClients::single(ApplicationId::from_u128(0)) };
        Self {
            runtime: Builder::new_current_thread().enable_all().build().expect("a runtime of one thread"),
            microsoft: Microsoft::new(settings).expect("the client starts without connecting"),
            listed,
            stranger,
        }
    }

    /// What the product makes of a token.
    pub fn signed_claims(&self, token: &str) -> Result<SignedClaims, IdTokenError> {
        self.runtime.block_on(self.microsoft.signed_claims(token, NOW))
    }

    /// A token under Microsoft's signature.
    #[must_use]
    pub fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        jws(&self.listed, header, payload)
    }

    /// A token under a signature that is sound and not Microsoft's.
    #[must_use]
    pub fn sign_as_stranger(&self, header: &[u8], payload: &[u8]) -> String {
        jws(&self.stranger, header, payload)
    }
}

/// ring signs fast but makes no RSA keys; the `rsa` crate makes them.
fn key_pair() -> KeyPair {
    let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2_048).expect("2048 bits are enough");
    KeyPair::from_pkcs8(private.to_pkcs8_der().expect("a key has a DER form").as_bytes()).expect("ring takes 2048 bits")
}

fn jws(key: &KeyPair, header: &[u8], payload: &[u8]) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).expect("RS256 signs any text");
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn key_set(key: &KeyPair) -> String {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public());
    let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
    json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": KEY_ID, "n": n, "e": e }] }).to_string()
}

/// Answers whatever is asked with the key set.
fn answer(mut stream: TcpStream, keys: &str) {
    let mut request = [0; 4_096];
    let length = keys.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
    // A client that is gone needs no answer.
    if stream.read(&mut request).is_ok() {
        drop(stream.write_all(format!("{head}Connection: close\r\n\r\n{keys}").as_bytes()));
    }
}
