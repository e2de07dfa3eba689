//! Signing keys.
//!
//! Stands for Entra's key set (signing-key-rollover, access-tokens): several keys in no meaningful
//! order, one of them current, each with the issuer template it serves; rollover unannounced.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Error;

const BITS: usize = 2048;

/// One RSA key with its name.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "StoredKey", into = "StoredKey")]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pkcs8: String,
    private: RsaPrivateKey,
}

/// How a key lies in the state file: base64 PKCS#8.
#[derive(Serialize, Deserialize)]
struct StoredKey {
    kid: String,
    pkcs8: String,
}

impl TryFrom<StoredKey> for SigningKey {
    type Error = String;

    fn try_from(stored: StoredKey) -> Result<Self, String> {
        let der = STANDARD.decode(&stored.pkcs8).map_err(|error| error.to_string())?;
        let private = RsaPrivateKey::from_pkcs8_der(&der).map_err(|error| error.to_string())?;
        Ok(Self { kid: stored.kid, pkcs8: stored.pkcs8, private })
    }
}

impl From<SigningKey> for StoredKey {
    fn from(key: SigningKey) -> Self {
        Self { kid: key.kid, pkcs8: key.pkcs8 }
    }
}

impl SigningKey {
    /// The key that every world in memory of this process begins with: to make one takes longer than most of what is done
    /// with it.
    pub(crate) fn first() -> Result<Self, Error> {
        static FIRST: OnceLock<SigningKey> = OnceLock::new();
        if let Some(key) = FIRST.get() {
            return Ok(key.clone());
        }
        let key = Self::generate()?;
        Ok(FIRST.get_or_init(|| key).clone())
    }

    pub(crate) fn generate() -> Result<Self, Error> {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS)?;
        let der = private.to_pkcs8_der().map_err(|error| Error::StoredKey(error.to_string()))?;
        let kid = URL_SAFE_NO_PAD.encode(&Sha256::digest(private.n().to_bytes_be())[..20]);
        Ok(Self { kid, pkcs8: STANDARD.encode(der.as_bytes()), private })
    }

    /// A compact JWS, RS256 whatever the header claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Result<String, Error> {
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.private.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(&input))?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A token with the header Entra writes.
    pub(crate) fn sign_token(&self, claims: &Value) -> Result<String, Error> {
        self.sign(&json!({ "typ": "JWT", "alg": "RS256", "kid": self.kid }), claims)
    }

    fn jwk(&self, base_url: &str) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": URL_SAFE_NO_PAD.encode(self.private.n().to_bytes_be()),
            "e": URL_SAFE_NO_PAD.encode(self.private.e().to_bytes_be()),
            "cloud_instance_name": "simulated",
            "issuer": format!("{base_url}/{{tenantid}}/v2.0"),
        })
    }
}

/// The key set as published.
pub(crate) fn jwks(keys: &[SigningKey], base_url: &str) -> Value {
    json!({ "keys": keys.iter().map(|key| key.jwk(base_url)).collect::<Vec<_>>() })
}
