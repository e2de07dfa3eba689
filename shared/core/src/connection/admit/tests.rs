use super::*;
use crate::connection::begin::NewConnection;
use crate::connection::lease::LeaseRefusal;
use crate::connection::{BillingType, ConnectionStatus, State, Step};
use crate::id::{ConnectionId, ObjectId, ResellerId, TenantId};
use crate::identity::PERSONAL_ACCOUNTS;
use crate::identity::tests::identity_of;
use crate::random::tests::Counting;
use crate::secret::SecretHash;

pub(crate) const TENANT: TenantId = TenantId::from_u128(7);
const OTHER: TenantId = TenantId::from_u128(8);
const ADMIN: ObjectId = ObjectId::from_u128(1);
const USER: ObjectId = ObjectId::from_u128(2);
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A connection that nobody has consented to.
pub(crate) fn draft() -> Connection {
    let new = NewConnection {
        tenant: crate::connection::begin::NamedTenant::Id(TENANT),
        integration_user: "connector@wingtip.example".parse().unwrap(),
        billing: BillingType::Direct,
        required_roles: crate::connection::least_roles(),
        same_identity_allowed: false,
        refuses_administrators: false,
    };
    let id = ConnectionId::new(NOW, &Counting::default());
    new.draft((id, ResellerId::try_from(54).unwrap()), (TENANT, "login.microsoftonline.com"), NOW)
}

fn grant(resource: ApplicationId, scope: &str, holds_for: Holder) -> DelegatedGrant {
    DelegatedGrant { resource, holds_for, scopes: vec![scope.to_owned()] }
}

fn granted() -> GrantView {
    let grants = TENANT_WIDE.iter().map(|(api, scope)| grant(*api, scope, Holder::Tenant)).collect();
    GrantView { roles: Some(vec![GLOBAL_ADMINISTRATOR]), grants: Some(grants) }
}

fn admin_of(tenant: TenantId, object: ObjectId) -> VerifiedIdentity {
    identity_of((tenant, object), "wanda@wingtip.example", false)
}

fn judged(view: &GrantView) -> Result<AdminConsent, Code> {
    draft().judge_admin(&admin_of(TENANT, ADMIN), view, (Policy::default(), NOW))
}

/// The connection after its first step.
fn consented() -> Connection {
    let consent = judged(&granted()).unwrap();
    let leased = draft().lease_for((Step::Admin, 0), &SecretHash::of("code"), NOW).unwrap();
    let random = Counting::default();
    let occasion = crate::audit::Occasion { now: NOW, reference: None, random: &random };
    leased.consent_by_admin(consent, occasion).after
}

/// R176, R201 Step one counts for a Global Administrator alone, by policy, and for the whole organisation.
#[test]
fn step_one_is_proved_by_role_and_tenant_wide_grant() {
    assert!(judged(&granted()).is_ok());
    let user_admin = GrantView { roles: Some(Vec::new()), ..granted() };
    assert_eq!(judged(&user_admin), Err(Code::AdminRoleRequired));
    let lax = (Policy { global_administrator: false }, NOW);
    assert!(draft().judge_admin(&admin_of(TENANT, ADMIN), &user_admin, lax).is_ok());
    for (api, scope) in TENANT_WIDE {
        let mut view = granted();
        view.grants.as_mut().unwrap().retain(|grant| grant.resource != *api);
        assert_eq!(judged(&view), Err(Code::GrantNotVisible), "{scope}");
        view.grants.as_mut().unwrap().push(grant(*api, scope, Holder::Person(ADMIN)));
        assert_eq!(judged(&view), Err(Code::GrantNotVisible), "{scope} for one person");
    }
    for unread in [GrantView { roles: None, ..granted() }, GrantView { grants: None, ..granted() }] {
        assert_eq!(judged(&unread), Err(Code::ProofUnreadable));
    }
}

