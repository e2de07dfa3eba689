//! Items of the table: what is read of one is written and read back unchanged; nothing in one makes a reader panic.
//!
//! The first byte of the input says what the item is to be; the rest is the item, in DynamoDB's JSON.

#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use onboarding_core::audit::AuditRow;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::consent::{ConsentRequest, Leased, Verifying};
use onboarding_core::credential::KeyRecord;
use onboarding_core::delivery::Delivery;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::outcome::TokenHandle;
use onboarding_core::reseller::Reseller;
use onboarding_core::secret::SecretHash;
use onboarding_fuzz::NOW;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::{Item, from_item, to_item};

fuzz_target!(|input: &[u8]| {
    let [kind, text @ ..] = input else { return };
    let Ok(item) = serde_json::from_slice::<Item>(text) else { return };
    match kind % 8 {
        0 => drop(read::<AuditRow>(item)),
        1 => drop(read::<Catalogue>(item)),
        2 => look_after(read::<ConsentRequest>(item)),
        3 => drop(read::<KeyRecord>(item)),
        4 => drop(read::<Delivery>(item)),
        5 => look_at(read::<Enterprise>(item)),
        6 => drop(read::<Reseller>(item)),
        _ => drop(read::<TokenHandle>(item)),
    }
});

fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(item: Item) -> Option<T> {
    let entity: T = from_item(item).ok()?;
    let written: Item = to_item(&entity).expect("what was read can be written");
    assert_eq!(from_item::<Item, T>(written).ok().as_ref(), Some(&entity));
    Some(entity)
}

/// A request of any content is due at some time or never, and is in one stage.
fn look_after(request: Option<ConsentRequest>) {
    let Some(request) = request else { return };
    let (due, name) = (request.stage.due(), request.stage.name());
    assert_eq!(
        due.is_some(),
        matches!(name, "leased" | "verifying" | "awaiting_confirmation" | "awaiting_grant"),
        "{name}"
    );
    let lease = request.lease(&SecretHash::of("code"), NOW);
    assert!(lease.is_err() || name == "pending");
    assert_eq!(Leased::of(request.clone()).is_some(), name == "leased");
    assert_eq!(Verifying::of(request).is_some(), name == "verifying");
}

/// An enterprise of any content can be shown.
fn look_at(enterprise: Option<Enterprise>) {
    let Some(enterprise) = enterprise else { return };
    assert!(!enterprise.action_items().is_empty());
    assert!(
        enterprise.missing().count() <= enterprise.action_items().len(),
        "{:?}",
        enterprise.status(enterprise.created_at)
    );
}
