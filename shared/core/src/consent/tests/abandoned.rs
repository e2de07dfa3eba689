use super::*;

/// R202 From the end of its link on it is told that nobody came back: to the provider, who can send another.
#[test]
fn nobody_came_back() {
    let world = World::new();
    let request = world.request(Some(TENANT));
    let awaited = ActionState::Started { since: NOW, request: request.id.clone(), asked_again: false };
    let end = request.expires_at;
    assert_eq!(request.due_in(&request.stage), Some(end));
    let context = |now| Context { system: Some("consent-verify"), ..world.context(now) };
    assert_eq!(request.clone().abandon(&awaited, context(end.minus(Duration::from_millis(1)))), None);
    let record = request.clone().abandon(&awaited, context(end)).unwrap();
    let id = Some(request.id.clone());
    assert_eq!(record.action, ActionState::Expired { since: end, request: id, asked_again: false });
    assert_eq!((&record.landing, record.binds, record.landing.is_grant()), (&Landing::IfAwaited, None, false));
    assert_eq!(record.stage, Stage::Completed { since: end, refusal: Some(Code::Abandoned), unseen: None });
    let body = world.body(&record);
    assert_eq!((&body["outcome"], &body["event"]), (&json!("expired"), &json!("action.blocked")));
    assert_eq!((&body["problem"]["code"], &body["problem"]["who"]), (&json!("abandoned"), &json!("provider admin")));
    assert_eq!(record.audit.who, "system:consent-verify");
    assert_eq!(record.action.problem().map(|problem| problem.code), Some(Code::Abandoned));
}

/// R202 An older link, one that was refused, one that is in use, and an action that went on have nothing to tell.
#[test]
fn what_went_on_is_not_abandoned() {
    let world = World::new();
    let request = world.request(None);
    let awaited = ActionState::Started { since: NOW, request: request.id.clone(), asked_again: false };
    let newer = ConsentRequestId::new(NOW.plus(Duration::from_secs(1)), &world.random);
    let context = || world.context(request.expires_at);
    for state in [
        ActionState::Started { since: NOW, request: newer, asked_again: false },
        ActionState::Granted { since: NOW, request: request.id.clone(), by: None, tenant: None },
        ActionState::Verifying { since: NOW, request: request.id.clone() },
        ActionState::PendingConsent { since: NOW },
    ] {
        assert_eq!(request.clone().abandon(&state, context()), None, "{state:?}");
    }
    let refused = ConsentRequest { stage: Stage::Pending { refusal: Some(Code::Declined) }, ..request.clone() };
    assert_eq!(refused.due_in(&refused.stage), None);
    assert_eq!(refused.abandon(&awaited, context()), None);
    assert_eq!(world.leased(None).request().clone().abandon(&awaited, context()), None);
}