/// R187 Whoever is of another tenant, a guest or a personal account proves nothing here.
#[test]
fn step_one_is_of_the_partner_tenant() {
    let judge =
        |identity: &VerifiedIdentity| draft().judge_admin(identity, &granted(), (Policy::default(), NOW)).unwrap_err();
    assert_eq!(judge(&admin_of(OTHER, ADMIN)), Code::WrongTenant);
    assert_eq!(judge(&admin_of(PERSONAL_ACCOUNTS, ADMIN)), Code::PersonalAccount);
    assert_eq!(judge(&identity_of((TENANT, ADMIN), "wanda@wingtip.example", true)), Code::GuestNotAllowed);
}

/// R173, R189, R199 Step two is for the account that was named, who is another than the administrator and a member; the
/// first thing that is not so is the cause.
#[test]
fn step_two_is_for_the_named_account() {
    let connection = consented();
    let judge = |tenant, object, name: &str, guest| connection.admits_user(&identity_of((tenant, object), name, guest));
    assert_eq!(judge(TENANT, USER, "connector@wingtip.example", false), Ok(()));
    assert_eq!(judge(TENANT, USER, "Connector@Wingtip.example", false), Ok(()));
    assert_eq!(judge(TENANT, USER, "oscar@wingtip.example", false), Err(Code::WrongIdentity));
    assert_eq!(judge(TENANT, ADMIN, "connector@wingtip.example", false), Err(Code::SameIdentity));
    assert_eq!(judge(TENANT, USER, "connector@wingtip.example", true), Err(Code::GuestNotAllowed));
    assert_eq!(judge(OTHER, ADMIN, "connector@wingtip.example", true), Err(Code::WrongTenant));
    assert_eq!(judge(PERSONAL_ACCOUNTS, USER, "connector@wingtip.example", false), Err(Code::PersonalAccount));
}

/// R199 One person may do both where somebody asked for the exception, and it is told.
#[test]
fn an_exception_is_explicit_and_audited() {
    let connection = Connection { same_identity_allowed: true, ..consented() };
    let twin = identity_of((TENANT, ADMIN), "connector@wingtip.example", false);
    assert!(connection.admits_user(&twin).is_ok() && connection.admits_admin(&twin).is_ok());
    let named = identity_of((TENANT, USER), "Connector@wingtip.example", false);
    assert_eq!(draft().admits_admin(&named), Err(Code::SameIdentity), "K15: who is named for step two");
    let random = Counting::default();
    let occasion = crate::audit::Occasion { now: NOW, reference: None, random: &random };
    let row = connection.made(&crate::audit::Actor::System("test"), occasion);
    assert!(row.after.unwrap().ends_with("one person may do both steps"));
}

/// R170, R188, R191 Each step is done once, in its order; what came before stays true.
#[test]
fn steps_are_leased_in_their_order() {
    let code = SecretHash::of("other");
    let lease = |connection: Connection, step, round| {
        connection.lease_for((step, round), &code, NOW).map(|leased| leased.connection().version)
    };
    let why = |refused: Result<u64, (LeaseRefusal, Box<Connection>)>| refused.unwrap_err().0;
    assert_eq!(why(lease(draft(), Step::User, 0)), LeaseRefusal::TooEarly);
    let connection = consented();
    assert_eq!(connection.status(), ConnectionStatus::AdminConsented);
    assert_eq!(connection.missing(), [Step::User]);
    assert_eq!(why(lease(connection.clone(), Step::Admin, 0)), LeaseRefusal::Spent);
    assert_eq!(lease(connection.clone(), Step::User, 0), Ok(connection.version + 1));
    let same = connection.clone().lease_for((Step::Admin, 1), &SecretHash::of("code"), NOW);
    assert_eq!(same.unwrap_err().0, LeaseRefusal::SameCode);
    let ended = Connection { state: State::Disconnected { since: NOW }, ..connection.clone() };
    assert_eq!(why(lease(ended, Step::Admin, 1)), LeaseRefusal::Ended);
    let leased = connection.lease(NOW).unwrap().connection().clone();
    assert_eq!(why(lease(leased.clone(), Step::User, 0)), LeaseRefusal::UnderWay);
    let later = NOW.plus(crate::connection::lease::LEASE);
    assert!(leased.lease_for((Step::User, 0), &code, later).is_ok(), "whoever overstays is overtaken");
}
