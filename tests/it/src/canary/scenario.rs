//! What happens on the stage: the flow, everything that can go wrong with it, and everything that can be sent.

pub(crate) mod activation;
pub(crate) mod application;
pub(crate) mod connection;
pub(crate) mod invitation;
pub(crate) mod program;
pub(crate) mod provider;
pub(crate) mod provisioning;
pub(crate) mod start;

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, FRANK, Fault, GRACE, GUS, Lag, PAUL, PERSONAL, PETRA, TEAMS_ADMIN_API};

use super::scan::Kind;
use super::stage::{Stage, random_text};
use crate::tap::Trouble;
use crate::world::{Decision, send};

const EVERYBODY: Decision = Decision::ForTheOrganization;
const CALLBACK: &str = "/restricted/handleResponse";

fn fault(on: &str, what: Effect) -> Vec<Fault> {
    vec![Fault { on: on.to_owned(), what, times: Some(1) }]
}

/// The whole journey, read in every way, and repeated.
pub(crate) async fn journey(stage: &Stage) {
    let address = format!("{}@contoso.example", random_text());
    stage.canary(Kind::MailAddress, address.as_str());
    let enterprise = stage.enterprise(json!({ "enterpriseAdminEmail": address })).await;
    let link = stage.link(enterprise).await;
    let answer = stage.answer(&link, &GRACE, EVERYBODY).await.unwrap();
    let another = stage.answer(&link, &GRACE, EVERYBODY).await.unwrap();
    for _ in 0..2 {
        assert!(stage.post(answer.clone()).await.text().contains("Granted Consent"));
    }
    assert_eq!(stage.post(another).await.status, 400);
    stage.pass(1).await;
    for tail in ["", "/actions"] {
        let read = stage.provider(Method::GET, &format!("/v1/enterprises/{enterprise}{tail}"), None).await;
        assert!(read.text.contains("ranted"), "{}", read.text);
    }
}

/// A tenant that nobody named, confirmed by the provider.
pub(crate) async fn confirmation(stage: &Stage) {
    let enterprise = stage.enterprise(json!({ "expectedTenant": null })).await;
    stage.visit(&stage.link(enterprise).await, &GRACE, EVERYBODY).await;
    for tenant in [simulated_microsoft::FABRIKAM.id, CONTOSO.id, CONTOSO.id] {
        let path = format!("/v1/enterprises/{enterprise}/confirm-tenant");
        stage.provider(Method::POST, &path, Some(json!({ "tenantId": tenant }))).await;
    }
    stage.pass(1).await;
}

/// Every refusal by a person, by Microsoft and by our policy.
pub(crate) async fn refusals(stage: &Stage) {
    stage.microsoft.reset();
    for (person, decision) in
        [(&GRACE, Decision::Cancel), (&GRACE, Decision::ForMyself), (&GUS, EVERYBODY), (&PETRA, EVERYBODY)]
    {
        stage.visit(&stage.fresh_link().await, person, decision).await;
    }
    let elsewhere = stage.fresh_link().await.replacen(&format!("/{}/", CONTOSO.id), "/organizations/", 1);
    assert_eq!(stage.visit(&elsewhere, &FRANK, EVERYBODY).await.unwrap().status, 403);
    stage.microsoft.provision(PERSONAL.id, TEAMS_ADMIN_API);
    let unpinned = stage.link(stage.enterprise(json!({ "expectedTenant": null })).await).await;
    assert_eq!(stage.visit(&unpinned, &PAUL, Decision::ForMyself).await.unwrap().status, 403);
    for code in [90094, 65004, 50020, 53003, 7_000_222] {
        let error = Effect::OauthError { error: "access_denied".to_owned(), code };
        stage.microsoft.set_faults(fault("authorize", error));
        stage.visit(&stage.fresh_link().await, &PETRA, Decision::Cancel).await;
    }
    stage.pass(10).await;
}

