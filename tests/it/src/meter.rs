//! What each call costs: round trips to DynamoDB, and the units that it charges.
//!
//! A meter stands between the functions and the embedded DynamoDB, asks for the consumed capacity of every call, and
//! writes it down. The figures are those of `onboarding_dynamo::table`'s documentation.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use onboarding_core::rate_limit::BLOCK;
use onboarding_sandbox::{Options, Overrides, StreamReads};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use simulated_microsoft::{GRACE, Lag, Revocation, TEAMS_ADMINISTRATOR};

use crate::activation::path_in;
use crate::admin_consent::said;
use crate::invitation::{ADMIN, code_in, link_in};
use crate::link::query;
use crate::world::{Decision, World, send};

/// One call to DynamoDB.
#[derive(Clone, Debug)]
struct Charge {
    operation: String,
    units: f64,
    /// Whether a delivery made it, which runs beside the call that is measured.
    is_delivery: bool,
    /// Whether it leased permits, which only some calls do.
    is_lease: bool,
}

#[derive(Clone)]
struct Meter {
    upstream: String,
    http: Client,
    charges: Arc<Mutex<Vec<Charge>>>,
}

impl Meter {
    /// A meter before `upstream`; its own address.
    async fn start(upstream: &str) -> (Self, String) {
        let meter = Self {
            upstream: upstream.to_owned(),
            http: onboarding_microsoft::http::client().unwrap(),
            charges: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/", post(forward)).with_state(meter.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (meter, address)
    }

    /// What was charged since the last time it was asked, deliveries and leases apart.
    fn charged(&self) -> (Vec<String>, Vec<f64>) {
        let charges = self.charges.lock().unwrap().drain(..).collect::<Vec<_>>();
        let charges: Vec<Charge> =
            charges.into_iter().filter(|charge| !charge.is_delivery && !charge.is_lease).collect();
        (
            charges.iter().map(|charge| charge.operation.clone()).collect(),
            charges.iter().map(|charge| charge.units).collect(),
        )
    }

    /// Asserts that these calls were made, and no others, for `reads` and `writes` units at most.
    fn expect(&self, operations: &[&str], reads: f64, writes: f64) {
        let (mut made, mut each) = self.charged();
        // The lease of a request goes out together with the look at whose link it is: either may be first.
        if made.starts_with(&["UpdateItem".to_owned(), "BatchGetItem".to_owned()]) {
            made.swap(0, 1);
            each.swap(0, 1);
        }
        eprintln!("{operations:?}: {each:?} units");
        assert_eq!(made, operations);
        let is_read = |operation: &str| matches!(operation, "BatchGetItem" | "GetItem" | "Query");
        let of = |read: bool| {
            let all = made.iter().zip(&each).filter(|(operation, _)| is_read(operation) == read);
            all.map(|(_, units)| units).sum::<f64>()
        };
        assert!(of(true) <= reads, "{} read units > {reads}", of(true));
        assert!(of(false) <= writes, "{} write units > {writes}", of(false));
    }
}

async fn forward(State(meter): State<Meter>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let operation = target.split_once('.').unwrap().1.to_owned();
    let mut request: Value = serde_json::from_slice(&body).unwrap();
    let is_row = !target.contains("Streams") && operation != "DescribeTable" && operation != "CreateTable";
    if is_row {
        request["ReturnConsumedCapacity"] = json!("INDEXES");
    }
    let call = meter.http.post(&meter.upstream).header("content-type", "application/x-amz-json-1.0");
    let call = call.header("x-amz-target", &target).header("authorization", headers["authorization"].to_str().unwrap());
    let call = call.header("x-amz-date", headers["x-amz-date"].to_str().unwrap());
    let answer = call.body(request.to_string()).send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    if is_row {
        let units = units(&serde_json::from_str(&text).unwrap_or_default());
        let sent = String::from_utf8_lossy(&body).into_owned();
        let of_a_delivery = sent.contains("deliveries#") || sent.contains("endpoint#");
        let is_delivery = (operation != "TransactWriteItems" && of_a_delivery)
            || (operation == "UpdateItem" && sent.contains("mail#"));
        let is_lease = operation == "UpdateItem" && sent.contains("rate#");
        meter.charges.lock().unwrap().push(Charge { operation, units, is_delivery, is_lease });
    }
    (StatusCode::from_u16(status).unwrap(), [("content-type", "application/x-amz-json-1.0")], text)
}

fn units(answer: &Value) -> f64 {
    let of = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or_default();
    let consumed = &answer["ConsumedCapacity"];
    consumed.as_array().map_or_else(|| of(consumed), |several| several.iter().map(of).sum())
}

/// A world whose functions go through a meter.
async fn metered() -> (World, World, Meter) {
    // It only keeps the table: its own functions know another Microsoft.
    let behind = Options { sweep: false, stream: StreamReads::OnTicks, insecure_redirects: true, ..Options::default() };
    let behind = World::with(behind).await;
    let (meter, address) = Meter::start(&behind.sandbox.ready().dynamodb).await;
    let overrides = Overrides { dynamodb: Some(address.parse().unwrap()), ..Overrides::default() };
    let options = Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() };
    (World::with(options).await, behind, meter)
}

