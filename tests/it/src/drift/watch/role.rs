//! Directory roles that our service principal was a member of.

use super::*;

/// Our membership in a directory role is looked at too, and the instant of the look is shown.
#[tokio::test]
async fn a_lost_role_is_noticed_and_a_look_is_shown() {
    let watched = Watched::new().await;
    let microsoft = watched.world.microsoft();
    microsoft.assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let link = watched.link(MANAGEMENT).await;
    watched.world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    let consent = async || {
        let path = format!("/v1/enterprises/{}", watched.enterprise);
        let read = watched.world.as_holder_of(&watched.key, Method::GET, &path, None).await.json();
        read["managementConsent"].clone()
    };
    let before = consent().await;
    watched.pass().await;
    let after = consent().await;
    assert_eq!((&after["status"], &after["grantedAt"]), (&json!("granted"), &before["grantedAt"]));
    assert!(after["lastVerifiedAt"].as_str().unwrap() > before["lastVerifiedAt"].as_str().unwrap(), "{after}");
    let principal = microsoft.service_principal(CONTOSO.id, &Watched::client()).unwrap();
    let lose = async || {
        microsoft.remove_role(&CONTOSO, &principal, &TEAMS_ADMINISTRATOR);
        watched.pass().await;
        watched.stand(&[(MANAGEMENT, "drifted"), (REGISTRATION, "granted")]).await;
    };
    lose().await;
    microsoft.assign_role(&CONTOSO, &principal, &TEAMS_ADMINISTRATOR);
    watched.pass().await;
    assert_eq!(watched.events(), [format!("action.drifted {MANAGEMENT}"), format!("action.recovered {MANAGEMENT}")]);
    assert_eq!(consent().await["grantedBy"], json!(GRACE.upn), "it was she who granted it");
    lose().await;
    let told = watched.told();
    assert_eq!(told.len(), 3, "each loss is told");
    let scope = words(&query(&watched.leads_to(&told[2].2).await)["scope"]);
    let asked = ["Application.Read.All", "RoleManagement.ReadWrite.Directory", "openid", "profile"];
    assert_eq!(scope, asked.map(str::to_owned).into());
}

/// R141 Our membership in Skype for Business Administrator, once it was seen, is missed too.
#[tokio::test]
async fn a_lost_skype_role_is_noticed() {
    let watched = Watched::new().await;
    let microsoft = watched.world.microsoft();
    for role in [&TEAMS_ADMINISTRATOR, &SKYPE_FOR_BUSINESS_ADMINISTRATOR] {
        microsoft.assign_role(&CONTOSO, GRACE.oid, role);
    }
    watched.world.visit(&watched.link(MANAGEMENT).await, &GRACE, Decision::ForTheOrganization).await.ours();
    watched.pass().await;
    watched.stand(&[(MANAGEMENT, "granted")]).await;
    let principal = microsoft.service_principal(CONTOSO.id, &Watched::client()).unwrap();
    microsoft.remove_role(&CONTOSO, &principal, &SKYPE_FOR_BUSINESS_ADMINISTRATOR);
    watched.pass().await;
    watched.stand(&[(MANAGEMENT, "drifted"), (REGISTRATION, "granted")]).await;
    microsoft.assign_role(&CONTOSO, &principal, &SKYPE_FOR_BUSINESS_ADMINISTRATOR);
    watched.pass().await;
    watched.stand(&[(MANAGEMENT, "granted")]).await;
    assert_eq!(watched.events(), [format!("action.drifted {MANAGEMENT}"), format!("action.recovered {MANAGEMENT}")]);
}
