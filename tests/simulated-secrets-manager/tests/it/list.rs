use aws_sdk_secretsmanager::{
    operation::list_secrets::builders::ListSecretsFluentBuilder,
    types::{Filter, FilterNameStringType},
};

use crate::world::{V1, World, error_type};

async fn world() -> World {
    let world = World::new().await;
    for name in ["vault/a", "vault/b", "Vault/c", "hooks/a"] {
        let request = world.client.create_secret().name(name).secret_string("one");
        request.client_request_token(V1).send().await.unwrap();
    }
    world
}

async fn names(request: ListSecretsFluentBuilder) -> Vec<String> {
    let listed = request.send().await.unwrap().secret_list.unwrap();
    listed.into_iter().map(|secret| secret.name.unwrap()).collect()
}

fn named(value: &str) -> Filter {
    Filter::builder().key(FilterNameStringType::Name).values(value).build()
}

/// Prefixes count, case counts, and `!` turns a prefix round.
#[tokio::test]
async fn secrets_are_listed_by_name_prefix() {
    let world = world().await;
    let list = || world.client.list_secrets();
    assert_eq!(names(list()).await, ["vault/a", "vault/b", "Vault/c", "hooks/a"]);
    assert_eq!(names(list().filters(named("vault/"))).await, ["vault/a", "vault/b"]);
    assert_eq!(names(list().filters(named("!vault/"))).await, ["Vault/c", "hooks/a"]);
    assert_eq!(names(list().filters(named("/a"))).await, [""; 0]);
}

/// Each entry has its labels.
#[tokio::test]
async fn a_listed_secret_has_its_labels() {
    let world = world().await;
    let listed = world.client.list_secrets().filters(named("hooks/")).send().await.unwrap();
    let stages = listed.secret_list()[0].secret_versions_to_stages().unwrap();
    assert_eq!(stages[V1], ["AWSCURRENT"]);
}

/// Secrets scheduled for deletion are listed only when asked for.
#[tokio::test]
async fn scheduled_deletions_are_listed_when_asked_for() {
    let world = world().await;
    world.client.delete_secret().secret_id("vault/a").send().await.unwrap();
    let list = || world.client.list_secrets().filters(named("vault/"));
    assert_eq!(names(list()).await, ["vault/b"]);
    assert_eq!(names(list().include_planned_deletion(true)).await, ["vault/a", "vault/b"]);
}

/// Pages follow each other without gap or repeat.
#[tokio::test]
async fn pages_follow_each_other() {
    let world = world().await;
    let pages = world.client.list_secrets().max_results(3).into_paginator();
    let pages: Vec<_> = pages.send().collect::<Result<_, _>>().await.unwrap();
    let names = pages.iter().map(|page| {
        let names = page.secret_list().iter().filter_map(|secret| secret.name());
        names.collect::<Vec<_>>()
    });
    let expected = [vec!["vault/a", "vault/b", "Vault/c"], vec!["hooks/a"]];
    assert_eq!(names.collect::<Vec<_>>(), expected);
    let bad = world.client.list_secrets().next_token("soon").send().await;
    assert_eq!(error_type(bad), "InvalidNextTokenException");
}

/// A filter not known here is refused, not ignored.
#[tokio::test]
async fn another_filter_is_refused() {
    let world = world().await;
    let filter = Filter::builder().key(FilterNameStringType::TagKey).values("team").build();
    let outcome = world.client.list_secrets().filters(filter).send().await;
    assert_eq!(error_type(outcome), "SerializationException");
}
