use serde_json::json;

use super::CheckStatus::{Fail, Pass, Unknown};
use super::*;
use crate::action::ActionState;
use crate::enterprise::tests::sample;
use crate::id::ConsentRequestId;
use crate::proof::Organization;
use crate::random::tests::Counting;
use crate::service::Service;

fn granted() -> ActionState {
    let since = Timestamp::from_seconds(1);
    ActionState::Granted { since, request: ConsentRequestId::new(since, &Counting::default()), by: None, tenant: None }
}

fn grant_all(enterprise: &mut Enterprise) {
    let services = enterprise.profile.services.clone();
    for action in ActionType::all().filter(|action| action.is_mandatory(&services)) {
        enterprise.actions.insert(action, granted());
    }
}

fn shown(teams_api: bool) -> Seen {
    let organization = Organization { id: TenantId::from_u128(1), display_name: "MSFT".into() };
    Seen::Shown(View { organization, teams_api, active_roles: vec![TEAMS_ADMINISTRATOR], signer_roles: None })
}

fn status(readiness: &Readiness, name: &str) -> CheckStatus {
    readiness.checks.iter().find(|check| check.check == name).unwrap().status
}

/// R140, R141 Ready is what has every mandatory consent; what is recommended or belongs to the tenant does not count.
#[test]
fn mandatory_consents_alone_make_it_ready() {
    let mut enterprise = sample(7, &json!({}));
    let before = Readiness::of(&enterprise, None);
    assert_eq!((before.ready, before.who), (false, Some(Who::GlobalAdministrator)));
    assert_eq!(before.missing, [ActionType::Registration, ActionType::UserSync, ActionType::Agent]);
    grant_all(&mut enterprise);
    let after = Readiness::of(&enterprise, Some(&shown(false)));
    assert_eq!((after.ready, after.missing), (true, vec![]));
    enterprise.standing = Standing::Disabled;
    let stopped = Readiness::of(&enterprise, Some(&shown(true)));
    assert_eq!((stopped.ready, stopped.who), (false, Some(Who::ProviderAdmin)));
}

/// R131, R129 Every check is there at once, and what nobody saw is unknown.
#[test]
fn what_nobody_saw_is_unknown() {
    let enterprise = sample(7, &json!({}));
    let of = |seen: Option<Seen>| {
        let readiness = Readiness::of(&enterprise, seen.as_ref());
        ["drift_credential", "tenant_admin_api", "teams_administrator_role", "skype_administrator_role"]
            .map(|name| status(&readiness, name))
    };
    assert_eq!(of(Some(shown(true))), [Pass, Pass, Pass, Fail]);
    assert_eq!(of(Some(shown(false))), [Pass, Fail, Pass, Fail]);
    assert_eq!(of(Some(Seen::Closed)), [Fail, Unknown, Unknown, Unknown]);
    assert_eq!(of(Some(Seen::Unread)), [Unknown; 4]);
    assert_eq!(of(None), [Unknown; 4]);
    let failed = |check: &Check| check.status == Pass || check.problem.is_some();
    assert!(Readiness::of(&enterprise, None).checks.iter().all(failed));
}

/// R145 Each service brings what it needs; who may do it follows from the consents.
#[test]
fn next_steps_follow_from_the_services() {
    let areas = |extra: serde_json::Value| {
        Readiness::of(&sample(7, &extra), None).next_steps.into_iter().map(|step| step.area).collect::<Vec<_>>()
    };
    assert_eq!(areas(json!({"services": ["SMS"]})), ["users", "apps"]);
    assert_eq!(areas(json!({"services": ["SMS"], "userProvisioningEnabled": false})), ["apps"]);
    let mut calling = sample(7, &json!({}));
    calling.profile.services = vec![Service::Trunk, Service::Sms];
    let before = Readiness::of(&calling, None).next_steps;
    assert_eq!((before[0].area, before[0].who), ("direct_routing", Who::GlobalAdministrator));
    assert_eq!(before[0].services, [Service::Trunk]);
    calling.actions.insert(ActionType::ServiceProviderManagement, granted());
    let after = Readiness::of(&calling, None).next_steps;
    assert_eq!(after[0].who, Who::ProviderAdmin);
    assert_eq!(after.last().map(|step| (step.area, step.who)), Some(("apps", Who::GlobalAdministrator)));
}
