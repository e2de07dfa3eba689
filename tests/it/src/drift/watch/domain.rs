//! A tenant that is expected by its domain.

use super::*;

/// K17 Where the tenant is expected by its domain, and nobody has registered, what was granted in it is looked at too.
#[tokio::test]
async fn the_tenant_of_a_domain_is_watched() {
    let world = World::new().await;
    let (enterprise, key) = world.with_events().await;
    let watched = Watched { world, enterprise, key };
    watched.expect(CONTOSO.domain).await;
    visit(&watched.link(SYNC).await, "Accept").await;
    watched.stand(&[(SYNC, "granted"), (AGENT, "granted")]).await;
    watched.revoke("AppCatalog.Read.All");
    watched.pass().await;
    watched.stand(&[(SYNC, "granted"), (AGENT, "drifted")]).await;
    watched.restore(&[], &["AppCatalog.Read.All"]);
    watched.pass().await;
    watched.stand(&[(SYNC, "granted"), (AGENT, "granted")]).await;
    assert_eq!(watched.events(), [format!("action.drifted {AGENT}"), format!("action.recovered {AGENT}")]);
    let both = ["User.Read.All", "AppCatalog.Read.All"];
    for scope in both {
        watched.revoke(scope);
    }
    watched.pass().await;
    watched.stand(&[(SYNC, "drifted"), (AGENT, "drifted")]).await;
    // The same tenant, by its id: nothing is forgotten.
    watched.expect(CONTOSO.id).await;
    watched.restore(&[], &both);
    watched.pass().await;
    watched.stand(&[(SYNC, "granted"), (AGENT, "granted")]).await;
    let recovered = format!("action.recovered {SYNC}");
    assert!(watched.events().contains(&recovered), "{:?}", watched.events());
}

/// K17 Another domain is expected: what was lost in the tenant of the one before is not looked for there any more.
#[tokio::test]
async fn the_tenant_of_another_domain_is_not_the_one_that_was_watched() {
    let world = World::new().await;
    let (enterprise, key) = world.with_events().await;
    let watched = Watched { world, enterprise, key };
    watched.expect(CONTOSO.domain).await;
    visit(&watched.link(SYNC).await, "Accept").await;
    let both = ["User.Read.All", "AppCatalog.Read.All"];
    for scope in both {
        watched.revoke(scope);
    }
    watched.pass().await;
    watched.stand(&[(SYNC, "drifted"), (AGENT, "drifted")]).await;
    watched.expect(FABRIKAM.domain).await;
    watched.restore(&[], &both);
    watched.pass().await;
    watched.stand(&[(SYNC, "drifted"), (AGENT, "drifted")]).await;
    let link = watched.link(SYNC).await;
    watched.world.come_back(&filed(&link)).await;
    watched.world.consent(&link, &FABRIKAM);
    watched.pass().await;
    watched.stand(&[(SYNC, "granted"), (AGENT, "drifted")]).await;
}