/// R103 Reads, creates and links take the documented round trips, read units and write units (DESIGN §8).
#[tokio::test]
async fn calls_cost_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    let body = world.enterprise_body(json!({"expectedTenant": simulated_microsoft::CONTOSO.id})).await;
    meter.charged();
    let enterprise = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await.json().as_u64().unwrap();
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 9.0);
    let under_key = async |name: &str| {
        let mut body = body.clone();
        body["enterpriseName"] = json!(name);
        let call = world.call(Method::POST, "/v1/enterprises").bearer_auth(world.sandbox.reseller_key());
        send(call.header("Idempotency-Key", "order-1").json(&body)).await
    };
    assert_eq!(under_key("Under a key").await.status, 200);
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 4.0, 11.0);
    assert_eq!(under_key("Under a key").await.status, 200);
    meter.expect(&["BatchGetItem"], 4.0, 0.0);
    world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await;
    meter.expect(&["BatchGetItem"], 3.0, 0.0);
    world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}/actions"), None).await;
    meter.expect(&["BatchGetItem"], 3.0, 0.0);
    let edit = async |patch: Value| {
        let call = world.call(Method::PATCH, &format!("/v1/enterprises/{enterprise}"));
        let call = call.bearer_auth(world.sandbox.reseller_key()).header("if-match", "*").json(&patch);
        assert_eq!(call.send().await.unwrap().status(), 200);
    };
    edit(json!({"billingReferences": ["b"]})).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 4.0, 7.0);
    edit(json!({"userLimit": 1})).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 4.0, 9.0);
    let user = async |method: Method, user: &str, status: u16| {
        let path = format!("/v1/enterprises/{enterprise}/users/{user}");
        assert_eq!(world.provider(method, &path, None).await.status, status);
    };
    for _ in 0..2 {
        user(Method::PUT, "a", 200).await;
        meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 10.0);
    }
    user(Method::PUT, "b", 409).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems", "GetItem"], 4.0, 10.0);
    user(Method::DELETE, "a", 204).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 10.0);
    edit(json!({"enterpriseName": "Another"})).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 4.0, 11.0);
    let link = world.registration_url(enterprise).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 10.0);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    let callback = ["BatchGetItem", "UpdateItem", "TransactWriteItems", "TransactWriteItems", "BatchGetItem"];
    meter.expect(&callback, 2.0 + 3.0, 3.0 + 11.0 + 24.0);
}

/// K7 Of a key's calls every twentieth leases permits, with one write of one unit; the others make none.
#[tokio::test]
async fn every_twentieth_call_is_one_write_more() {
    let (world, _behind, meter) = metered().await;
    let provider = world.other_provider().await;
    meter.charged();
    let mut leasing = Vec::new();
    for call in 1..=2 * BLOCK + 1 {
        world.as_holder_of(&provider.key, Method::GET, "/v1/enterprises/1", None).await;
        let charges = std::mem::take(&mut *meter.charges.lock().unwrap());
        let leases: Vec<f64> = charges.iter().filter(|charge| charge.is_lease).map(|charge| charge.units).collect();
        assert_eq!(charges.len() - leases.len(), 1, "call {call}");
        assert!(leases.iter().all(|units| *units <= 1.0), "{leases:?}");
        leasing.extend((!leases.is_empty()).then_some(call));
    }
    assert_eq!(leasing, [1, BLOCK + 1, 2 * BLOCK + 1]);
}

