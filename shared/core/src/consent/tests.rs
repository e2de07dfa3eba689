mod abandoned;
mod screen;

use super::*;
use crate::action::ActionState;
use crate::audit::{Actor, Occasion};
use crate::enterprise::tests::sample;
use crate::id::{ApplicationId, ObjectId};
use crate::permission;
use crate::proof::{
    DelegatedGrant, GLOBAL_ADMINISTRATOR, Holder, Judgement, Organization, Policy, TenantView, application, judge,
};
use crate::random::tests::Counting;
use crate::redirect_url::RedirectPolicy;
use crate::reseller::TokenMode;
use crate::seal::{Purpose, SealingKeys};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const TENANT: TenantId = TenantId::from_u128(1);
const CLIENT: ApplicationId = ApplicationId::from_u128(3);

struct World {
    random: Counting,
    keys: SealingKeys,
}

/// A request for a registration that nobody has answered.
pub(crate) fn request(pin: Option<TenantId>, random: &Counting) -> ConsentRequest {
    let listed = ["hooks.example.com".parse().unwrap()];
    let new = NewRequest {
        enterprise: EnterpriseId::try_from(7).unwrap(),
        reseller: ResellerId::try_from(8).unwrap(),
        action: ActionType::Registration,
        together: vec![],
        part: Vec::new(),
        without: Vec::new(),
        redirect_url: RedirectUrl::parse("https://hooks.example.com/", &listed, RedirectPolicy::default()).ok(),
        pin,
        asked_again: false,
        resets: 0,
        language: None,
    };
    ConsentRequest::new(ConsentRequestId::new(NOW, random), new, NOW, NOW.plus(LINK_LIFETIME))
}

impl World {
    fn new() -> Self {
        let random = Counting::default();
        let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
        Self { random, keys }
    }

    fn context(&self, now: Timestamp) -> Context<'_> {
        let occasion = Occasion { now, reference: None, random: &self.random };
        Context { keys: &self.keys, occasion, authority_host: "login.microsoftonline.com", system: None }
    }

    fn request(&self, pin: Option<TenantId>) -> ConsentRequest {
        request(pin, &self.random)
    }

    fn leased(&self, pin: Option<TenantId>) -> Leased {
        let mut request = self.request(pin);
        request.used_codes.push(SecretHash::of("code"));
        let holder = ReferenceId::new(NOW, &self.random);
        request.stage = Stage::Leased { until: NOW.plus(LEASE), signer: signer(), holder };
        Leased::of(request).unwrap()
    }

    fn verifying(&self, pin: Option<TenantId>) -> Verifying {
        self.leased(pin).accept(&"token".into(), Duration::from_hours(1), self.context(NOW)).1
    }

    fn body(&self, record: &Record) -> serde_json::Value {
        let delivery = record.delivery.as_ref().unwrap();
        let Body::Sealed(sealed) = &delivery.body else { panic!("{:?}", delivery.body) };
        let opened = self.keys.open(Purpose::DeliveryBody, delivery.id.as_str(), sealed, NOW).unwrap();
        serde_json::from_slice(&opened).unwrap()
    }
}

fn signer() -> Signer {
    Signer { tenant: TENANT, object: ObjectId::from_u128(2), user_principal_name: Some("grace@contoso.example".into()) }
}

fn shown(verifying: &Verifying) -> Judgement {
    let grant = |permission: &permission::Permission| DelegatedGrant {
        resource: permission.resource,
        holds_for: Holder::Tenant,
        scopes: vec![permission.name.to_owned()],
    };
    let view = TenantView {
        organization: Some(Organization { id: TENANT, display_name: "MSFT".into() }),
        signer_roles: Some(vec![GLOBAL_ADMINISTRATOR]),
        grants: Some(permission::asked_by(ActionType::Registration).map(grant).collect()),
        ..TenantView::default()
    };
    judge(verifying.question(), &view, Policy::default(), NOW)
}

fn not_shown(verifying: &Verifying) -> Judgement {
    let view = TenantView {
        organization: Some(Organization { id: TENANT, display_name: "MSFT".into() }),
        signer_roles: Some(vec![GLOBAL_ADMINISTRATOR]),
        grants: Some(Vec::new()),
        ..TenantView::default()
    };
    judge(verifying.question(), &view, Policy::default(), NOW)
}

