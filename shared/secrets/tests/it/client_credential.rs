//! What proves us to Microsoft: a secret or a certificate, and the change from one to the other.

use std::time::Duration;

use chrono::DateTime;
use onboarding_core::client_credential::ClientCredential;
use onboarding_secrets::SecretsError;
use simulated_microsoft::SelfSigned;

use crate::world::{NOW, World, client_secret};

fn certificate() -> SelfSigned {
    SelfSigned::generate(DateTime::from_timestamp(NOW.seconds(), 0).unwrap(), 30).unwrap()
}

/// A pair in PEM is a certificate, in either order, with a chain beside it; it shows its thumbprint and not its key.
#[tokio::test]
async fn a_pair_is_a_certificate() {
    let (own, chained) = (certificate(), certificate());
    let (pem, chain) = (own.pem().unwrap(), chained.pem().unwrap());
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
    let chain = &chain[..chain.find("-----BEGIN PRIVATE").unwrap()];
    for text in [pem.clone(), format!("{key}{certificate}\r\n"), format!("{chain}{key}{certificate}")] {
        let world = World::new().await;
        world.by_hand("client-secret", &text).await;
        let read = world.secrets.client_credential(NOW).await.unwrap();
        let ClientCredential::Certificate(read) = read.as_ref() else { panic!("a secret") };
        let thumbprint = own.certificate().unwrap().thumbprint().to_owned();
        assert_eq!(format!("{read:?}"), format!("ClientCertificate({thumbprint}, [redacted])"));
    }
    let world = World::new().await;
    world.by_hand("client-secret", &format!("{key}{chain}")).await;
    let malformed = SecretsError::Malformed("onboarding/test/client-secret".to_owned());
    assert_eq!(world.secrets.client_credential(NOW).await.unwrap_err(), malformed, "a key of another certificate");
}

/// A change is seen within five minutes, and after a refusal at once; refusals cost one read in 30 s.
#[tokio::test]
async fn a_refused_credential_is_read_again() {
    let world = World::new().await;
    world.by_hand("client-secret", "former").await;
    assert_eq!(client_secret(&world, NOW).await.as_deref(), Ok("former"));
    world.by_hand("client-secret", &certificate().pem().unwrap()).await;
    let is_certificate = async |seconds, refused| {
        let now = NOW.plus(Duration::from_secs(seconds));
        let read = if refused {
            world.secrets.client_credential_after_refusal(now).await
        } else {
            world.secrets.client_credential(now).await
        };
        matches!(read.unwrap().as_ref(), ClientCredential::Certificate(_))
    };
    assert!(!is_certificate(299, false).await);
    assert!(is_certificate(299, true).await);
    for seconds in 300..329 {
        assert!(is_certificate(seconds, true).await);
    }
    assert_eq!(world.reads(), 1);
    world.fail_reads(1);
    assert!(is_certificate(329, true).await, "an outage leaves the last good one");
}