/// A plain user of a tenant that has consented, and an enterprise that is bound elsewhere.
pub(crate) async fn wrong_people(stage: &Stage) {
    stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await;
    assert_eq!(stage.visit(&stage.fresh_link().await, &PETRA, EVERYBODY).await.unwrap().status, 403);
    let made = stage.operator("/v1/resellers", json!({"name": random_text(), "redirectHosts": ["127.0.0.1"]})).await;
    let key = stage.operator(&format!("/v1/resellers/{}/keys", made.json()["id"]), json!({})).await.json();
    let other = |path: &str, body: Value| {
        send(stage.call(Method::POST, path).bearer_auth(key["key"].as_str().unwrap()).json(&body))
    };
    let body = json!({"enterpriseName": random_text(), "pbxId": [], "sbcGateways": [], "services": ["SMS"],
                      "expectedTenant": CONTOSO.id});
    let enterprise = other("/v1/enterprises", body).await.json().as_u64().unwrap();
    let link = other("/v1/enterprises/action-url", stage.wish(enterprise)).await.json();
    stage.visit(link.as_str().unwrap(), &GRACE, EVERYBODY).await;
    stage.pass(10).await;
}

/// A Microsoft that is busy, mad or gone, that quotes what it was sent, and that gives more than was asked for.
pub(crate) async fn microsoft_troubles(stage: &Stage) {
    let refused = Effect::OauthError { error: "invalid_grant".to_owned(), code: 70008 };
    let busy = || Effect::Status { status: 503, body: String::new(), headers: std::collections::BTreeMap::new() };
    for on in ["token", "graph", "keys"] {
        for effect in [busy(), Effect::Garbage, Effect::ResetAfterRequest, refused.clone()] {
            new_key(stage, on);
            stage.microsoft.set_faults(fault(on, effect));
            stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await;
        }
    }
    stage.microsoft.set_faults(Vec::new());
    for on in ["/token", "/v1.0/", "/keys"] {
        for trouble in
            [Trouble::Quotes(400), Trouble::Quotes(401), Trouble::Quotes(500), Trouble::Quotes(200), Trouble::Breaks]
        {
            new_key(stage, on);
            let answer = stage.answer(&stage.fresh_link().await, &GRACE, EVERYBODY).await.unwrap();
            stage.entra.break_where(on, trouble);
            stage.post(answer.clone()).await;
            stage.entra.heal();
            stage.post(answer).await;
            stage.pass(31).await;
        }
    }
    let refresh_token = random_text();
    stage.canary(Kind::RefreshToken, refresh_token.as_str());
    stage.entra.break_where("/token", Trouble::Adds(json!({ "refresh_token": refresh_token })));
    assert!(stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await.unwrap().text().contains("Granted"));
    stage.entra.break_where("/token", Trouble::Adds(json!({ "id_token": "not.a.token", "scope": random_text() })));
    stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await;
    stage.entra.heal();
    stage.entra.break_where("openid-configuration", Trouble::Quotes(400));
    let domain = stage.enterprise(json!({ "expectedTenant": CONTOSO.domain })).await;
    stage.provider(Method::POST, "/v1/enterprises/action-url", Some(stage.wish(domain))).await;
    stage.entra.heal();
}

/// Makes the program look for Microsoft's keys, where that is what breaks.
fn new_key(stage: &Stage, on: &str) {
    if on.contains("keys") {
        stage.microsoft.rotate_key().unwrap();
    }
}

/// A grant that Graph shows late, and one that it never shows.
pub(crate) async fn lag(stage: &Stage) {
    for lag in [Lag::Seconds(20), Lag::Forever] {
        stage.microsoft.reset();
        stage.microsoft.set_lag(lag);
        stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await;
        for _ in 0..12 {
            stage.pass(60).await;
        }
    }
    stage.microsoft.reset();
}

/// A DynamoDB that quotes what it was sent, is gone, or breaks off: at every call of the flow.
pub(crate) async fn table_troubles(stage: &Stage) {
    let operations = ["BatchGetItem", "TransactWriteItems", "UpdateItem", "GetItem", "Query", "GetRecords"];
    let quoting = operations.map(|operation| (operation, Trouble::Quotes(400)));
    // What may pass is tried again, which takes its time.
    let passing = [
        ("TransactWriteItems", Trouble::Quotes(500)),
        ("UpdateItem", Trouble::Breaks),
        ("BatchGetItem", Trouble::Status(503)),
    ];
    for (operation, trouble) in quoting.into_iter().chain(passing) {
        let enterprise = stage.enterprise(json!({})).await;
        let link = stage.link(enterprise).await;
        let answer = stage.answer(&link, &GRACE, EVERYBODY).await.unwrap();
        let cancelled = stage.answer(&stage.link(enterprise).await, &GRACE, Decision::Cancel).await;
        stage.dynamodb.break_where(operation, trouble);
        let path = format!("/v1/enterprises/{enterprise}");
        let (_, (), read) = tokio::join!(
            stage.post(answer.clone()),
            async {
                if let Some(form) = cancelled {
                    stage.post(form).await;
                }
            },
            stage.provider(Method::GET, &path, None),
        );
        assert!(operation != "BatchGetItem" || read.status.is_server_error(), "{}", read.text);
        stage.provider(Method::POST, "/v1/enterprises/action-url", Some(stage.wish(enterprise))).await;
        stage.dynamodb.heal();
        stage.post(answer).await;
        stage.pass(61).await;
    }
}