fn decided(conclusion: Conclusion) -> Record {
    match conclusion {
        Conclusion::Decided(record) => *record,
        Conclusion::ReadAgain(_) => panic!("not decided"),
    }
}

/// P10 A token handle is of a person, by tenant and object. The name stands where a sign-in is under way, or was granted.
#[test]
fn a_token_handle_names_nobody() {
    let world = World::new();
    let verifying = world.verifying(Some(TENANT));
    let judgement = shown(&verifying);
    let record = decided(verifying.conclude(judgement, &"token".into(), world.context(NOW)));
    assert_eq!(record.handles.len(), 2);
    for handle in &record.handles {
        assert_eq!(handle.signer, Signer { user_principal_name: None, ..signer() });
    }
}

/// R111 One sign-in at a time, each code once, in the link's time.
#[test]
fn a_lease_is_refused_for_its_reason() {
    let world = World::new();
    let (code, other) = (SecretHash::of("code"), SecretHash::of("other"));
    let request = world.request(None);
    assert_eq!(request.lease(&code, NOW), Ok(()));
    assert_eq!(request.lease(&code, request.expires_at), Err(LeaseRefusal::Expired));
    let leased = world.leased(None).request().clone();
    assert_eq!(leased.lease(&code, NOW), Err(LeaseRefusal::SameCode));
    assert_eq!(leased.lease(&other, NOW), Err(LeaseRefusal::UnderWay));
    let completed = ConsentRequest { stage: Stage::granted(NOW), ..leased };
    assert_eq!(completed.lease(&code, NOW), Err(LeaseRefusal::SameCode));
    assert_eq!(completed.lease(&other, NOW), Err(LeaseRefusal::Spent));
    assert!(request.is_unused(NOW) && !request.is_unused(request.expires_at));
    let tried = ConsentRequest { used_codes: vec![other; MAX_ATTEMPTS], ..request };
    assert!(!tried.is_unused(NOW), "a start page makes a fresh link");
    assert_eq!(tried.lease(&code, NOW), Err(LeaseRefusal::TooManyAttempts));
}

/// K20 A link lives at most 30 days: a week.
#[test]
fn a_link_lives_a_week() {
    assert_eq!(LINK_LIFETIME.as_secs(), 604_800);
}

/// P3 A lease ends on the millisecond, so that somebody can go on.
#[test]
fn a_lease_ends_in_its_time() {
    let leased = World::new().leased(None);
    assert!(!leased.has_ended(NOW.plus(LEASE).minus(Duration::from_millis(1))));
    assert!(leased.has_ended(NOW.plus(LEASE)));
}

/// P6 Each lease has the next number.
#[test]
fn attempts_are_counted() {
    let world = World::new();
    assert_eq!(world.request(None).attempt(), 0);
    assert_eq!(world.leased(None).request().attempt(), 1);
    let used_codes = vec![SecretHash::of("code"), SecretHash::of("other")];
    assert_eq!(ConsentRequest { used_codes, ..world.request(None) }.attempt(), 2);
}

#[test]
fn a_redeemed_code_is_recorded_before_graph_is_read() {
    let world = World::new();
    let (record, verifying) = world.leased(None).accept(&"token".into(), Duration::from_hours(1), world.context(NOW));
    assert_eq!((record.request.stage.name(), record.stage.name()), ("leased", "verifying"));
    assert_eq!((record.action.word(), record.landing, record.delivery), ("verifying", Landing::IfNewest, None));
    assert_eq!(verifying.request().stage, record.stage);
}

#[test]
fn a_grant_that_the_store_does_not_take_becomes_a_refusal() {
    let world = World::new();
    let verifying = world.verifying(Some(TENANT));
    let judgement = shown(&verifying);
    let record = decided(verifying.conclude(judgement, &"token".into(), world.context(NOW)));
    let overruled = record.overruled(Code::TenantBoundElsewhere, world.context(NOW)).unwrap();
    assert_eq!((overruled.action.word(), overruled.binds, overruled.handles.len()), ("blocked", None, 0));
    assert_eq!(world.body(&overruled)["problem"]["code"], "tenant_bound_elsewhere");
}