/// R148 A page of 50 is one query, after the look at who calls.
#[tokio::test]
async fn a_list_of_fifty_is_one_query() {
    let (world, _behind, meter) = metered().await;
    let mut body = world.enterprise_body(json!({})).await;
    for at in 0..51 {
        body["enterpriseName"] = json!(format!("Enterprise {at}"));
        world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
    }
    for (path, length) in [("/v1/enterprises", 50), ("/v1/action-items", 50)] {
        meter.charged();
        let page = world.provider(Method::GET, path, None).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), length);
        assert!(page["next"].is_string());
        let (operations, units) = meter.charged();
        eprintln!("{path}: {units:?} units");
        assert_eq!(operations, ["BatchGetItem", "Query"]);
        assert!(units[0] <= 2.0 && units[1] <= 6.5, "{units:?}");
    }
}

/// R103 The way back from the admin-consent page takes the documented units.
#[tokio::test]
async fn an_admin_consent_costs_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.consent(&link, &simulated_microsoft::CONTOSO);
    meter.charged();
    assert_eq!(world.come_back(&said(&link, &simulated_microsoft::CONTOSO)).await.status, 303);
    let (operations, units) = meter.charged();
    assert_eq!(operations, ["BatchGetItem", "TransactWriteItems", "TransactWriteItems"]);
    eprintln!("{units:?} units");
    let most = [3.0, 11.0, 20.0];
    assert!(units.iter().zip(most).all(|(units, most)| *units <= most), "{units:?} > {most:?}");
}

/// K17, R103 A look at what an enterprise has granted takes the documented units, and so does a consent that it finds gone,
/// or back.
#[tokio::test]
async fn a_look_at_consents_costs_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    let (enterprise, key) = world.with_events().await;
    let sync = world.link_of_holder(&key, enterprise, "GET_USER_SYNC_CONSENT").await;
    crate::admin_consent::visit(&sync, "Accept").await;
    world.settle().await;
    let look = async || {
        meter.charged();
        world.sandbox.clock().advance(12 * 3_600);
        world.sandbox.tick().await.unwrap();
        let (operations, units) = meter.charged();
        let of = |operation: &str| -> Vec<f64> {
            let those = operations.iter().zip(&units).filter(|(made, _)| *made == operation);
            those.map(|(_, units)| *units).collect()
        };
        eprintln!("look: {operations:?} {units:?}");
        let (read, moved): (f64, f64) = (of("GetItem").iter().sum(), of("UpdateItem").iter().sum());
        (read, moved, of("TransactWriteItems").first().copied())
    };
    assert_eq!(look().await, (2.0, 8.0, None), "nothing has changed");
    let client_id = query(&sync)["client_id"].clone();
    let (tenant, permission) = (simulated_microsoft::CONTOSO.id.to_owned(), Some("Group.Read.All".to_owned()));
    let revocation = Revocation { tenant, client_id, permission, ..Revocation::default() };
    assert_eq!(world.microsoft().revoke(&revocation), 1);
    // Beside the look: the request that granted it, and what delivers the event.
    let (read, moved, lost) = look().await;
    assert!(read <= 4.0 && moved <= 8.0 && lost.is_some_and(|units| units <= 14.0), "{read} {moved} {lost:?}");
    world.consent(&sync, &simulated_microsoft::CONTOSO);
    let (read, moved, back) = look().await;
    assert!(read <= 4.0 && moved <= 8.0 && back.is_some_and(|units| units <= 14.0), "{read} {moved} {back:?}");
}

/// R146, R103 A reset takes the documented units; a repeat is the read alone.
#[tokio::test]
async fn a_reset_costs_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    let enterprise = world.contoso().await;
    world.user_sync_url(enterprise).await;
    meter.charged();
    let reset = async || {
        let path = format!("/v1/enterprises/{enterprise}/actions/GET_USER_SYNC_CONSENT/reset");
        assert_eq!(world.provider(Method::POST, &path, None).await.status, 200);
    };
    reset().await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 9.0);
    reset().await;
    meter.expect(&["BatchGetItem"], 3.0, 0.0);
}