/// A Secrets Manager that quotes what it was sent, or is gone, once nothing is cached.
pub(crate) async fn secrets_troubles(stage: &Stage) {
    for trouble in [Trouble::Quotes(400), Trouble::Quotes(500), Trouble::Status(503), Trouble::Breaks] {
        stage.pass(3_600).await;
        let enterprise = stage.enterprise(json!({})).await;
        let answer = stage.answer(&stage.link(enterprise).await, &GRACE, EVERYBODY).await.unwrap();
        stage.pass(1_500).await;
        stage.secrets.break_where("secretsmanager.", trouble);
        assert!(stage.post(answer.clone()).await.status >= 500);
        stage.provider(Method::POST, "/v1/enterprises/action-url", Some(stage.wish(enterprise))).await;
        stage.operator("/v1/resellers", json!({"name": random_text(), "redirectHosts": ["127.0.0.1"]})).await;
        stage.secrets.heal();
        stage.post(answer).await;
        stage.pass(61).await;
    }
}

/// A receiver that is down, redirects, quotes, breaks off or is gone; then the same one, well again.
pub(crate) async fn receiver_troubles(stage: &Stage) {
    let elsewhere = format!("{}/elsewhere", stage.receiver.url());
    for trouble in [Trouble::Status(500), Trouble::Quotes(429), Trouble::Breaks, Trouble::Redirects(elsewhere)] {
        stage.receiver.break_where("", trouble);
        stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await;
        stage.pass(6).await;
        stage.receiver.heal();
        stage.pass(301).await;
    }
    // The last: from now on nothing is sent there.
    stage.receiver.break_where("", Trouble::Status(410));
    stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await;
    stage.pass(6).await;
    stage.receiver.heal();
}

/// Callbacks that are wrong in every field, and tokens that Microsoft signed for something else.
pub(crate) async fn bad_callbacks(stage: &Stage) {
    let link = stage.fresh_link().await;
    let good = stage.answer(&link, &GRACE, EVERYBODY).await.unwrap();
    for field in ["state", "code", "id_token", "iss", "error", "error_description", "error_uri", "session_state", "x"] {
        stage.post(good.clone().fill(field, &stage.stray())).await;
    }
    let error = format!("AADSTS90094: {} Correlation ID: {}", stage.stray(), stage.stray());
    stage.post(good.clone().fill("error", "access_denied").fill("error_description", &error)).await;
    let header = crate::attack::target::part(good.value("id_token").unwrap(), 0);
    let claims = crate::attack::target::part(good.value("id_token").unwrap(), 1);
    for claim in ["aud", "iss", "tid", "sub", "oid", "nonce", "c_hash", "name", "preferred_username", "ver", "azp"] {
        let mut bad = claims.clone();
        bad[claim] = json!(stage.stray());
        bad["email"] = json!(stage.stray());
        bad["exp"] = json!(stage.stray());
        let token = stage.microsoft.sign(&header, &bad).unwrap();
        stage.post(good.clone().fill("id_token", &token)).await;
    }
    for name in ["kid", "alg", "jku"] {
        let mut bad = header.clone();
        bad[name] = json!(stage.stray());
        stage.post(good.clone().fill("id_token", &stage.microsoft.sign(&bad, &claims).unwrap())).await;
    }
    let form = "application/x-www-form-urlencoded";
    let stray = || format!("state={}&code={}&id_token={}", stage.stray(), stage.stray(), stage.stray());
    let bodies = [
        (form, stray()),
        (form, format!("{}&state={}", stray(), stage.stray())),
        (form, format!("{}&x=%ff{}", stray(), stage.stray())),
        (form, format!("{}&x={}", stray(), "y".repeat(70_000))),
        ("application/json", json!({ "code": stage.stray() }).to_string()),
        ("text/plain", stage.stray()),
    ];
    for (kind, body) in bodies {
        for query in [String::new(), format!("?code={}", stage.stray())] {
            for method in [Method::POST, Method::GET, Method::PUT] {
                let call = stage.call(method, &format!("{CALLBACK}{query}"));
                send(call.header("content-type", kind).body(body.clone())).await;
            }
        }
    }
    assert!(stage.post(good).await.text().contains("Granted Consent"));
}