#[test]
fn a_proved_consent_of_the_pinned_tenant_is_granted_and_binds_it() {
    let world = World::new();
    let verifying = world.verifying(Some(TENANT));
    let judgement = shown(&verifying);
    let record = decided(verifying.conclude(judgement, &"token".into(), world.context(NOW)));
    assert_eq!(record.stage, Stage::granted(NOW));
    assert_eq!((record.action.word(), &record.landing, record.binds), ("granted", &Landing::Must, Some(TENANT)));
    assert_eq!(world.body(&record)["outcome"], "granted");
    assert_eq!(record.handles.len(), 2);
    let sealed = record.handles[0].sealed_token.as_deref().unwrap();
    assert!(world.keys.open(Purpose::AccessToken, record.handles[0].hash.as_str(), sealed, NOW).is_ok());
}

/// K9 A provider that was switched to raw tokens gets Microsoft's own, sealed while they rest; any other gets handles, and
/// no id token is kept for it.
#[test]
fn raw_tokens_go_to_a_provider_that_was_switched_to_them() {
    let world = World::new();
    let told = |mode| {
        let leased = world.leased(Some(TENANT)).telling(mode, &"raw-id".into());
        let (accepted, verifying) = leased.accept(&"raw-access".into(), Duration::from_hours(1), world.context(NOW));
        let rests = serde_json::to_string(&accepted.stage).unwrap();
        let judgement = shown(&verifying);
        let record = decided(verifying.conclude(judgement, &"raw-access".into(), world.context(NOW)));
        let result = world.body(&record)["msalAuthenticationResult"]["authenticationResult"].clone();
        (rests, record.handles.len(), result["accessToken"].clone(), result["idToken"].clone())
    };
    let (rests, handles, access, id) = told(TokenMode::Raw);
    assert_eq!((handles, access, id), (0, "raw-access".into(), "raw-id".into()));
    assert!(rests.contains("sealedIdToken") && !rests.contains("raw-"), "{rests}");
    let (rests, handles, access, id) = told(TokenMode::Handles);
    assert_eq!(handles, 2);
    assert!(access.as_str().unwrap().starts_with("onbtok_") && id.as_str().unwrap().starts_with("onbtok_"));
    assert!(!rests.contains("sealedIdToken"), "{rests}");
}

/// P1 A proof that comes after Microsoft's token has ended is told without handles: there is nothing to hand out.
#[test]
fn a_late_grant_hands_out_no_tokens() {
    let world = World::new();
    let verifying = world.verifying(Some(TENANT));
    let judgement = shown(&verifying);
    let late = world.context(NOW.plus(Duration::from_hours(1)));
    let record = decided(verifying.conclude(judgement, &"token".into(), late));
    assert_eq!((record.action.word(), record.handles.len()), ("granted", 0));
    assert!(record.delivery.is_some());
}

/// The audit trail names the person who acted, or our own function where nobody did.
#[test]
fn the_trail_says_who_acted() {
    let world = World::new();
    let who = |system| {
        let context = Context { system, ..world.context(NOW) };
        world.leased(None).fail(Code::SignInInterrupted, None, context).audit.who
    };
    assert_eq!(who(None), Actor::Signer(signer()).to_string());
    assert_eq!(who(Some("consent-verify")), "system:consent-verify");
}

#[test]
fn a_tenant_that_nobody_named_waits_for_the_provider() {
    let world = World::new();
    let verifying = world.verifying(None);
    let judgement = shown(&verifying);
    let record = decided(verifying.conclude(judgement, &"token".into(), world.context(NOW)));
    assert_eq!((record.action.word(), record.binds), ("pending_confirmation", None));
    assert!(record.delivery.is_none(), "nothing is told while it waits");
    let waiting = ConsentRequest { stage: record.stage, ..record.request };
    assert_eq!(waiting.clone().lapse(world.context(NOW.plus(CONFIRM_WITHIN).minus(Duration::from_secs(1)))), None);
    let lapsed = waiting.clone().lapse(world.context(NOW.plus(CONFIRM_WITHIN))).unwrap();
    assert_eq!(world.body(&lapsed)["problem"]["code"], "confirmation_lapsed");
    let actor = Actor::System("test");
    let occasion = world.context(NOW).occasion;
    let wrong = Confirmation { tenant: TenantId::from_u128(9), actor: actor.clone() };
    assert_eq!(waiting.clone().confirm(wrong, occasion), None);
    let late = world.context(NOW.plus(CONFIRM_WITHIN)).occasion;
    assert_eq!(waiting.clone().confirm(Confirmation { tenant: TENANT, actor: actor.clone() }, late), None);
    let confirmed = waiting.confirm(Confirmation { tenant: TENANT, actor }, occasion).unwrap();
    assert_eq!((confirmed.action.word(), confirmed.binds), ("granted", Some(TENANT)));
    assert_eq!(world.body(&confirmed)["outcome"], "granted");
}

