//! Keys and tokens, sound and unsound. RSA keys are made here only: ring can check but not make them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onboarding_core::cloud::{Cloud, Endpoints};
use rsa::sha2::{Digest as _, Sha256, Sha512};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};

/// Microsoft's own issuer, whatever the address under test: the signature check does not look at it.
pub(crate) fn issuer_template() -> String {
    Endpoints::of(Cloud::Global, None, None).issuer_template()
}

pub(crate) struct Signer {
    pub(crate) id: &'static str,
    pub(crate) private: RsaPrivateKey,
}

impl Signer {
    pub(crate) fn new(id: &'static str) -> Self {
        Self { id, private: RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2_048).unwrap() }
    }

    pub(crate) fn jwk(&self) -> Value {
        json!({
            "kty": "RSA", "use": "sig", "kid": self.id, "x5t": self.id,
            "n": encode(self.private.n().to_bytes_be()),
            "e": encode(self.private.e().to_bytes_be()),
            "x5c": ["MIIDBTCCAe2gAwIBAgIQ"],
            "cloud_instance_name": "microsoftonline.com",
            "issuer": issuer_template(),
        })
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "JWT", "alg": "RS256", "kid": self.id, "x5t": self.id })
    }

    /// A token as Microsoft makes it.
    pub(crate) fn token(&self) -> String {
        self.token_with(&self.header().to_string())
    }

    /// Rightly signed under another header.
    pub(crate) fn token_with(&self, header: &str) -> String {
        self.sign(header, &claims().to_string())
    }

    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", encode(header), encode(claims));
        let signature = self.private.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(&input)).unwrap();
        format!("{input}.{}", encode(signature))
    }

    /// RS512: a sound signature by a listed key, but not the algorithm that we take.
    pub(crate) fn sign_rs512(&self) -> String {
        let header = json!({ "typ": "JWT", "alg": "RS512", "kid": self.id });
        let input = format!("{}.{}", encode(header.to_string()), encode(claims().to_string()));
        let signature = self.private.sign(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(&input)).unwrap();
        format!("{input}.{}", encode(signature))
    }
}

pub(crate) fn claims() -> Value {
    json!({ "aud": "x", "sub": "s", "tid": "t" })
}

pub(crate) fn key_set(signers: &[&Signer]) -> Value {
    json!({ "keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>() })
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
