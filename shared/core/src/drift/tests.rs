use super::*;
use crate::advice::Code;
use crate::audit::Occasion;
use crate::catalogue::Catalogue;
use crate::consent::Context;
use crate::delivery::Body;
use crate::enterprise::Profile;
use crate::fields::Fields;
use crate::id::{ApplicationId, ResellerId, TenantId};
use crate::permission::{self, GRAPH, Kind, TEAMS_ADMIN_API};
use crate::plan::Wanted;
use crate::proof::application::{AppRole, View};
use crate::proof::membership::SKYPE_ADMINISTRATOR;
use crate::proof::{DelegatedGrant, Holder, Organization, TEAMS_ADMINISTRATOR, TenantView};
use crate::random::tests::Counting;
use crate::redirect_url::RedirectPolicy;
use crate::reseller::{NewReseller, Reseller};
use crate::seal::{Purpose, SealingKeys};
use crate::time::Timestamp;
use serde_json::{Value, json};

mod unreadable;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const LATER: Timestamp = Timestamp::from_seconds(1_800_040_000);
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
            enterprise
                .actions
                .insert(action, ActionState::Granted { since: NOW, request: request.clone(), by: None, tenant: None });
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

    fn changes(&self, view: &TenantView, decided: Option<Decided<'_>>) -> Vec<Change> {
        let also = self.enterprise.granted_before(&self.clients);
        let seen = Seen::by_signer(view, &also).unwrap();
        changes(&self.enterprise, seen, (&self.clients, decided), LATER)
    }

    fn watched(&self, view: &View) -> Vec<Change> {
        let also = self.enterprise.granted_before(&self.clients);
        let seen = Seen::by_watching(TENANT, view, &also).unwrap();
        changes(&self.enterprise, seen, (&self.clients, None), LATER)
    }

    fn gone(&self, view: &TenantView) -> Vec<ActionType> {
        self.changes(view, None).into_iter().map(|change| change.action).collect()
    }

    fn noted(&self, change: Change) -> Drift {
        let parties = (&self.enterprise, &self.reseller);
        let start_page = "https://consent.example.com/start/";
        change.noted(None, Noting { parties, clients: &self.clients, start_page, context: self.context() }).unwrap()
    }

    /// `data` of the event, and its type.
    fn told(&self, drift: &Drift) -> (String, Value) {
        let delivery = drift.delivery.as_ref().unwrap();
        let Body::Sealed(sealed) = &delivery.body else { panic!("{:?}", delivery.body) };
        let opened = self.keys.open(Purpose::DeliveryBody, delivery.id.as_str(), sealed, NOW).unwrap();
        let mut body: Value = serde_json::from_slice(&opened).unwrap();
        assert_eq!((&body["type"], &body["timestamp"]), (&json!(delivery.event), &json!(NOW.to_string())));
        (delivery.event.clone(), body["data"].take())
    }

    /// The same enterprise with these changes made.
    fn after(mut self, changes: Vec<Change>) -> Self {
        for Change { action, is, .. } in changes {
            if matches!(is, ActionState::Granted { .. }) {
                self.enterprise.lost.remove(&action);
            } else {
                self.enterprise.lost.insert(action);
            }
            self.enterprise.actions.insert(action, is);
        }
        self
    }
}

fn words(changes: &[Change]) -> Vec<(ActionType, &'static str)> {
    changes.iter().map(|change| (change.action, change.is.word())).collect()
}

/// What our own token shows of the same tenant.
fn open(view: TenantView) -> View {
    let (organization, roles) = (view.organization.unwrap(), view.app_roles.unwrap());
    View::Open { organization, roles, grants: view.grants, joined: view.joined, absent: [].into() }
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
    let decided = Decided { action: ActionType::Registration, screen: &[ActionType::Registration] };
    assert_eq!(world.changes(&TenantView { grants: Some(vec![]), ..whole() }, Some(decided)), []);
    let screen = [ActionType::Registration, ActionType::UserSync];
    let asked_again = Decided { action: ActionType::Registration, screen: &screen };
    let gone = world.changes(&TenantView { app_roles: Some(vec![]), ..whole() }, Some(asked_again));
    assert_eq!(words(&gone), [(ActionType::UserSync, "drifted")], "what the same screen asked for is gone too");
}