/// R142, R144, R103 The management consent by a sign-in takes the documented units, and so does each look for roles.
#[tokio::test]
async fn a_management_consent_costs_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    world.registered().await;
    let body = world.management_body();
    world.forget_roles(&simulated_microsoft::CONTOSO);
    world.microsoft().set_lag(Lag::Forever);
    assert_eq!(world.manage(&body).await.status, 409);
    world.settle().await;
    meter.charged();
    world.pass(120).await;
    let (operations, units) = meter.charged();
    eprintln!("look: {operations:?} {units:?}");
    let of = |read: bool| {
        let is_read = |operation: &str| ["BatchGetItem", "GetItem"].contains(&operation);
        let all = operations.iter().zip(&units).filter(|(made, _)| *made != "Query" && is_read(made) == read);
        all.map(|(_, units)| units).sum::<f64>()
    };
    assert!(of(true) <= 3.0 && of(false) <= 7.0, "{} {}", of(true), of(false));
    world.microsoft().assign_role(&simulated_microsoft::CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    meter.charged();
    assert_eq!(world.manage(&body).await.status, 200);
    let (operations, units) = meter.charged();
    eprintln!("call: {operations:?} {units:?}");
    let writes: Vec<f64> = operations
        .iter()
        .zip(&units)
        .filter(|(made, _)| *made == "TransactWriteItems")
        .map(|(_, units)| *units)
        .collect();
    let reads = units.iter().sum::<f64>() - writes.iter().sum::<f64>();
    assert!(reads <= 9.0 && writes.len() == 2 && writes[0] <= 14.0 && writes[1] <= 26.0, "{reads} {writes:?}");
}

/// R140, R103 The last step to be ready takes three units more, for its event.
#[tokio::test]
async fn a_last_step_costs_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    let (_, key) = world.with_events().await;
    let body = json!({"enterpriseName": "Last", "pbxId": [], "sbcGateways": [], "services": ["SMS", "CallRecording"],
                      "expectedTenant": simulated_microsoft::CONTOSO.id});
    let made = world.as_holder_of(&key, Method::POST, "/v1/enterprises", Some(&body)).await;
    let enterprise = made.json().as_u64().unwrap();
    let link = world.link_of_holder(&key, enterprise, "REGISTRATION").await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    let sync = world.link_of_holder(&key, enterprise, "GET_USER_SYNC_CONSENT").await;
    world.consent_to_everything(&sync, &simulated_microsoft::CONTOSO);
    world.come_back(&said(&sync, &simulated_microsoft::CONTOSO)).await;
    world.settle().await;
    meter.charged();
    let call = world.call(Method::PATCH, &format!("/v1/enterprises/{enterprise}")).bearer_auth(&key);
    let edited = send(call.header("if-match", "*").json(&json!({"services": ["SMS"]}))).await;
    assert_eq!((edited.status.as_u16(), &edited.json()["status"]), (200, &json!("active")), "{}", edited.text);
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 4.0, 10.0 + 3.0);
}

/// R147, R103 A provider that waits, its mails and its page take the documented round trips and units.
#[tokio::test]
async fn an_activation_costs_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    let contact = json!({"contactEmail": "sales@acme.example"});
    let mut body = contact.clone();
    body["name"] = json!("Waiting");
    body["redirectHosts"] = json!(["127.0.0.1"]);
    meter.charged();
    let made = world.operator(Method::POST, "/v1/resellers", Some(&body)).await.json();
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 1.0, 13.0);
    let path = format!("/v1/resellers/{}", made["id"]);
    world.operator(Method::GET, &path, None).await;
    meter.expect(&["BatchGetItem", "GetItem"], 4.0, 0.0);
    world.operator(Method::POST, &format!("{path}/activation-mail"), Some(&contact)).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 11.0);
    world.settle().await;
    let mails: f64 = meter.charges.lock().unwrap().iter().filter(|one| one.is_delivery).map(|one| one.units).sum();
    eprintln!("two mails: {mails} units");
    assert!(0.0 < mails && mails <= 2.0 * 4.0, "{mails}");
    let page = path_in(&world, world.sandbox.mailbox().messages().last().unwrap());
    meter.charged();
    assert_eq!(send(world.call(Method::GET, &page)).await.status, 200);
    meter.expect(&["GetItem", "GetItem"], 2.0, 0.0);
    assert_eq!(send(world.call(Method::POST, &page)).await.status, 303);
    meter.expect(&["GetItem", "GetItem", "TransactWriteItems"], 2.0, 6.0);
    world.operator(Method::GET, &path, None).await;
    meter.expect(&["BatchGetItem"], 3.0, 0.0);
}

