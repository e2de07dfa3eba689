//! One screen for several actions: what a link asks for, and a sign-in that is good for the other links of its screen.

use secrecy::ExposeSecret as _;

use super::*;

/// DESIGN §3 A start page that is opened again takes the link that it made before only if that asks for just the same.
#[test]
fn a_link_is_taken_again_only_for_the_same_request() {
    let world = World::new();
    let request = ConsentRequest { together: vec![ActionType::CallApp], ..world.request(Some(TENANT)) };
    assert_eq!(request.screen(), [ActionType::Registration, ActionType::CallApp]);
    let same = || NewRequest {
        enterprise: request.enterprise,
        reseller: request.reseller,
        action: request.action,
        together: request.together.clone(),
        part: request.part.clone(),
        without: request.without.clone(),
        redirect_url: request.redirect_url.clone(),
        pin: request.pin,
        asked_again: request.asked_again,
        resets: request.resets,
        language: None,
    };
    assert!(request.is_for(&same()));
    let listed = ["other.example.com".parse().unwrap()];
    let elsewhere = RedirectUrl::parse("https://other.example.com/", &listed, RedirectPolicy::default()).unwrap();
    for other in [
        NewRequest { enterprise: EnterpriseId::try_from(70).unwrap(), ..same() },
        NewRequest { action: ActionType::LoginEnterpriseAdmin, ..same() },
        NewRequest { together: vec![], ..same() },
        NewRequest { part: vec!["User.ReadWrite.All".to_owned()], ..same() },
        NewRequest { without: vec!["User.ReadWrite.All".to_owned()], ..same() },
        NewRequest { redirect_url: Some(elsewhere), ..same() },
        NewRequest { redirect_url: None, ..same() },
        NewRequest { pin: None, ..same() },
        NewRequest { asked_again: true, ..same() },
        NewRequest { resets: 1, ..same() },
    ] {
        assert!(!request.is_for(&other), "{other:?}");
    }
}

/// DESIGN §3 The sign-in that one link was spent on goes on with another of its screen, with its own sealed copy of the token,
/// which ends when the first does.
#[test]
fn a_sign_in_goes_on_with_another_link_of_its_screen() {
    let world = World::new();
    let first = world.verifying(Some(TENANT));
    let own = ConsentRequest { action: ActionType::LoginEnterpriseAdmin, ..world.request(Some(TENANT)) };
    let later = NOW.plus(Duration::from_secs(1));
    let (record, going_on) = first.shared().go_on(own.clone(), &"token".into(), world.context(later)).unwrap();
    assert_eq!((record.request, &record.stage), (own, &going_on.stage()));
    assert_eq!(going_on.request().stage, going_on.stage(), "what is decided next is conditional on it");
    let Stage::Verifying { since, signer: by, token, reads: 0 } = record.stage else { panic!("{:?}", record.stage) };
    assert_eq!((since, by, token.expires_at), (later, signer(), NOW.plus(Duration::from_hours(1))));
    let id = going_on.request().id.as_str();
    assert_eq!(world.keys.open(Purpose::AccessToken, id, &token.sealed, later).unwrap(), b"token");
    assert!(record.delivery.is_none() && record.handles.is_empty(), "nothing is told before Graph was read");
}

/// DESIGN §3 It goes on with no link that is spent, of another tenant, of none yet, or for application permissions.
#[test]
fn a_sign_in_goes_on_with_no_other_link() {
    let world = World::new();
    let shared = world.verifying(Some(TENANT)).shared();
    let fit = || ConsentRequest { action: ActionType::LoginEnterpriseAdmin, ..world.request(Some(TENANT)) };
    for (why, own) in [
        ("spent", ConsentRequest { stage: Stage::granted(NOW), ..fit() }),
        ("ended", ConsentRequest { expires_at: NOW, ..fit() }),
        ("of another tenant", ConsentRequest { pin: Some(TenantId::from_u128(9)), ..fit() }),
        ("of no tenant yet", ConsentRequest { pin: None, ..fit() }),
        ("for our application", ConsentRequest { action: ActionType::UserSync, ..fit() }),
    ] {
        assert!(shared.go_on(own, &"token".into(), world.context(NOW)).is_none(), "{why}");
    }
    assert!(shared.go_on(fit(), &"token".into(), world.context(NOW)).is_some());
}

/// R142, P6 A sign-in that is sent back goes on in the name of whoever sent it, by a link that is there or one that is made, and
/// only while nobody decides the action.
#[test]
fn a_sign_in_that_is_sent_back_goes_on_alone() {
    let world = World::new();
    let sign_in = SharedSignIn::new(signer(), NOW.plus(Duration::from_hours(1)));
    let enterprise = crate::enterprise::tests::sample(7, &serde_json::json!({}));
    let (wanted, url) = ((ActionType::ServiceProviderManagement, TENANT), world.request(None).redirect_url);
    let made = ConsentRequest::made_for(&enterprise, wanted, url, world.context(NOW).occasion);
    assert_eq!((made.enterprise, made.reseller, made.pin), (enterprise.id, enterprise.reseller, Some(TENANT)));
    assert!(made.is_unused(NOW) && !enterprise.has_reset(&made));
    let actor = Actor::System("provider");
    for is_new in [true, false] {
        let gone_on = sign_in.go_on_for((made.clone(), is_new), &"token".into(), &actor, world.context(NOW));
        let (record, verifying) = gone_on.unwrap();
        assert_eq!((record.is_new, &record.landing), (is_new, &Landing::Along(TENANT)));
        assert_eq!((record.audit.who.as_str(), record.action.word()), ("system:provider", "verifying"));
        assert_eq!(verifying.request().stage, record.stage);
    }
    let elsewhere = ConsentRequest { pin: Some(TenantId::from_u128(9)), ..made };
    assert!(sign_in.go_on_for((elsewhere, true), &"token".into(), &actor, world.context(NOW)).is_none());
}

/// R144 A tenant without the roles begins a wait with the sign-in, in the record of the refusal; no other refusal does.
#[test]
fn roles_that_are_missing_are_waited_for() {
    let world = World::new();
    let refused = |code| world.verifying(Some(TENANT)).refuse(code, None, world.context(NOW));
    let record = refused(Code::TeamsSkypeRolesMissing);
    let awaited = record.awaits.unwrap();
    assert_eq!((&awaited.request, awaited.since, awaited.looks), (&record.request.id, NOW, 0));
    assert_eq!((&awaited.signer, awaited.token.expires_at), (&signer(), NOW.plus(Duration::from_hours(1))));
    assert_eq!(awaited.access_token(&world.keys, NOW).unwrap().expose_secret(), "token");
    assert!(matches!(record.stage, Stage::Pending { .. }), "its link stays open");
    assert_eq!(refused(Code::TeamsAdminRoleNotReady).awaits, None);
}
