use super::*;
use crate::catalogue::Catalogue;
use crate::enterprise::Profile;
use crate::fields::Fields;
use crate::id::{ConsentRequestId, EnterpriseId, ResellerId, TenantId};
use crate::random::tests::Counting;
use crate::start::StartLink;
use crate::time::Timestamp;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1);
const LATER: Timestamp = Timestamp::from_seconds(2);
const OWN: ApplicationId = ApplicationId::from_u128(1);
const OTHER: ApplicationId = ApplicationId::from_u128(2);

fn enterprise(services: &[&str]) -> Enterprise {
    let mut body = json!({"enterpriseName": "Contoso", "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
    body["expectedTenant"] = json!("c0a70500-1111-4a4a-8b8b-0000000c0001");
    let reseller = ResellerId::try_from(1).unwrap();
    let fields = Fields::of(body.as_object().cloned().unwrap());
    let mut profile = Profile::parse(fields, reseller, &Catalogue::default()).unwrap();
    profile.services = services.iter().map(|name| name.parse().unwrap()).collect();
    Enterprise::create(EnterpriseId::try_from(7).unwrap(), reseller, profile, NOW)
}

fn grant(enterprise: &mut Enterprise, actions: &[ActionType]) {
    let request = ConsentRequestId::new(NOW, &Counting::default());
    for action in actions {
        enterprise
            .actions
            .insert(*action, ActionState::Granted { since: NOW, request: request.clone(), by: None, tenant: None });
    }
}

fn screens(enterprise: &Enterprise, wanted: &Wanted) -> Vec<(Kind, Vec<ActionType>)> {
    let plan = plan(enterprise, wanted, &ApplicationClients::single(OWN));
    plan.screens.into_iter().map(|screen| (screen.kind, screen.actions)).collect()
}

fn these(actions: &[ActionType]) -> Wanted {
    Wanted::These(actions.iter().copied().collect())
}

/// R141 An optional consent that was refused keeps nobody from the mandatory ones: it comes last, by itself.
#[test]
fn an_optional_consent_that_was_refused_comes_last() {
    let mut enterprise = enterprise(&["SMS"]);
    let (request, code) =
        (ConsentRequestId::new(NOW, &Counting::default()), crate::advice::Code::TeamsAdminRoleNotReady);
    let together = screens(&enterprise, &these(&[ActionType::Registration, MANAGEMENT, ActionType::UserSync]));
    assert_eq!(together[0], (Kind::Delegated, vec![ActionType::Registration, MANAGEMENT]));
    let blocked = ActionState::Blocked { since: NOW, request, code, asked_again: false, missing: vec![] };
    enterprise.actions.insert(MANAGEMENT, blocked);
    grant(&mut enterprise, &[ActionType::Registration]);
    let left = screens(&enterprise, &Wanted::Missing);
    assert_eq!(left.first().unwrap().0, Kind::Application, "{left:?}");
    assert_eq!(left.last().unwrap(), &(Kind::Delegated, vec![MANAGEMENT]), "{left:?}");
}

/// What is missing of a consent is asked for alone; once that was too little, all of it is, with what was granted before.
#[test]
fn what_is_missing_is_asked_for_alone() {
    let mut enterprise = enterprise(&["SMS"]);
    grant(&mut enterprise, &[MANAGEMENT]);
    let permissions = vec!["User.ReadWrite.All".to_owned()];
    let wanted = Wanted::Part { action: ActionType::Registration, permissions: permissions.clone() };
    let asked = |enterprise: &Enterprise| -> Vec<&'static str> {
        let clients = ApplicationClients::single(OWN);
        let [screen] = <[Screen; 1]>::try_from(plan(enterprise, &wanted, &clients).screens).unwrap();
        screen.permissions(&clients).into_iter().map(|asked| asked.name).collect()
    };
    assert_eq!(asked(&enterprise), ["User.ReadWrite.All"]);
    let (request, code) = (ConsentRequestId::new(NOW, &Counting::default()), crate::advice::Code::GrantNotVisible);
    let blocked = ActionState::Blocked { since: NOW, request, code, asked_again: false, missing: vec![] };
    enterprise.actions.insert(ActionType::Registration, blocked);
    assert!(asked(&enterprise).len() > 6 && asked(&enterprise).contains(&"Application.Read.All"));
    let request = ConsentRequestId::new(NOW, &Counting::default());
    enterprise.actions.insert(ActionType::Registration, ActionState::Unverifiable { since: NOW, request, by: None });
    assert!(asked(&enterprise).len() > 6 && asked(&enterprise).contains(&"Application.Read.All"));
    grant(&mut enterprise, &[ActionType::Registration]);
    assert_eq!(screens(&enterprise, &wanted), []);
}

/// K17 What is missing by now is asked for, whatever was missing when the link was made.
#[test]
fn what_is_missing_by_now_is_asked_for() {
    let mut enterprise = enterprise(&["SMS"]);
    let (action, permissions) = (ActionType::Registration, vec!["User.ReadWrite.All".to_owned()]);
    let wanted = Wanted::Part { action, permissions: permissions.clone() };
    let part =
        |enterprise: &Enterprise| plan(enterprise, &wanted, &ApplicationClients::single(OWN)).screens[0].part.clone();
    let drifted = |missing| {
        let request = ConsentRequestId::new(NOW, &Counting::default());
        ActionState::Drifted { since: NOW, request, by: None, missing }
    };
    let more = ["Directory.ReadWrite.All", "User.ReadWrite.All"].map(str::to_owned).to_vec();
    enterprise.actions.insert(action, drifted(more.clone()));
    assert_eq!(part(&enterprise), more);
    enterprise.actions.insert(action, drifted(vec![]));
    assert_eq!(part(&enterprise), permissions, "nobody knows");
}

const MANAGEMENT: ActionType = ActionType::ServiceProviderManagement;

/// R134-R137, R140 PBX and CALLAPP are two screens: one sign-in, one registration.
#[test]
fn pbx_and_callapp_are_two_screens() {
    let expected = [
        (Kind::Delegated, vec![ActionType::Registration]),
        (Kind::Application, vec![ActionType::UserSync, ActionType::Presence, ActionType::Agent, ActionType::CallApp]),
    ];
    let mut enterprise = enterprise(&["PBX", "CALLAPP"]);
    assert_eq!(screens(&enterprise, &Wanted::Missing), expected);
    let plan = plan(&enterprise, &Wanted::Missing, &ApplicationClients::single(OWN));
    let await_it = |enterprise: &Enterprise| {
        plan.screens.iter().map(|screen| screen.awaits_tenant(enterprise)).collect::<Vec<_>>()
    };
    assert_eq!(await_it(&enterprise), [false, false]);
    enterprise.profile.expected_tenant = None;
    assert_eq!(await_it(&enterprise), [false, true], "a registration finds its tenant out");
}

/// R137, R139 What does not apply is in no plan; adding the service later puts it in.
#[test]
fn what_does_not_apply_is_in_no_plan() {
    let mut enterprise = enterprise(&["PBX"]);
    let all: BTreeSet<ActionType> = ActionType::all().collect();
    let planned: Vec<ActionType> =
        screens(&enterprise, &Wanted::These(all)).into_iter().flat_map(|(_, actions)| actions).collect();
    assert!(!planned.contains(&ActionType::CallApp) && !planned.contains(&ActionType::CallRecording), "{planned:?}");
    grant(&mut enterprise, &[ActionType::Registration, ActionType::UserSync, ActionType::Presence, ActionType::Agent]);
    assert_eq!(screens(&enterprise, &Wanted::Missing), []);
    enterprise.profile.services.push("CALLAPP".parse().unwrap());
    assert_eq!(screens(&enterprise, &Wanted::Missing), [(Kind::Application, vec![ActionType::CallApp])]);
}

/// R001, R141 The management consent is in the plan once it is asked for, at the same sign-in, if the tenant is known.
#[test]
fn management_shares_the_sign_in_of_a_known_tenant() {
    let mut enterprise = enterprise(&["SMS"]);
    enterprise.actions.insert(MANAGEMENT, ActionState::PendingConsent { since: NOW });
    let together = (Kind::Delegated, vec![ActionType::Registration, MANAGEMENT]);
    assert_eq!(screens(&enterprise, &Wanted::Missing)[0], together);
    enterprise.profile.expected_tenant = None;
    let apart = screens(&enterprise, &Wanted::Missing);
    assert_eq!(apart[0], (Kind::Delegated, vec![ActionType::Registration]));
    assert_eq!(apart[1], (Kind::Delegated, vec![MANAGEMENT]));
}

/// What is granted is asked for again beside what is new, and is not an action of the screen.
#[test]
fn a_delegated_screen_asks_for_the_union() {
    let mut enterprise = enterprise(&["SMS"]);
    enterprise.tenant = Some(TenantId::from_u128(1));
    grant(&mut enterprise, &[ActionType::Registration]);
    let clients = ApplicationClients::single(OWN);
    let plan = plan(&enterprise, &these(&[MANAGEMENT]), &clients);
    let [screen] = plan.screens.as_slice() else { panic!("{plan:?}") };
    assert_eq!(
        (screen.actions.as_slice(), screen.again.as_slice()),
        (&[MANAGEMENT][..], &[ActionType::Registration][..])
    );
    let names: Vec<&str> = screen.permissions(&clients).iter().map(|asked| asked.name).collect();
    for name in ["RoleManagement.ReadWrite.Directory", "User.ReadWrite.All", "user_impersonation"] {
        assert!(names.contains(&name), "{names:?}");
    }
    enterprise.tenant = None;
    enterprise.profile.expected_tenant = None;
    assert!(screen.awaits_tenant(&enterprise));
}

/// One screen a registration, that of user synchronisation first; each shows all that its registration lists.
#[test]
fn each_registration_is_one_screen() {
    let map = format!(r#"{{"GET_PRESENCE_CONSENT": "{OTHER}", "GET_CDR_CONSENT": "{OTHER}"}}"#);
    let clients = ApplicationClients::parse(&map, OWN).unwrap();
    let mut enterprise = enterprise(&["PBX"]);
    grant(&mut enterprise, &[ActionType::Registration]);
    let plan = plan(&enterprise, &Wanted::Missing, &clients);
    let found: Vec<_> = plan.screens.iter().map(|screen| (screen.client, screen.actions.clone())).collect();
    let expected = [(OWN, vec![ActionType::UserSync, ActionType::Agent]), (OTHER, vec![ActionType::Presence])];
    assert_eq!(found, expected);
    let listed: Vec<&str> = plan.screens[1].permissions(&clients).iter().map(|listed| listed.name).collect();
    assert_eq!(listed, ["Presence.Read.All", "CallRecords.Read.All"]);
    let along = |screen: &Screen| -> Vec<&str> {
        let listed = screen.permissions(&clients).into_iter();
        listed.filter(|listed| screen.is_along(listed)).map(|listed| listed.name).collect()
    };
    assert_eq!(along(&plan.screens[1]), ["CallRecords.Read.All"]);
    let own = along(&plan.screens[0]);
    for name in ["Calls.AccessMedia.All", "Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory", "openid"] {
        assert!(own.contains(&name), "{name}: {own:?}");
    }
    assert!(!own.contains(&"User.Read.All") && !own.contains(&"Presence.Read.All"), "{own:?}");
}

/// R010, R019 What needs a tenant that is not known is led to by a registration: a sign-in where the enterprise is not bound,
/// everything else where nobody expects one either.
#[test]
fn a_registration_leads_where_the_tenant_is_not_known() {
    let mut enterprise = enterprise(&["SMS"]);
    let led = |enterprise: &Enterprise, action| {
        let led = these(&[action]).led_to(enterprise);
        assert!(!plan(enterprise, &led, &ApplicationClients::single(OWN)).screens[0].awaits_tenant(enterprise));
        led == these(&[ActionType::Registration, action])
    };
    let all = [ActionType::LoginEnterpriseAdmin, MANAGEMENT, ActionType::UserSync];
    assert_eq!(all.map(|action| led(&enterprise, action)), [true, false, false]);
    enterprise.profile.expected_tenant = None;
    assert_eq!(all.map(|action| led(&enterprise, action)), [true, true, true]);
    let part = Wanted::Part { action: MANAGEMENT, permissions: vec![] }.led_to(&enterprise);
    assert_eq!(part, these(&[ActionType::Registration, MANAGEMENT]));
    assert_eq!(Wanted::Missing.led_to(&enterprise), Wanted::Missing);
    enterprise.tenant = Some(TenantId::from_u128(1));
    assert_eq!(all.map(|action| led(&enterprise, action)), [false, false, false]);
}

/// R139, R141 An optional consent that the tenant took away with our application is asked for again, as the mandatory ones are.
#[test]
fn what_was_revoked_is_asked_for_again() {
    let mut enterprise = enterprise(&["SMS"]);
    grant(&mut enterprise, &[ActionType::Registration, ActionType::UserSync, ActionType::Agent]);
    for action in [MANAGEMENT, ActionType::Cdr] {
        let request = ConsentRequestId::new(NOW, &Counting::default());
        enterprise.actions.insert(action, ActionState::Revoked { since: NOW, request, by: None });
    }
    let expected = [(Kind::Delegated, vec![MANAGEMENT]), (Kind::Application, vec![ActionType::Cdr])];
    assert_eq!(screens(&enterprise, &Wanted::Missing), expected);
}

/// What is left of the way of a link for `wanted` that was made at `made`.
fn left(enterprise: &Enterprise, wanted: &Wanted, made: Timestamp) -> Vec<(Kind, Vec<ActionType>)> {
    let whose = (enterprise.reseller, enterprise.id);
    let (link, _) = StartLink::new(whose, wanted.clone(), None, (made, &Counting::default()));
    let plan = link.plan(enterprise, &ApplicationClients::single(OWN));
    plan.screens.into_iter().map(|screen| (screen.kind, screen.actions)).collect()
}

/// R130 A sign-in is a screen of its own, whenever it is wanted; a link is done with it once somebody has signed in since it was
/// made.
#[test]
fn a_sign_in_may_be_wanted_again() {
    let mut enterprise = enterprise(&["SMS"]);
    grant(&mut enterprise, &[ActionType::Registration, ActionType::LoginEnterpriseAdmin]);
    let login = these(&[ActionType::LoginEnterpriseAdmin, ActionType::Registration]);
    let screen = [(Kind::Delegated, vec![ActionType::LoginEnterpriseAdmin])];
    assert_eq!(screens(&enterprise, &login), screen);
    assert_eq!(left(&enterprise, &login, LATER), screen, "it was wanted after that");
    assert_eq!(left(&enterprise, &login, NOW), []);
    let (request, asked_again) = (ConsentRequestId::new(LATER, &Counting::default()), false);
    let started = ActionState::Started { since: LATER, request, asked_again };
    enterprise.actions.insert(ActionType::LoginEnterpriseAdmin, started);
    assert_eq!(left(&enterprise, &login, NOW), screen);
}

/// R002 A link leads to nothing that was withdrawn since it was made, unless it is asked for again.
#[test]
fn what_was_withdrawn_is_not_led_to() {
    let mut enterprise = enterprise(&["SMS"]);
    let (wanted, screen) = (these(&[MANAGEMENT]), [(Kind::Delegated, vec![MANAGEMENT])]);
    enterprise.actions.insert(MANAGEMENT, ActionState::Withdrawn { since: LATER });
    assert_eq!(left(&enterprise, &wanted, NOW), []);
    assert_eq!(left(&enterprise, &wanted, Timestamp::from_seconds(3)), screen);
    assert_eq!(screens(&enterprise, &wanted), screen, "who asks for it now may");
    enterprise.actions.insert(MANAGEMENT, ActionState::PendingConsent { since: LATER });
    assert_eq!(left(&enterprise, &wanted, NOW), screen);
}

/// T14 A sign-in that is being proved is not asked for again; a grant that is merely looked for, because somebody opened the
/// way back from the admin-consent page, goes on being asked for.
#[test]
fn a_forged_way_back_hides_no_screen() {
    let mut enterprise = enterprise(&["SMS"]);
    let verifying = || ActionState::Verifying { since: NOW, request: ConsentRequestId::new(NOW, &Counting::default()) };
    for action in [ActionType::Registration, ActionType::UserSync, ActionType::Contacts] {
        enterprise.actions.insert(action, verifying());
    }
    let looked_for = vec![ActionType::UserSync, ActionType::Agent, ActionType::Contacts];
    assert_eq!(screens(&enterprise, &Wanted::Missing), [(Kind::Application, looked_for)]);
    let all = these(&[ActionType::Registration, ActionType::Contacts]);
    assert_eq!(screens(&enterprise, &all), [(Kind::Application, vec![ActionType::Contacts])]);
}

/// T11 A tenant that waits for the provider keeps no other out, until one is bound.
#[test]
fn a_tenant_that_waits_keeps_nobody_out() {
    let mut enterprise = enterprise(&["SMS"]);
    enterprise.profile.expected_tenant = None;
    let request = ConsentRequestId::new(NOW, &Counting::default());
    let (tenant, organization) = (TenantId::from_u128(9), "Elsewhere".to_owned());
    let waits =
        ActionState::PendingConfirmation { since: NOW, request, tenant, organization, others: vec![], next: None };
    enterprise.actions.insert(ActionType::Registration, waits);
    assert_eq!(screens(&enterprise, &Wanted::Missing)[0], (Kind::Delegated, vec![ActionType::Registration]));
    enterprise.tenant = Some(tenant);
    assert_eq!(screens(&enterprise, &Wanted::Missing)[0].0, Kind::Application);
}

/// A permission that Microsoft refused stops nothing but the consent that needs it: that is tried by itself, after the others.
#[test]
fn what_is_refused_stops_nothing_else() {
    let mut enterprise = enterprise(&["SMS"]);
    enterprise.actions.insert(MANAGEMENT, ActionState::PendingConsent { since: NOW });
    enterprise.isolated.insert("User.ReadWrite.All".to_owned());
    let application = (Kind::Application, vec![ActionType::UserSync, ActionType::Agent]);
    let (registration, management) =
        ((Kind::Delegated, vec![ActionType::Registration]), (Kind::Delegated, vec![MANAGEMENT]));
    assert_eq!(screens(&enterprise, &Wanted::Missing), [management.clone(), application.clone(), registration.clone()]);
    assert_eq!(screens(&enterprise, &these(&[ActionType::Registration])), std::slice::from_ref(&registration));
    let asked = |enterprise: &Enterprise, at: usize| -> Vec<String> {
        let (clients, wanted) = (ApplicationClients::single(OWN), &Wanted::Missing);
        let screen = &plan(enterprise, wanted, &clients).screens[at];
        screen.permissions(&clients).into_iter().map(Permission::scope).collect()
    };
    assert!(asked(&enterprise, 2).contains(&"User.ReadWrite.All".to_owned()), "which is why it is tried");
    grant(&mut enterprise, &[ActionType::Registration]);
    let again = asked(&enterprise, 0);
    assert!(again.contains(&"Directory.ReadWrite.All".to_owned()) && !again.contains(&"User.ReadWrite.All".to_owned()));
    enterprise.actions.remove(&ActionType::Registration);
    enterprise.profile.expected_tenant = None;
    assert_eq!(screens(&enterprise, &Wanted::Missing), [registration, management, application], "it finds the tenant");
}

/// R127, R132 A tenant without the Teams API is registered without it.
#[test]
fn an_api_that_the_tenant_lacks_is_left_out() {
    let mut enterprise = enterprise(&["SMS"]);
    enterprise.isolated.insert(format!("{}/user_impersonation", permission::TEAMS_ADMIN_API));
    let clients = ApplicationClients::single(OWN);
    let plan = plan(&enterprise, &Wanted::Missing, &clients);
    assert_eq!(plan.screens[0].actions, [ActionType::Registration]);
    let asked = plan.screens[0].permissions(&clients);
    assert!(asked.len() == 5 && asked.iter().all(|asked| asked.resource == permission::GRAPH), "{asked:?}");
}
