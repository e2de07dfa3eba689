//! A tenant that nobody of ours may read any more.

use super::*;

/// K17, R140 The permission by which we read is taken away: one event, of the consent that it is part of; it is restored before the
/// next look: one more. What cannot be read meanwhile is neither lost nor told.
#[tokio::test]
async fn the_loss_of_the_right_to_read_is_one_event() {
    let watched = Watched::new().await;
    watched.revoke("Directory.Read.All");
    watched.pass().await;
    assert_eq!(watched.events(), [format!("action.drifted {SYNC}")]);
    watched.stand(&[(REGISTRATION, "granted"), (SYNC, "drifted"), (AGENT, "granted")]).await;
    watched.restore(&[], &["Directory.Read.All"]);
    watched.pass().await;
    watched.pass().await;
    assert_eq!(watched.events(), [format!("action.drifted {SYNC}"), format!("action.recovered {SYNC}")]);
}

/// K17, R007 While nobody of ours may read, nothing is called verified: from the second look on what was granted is
/// `unverifiable`, told once with a sign-in's link; once it can be read, what is left of it is shown.
#[tokio::test]
async fn what_nobody_may_read_any_more_is_not_verified() {
    let watched = Watched::new().await;
    let microsoft = watched.world.microsoft();
    microsoft.assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    watched.world.visit(&watched.link(MANAGEMENT).await, &GRACE, Decision::ForTheOrganization).await.ours();
    watched.pass().await;
    let consent = async || {
        let path = format!("/v1/enterprises/{}", watched.enterprise);
        watched.world.as_holder_of(&watched.key, Method::GET, &path, None).await.json()["managementConsent"].clone()
    };
    let verified = consent().await["lastVerifiedAt"].clone();
    watched.revoke("Directory.Read.All");
    watched.pass().await;
    watched.stand(&[(REGISTRATION, "granted"), (SYNC, "drifted"), (AGENT, "granted"), (MANAGEMENT, "granted")]).await;
    assert_eq!(consent().await["lastVerifiedAt"], verified, "nothing was read");
    watched.revoke("User.ReadWrite.All");
    for _ in 0..6 {
        watched.pass().await;
    }
    let unread = [REGISTRATION, AGENT, MANAGEMENT];
    watched.stand(&unread.map(|action| (action, "unverifiable"))).await;
    let told: Vec<(String, String, Value)> =
        watched.told().into_iter().filter(|(kind, _, _)| kind == "action.blocked").collect();
    assert_eq!(told.iter().map(|(_, action, _)| action.as_str()).collect::<BTreeSet<_>>(), unread.into());
    assert_eq!(told.len(), 3, "each once");
    for (_, _, data) in &told {
        assert!(query(&watched.leads_to(data).await)["scope"].contains("Organization.Read.All"), "{data}");
    }
    watched.restore(&[], &["Directory.Read.All"]);
    watched.pass().await;
    watched.stand(&[(REGISTRATION, "drifted"), (SYNC, "granted"), (AGENT, "granted"), (MANAGEMENT, "granted")]).await;
    let read = consent().await;
    assert!(read["lastVerifiedAt"].as_str() > verified.as_str(), "{read}");
    assert_eq!(read["grantedBy"], json!(GRACE.upn), "it was she who granted it");
}

/// R165 Before user synchronisation nobody of ours might ever read, so nothing is lost. Once nobody may any more, what was granted is
/// unverifiable, not drifted; the link is a sign-in, which shows it again.
#[tokio::test]
async fn without_a_credential_a_sign_in_is_asked_for() {
    let watched = Watched::registered(World::new().await).await;
    watched.pass().await;
    watched.stand(&[(REGISTRATION, "granted")]).await;
    visit(&watched.link(SYNC).await, "Accept").await;
    watched.revoke("Directory.Read.All");
    watched.pass().await;
    assert_eq!(watched.events(), [format!("action.drifted {SYNC}")]);
    watched.pass().await;
    watched.stand(&[(REGISTRATION, "unverifiable")]).await;
    let of_registration = |(_, action, _): &(String, String, Value)| action == REGISTRATION;
    let (kind, _, data) = watched.told().into_iter().find(of_registration).unwrap();
    assert_eq!(kind, "action.blocked");
    let scope = words(&query(&watched.leads_to(&data).await)["scope"]);
    let login = ["Directory.AccessAsUser.All", "Organization.Read.All", "openid", "profile"];
    assert_eq!(scope, login.map(str::to_owned).into());
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(data["startUrl"].as_str().unwrap()).await.unwrap();
    watched.world.press(&mut grace, page, &GRACE).await;
    watched.stand(&[(REGISTRATION, "granted"), ("LOGIN_ENTERPRISE_ADMIN", "granted")]).await;
    watched.world.settle().await;
    let mut told = watched.events();
    told.retain(|event| event.ends_with(REGISTRATION));
    assert_eq!(told, ["action.blocked REGISTRATION", "action.recovered REGISTRATION"]);
}
