//! Action types: which have a link, for which enterprises, and what proves each.

use reqwest::Method;
use serde_json::{Value, json};

use crate::admin_consent::{granted, visit};
use crate::effects::Effects;
use crate::world::World;

const SERVICES: [&str; 6] = ["PBX", "Trunk", "CALLAPP", "CallRecording", "SMS", "CHAT"];

/// The consents of our application itself, with their consent types.
const APPLICATION: [(&str, &str); 7] = [
    ("GET_USER_SYNC_CONSENT", "UserSync"),
    ("GET_PRESENCE_CONSENT", "Presence"),
    ("GET_AGENT_CONSENT", "Agent"),
    ("GET_CALL_APP_CONSENT", "CallApp"),
    ("GET_CONTACTS_CONSENT", "Contacts"),
    ("GET_CDR_CONSENT", "CDR"),
    ("GET_CALL_RECORDING_CONSENT", "CallRecording"),
];

/// R134-R139 Each consent of our application has its link, is proved by its app roles, and is told.
#[tokio::test]
async fn every_application_consent_is_proved_by_its_app_roles() {
    let world = World::new().await;
    for (action, consent_type) in APPLICATION {
        let changes = json!({"enterpriseName": action, "services": SERVICES,
                             "expectedTenant": simulated_microsoft::CONTOSO.id});
        let enterprise = world.enterprise(changes).await;
        let page = visit(&world.link_for(enterprise, action).await, "Accept").await;
        assert!(page.text().contains("Granted Consent"), "{action}: {}", page.text());
        assert_eq!(world.standing(enterprise, action).await, granted(), "{action}");
        let item = world.action(enterprise, action).await;
        assert_eq!(item["consentType"], consent_type);
    }
    world.settle().await;
    let told = world.outcomes();
    for (action, _) in APPLICATION {
        let of = told.iter().find(|told| told["actionType"] == action);
        assert_eq!(of.map(|told| &told["outcome"]), Some(&json!("granted")), "{action}");
    }
}

/// R137, R139 A consent of a service that the enterprise does not have is not asked for, and nothing is started.
#[tokio::test]
async fn a_consent_of_another_service_does_not_apply() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let before = world.snapshot().await;
    for action in ["GET_CALL_APP_CONSENT", "GET_CALL_RECORDING_CONSENT"] {
        let refused = world.ask_for(world.sandbox.reseller_key(), enterprise, action).await;
        assert_eq!(refused.problem(), (409, "not_applicable".to_owned(), vec![]), "{action}");
        assert_eq!(world.action(enterprise, action).await, Value::Null, "{action}");
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R138 An action type and a consent type that are no pair are a fault; a pair is taken.
#[tokio::test]
async fn action_type_and_consent_type_are_a_pair() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let ask = async |consent_type: &str| {
        let body = json!({"actionType": "GET_PRESENCE_CONSENT", "consentType": consent_type,
                          "enterpriseId": enterprise, "redirectUrl": world.hook()});
        world.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await
    };
    let fault = vec![("/consentType".to_owned(), "consent_type_mismatch".to_owned())];
    assert_eq!(ask("UserSync").await.problem(), (422, "invalid_body".to_owned(), fault));
    assert_eq!(world.standing(enterprise, "GET_PRESENCE_CONSENT").await, ("pending_consent".to_owned(), None));
    assert_eq!(ask("Presence").await.status, 200);
    assert_eq!(world.standing(enterprise, "GET_PRESENCE_CONSENT").await, ("started".to_owned(), None));
}
