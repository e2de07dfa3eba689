//! Dry runs of making an enterprise.

use reqwest::Method;
use serde_json::{Value, json};

use crate::effects::Effects;
use crate::world::{Answer, World};

impl World {
    async fn dry_run(&self, body: &Value) -> Answer {
        self.provider(Method::POST, "/v1/enterprises?dryRun=true", Some(body)).await
    }
}

/// R078, R158 A form is filled step by step: PBX types are asked for once there are services, and nothing is made.
#[tokio::test]
async fn a_dry_run_says_what_is_missing() {
    let world = World::new().await;
    let before = world.snapshot().await;
    let begun = world.dry_run(&json!({})).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let begun = begun.json();
    assert_eq!(begun["missing"], json!(["enterpriseName", "services", "sbcGateways"]));
    assert_eq!((&begun["valid"], &begun["pbxTypes"]), (&json!(false), &json!([])));
    let mut body = json!({"enterpriseName": "Contoso", "services": ["PBX"], "sbcGateways": [5678]});
    let with_pbx = world.dry_run(&body).await.json();
    assert_eq!((&with_pbx["missing"], &with_pbx["errors"]), (&json!(["pbxId"]), &json!([])));
    let choices = with_pbx["pbxTypes"].as_array().unwrap();
    assert_eq!((choices.len(), &choices[0]["id"], &choices[0]["preselected"]), (1, &json!(1234), &json!(true)));
    let submitted = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
    assert_eq!(submitted.problem().2, [("/pbxId".to_owned(), "required".to_owned())]);
    body["pbxId"] = json!([1234]);
    assert_eq!(world.dry_run(&body).await.json()["valid"], true);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    assert_eq!(world.provider(Method::POST, "/v1/enterprises", Some(&body)).await.status, 200);
}

/// R156 The gateways come with the nearest first, and recommended.
#[tokio::test]
async fn the_nearest_gateway_is_recommended() {
    let world = World::new().await;
    let order = async |country: Value| -> Vec<(Value, bool)> {
        let preview = world.dry_run(&json!({ "countryName": country })).await.json();
        let gateways = preview["sbcGateways"].as_array().unwrap().clone();
        let pair = |one: &Value| (one["sbcGatewayRegion"].clone(), one["recommended"] == true);
        gateways.iter().map(pair).collect()
    };
    assert_eq!(order(json!("Germany")).await, [(json!("EU-West"), true), (json!("US-East"), false)]);
    assert_eq!(order(json!("Canada")).await, [(json!("US-East"), true), (json!("EU-West"), false)]);
    assert!(order(Value::Null).await.iter().all(|(_, recommended)| !recommended));
}

/// R080, R158 What a dry run finds wrong is what making it would refuse, the name included.
#[tokio::test]
async fn a_dry_run_finds_what_making_would_refuse() {
    let world = World::new().await;
    world.enterprise(json!({"enterpriseName": "Contoso"})).await;
    let taken = world.enterprise_body(json!({"enterpriseName": "CONTOSO"})).await;
    let preview = world.dry_run(&taken).await.json();
    assert_eq!((&preview["valid"], &preview["errors"][0]["code"]), (&json!(false), &json!("enterprise_name_taken")));
    let wrong = world.enterprise_body(json!({"userLimit": -1, "sbcGateways": [1], "odd": 1})).await;
    let found: Vec<Value> = world.dry_run(&wrong).await.json()["errors"].as_array().unwrap().clone();
    let refused = world.provider(Method::POST, "/v1/enterprises", Some(&wrong)).await.json();
    assert_eq!(Value::Array(found), refused["errors"]);
    assert_eq!(world.dry_run(&json!([])).await.problem().0, 400);
    let alias = world.provider(Method::POST, "/reseller/newEnterprise?dryRun=true", Some(&taken)).await;
    assert_eq!((alias.status.as_u16(), &alias.json()["valid"]), (200, &json!(false)));
}

/// R102, R158 A misspelt or odd dryRun makes nothing.
#[tokio::test]
async fn a_misspelt_dry_run_makes_nothing() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({})).await;
    for (query, fault) in [
        ("dryrun=true", ("/dryrun", "unknown_field")),
        ("dryRun=yes", ("/dryRun", "wrong_type")),
        ("dryRun=", ("/dryRun", "wrong_type")),
    ] {
        let answer = world.provider(Method::POST, &format!("/v1/enterprises?{query}"), Some(&body)).await;
        let faults = vec![(fault.0.to_owned(), fault.1.to_owned())];
        assert_eq!(answer.problem(), (422, "invalid_query".to_owned(), faults));
    }
    assert_eq!(world.provider(Method::GET, "/v1/enterprises", None).await.json()["items"], json!([]));
    assert_eq!(world.provider(Method::POST, "/v1/enterprises?dryRun=false", Some(&body)).await.status, 200);
}