/// R141 A membership in Skype for Business Administrator that was seen is missed; a tenant that never had it misses nothing.
#[test]
fn a_role_is_missed_where_it_was_seen() {
    let mut world = World::new();
    let both = TenantView { joined: Some(vec![TEAMS_ADMINISTRATOR, SKYPE_ADMINISTRATOR]), ..whole() };
    let also = world.enterprise.granted_before(&world.clients);
    assert_eq!(Seen::by_signer(&both, &also).unwrap().joined_roles(), [SKYPE_ADMINISTRATOR]);
    assert_eq!(Seen::by_signer(&whole(), &also).unwrap().joined_roles(), []);
    assert_eq!(world.gone(&whole()), []);
    world.enterprise.joined_roles.insert(SKYPE_ADMINISTRATOR);
    assert_eq!(world.gone(&both), []);
    assert_eq!(world.gone(&whole()), [ActionType::ServiceProviderManagement]);
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
    let shown = seen.shows(ActionType::UserSync, &world.enterprise, &world.clients);
    assert_eq!(shown, Shown::Unread, "its registration was not looked at");
}

/// K17 The loss is an event with a link for just what is missing, whose handle is in the event alone; without an address
/// for events it is a state.
#[test]
fn a_loss_is_told_with_a_link_for_what_is_missing() {
    let mut world = World::new();
    let mut view = whole();
    view.grants.as_mut().unwrap()[0].scopes.retain(|scope| scope != "User.ReadWrite.All");
    let [change] = <[Change; 1]>::try_from(world.changes(&view, None)).unwrap();
    let drift = world.noted(change.clone());
    assert_eq!((drift.state.word(), drift.audit.action.as_str()), ("drifted", "consent.drifted"));
    let (event, data) = world.told(&drift);
    assert_eq!(event, "action.drifted");
    assert_eq!((&data["enterpriseId"], &data["status"]), (&json!(7), &json!("drifted")));
    assert_eq!(data["problem"]["code"], "consent_missing");
    assert!(data["problem"]["detail"].as_str().unwrap().contains("User.ReadWrite.All"), "{data}");
    assert_eq!(data["microsoftScreens"], 1);
    let link = drift.link.unwrap();
    let part = Wanted::Part { action: ActionType::Registration, permissions: vec!["User.ReadWrite.All".to_owned()] };
    assert_eq!(
        (link.wanted.clone(), link.expires_at.to_string()),
        (part, data["expiresAt"].as_str().unwrap().to_owned())
    );
    let handle = data["startUrl"].as_str().unwrap().strip_prefix("https://consent.example.com/start/").unwrap();
    assert_eq!(crate::secret::SecretHash::of(handle), link.hash);
    world.reseller.events_url = None;
    let untold = world.noted(change);
    assert!(untold.delivery.is_none() && untold.link.is_none());
}

/// K17 The loss of a consent whose service was dropped is told without a link, which would lead nowhere.
#[test]
fn a_loss_that_nobody_needs_to_mend_has_no_link() {
    let mut world = World::new();
    let request = ConsentRequestId::new(NOW, &world.random);
    let (since, by, tenant) = (NOW, None, None);
    world.enterprise.actions.insert(ActionType::CallApp, ActionState::Granted { since, request, by, tenant });
    let gone = world.changes(&whole(), None);
    assert_eq!(words(&gone), [(ActionType::CallApp, "drifted")]);
    let drift = world.noted(gone[0].clone());
    let (event, data) = world.told(&drift);
    assert_eq!((event.as_str(), &drift.link, &data["startUrl"]), ("action.drifted", &None, &Value::Null));
}

/// K17 What is gone comes back once it is shown again, to whoever granted it; what was begun meanwhile does not matter.
#[test]
fn what_is_shown_again_has_recovered() {
    let world = World::new();
    let gone = world.changes(&TenantView { grants: Some(vec![]), ..whole() }, None);
    let mut world = world.after(gone);
    assert_eq!(world.changes(&TenantView { grants: Some(vec![]), ..whole() }, None), [], "it is told once");
    let back = world.changes(&whole(), None);
    assert_eq!(words(&back), [(ActionType::Registration, "granted")]);
    assert_eq!(back[0].granted_by(), world.enterprise.actions[&ActionType::Registration].grant().map(|(link, _)| link));
    let screen = [ActionType::ServiceProviderManagement, ActionType::Registration];
    let companion = Decided { action: ActionType::ServiceProviderManagement, screen: &screen };
    assert_eq!(world.changes(&whole(), Some(companion)), back, "what is asked for again has no link of its own");
    let stranger = Decided { action: ActionType::UserSync, screen: &[ActionType::UserSync] };
    assert_eq!(world.changes(&whole(), Some(stranger)), back, "no link of this screen decides it");
    let drift = world.noted(back[0].clone());
    assert_eq!((drift.audit.action.as_str(), &drift.link), ("consent.recovered", &None));
    assert_eq!(world.told(&drift).0, "action.recovered");
    let started =
        ActionState::Started { since: NOW, request: ConsentRequestId::new(NOW, &world.random), asked_again: false };
    world.enterprise.actions.insert(ActionType::Registration, started);
    assert_eq!(words(&world.changes(&whole(), None)), [(ActionType::Registration, "granted")]);
    assert_eq!(world.changes(&whole(), Some(companion)), [], "its own link decides it");
    world.enterprise.lost.clear();
    assert_eq!(world.changes(&whole(), None), [], "it never was granted, or is asked for anew");
}

