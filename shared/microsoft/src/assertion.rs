//! The client assertion: how a certificate proves who we are, in place of a client secret (RFC 7523 §2.2; Microsoft:
//! "Microsoft identity platform application authentication certificate credentials").

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onboarding_core::client_credential::ClientCertificate;
use onboarding_core::id::{ApplicationId, AssertionId};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::RSA_PSS_SHA256;
use serde_json::json;

/// The `client_assertion_type`.
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Microsoft advises 5 to 10 minutes; it is sent at once, so the shorter will do.
const LIFE: Duration = Duration::from_mins(5);

/// A fresh assertion for one request to `token_endpoint`, the very address that it is posted to. `None` if the key does
/// not sign, which a key that was read whole does.
pub(crate) fn assertion(
    certificate: &ClientCertificate,
    client_id: ApplicationId,
    token_endpoint: &str,
    (now, random): (Timestamp, &dyn Random),
) -> Option<String> {
    let client = client_id.to_string();
    let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": certificate.thumbprint() });
    let claims = json!({
        "aud": token_endpoint, "iss": client, "sub": client, "jti": AssertionId::random(random).to_string(),
        "iat": now.seconds(), "nbf": now.seconds(), "exp": now.plus(LIFE).seconds(),
    });
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; certificate.key().public().modulus_len()];
    // ring takes the salt's randomness from no source but its own.
    certificate.key().sign(&RSA_PSS_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).ok()?;
    Some(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
