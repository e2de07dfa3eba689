use super::*;
use crate::audit::Occasion;
use crate::catalogue::Catalogue;
use crate::enterprise::Profile;
use crate::fields::Fields;
use crate::id::{ApplicationId, ResellerId};
use crate::permission::{self, GRAPH, Kind};
use crate::proof::{Holder, Organization};
use crate::random::tests::Counting;
use crate::redirect_url::RedirectPolicy;
use crate::reseller::NewReseller;
use crate::seal::{Purpose, SealingKeys};
use crate::time::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const TENANT: TenantId = TenantId::from_u128(1);
const CLIENT: ApplicationId = ApplicationId::from_u128(2);

struct World {
    random: Counting,
    keys: SealingKeys,
    clients: ApplicationClients,
    enterprise: Enterprise,
    reseller: Reseller,
}

impl World {
    /// An enterprise with its registration, user synchronisation and management granted.
    fn new() -> Self {
        let random = Counting::default();
        let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
        let body = json!({"enterpriseName": "Contoso", "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
        let reseller = ResellerId::try_from(1).unwrap();
        let fields = Fields::of(body.as_object().cloned().unwrap());
        let profile = Profile::parse(fields, reseller, &Catalogue::default()).unwrap();
        let mut enterprise = Enterprise::create(EnterpriseId::try_from(7).unwrap(), reseller, profile, NOW);
        enterprise.tenant = Some(TENANT);
        let request = ConsentRequestId::new(NOW, &random);
        for action in [ActionType::Registration, ActionType::UserSync, ActionType::ServiceProviderManagement] {
            enterprise.actions.insert(action, ActionState::Granted { since: NOW, request: request.clone(), by: None });
        }
        let body = json!({"name": "Acme", "redirectHosts": ["hooks.example.com"],
                          "eventsUrl": "https://hooks.example.com/events"});
        let fields = Fields::of(body.as_object().cloned().unwrap());
        let reseller = NewReseller::parse(fields, RedirectPolicy::default()).unwrap().create(reseller, NOW);
        Self { random, keys, clients: ApplicationClients::single(CLIENT), enterprise, reseller }
    }

    fn context(&self) -> Context<'_> {
        let occasion = Occasion { now: NOW, reference: None, random: &self.random };
        Context { keys: &self.keys, occasion, authority_host: "", system: Some("test") }
    }

    fn drifts(&self, view: &TenantView, except: ActionType) -> Vec<Drift> {
        let also = self.enterprise.granted_before(&self.clients);
        let seen = Seen::by_signer(view, &also).unwrap();
        drifts((&self.enterprise, &self.reseller), seen, (&self.clients, except), self.context())
    }

    fn gone(&self, view: &TenantView) -> Vec<ActionType> {
        self.drifts(view, ActionType::LoginEnterpriseAdmin).into_iter().map(|drift| drift.action).collect()
    }
}

/// A tenant that shows everything.
fn whole() -> TenantView {
    let scopes = permission::names(ActionType::Registration, Kind::Delegated, GRAPH).map(str::to_owned).collect();
    let role = |name: &str| AppRole { client: CLIENT, resource: GRAPH, name: name.to_owned() };
    TenantView {
        organization: Some(Organization { id: TENANT, display_name: "MSFT".into() }),
        grants: Some(vec![DelegatedGrant { resource: GRAPH, holds_for: Holder::Tenant, scopes }]),
        app_roles: Some(permission::names(ActionType::UserSync, Kind::Application, GRAPH).map(role).collect()),
        joined: Some(vec![TEAMS_ADMINISTRATOR]),
        ..TenantView::default()
    }
}

/// What is granted says what is to be looked at: its registrations, and our directory roles.
#[test]
fn what_was_granted_is_looked_at() {
    let mut world = World::new();
    let also = world.enterprise.granted_before(&world.clients);
    assert_eq!(also, Also { clients: [CLIENT].into(), joined: true });
    world.enterprise.actions.clear();
    assert_eq!(world.enterprise.granted_before(&world.clients), Also::default());
}

/// R140 Each consent that is gone drifts, whatever proves it; what is shown stays.
#[test]
fn a_consent_that_is_gone_has_drifted() {
    let world = World::new();
    assert_eq!(world.gone(&whole()), []);
    let less = |change: fn(&mut TenantView)| {
        let mut view = whole();
        change(&mut view);
        world.gone(&view)
    };
    assert_eq!(less(|view| view.grants = Some(vec![])), [ActionType::Registration]);
    assert_eq!(less(|view| drop(view.app_roles.as_mut().unwrap().pop())), [ActionType::UserSync]);
    assert_eq!(less(|view| view.joined = Some(vec![])), [ActionType::ServiceProviderManagement]);
    assert_eq!(world.drifts(&TenantView { grants: Some(vec![]), ..whole() }, ActionType::Registration), []);
}

/// What was not read is not missing; another tenant says nothing of this one.
#[test]
fn what_was_not_read_has_not_drifted() {
    let mut world = World::new();
    let unread = TenantView { grants: None, app_roles: None, joined: None, ..whole() };
    assert_eq!(world.gone(&unread), []);
    let none = TenantView { grants: Some(vec![]), app_roles: Some(vec![]), joined: Some(vec![]), ..whole() };
    assert_eq!(world.gone(&none).len(), 3);
    world.enterprise.tenant = Some(TenantId::from_u128(9));
    assert_eq!(world.gone(&none), []);
    world.enterprise.tenant = Some(TENANT);
    let nothing = Also::default();
    let seen = Seen::by_signer(&none, &nothing).unwrap();
    assert_eq!(seen.shows(ActionType::UserSync, &world.clients), None, "its registration was not looked at");
}

/// The loss is an event, on the condition that the action is still granted as it was; without an address, a state.
#[test]
fn a_drift_is_told_as_an_event() {
    let mut world = World::new();
    let view = TenantView { grants: Some(vec![]), ..whole() };
    let [drift] = <[Drift; 1]>::try_from(world.drifts(&view, ActionType::UserSync)).unwrap();
    assert_eq!((drift.state.word(), drift.audit.action.as_str()), ("drifted", "consent.drifted"));
    let delivery = drift.delivery.unwrap();
    let opened = world.keys.open(Purpose::DeliveryBody, delivery.id.as_str(), &delivery.sealed_body, NOW).unwrap();
    let body: Value = serde_json::from_slice(&opened).unwrap();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("action.drifted"), &json!(NOW.to_string())));
    assert_eq!((&body["data"]["enterpriseId"], &body["data"]["status"]), (&json!(7), &json!("drifted")));
    assert_eq!(body["data"]["problem"]["code"], "consent_missing");
    world.reseller.events_url = None;
    assert!(world.drifts(&view, ActionType::UserSync)[0].delivery.is_none());
}