/// K17 What is lost may lose more, which is told once more; that a part of it is back is noted and not told. It may be revoked then.
#[test]
fn what_is_lost_may_lose_more() {
    let without = |names: &[&str]| {
        let mut view = whole();
        view.grants.as_mut().unwrap()[0].scopes.retain(|scope| !names.contains(&scope.as_str()));
        view
    };
    let (users, apps) = ("User.ReadWrite.All", "TeamsAppInstallation.ReadWriteForUser");
    let world = World::new();
    let lost = world.changes(&without(&[users]), None);
    let world = world.after(lost);
    assert_eq!(world.changes(&without(&[users]), None), []);
    let [more] = <[Change; 1]>::try_from(world.changes(&without(&[users, apps]), None)).unwrap();
    let drift = world.noted(more.clone());
    assert_eq!(world.told(&drift).0, "action.drifted");
    assert_eq!(drift.state.since(), Some(LATER));
    let permissions = [apps, users].map(str::to_owned).to_vec();
    assert_eq!(drift.link.unwrap().wanted, Wanted::Part { action: ActionType::Registration, permissions });
    let world = world.after(vec![more]);
    let [less] = <[Change; 1]>::try_from(world.changes(&without(&[apps]), None)).unwrap();
    assert!(!less.is_return());
    let drift = world.noted(less.clone());
    assert_eq!((&drift.delivery, &drift.link, drift.audit.action.as_str()), (&None, &None, "consent.drifted"));
    let mut world = world.after(vec![less]);
    assert_eq!(
        world.enterprise.action(ActionType::Registration).problem(),
        Some(Code::ConsentMissing.explain_naming(&[apps]))
    );
    let removed = View::Closed { absent: [CLIENT].into() };
    let revoked = world.watched(&removed).remove(0);
    assert_eq!((revoked.action, revoked.is.word()), (ActionType::Registration, "revoked"));
    assert_eq!(world.told(&world.noted(revoked)).0, "action.revoked");

    let lost = world.changes(&TenantView { app_roles: Some(vec![]), ..whole() }, None);
    world = world.after(lost.into_iter().filter(|change| change.action == ActionType::UserSync).collect());
    let unread = world.watched(&View::Closed { absent: [].into() });
    assert_eq!(
        words(&unread),
        [(ActionType::ServiceProviderManagement, "unverifiable")],
        "what was missing is missing still"
    );
}

/// K17 What another API had granted may go after a loss of Graph's, and is then missed until it is back too.
#[test]
fn what_another_api_had_may_go_later() {
    let teams = DelegatedGrant {
        resource: TEAMS_ADMIN_API,
        holds_for: Holder::Tenant,
        scopes: vec!["user_impersonation".to_owned()],
    };
    let view = |users: bool, has_teams: bool| {
        let mut view = whole();
        let grants = view.grants.as_mut().unwrap();
        grants[0].scopes.retain(|scope| users || scope != "User.ReadWrite.All");
        grants.extend(has_teams.then(|| teams.clone()));
        view
    };
    let mut world = World::new();
    world.enterprise.beyond_graph.insert(format!("{TEAMS_ADMIN_API}/user_impersonation"));
    let lost = world.changes(&view(false, true), None);
    let world = world.after(lost);
    assert_eq!(
        words(&world.changes(&view(true, false), None)),
        [(ActionType::Registration, "granted")],
        "Graph's decide alone"
    );
    let more = world.changes(&view(false, false), None);
    assert!(
        world.told(&world.noted(more[0].clone())).1["problem"]["detail"]
            .as_str()
            .unwrap()
            .contains("user_impersonation")
    );
    let world = world.after(more);
    assert_eq!(words(&world.changes(&view(true, false), None)), [(ActionType::Registration, "drifted")]);
    assert_eq!(words(&world.changes(&view(true, true), None)), [(ActionType::Registration, "granted")]);
}