#[test]
fn a_tenant_that_the_enterprise_got_meanwhile_decides() {
    let world = World::new();
    let conclude = |bound| {
        let enterprise = Enterprise { tenant: Some(bound), ..sample(7, &json!({})) };
        let verifying = world.verifying(None).meeting(&enterprise);
        let judgement = shown(&verifying);
        decided(verifying.conclude(judgement, &"token".into(), world.context(NOW))).action
    };
    assert_eq!(conclude(TENANT).word(), "granted");
    let other = conclude(TenantId::from_u128(9));
    assert_eq!(other.problem().map(|problem| problem.code), Some(Code::WrongTenant));
}

/// T11 A tenant that waits already goes on waiting behind the next, and is part of what the store must still find.
#[test]
fn tenants_wait_side_by_side() {
    let world = World::new();
    let mut enterprise = sample(7, &json!({}));
    let wait = |enterprise: &Enterprise| {
        let verifying = world.verifying(None).meeting(enterprise);
        let judgement = shown(&verifying);
        decided(verifying.conclude(judgement, &"token".into(), world.context(NOW)))
    };
    let first = wait(&enterprise);
    assert_eq!(first.landing, Landing::Beside(None));
    let ActionState::PendingConfirmation { request, organization, .. } = first.action else { panic!("{first:?}") };
    let (tenant, since) = (TenantId::from_u128(9), NOW);
    let stranger = ActionState::PendingConfirmation {
        since,
        request: request.clone(),
        tenant,
        organization,
        others: vec![],
        next: None,
    };
    enterprise.actions.insert(ActionType::Registration, stranger);
    let second = wait(&enterprise);
    assert_eq!(second.landing, Landing::Beside(Some(request)));
    let waiting: Vec<TenantId> = second.action.waiting().into_iter().map(|waiting| waiting.tenant).collect();
    assert_eq!(waiting, [TENANT, tenant]);
}

#[test]
fn what_graph_does_not_show_is_read_again_and_then_given_up() {
    let world = World::new();
    let verifying = world.verifying(Some(TENANT));
    assert_eq!(verifying.reads(), 0);
    let facts = not_shown(&verifying);
    let soon = verifying.conclude(facts.clone(), &"token".into(), world.context(NOW));
    let Conclusion::ReadAgain(verifying) = soon else { panic!("decided too early") };
    assert_eq!(verifying.reads(), 1);
    let late = world.context(NOW.plus(PROOF_WINDOW));
    let record = decided(verifying.conclude(facts, &"token".into(), late));
    assert_eq!(record.action.problem().map(|problem| problem.code), Some(Code::GrantNotVisible));
    assert!(matches!(record.stage, Stage::Completed { refusal: Some(Code::GrantNotVisible), .. }));
    let ended = ConsentRequest { stage: record.stage.clone(), ..record.request.clone() };
    assert_eq!(ended.shown(record.action.clone()), record.action, "with what was missing");
    let elsewhere = ActionState::Started { since: NOW, request: record.request.id.clone(), asked_again: false };
    assert_eq!(ended.shown(elsewhere).problem(), Some(Code::GrantNotVisible.explain()), "though the action moved on");
    let body = world.body(&record);
    assert_eq!((&body["outcome"], &body["companyAdmin"]), (&"blocked".into(), &true.into()));
}

#[test]
fn a_proof_that_could_not_be_read_is_unverifiable_not_missing() {
    let world = World::new();
    let soon = world.verifying(None).conclude(Judgement::Unreadable, &"token".into(), world.context(NOW));
    assert!(matches!(soon, Conclusion::ReadAgain(_)), "decided too early");
    let late = world.context(NOW.plus(PROOF_WINDOW));
    let record = decided(world.verifying(None).conclude(Judgement::Unreadable, &"token".into(), late));
    assert_eq!(record.action.word(), "unverifiable");
}