/// R149, R103 An invitation from its enterprise to the last consent takes the documented round trips and units.
#[tokio::test]
async fn an_invitation_costs_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    meter.charged();
    let made = world.contoso_with(json!({"enterpriseAdminEmail": ADMIN})).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 25.0);
    let enterprise = made.json().as_u64().unwrap();
    let invited = world.invite(enterprise, &json!({"adminEmail": "heidi@contoso.example"})).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 19.0);
    assert_eq!(world.ask_invitation(invited.json()["id"].as_str().unwrap(), "resend").await.status, 200);
    meter.expect(&["BatchGetItem", "GetItem", "TransactWriteItems"], 4.0, 20.0);
    world.settle().await;
    let mail = world.newest_mail();
    meter.charged();
    assert_eq!(send(world.http.get(link_in(&mail))).await.status, 200);
    meter.expect(&["GetItem", "BatchGetItem"], 5.0, 0.0);
    assert_eq!(world.type_code(&link_in(&mail), &code_in(&mail)).await.status, 303);
    // The code, and the first screen's request.
    meter.expect(&["GetItem", "BatchGetItem", "UpdateItem", "TransactWriteItems"], 5.0, 2.0 + 10.0);
}

/// R128, R103 A token is proved as a key is: in one read of three units at most, and made in the documented round trips.
#[tokio::test]
async fn tokens_and_keys_cost_what_the_table_says() {
    let (world, _behind, meter) = metered().await;
    let enterprise = world.contoso().await;
    meter.charged();
    let id = world.sandbox.reseller_key().split('_').nth(2).unwrap().to_owned();
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={}", world.sandbox.reseller_key());
    let call = world.call(Method::POST, "/oauth/token").body(form);
    let made = send(call.header("content-type", "application/x-www-form-urlencoded")).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 2.0, 7.0);
    let token = made.json()["access_token"].as_str().unwrap().to_owned();
    let path = format!("/v1/enterprises/{enterprise}");
    let made = world.as_holder_of(&token, Method::POST, &format!("{path}/token"), None).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 10.0);
    for token in [token.as_str(), made.json()["access_token"].as_str().unwrap()] {
        assert_eq!(world.as_holder_of(token, Method::GET, &path, None).await.status, 200);
        meter.expect(&["BatchGetItem"], 3.0, 0.0);
    }
    let path = format!("/v1/resellers/{}", world.reseller_id());
    world.operator(Method::GET, &path, None).await;
    meter.expect(&["BatchGetItem"], 3.0, 0.0);
    let change = json!({"name": "New", "sbcGateways": []});
    world.operator(Method::PATCH, &path, Some(&change)).await;
    meter.expect(&["BatchGetItem", "TransactWriteItems"], 3.0, 8.0);
    let made = world.operator(Method::POST, &format!("{path}/keys"), Some(&json!({}))).await;
    meter.expect(&["BatchGetItem", "GetItem", "Query", "TransactWriteItems"], 3.0, 8.0);
    world.operator(Method::GET, &format!("{path}/keys"), None).await;
    meter.expect(&["BatchGetItem", "Query"], 4.0, 0.0);
    let key = made.json()["keyId"].as_str().unwrap().to_owned();
    world.operator(Method::DELETE, &format!("{path}/keys/{key}"), None).await;
    meter.expect(&["BatchGetItem", "GetItem", "TransactWriteItems"], 2.0, 8.0);
    world.operator(Method::GET, "/v1/resellers", None).await;
    meter.expect(&["BatchGetItem", "Query"], 1.0 + 6.5, 0.0);
}