/// R112, K17 Of a loss that somebody began to mend the watch decides what no link decides any more, because that has ended.
#[test]
fn what_nobody_mends_any_more_is_left_to_the_watch() {
    let world = World::new();
    let gone = world.changes(&TenantView { grants: Some(vec![]), ..whole() }, None);
    let mut world = world.after(gone);
    let request = ConsentRequestId::new(NOW, &world.random);
    let ended = ActionState::Expired { since: NOW, request: Some(request), asked_again: false };
    world.enterprise.actions.insert(ActionType::Registration, ended);
    let screen = [ActionType::ServiceProviderManagement, ActionType::Registration];
    let companion = Decided { action: ActionType::ServiceProviderManagement, screen: &screen };
    assert_eq!(words(&world.changes(&whole(), Some(companion))), [(ActionType::Registration, "granted")]);
}

/// K17 Where a tenant is known by a domain alone, it is the one in which something was proved; what was proved elsewhere is not looked
/// at there.
#[test]
fn the_tenant_of_a_domain_is_where_something_was_proved() {
    let mut world = World::new();
    world.enterprise.tenant = None;
    world.enterprise.profile.expected_tenant = Some("contoso.com".parse().unwrap());
    assert_eq!(
        (world.enterprise.watched_tenant(), world.gone(&TenantView { joined: Some(vec![]), ..whole() })),
        (None, vec![])
    );
    let elsewhere = TenantId::from_u128(9);
    for (action, tenant) in [(ActionType::UserSync, TENANT), (ActionType::ServiceProviderManagement, elsewhere)] {
        let request = ConsentRequestId::new(NOW, &world.random);
        let granted = ActionState::Granted { since: NOW, request, by: None, tenant: Some(tenant) };
        world.enterprise.actions.insert(action, granted);
    }
    assert_eq!(world.enterprise.watched_tenant(), Some(TENANT));
    let less = TenantView { joined: Some(vec![]), app_roles: Some(vec![]), ..whole() };
    assert_eq!(world.gone(&less), [ActionType::UserSync]);
    world.enterprise.tenant = Some(elsewhere);
    assert_eq!(world.enterprise.watched_tenant(), Some(elsewhere), "it is bound by now");
}

/// A tenant that has removed our application has revoked everything; that it is back is shown by its grants.
#[test]
fn a_tenant_that_removes_our_application_revokes_everything() {
    let world = World::new();
    let removed = View::Closed { absent: [CLIENT].into() };
    let gone = world.watched(&removed);
    let all = [ActionType::Registration, ActionType::UserSync, ActionType::ServiceProviderManagement];
    assert_eq!(words(&gone), all.map(|action| (action, "revoked")));
    let drift = world.noted(gone[1].clone());
    assert_eq!(drift.link.as_ref().unwrap().wanted, Wanted::These([ActionType::UserSync].into()));
    assert_eq!(world.told(&drift).0, "action.revoked");
    let world = world.after(gone);
    assert_eq!(world.watched(&removed), []);
    assert_eq!(words(&world.watched(&open(whole()))), all.map(|action| (action, "granted")));
}

/// K17 A permission of another API than Graph is missed only where it was seen, and as long as Microsoft has not refused it.
#[test]
fn a_permission_of_another_api_is_missed_where_it_was_seen() {
    let scope = format!("{TEAMS_ADMIN_API}/user_impersonation");
    let mut with = whole();
    let (resource, scopes) = (TEAMS_ADMIN_API, vec!["user_impersonation".to_owned()]);
    with.grants.as_mut().unwrap().push(DelegatedGrant { resource, holds_for: Holder::Tenant, scopes });
    let also = crate::proof::Also::default();
    assert_eq!(Seen::by_signer(&with, &also).unwrap().beyond_graph(), std::slice::from_ref(&scope));
    assert_eq!(Seen::by_signer(&whole(), &also).unwrap().beyond_graph(), Vec::<String>::new());
    let mut world = World::new();
    assert_eq!(world.changes(&whole(), None), [], "it was never seen");
    world.enterprise.beyond_graph.insert(scope.clone());
    assert_eq!(world.changes(&with, None), []);
    let gone = world.changes(&whole(), None);
    assert_eq!(words(&gone), [(ActionType::Registration, "drifted")]);
    let wanted = world.noted(gone[0].clone()).link.unwrap().wanted;
    let permissions = vec!["user_impersonation".to_owned()];
    assert_eq!(wanted, Wanted::Part { action: ActionType::Registration, permissions });
    world.enterprise.isolated.insert(scope);
    assert_eq!(world.changes(&whole(), None), [], "the tenant lacks the API by now");
}

