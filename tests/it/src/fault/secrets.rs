//! P10: nothing that is secret in a run is in a row or in a line of the log, whatever went wrong. The search is that of
//! [`crate::canary`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::outside::{CLIENT_SECRET, FURTHER_SECRET, Outside, Proof};
use super::run::Run;
use crate::canary::allowed::take_addresses;
use crate::canary::certificate;
use crate::canary::scan::{Kind, Place, Scan};
use crate::canary::stage::secret_of;
use crate::world::World;

/// Searches rows and log for everything that was secret in this run.
pub(crate) async fn stay_in_their_place(outside: &Outside, run: &Run, world: &World, what: &str) {
    let mut scan = Scan::default();
    for secret in [CLIENT_SECRET, FURTHER_SECRET] {
        scan.canary(Kind::ClientSecret, secret);
    }
    if run.scenario.proof == Proof::Certificate {
        for secret in certificate::secrets_of(&Outside::certificate()) {
            scan.canary(Kind::PrivateKey, secret);
        }
    }
    for key in outside.ring("sealing-keys").await {
        let key = key["key"].as_str().unwrap();
        scan.canary(Kind::SealingKey, key);
        scan.canary(Kind::SealingKey, STANDARD.decode(key).unwrap());
    }
    for key in outside.ring(&run.webhook_ring).await {
        let key = key["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap();
        scan.canary(Kind::WebhookSecret, key);
        scan.canary(Kind::WebhookSecret, STANDARD.decode(key).unwrap());
    }
    scan.canary(Kind::OperatorKey, secret_of(world.sandbox.operator_key()));
    scan.canary(Kind::ResellerKey, secret_of(world.sandbox.reseller_key()));
    for secret in outside.plan.take_hidden() {
        scan.token(Kind::AccessToken, &secret);
    }
    for (kind, secret) in &run.told().secrets {
        scan.canary(*kind, secret.as_str());
    }
    for got in outside.receiver.got.lock().unwrap().iter() {
        let body: Value = serde_json::from_str(&got.body).unwrap();
        let result = &body["msalAuthenticationResult"]["authenticationResult"];
        for token in ["accessToken", "idToken"].iter().filter_map(|name| result[name].as_str()) {
            scan.token(Kind::TokenHandle, token.trim_start_matches("onbtok_"));
        }
    }
    scan.canary(Kind::MailAddress, run.scenario.person.upn);
    for mut row in outside.rows().await {
        take_addresses(&mut row);
        scan.output(Place::Row, row["PK"]["S"].to_string(), row.to_string());
    }
    let log = outside.log();
    assert!(!log.is_empty(), "{what}: nothing was logged");
    scan.output(Place::Log, "of the run", log);
    let (_, leaks) = scan.search();
    assert!(leaks.is_empty(), "{what}: {leaks:?}");
}