/// R116 Each refusal is told once per request, and leaves the link open unless only a fresh one helps.
#[test]
fn a_refusal_is_told_once_and_keeps_the_link() {
    let world = World::new();
    let refusal = || {
        let (code, correlation_id) = (Code::Declined, Some("c".into()));
        Refusal { code, signer: None, correlation_id, isolation: None }
    };
    let record = world.request(None).refuse(refusal(), world.context(NOW)).unwrap();
    let pending = Stage::Pending { refusal: Some(Code::Declined) };
    assert_eq!((record.stage.clone(), record.refusal), (pending, Some(Code::Declined)));
    assert_eq!(record.audit.microsoft_correlation_id.as_deref(), Some("c"));
    assert_eq!(world.body(&record)["event"], "action.refused");
    let told = ConsentRequest { refused_codes: vec![Code::Declined], ..record.request };
    assert_eq!(told.refuse(refusal(), world.context(NOW)), None);
    let again = world.leased(None);
    let repeated = ConsentRequest { refused_codes: vec![Code::SignInInterrupted], ..again.request().clone() };
    let record = Leased::of(repeated).unwrap().fail(Code::SignInInterrupted, None, world.context(NOW));
    let pending = Stage::Pending { refusal: Some(Code::SignInInterrupted) };
    assert_eq!((record.stage, record.refusal, record.delivery), (pending, None, None));
}

#[test]
fn a_role_that_is_missing_leaves_the_link_open_and_a_user_only_consent_does_not() {
    let world = World::new();
    let role = world.verifying(None).refuse(Code::AdminRoleRequired, None, world.context(NOW));
    assert!(matches!(role.stage, Stage::Pending { .. }));
    let alone = world.verifying(None).refuse(Code::OrgConsentNotTicked, None, world.context(NOW));
    assert!(matches!(alone.stage, Stage::Completed { .. }));
    assert!(matches!(alone.action, ActionState::Blocked { code: Code::OrgConsentNotTicked, .. }));
}

#[test]
fn a_token_rests_sealed_and_ends_with_microsofts() {
    let world = World::new();
    let verifying = world.verifying(None);
    let stored = ConsentRequest { stage: verifying.stage(), ..verifying.request().clone() };
    assert!(!serde_json::to_string(&stored).unwrap().contains("token\":\"token"));
    let verifying = Verifying::of(stored).unwrap();
    let plain = world.keys.open(Purpose::AccessToken, verifying.request().id.as_str(), verifying.sealed_token(), NOW);
    assert_eq!(plain.as_deref(), Ok(&b"token"[..]));
    let open = |now| verifying.access_token(&world.keys, now).map(|token| token.is_some());
    assert_eq!(open(NOW), Ok(true));
    assert_eq!(open(NOW.plus(Duration::from_hours(1))), Ok(false));
}

#[test]
fn graph_is_read_more_and_more_rarely() {
    let world = World::new();
    let stage = |reads| Stage::Verifying {
        since: NOW,
        signer: signer(),
        token: SealedToken { sealed: String::new(), sealed_id_token: None, expires_at: NOW },
        reads,
    };
    let waits: Vec<u64> = (0..8).map(|reads| stage(reads).due().unwrap().since(NOW).as_secs()).collect();
    assert_eq!(waits, [5, 10, 20, 40, 70, 130, 190, 250]);
    assert_eq!(world.leased(None).request().stage.due(), Some(NOW.plus(LEASE)));
    assert_eq!(world.request(None).stage.due(), None);
}

fn awaiting(world: &World) -> (Record, AwaitingGrant) {
    let request = ConsentRequest { action: ActionType::UserSync, ..world.request(Some(TENANT)) };
    request.come_back(world.context(NOW)).unwrap()
}

fn read(reading: Reading) -> Record {
    match reading {
        Reading::Decided(record) => *record,
        Reading::Again(_) => panic!("not decided"),
    }
}

