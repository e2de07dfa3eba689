//! A management consent that is no longer asked for: what was made before does nothing any more.

use onboarding_core::action::ActionType;
use onboarding_core::id::ReferenceId;
use onboarding_core::identity::Signer;
use onboarding_core::random::SystemRandomness;
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Clock as _;
use onboarding_dynamo::consent::Lease;
use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, GRACE, TEAMS_ADMINISTRATOR};

use crate::admin_consent::granted;
use crate::effects::Effects;
use crate::world::{Decision, World};

const MANAGED: &str = "canResellerManageEnterpriseProvisioning";
const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";

/// An enterprise that is asked for the management consent, registered by an administrator who may give it.
async fn managed(world: &World) -> u64 {
    let enterprise = world.enterprise(json!({MANAGED: true, "expectedTenant": CONTOSO.id})).await;
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    enterprise
}

/// R002 A link from before a withdrawal neither grants nor refuses anything, whatever its holder chooses at Microsoft, and not even
/// once the consent is asked for again; a link that is made then works.
#[tokio::test]
async fn a_link_from_before_a_withdrawal_is_dead() {
    let world = World::new().await;
    let enterprise = managed(&world).await;
    let old = world.link_for(enterprise, MANAGEMENT).await;
    assert_eq!(world.edit(enterprise, json!({ MANAGED: false })).await["managementConsent"]["status"], "withdrawn");
    world.settle().await;
    for (ticked, stands) in [(false, "withdrawn"), (true, "pending_consent")] {
        world.edit(enterprise, json!({ MANAGED: ticked })).await;
        let before = world.snapshot().await;
        for decision in [Decision::Cancel, Decision::ForTheOrganization] {
            let page = world.visit(&old, &GRACE, decision).await.ours();
            assert_eq!(page.status, 403, "{}", page.text());
            assert!(page.text().contains("no longer asks for it"), "{}", page.text());
            assert_eq!(world.standing(enterprise, MANAGEMENT).await, (stands.to_owned(), None));
        }
        // The lease was given back, with its code as used.
        let expected = Effects { changed: [("request".to_owned(), 1)].into(), ..Effects::none() };
        assert_eq!(world.effects_since(&before).await, expected);
    }
    let new = world.link_for(enterprise, MANAGEMENT).await;
    world.visit(&new, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
}

/// R002 A start link for it that was made before the withdrawal leads nowhere, and the provider may ask again by another.
#[tokio::test]
async fn a_start_link_from_before_a_withdrawal_leads_nowhere() {
    let world = World::new().await;
    let enterprise = managed(&world).await;
    let start = async || {
        let body = json!({"redirectUrl": world.hook(), "actions": [MANAGEMENT]});
        let made = world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/links"), Some(&body)).await;
        made.json()["startUrl"].as_str().unwrap().to_owned()
    };
    let leads_on = async |start: &str| {
        let page = Visitor::new().unwrap().open(start).await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        page.text().contains("Continue to")
    };
    let old = start().await;
    assert!(leads_on(&old).await);
    world.sandbox.clock().advance(1);
    world.edit(enterprise, json!({ MANAGED: false })).await;
    assert!(!leads_on(&old).await, "it is no longer asked for");
    world.http.post(&old).send().await.unwrap();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await.0, "withdrawn");
    world.sandbox.clock().advance(1);
    let new = start().await;
    assert!(leads_on(&new).await && !leads_on(&old).await);
}

/// R002, P6 While somebody is back from Microsoft by the newest link, the consent is being decided, and not withdrawn.
#[tokio::test]
async fn what_is_being_decided_is_not_withdrawn() {
    let world = World::new().await;
    let enterprise = managed(&world).await;
    world.link_for(enterprise, MANAGEMENT).await;
    let (store, now) = (world.sandbox.store(), world.sandbox.clock().now());
    let read = store.enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap();
    let link = read.action(ActionType::ServiceProviderManagement).link().unwrap().clone();
    let signer =
        Signer { tenant: CONTOSO.id.parse().unwrap(), object: GRACE.oid.parse().unwrap(), user_principal_name: None };
    let holder = ReferenceId::new(now, &SystemRandomness::new());
    let leased = store.lease(&link, &signer, &SecretHash::of("code"), (&holder, now)).await.unwrap();
    let Lease::Won(leased) = leased else { panic!("{leased:?}") };
    let untick = async || world.patch(enterprise, Some("*"), &json!({ MANAGED: false })).await;
    assert_eq!(untick().await.problem(), (409, "revoke_required".to_owned(), vec![]));
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, ("started".to_owned(), None));
    store.release(&leased).await.unwrap();
    assert_eq!(untick().await.json()["managementConsent"]["status"], "withdrawn");
}