/// Keys that are none, in every place where somebody may put one.
pub(crate) async fn wrong_keys(stage: &Stage) {
    let right = stage.text("resellerKey");
    let (public, _) = right.rsplit_once('_').unwrap();
    let keys = [
        format!("{public}_{}{}", random_text(), random_text()),
        right.replace("onb_test_", "onb_live_"),
        random_text(),
        format!("{right}x"),
    ];
    for key in keys {
        for path in ["/v1/enterprises/7", "/v1/sbc-gateways", "/v1/resellers"] {
            send(stage.call(Method::GET, path).bearer_auth(&key)).await;
            send(stage.call(Method::POST, path).header("authorization", format!("Basic {key}")).json(&json!({}))).await;
        }
    }
    for path in [format!("/v1/enterprises/7?key={right}"), format!("/v1/enterprises/{right}")] {
        send(stage.call(Method::GET, &path)).await;
        stage.provider(Method::GET, &path, None).await;
    }
}

/// Secrets in the wrong fields of right routes.
pub(crate) async fn wrong_fields(stage: &Stage) {
    let enterprise = stage.enterprise(json!({})).await;
    let right = stage.text("resellerKey").to_owned();
    let paths = [
        "/v1/enterprises".to_owned(),
        "/v1/enterprises/action-url".to_owned(),
        "/enterprise/getActionItemUrl".to_owned(),
        format!("/v1/enterprises/{enterprise}/confirm-tenant"),
    ];
    let fields = [
        "actionType",
        "enterpriseId",
        "redirectUrl",
        "tenantId",
        "services",
        "pbxId",
        "sbcGateways",
        "expectedTenant",
        "enterpriseAdminEmail",
        "country",
        "userLimit",
        "apiKey",
    ];
    for path in &paths {
        for field in fields {
            for value in [json!(stage.stray()), json!([stage.stray()]), json!({ "x": stage.stray() }), json!(right)] {
                let mut body = stage.wish(enterprise);
                body[field] = value;
                stage.provider(Method::POST, path, Some(body)).await;
            }
        }
        for body in [format!("{{\"a\": \"{}", stage.stray()), format!("[\"{}\"]", stage.stray()), stage.stray()] {
            let call = stage.call(Method::POST, path).bearer_auth(&right).header("content-type", "application/json");
            send(call.body(body)).await;
        }
    }
    for path in ["/v1/resellers".to_owned(), "/v1/resellers/54/keys".to_owned()] {
        for field in ["name", "redirectHosts", "eventsUrl", "webhookSecret"] {
            stage.operator(&path, json!({ field: [stage.stray()] })).await;
        }
    }
}

/// Paths, queries, methods and headers of somebody's own choice.
pub(crate) async fn strange_requests(stage: &Stage) {
    for path in [
        "/",
        "/v1/",
        "/v1/enterprises/",
        "/outcome/",
        "/restricted/",
        "/start/",
        "/activate/",
        "/pbx/getPBXTypesByResellerId?resellerId=",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE, "STRANGE".parse().unwrap()] {
            let target = format!("{path}{}?token={}", stage.stray(), stage.stray());
            let call = stage.call(method, &target).header("x-request-id", stage.stray());
            let call = call.header("user-agent", stage.stray()).header("cookie", format!("a={}", stage.stray()));
            let call = call.header("x-forwarded-host", stage.stray()).header("origin", stage.stray());
            send(call.header("referer", format!("https://a.example/{}", stage.stray()))).await;
        }
    }
    for handle in [format!("AAAA{}", stage.stray()), stage.stray()] {
        send(stage.call(Method::GET, &format!("/outcome/{handle}"))).await;
    }
}