/// A Microsoft that is away changes nothing, and is asked again soon; so is one that shows a part.
#[test]
fn what_is_not_answered_changes_nothing() {
    let world = World::new();
    let also = world.enterprise.granted_before(&world.clients);
    assert!(Seen::by_watching(TENANT, &View::Unread, &also).is_none());
    let some = open(TenantView { joined: None, ..whole() });
    let said = |view: &View| {
        let seen = Seen::by_watching(TENANT, view, &also).unwrap();
        (seen.is_whole(), seen.is_answered())
    };
    assert_eq!((said(&some), said(&open(whole()))), ((false, false), (true, true)));
    assert_eq!(world.watched(&some), []);
    assert!(look_again(NOW) < next_look(world.enterprise.id, NOW));
}

/// A grant that was not seen in time is still looked for (DESIGN: "drift keeps looking and heals it").
#[test]
fn a_grant_that_was_seen_late_is_granted() {
    let mut world = World::new();
    let (request, missing) = (ConsentRequestId::new(NOW, &world.random), vec![]);
    let (code, asked_again) = (Code::GrantNotVisible, false);
    let blocked = ActionState::Blocked { since: NOW, request, code, asked_again, missing };
    world.enterprise.actions.insert(ActionType::UserSync, blocked);
    assert_eq!(words(&world.watched(&open(whole()))), [(ActionType::UserSync, "granted")]);
}

/// R195 What a reviewer of the tenant may still approve is looked for too; a sign-in is not approved by anybody else.
#[test]
fn what_a_reviewer_approves_is_granted() {
    let mut world = World::new();
    let (request, missing) = (ConsentRequestId::new(NOW, &world.random), vec![]);
    let (code, asked_again) = (Code::ApprovalRequested, false);
    let blocked = ActionState::Blocked { since: NOW, request, code, asked_again, missing };
    world.enterprise.actions.insert(ActionType::UserSync, blocked.clone());
    world.enterprise.actions.insert(ActionType::Registration, blocked);
    let found = world.watched(&open(whole()));
    assert_eq!(words(&found), [(ActionType::UserSync, "granted")]);
    assert!(found[0].is_late());
}

/// P3 A consent that nobody could read is granted once it is shown, and lost nothing if it is not; a sign-in has its own proof.
#[test]
fn what_could_not_be_read_may_be_seen_later() {
    let mut world = World::new();
    let request = ConsentRequestId::new(NOW, &world.random);
    let unverifiable = ActionState::Unverifiable { since: NOW, request, by: None };
    world.enterprise.actions.insert(ActionType::UserSync, unverifiable.clone());
    world.enterprise.actions.insert(ActionType::Registration, unverifiable);
    let found = world.watched(&open(whole()));
    assert_eq!(words(&found), [(ActionType::UserSync, "granted")]);
    assert!(found[0].is_late());
    let nothing = TenantView { app_roles: Some(vec![]), ..whole() };
    assert_eq!(words(&world.watched(&open(nothing))), []);
}

/// K17 Every enterprise is looked at within twelve hours, and not all of them at once.
#[test]
fn looks_are_spread_over_the_day() {
    let looks: std::collections::BTreeSet<Timestamp> =
        (1..=1_000).map(|number| next_look(EnterpriseId::try_from(number * 7_919).unwrap(), NOW)).collect();
    assert!(looks.len() > 500, "{}", looks.len());
    let hours = |hours: u64, minutes| Duration::from_mins(hours * 60 + minutes);
    assert!(looks.iter().all(|look| (hours(9, 0)..hours(11, 45)).contains(&look.since(NOW))));
    let after = |number: u64| next_look(EnterpriseId::try_from(number).unwrap(), NOW).since(NOW);
    assert_eq!(after(hours(2, 45).as_secs() - 1), hours(11, 44) + Duration::from_secs(59));
    assert_eq!(after(hours(2, 45).as_secs()), hours(9, 0));
}
