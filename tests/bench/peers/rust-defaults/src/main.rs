//! The same read as the other peers, with the defaults of the AWS SDK: `load_defaults`, all default features.

use std::collections::HashMap;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

type Item = HashMap<String, AttributeValue>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let (dynamodb, table) = (Client::new(&config), std::env::var("TABLE_NAME")?);
    run(service_fn(|request: Request| {
        let (dynamodb, table) = (&dynamodb, &table);
        async move { handle(dynamodb, table, &request).await }
    }))
    .await
}

async fn handle(dynamodb: &Client, table: &str, request: &Request) -> Result<Response<Body>, Error> {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let Some(key) = header.and_then(|text| text.strip_prefix("Bearer ")) else { return refused(401) };
    let Some((id, _)) = key.strip_prefix("onb_live_").and_then(|rest| rest.split_once('_')) else {
        return refused(401);
    };
    let (reseller, _) = id.split_once('-').unwrap_or_default();
    let enterprise = request.uri().path().rsplit('/').next().unwrap_or_default();
    let rows = read(
        dynamodb,
        table,
        [
            (format!("reseller#{reseller}"), format!("key#{id}")),
            (format!("reseller#{reseller}"), "reseller".to_owned()),
            (format!("enterprise#{enterprise}"), "enterprise".to_owned()),
        ],
    )
    .await?;
    let row = |name: &str| rows.iter().find(|row| text(row, "SK").starts_with(name));
    let hash: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    let active = row("reseller").is_some_and(|row| text(row, "status") == "active");
    if !active || row("key#").is_none_or(|row| text(row, "hash") != hash) {
        return refused(401);
    }
    match row("enterprise").and_then(|row| row.get("profile")) {
        Some(profile) => answer(200, &plain(profile)),
        None => refused(404),
    }
}

async fn read(dynamodb: &Client, table: &str, keys: [(String, String); 3]) -> Result<Vec<Item>, Error> {
    let mut wanted = KeysAndAttributes::builder().consistent_read(true);
    for (pk, sk) in keys {
        wanted = wanted.keys(Item::from([
            ("PK".to_owned(), AttributeValue::S(pk)),
            ("SK".to_owned(), AttributeValue::S(sk)),
        ]));
    }
    let read = dynamodb.batch_get_item().request_items(table, wanted.build()?).send().await?;
    Ok(read.responses.unwrap_or_default().into_values().flatten().collect())
}

fn text<'a>(row: &'a Item, name: &str) -> &'a str {
    row.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => number.parse().map_or(Value::Null, Value::Number),
        AttributeValue::Bool(yes) => json!(yes),
        AttributeValue::L(list) => list.iter().map(plain).collect(),
        AttributeValue::M(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}

fn refused(status: u16) -> Result<Response<Body>, Error> {
    answer(status, &json!({ "code": "refused" }))
}

fn answer(status: u16, body: &Value) -> Result<Response<Body>, Error> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    Ok(response.body(Body::Text(body.to_string()))?)
}