fn assigned() -> application::Judgement {
    let role = |name| application::AppRole { client: CLIENT, resource: permission::GRAPH, name: str::to_owned(name) };
    let names = permission::names(ActionType::UserSync, permission::Kind::Application, permission::GRAPH);
    let organization = Organization { id: TENANT, display_name: "MSFT".into() };
    let (roles, absent) = (names.map(role).collect(), std::collections::BTreeSet::new());
    let view = application::View::Open { organization, roles, grants: None, joined: None, absent };
    application::judge((ActionType::UserSync, CLIENT), TENANT, &view)
}

/// T14 Coming back from the admin-consent page spends nothing and tells nothing; it needs a working link for one tenant.
#[test]
fn coming_back_only_makes_us_look() {
    let world = World::new();
    let (record, awaiting) = awaiting(&world);
    assert_eq!((record.request.stage.name(), record.stage.name()), ("pending", "awaiting_grant"));
    assert_eq!((record.action.word(), record.landing, record.binds), ("verifying", Landing::IfNewest, None));
    assert_eq!((record.delivery, record.audit.who.as_str()), (None, "link-holder"));
    assert_eq!((awaiting.stage(), awaiting.tenant()), (record.stage.clone(), TENANT));
    assert_eq!(record.stage.due(), Some(NOW.plus(Duration::from_secs(5))));
    let link = || ConsentRequest { action: ActionType::UserSync, ..world.request(Some(TENANT)) };
    let refused = [
        ConsentRequest { pin: None, ..link() },
        ConsentRequest { stage: record.stage, ..link() },
        ConsentRequest { expires_at: NOW, ..link() },
        world.request(Some(TENANT)),
    ];
    assert!(refused.into_iter().all(|request| request.come_back(world.context(NOW)).is_none()));
}

/// P1, R134 App roles that Graph shows are a grant of the pinned tenant, by nobody that we know, without handles.
#[test]
fn app_roles_are_granted_to_the_pinned_tenant() {
    let world = World::new();
    let record = read(awaiting(&world).1.conclude(assigned(), world.context(NOW)));
    assert_eq!(record.stage, Stage::granted(NOW));
    assert!(matches!(record.action, ActionState::Granted { by: None, .. }));
    assert_eq!((&record.landing, record.binds, record.handles.len()), (&Landing::Within(TENANT), None, 0));
    let body = world.body(&record);
    assert_eq!((&body["organization"], &body["officeUserType"]), (&"MSFT".into(), &serde_json::Value::Null));
    let overruled = record.overruled(Code::TenantBoundElsewhere, world.context(NOW)).unwrap();
    assert_eq!((overruled.action.word(), overruled.binds), ("blocked", None));
    assert!(matches!(overruled.stage, Stage::Completed { refusal: Some(_), .. }));
}

/// G40, T10 What is never seen is told after ten minutes, once, and the link goes on working.
#[test]
fn what_is_never_seen_keeps_the_link() {
    let world = World::new();
    let unseen = || application::Judgement::NotVisibleYet(None);
    let before = world.context(NOW.plus(PROOF_WINDOW).minus(Duration::from_millis(1)));
    let Reading::Again(further) = awaiting(&world).1.conclude(unseen(), before) else { panic!("decided too early") };
    assert_eq!((further.reads(), further.since()), (1, NOW));
    let unread = further.conclude(application::Judgement::Unreadable, before);
    let Reading::Again(further) = unread else { panic!("decided too early") };
    assert_eq!((further.reads(), further.since()), (2, NOW));
    let late = world.context(NOW.plus(PROOF_WINDOW));
    let record = read(further.conclude(unseen(), late));
    let pending = Stage::Pending { refusal: Some(Code::GrantNotVisible) };
    assert_eq!((record.stage.clone(), record.refusal), (pending, Some(Code::GrantNotVisible)));
    assert_eq!(world.body(&record)["outcome"], "blocked");
    let unreadable = read(awaiting(&world).1.conclude(application::Judgement::Unreadable, late));
    assert_eq!((unreadable.action.word(), unreadable.stage.name()), ("unverifiable", "pending"));
    let refused_codes = vec![Code::GrantNotVisible];
    let told = ConsentRequest { stage: record.stage, refused_codes, ..record.request };
    let (_, again) = told.come_back(world.context(NOW)).unwrap();
    assert_eq!(read(again.conclude(unseen(), late)).delivery, None);
}
