//! What came through the taps and out of the program, read into the scan.

use std::collections::BTreeSet;

use onboarding_lambda::routes::{Found, ROUTES, find};
use serde_json::{Value, json};

use super::seen::Seen;
use super::stage::Stage;
use crate::tap::Exchange;

/// Reads all that was seen into the scan, and names the routes of the table that never answered with what they are there for.
pub(crate) async fn gather(stage: &mut Stage) -> Vec<String> {
    let rows = whole_table(stage).await;
    let records = whole_stream(stage).await;
    let [log, standard_output] = stage.end().await;
    let seen = Seen {
        secrets: stage.secrets.seen(),
        entra: stage.entra.seen(),
        api: stage.api.seen(),
        receiver: stage.receiver.seen(),
        mail: stage.mail.seen(),
        dynamodb: stage.dynamodb.seen(),
        rows,
        records,
        log,
        standard_output,
        raw: stage.raw.lock().unwrap().clone(),
    };
    let unplayed = unplayed(&seen.api);
    seen.read_into(&mut stage.scan.lock().unwrap());
    unplayed
}

fn unplayed(api: &[Exchange]) -> Vec<String> {
    let answered = api.iter().filter(|exchange| exchange.status < 400).filter_map(|exchange| {
        let path = exchange.target.split('?').next().unwrap_or_default();
        match find(&exchange.method, path) {
            Found::Route(route, _) => Some((route.method.as_str(), route.path)),
            Found::MethodNotAllowed(_) | Found::Nothing => None,
        }
    });
    let answered: BTreeSet<_> = answered.collect();
    let all = ROUTES.iter().map(|route| (route.method.as_str(), route.path));
    all.filter(|route| !answered.contains(route)).map(|(method, path)| format!("{method} {path}")).collect()
}

async fn aws(stage: &Stage, operation: &str, body: &Value) -> Value {
    crate::effects::call_dynamodb(&stage.http, &stage.rows, operation, body).await
}

/// Every row with all its attributes.
async fn whole_table(stage: &Stage) -> Vec<Value> {
    let tables = aws(stage, "DynamoDB_20120810.ListTables", &json!({})).await;
    let mut rows = Vec::new();
    for table in tables["TableNames"].as_array().unwrap_or_else(|| panic!("{tables}")) {
        let mut scan = json!({ "TableName": table });
        loop {
            let page = aws(stage, "DynamoDB_20120810.Scan", &scan).await;
            rows.extend(page["Items"].as_array().unwrap().iter().cloned());
            if page["LastEvaluatedKey"].is_null() {
                break;
            }
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        }
    }
    rows
}

/// Every record of every stream, from its beginning.
async fn whole_stream(stage: &Stage) -> Vec<Value> {
    let streams = |operation: &str| format!("DynamoDBStreams_20120810.{operation}");
    let listed = aws(stage, &streams("ListStreams"), &json!({})).await;
    let mut records = Vec::new();
    for stream in listed["Streams"].as_array().unwrap() {
        let arn = &stream["StreamArn"];
        let described = aws(stage, &streams("DescribeStream"), &json!({ "StreamArn": arn })).await;
        for shard in described["StreamDescription"]["Shards"].as_array().unwrap() {
            let from = json!({"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"});
            let mut iterator = aws(stage, &streams("GetShardIterator"), &from).await["ShardIterator"].clone();
            while iterator.is_string() {
                let page = aws(stage, &streams("GetRecords"), &json!({ "ShardIterator": iterator })).await;
                let read = page["Records"].as_array().cloned().unwrap_or_default();
                iterator = if read.is_empty() { Value::Null } else { page["NextShardIterator"].clone() };
                records.extend(read);
            }
        }
    }
    records
}
