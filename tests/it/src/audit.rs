//! The audit trail: who did what, as its provider reads it (R070, K18), and what becomes of it when somebody meddles (T68).

mod sealing;
mod tampering;

use onboarding_core::audit::chain::Head;
use onboarding_core::audit::verify::{Broken, Intact, verify};
use onboarding_core::audit::{Actor, AuditRow, Fact, Occasion, Trail};
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::{Clock as _, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use crate::world::{Answer, Decision, World, send};

impl World {
    async fn audit(&self, query: &str) -> Value {
        let read = self.provider(Method::GET, &format!("/v1/audit{query}"), None).await;
        assert_eq!(read.status, 200, "{}", read.text);
        read.json()
    }

    async fn audit_as_csv(&self, query: &str) -> Answer {
        let call = self.call(Method::GET, &format!("/v1/audit{query}")).bearer_auth(self.sandbox.reseller_key());
        send(call.header("Accept", "text/csv")).await
    }

    fn trail(&self) -> Trail {
        self.reseller_id().into()
    }

    /// Checks the demo provider's trail.
    async fn verify(&self, head: Option<&Head>) -> Result<Intact, Broken> {
        let stored = self.sandbox.store().whole_trail(self.trail()).await.unwrap();
        verify(self.trail(), &stored, head)
    }

    async fn head(&self) -> Head {
        self.sandbox.store().last_segment(self.trail()).await.unwrap().unwrap().head()
    }

    /// A row of our own about some enterprise, as of `at`.
    async fn note(&self, at: Timestamp, after: &str) -> AuditRow {
        let after = Some(after.to_owned());
        let fact =
            Fact { actor: &Actor::LinkHolder, action: "test.noted", object: "test".to_owned(), before: None, after };
        let random = SystemRandomness::new();
        let row = AuditRow::new(
            self.trail(),
            Some(7.try_into().unwrap()),
            fact,
            Occasion { now: at, reference: None, random: &random },
        );
        self.sandbox.store().note(&row).await.unwrap();
        row
    }

    fn now(&self) -> Timestamp {
        self.sandbox.clock().now()
    }
}

fn texts<'a>(rows: &'a Value, field: &str) -> Vec<&'a str> {
    rows["items"].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap_or_default()).collect()
}

/// R070, K18 An enterprise's rows, oldest first: what was done, by whom, in which request, and how it changed.
#[tokio::test]
async fn an_enterprises_rows_tell_its_story() {
    let world = World::new().await;
    let other = world.enterprise(json!({"enterpriseName": "Another"})).await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    let stopped = world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/disable"), None).await;
    let trail = world.audit(&format!("?enterpriseId={enterprise}")).await;
    let story =
        ["enterprise.created", "consent.started", "consent.verifying", "consent.granted", "enterprise.disabled"];
    assert_eq!(texts(&trail, "action"), story);
    let items = trail["items"].as_array().unwrap();
    assert!(items.iter().all(|row| row["enterpriseId"] == enterprise));
    assert!(items.is_sorted_by_key(|row| row["at"].as_str().unwrap()));
    let whole = &items[4];
    let fields: Vec<&str> = whole.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = ["id", "at", "who", "action", "object", "before", "after", "requestId"].to_vec();
    expected.extend(["microsoftCorrelationId", "enterpriseId", "segment"]);
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!((&whole["before"], &whole["after"]), (&json!("open"), &json!("disabled")));
    assert_eq!(whole["requestId"], stopped.header("x-request-id"));
    let key = world.sandbox.reseller_key().split('_').nth(2).unwrap().to_owned();
    assert_eq!(whole["who"], format!("key:{key}"));
    assert_eq!(items[3]["who"], format!("microsoft:{}/{}", simulated_microsoft::CONTOSO.id, GRACE.oid));
    assert_eq!((&items[1]["before"], &items[1]["object"]), (&json!("pending_consent"), &json!("action:REGISTRATION")));
    let actions = world.audit("?limit=100").await;
    assert!(texts(&actions, "object").contains(&format!("enterprise:{other}").as_str()));
    assert!(texts(&actions, "action").contains(&"reseller.created"));
}

/// R167, K9 What is made is told whole, as it is read later, and without a secret or a mail address.
#[tokio::test]
async fn what_is_made_is_told_whole() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let said = json!({"label": "Billing", "scopes": ["enterprises:read"], "expiresInDays": 30});
    let (_, key) = world.key_of(&provider, &said).await;
    let body = json!({"enterpriseName": "Theirs", "pbxId": [], "sbcGateways": [], "services": ["SMS"],
                      "userLimit": 5, "enterpriseAdminEmail": "grace@contoso.example"});
    let made = world.as_holder_of(&provider.key, Method::POST, "/v1/enterprises", Some(&body)).await;
    let trail = world.operator(Method::GET, &format!("/v1/audit?resellerId={}", provider.id), None).await;
    let rows = trail.json()["items"].as_array().unwrap().clone();
    let after = |action: &str| {
        let row = rows.iter().rfind(|row| row["action"] == action).unwrap();
        assert_eq!(row["before"], Value::Null, "{action}");
        serde_json::from_str::<Value>(row["after"].as_str().unwrap()).unwrap()
    };
    let path = format!("/v1/resellers/{}", provider.id);
    assert_eq!(after("reseller.created"), world.operator(Method::GET, &path, None).await.json());
    let keys = world.operator(Method::GET, &format!("{path}/keys"), None).await.json();
    let listed = keys["items"].as_array().unwrap().iter().find(|listed| listed["label"] == "Billing").unwrap();
    assert_eq!(&after("key.created"), listed);
    let mut told = body;
    told["enterpriseAdminEmail"] = json!("[not kept]");
    told["accessSipData"] = json!(false);
    assert_eq!(after("enterprise.created"), told);
    let path = format!("/v1/enterprises/{}", made.text);
    let call = world.call(Method::PATCH, &path).bearer_auth(&provider.key).header("if-match", "*");
    assert_eq!(send(call.json(&json!({"enterpriseAdminEmail": "frank@contoso.example"}))).await.status, 200);
    let trail = world.operator(Method::GET, &format!("/v1/audit?resellerId={}", provider.id), None).await;
    assert!(trail.text.contains("enterprise.edited") && !trail.text.contains('@'), "{}", trail.text);
    assert!(![&key, &provider.key, &provider.webhook_secret].iter().any(|secret| trail.text.contains(*secret)));
}

/// K10, K18 A trail is read page by page, from one instant to another, and every row stands on one page.
#[tokio::test]
async fn a_trail_is_read_by_pages() {
    let world = World::new().await;
    let begin = world.now();
    let enterprise = world.contoso().await;
    for _ in 0..6 {
        world.sandbox.clock().advance(60);
        world.registration_url(enterprise).await;
    }
    for query in [format!("enterpriseId={enterprise}"), format!("from={begin}")] {
        let whole = world.audit(&format!("?{query}")).await;
        assert_eq!((whole["items"].as_array().unwrap().len(), &whole["next"]), (7, &Value::Null));
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.audit(&format!("?{query}&limit=3{cursor}")).await;
            pages.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(&pages, whole["items"].as_array().unwrap(), "{query}");
        let exactly = world.audit(&format!("?{query}&limit=7")).await;
        assert_eq!(exactly["next"], Value::Null);
    }
    let ours = format!("?enterpriseId={enterprise}");
    let whole = world.audit(&ours).await["items"].as_array().unwrap().clone();
    let at = |row: usize| whole[row]["at"].as_str().unwrap();
    let between = world.audit(&format!("{ours}&from={}&to={}", at(2), at(5))).await;
    assert_eq!(between["items"], json!(whole[2..5]), "from, and before to");
}

/// Every fault of the query string at once; a parameter that is unknown or said twice is one.
#[tokio::test]
async fn a_wrong_query_is_told() {
    let world = World::new().await;
    let read = async |query: &str| {
        let answer = world.provider(Method::GET, &format!("/v1/audit?{query}"), None).await;
        let (status, code, faults) = answer.problem();
        (status, code, faults.into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>())
    };
    let (status, code, faults) = read("limit=0&from=now&enterpriseId=-1&order=desc").await;
    assert_eq!((status, code.as_str()), (422, "invalid_query"));
    assert_eq!(faults, ["/enterpriseId", "/from", "/limit", "/order"]);
    assert_eq!(read("from=2026-01-02&to=2026-01-01").await.2, ["/to"]);
    assert_eq!(read("limit=1&limit=2").await.0, 400);
    assert_eq!(read("cursor=x").await, (422, "invalid_cursor".to_owned(), vec!["/cursor".to_owned()]));
}

/// R204, K10 A cursor of a trail is good for the caller, the trail and the filter that it was made for.
#[tokio::test]
async fn a_cursor_of_a_trail_is_bound() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.registration_url(enterprise).await;
    let own = world.reseller_id();
    let next = world.audit(&format!("?enterpriseId={enterprise}&limit=1")).await["next"].as_str().unwrap().to_owned();
    let more = world.audit(&format!("?enterpriseId={enterprise}&limit=2&cursor={next}")).await;
    assert_eq!(texts(&more, "action"), ["consent.started"]);
    let read = async |key: &str, query: &str| {
        let path = format!("/v1/audit?{query}&cursor={next}");
        let answer = world.as_holder_of(key, Method::GET, &path, None).await;
        (answer.problem().0, answer.problem().1)
    };
    let invalid = (422, "invalid_cursor".to_owned());
    for query in ["limit=1", "enterpriseId=1", &format!("enterpriseId={enterprise}&from=2026-01-01")] {
        assert_eq!(read(world.sandbox.reseller_key(), query).await, invalid, "{query}");
    }
    let by_operator = format!("enterpriseId={enterprise}&resellerId={own}");
    assert_eq!(read(world.sandbox.operator_key(), &by_operator).await, invalid);
    let other = world.other_provider().await;
    assert_eq!(read(&other.key, &format!("enterpriseId={enterprise}")).await, invalid);
}

/// R204, G66 Rows about another's enterprise are answered as those about none: status, headers and text, but for the
/// reference.
#[tokio::test]
async fn anothers_enterprise_has_no_rows() {
    let world = World::new().await;
    let other = world.other_provider().await;
    let (theirs, _) = world.contoso_of(&other).await;
    for accept in ["application/json", "text/csv"] {
        let read = async |enterprise: u64| {
            let call = world.call(Method::GET, &format!("/v1/audit?enterpriseId={enterprise}"));
            let call = call.bearer_auth(world.sandbox.reseller_key()).header("Accept", accept);
            let Answer { status, mut headers, text } = send(call).await;
            for of_the_moment in ["x-request-id", "date"] {
                headers.remove(of_the_moment);
            }
            (status, headers, text)
        };
        assert_eq!(read(theirs).await, read(1).await, "{accept}");
    }
}

/// T68 The operator says whose trail it wants to read; one of nobody does not exist.
#[tokio::test]
async fn the_operator_names_a_provider_that_there_is() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let read = async |query: &str| world.operator(Method::GET, &format!("/v1/audit?{query}"), None).await;
    let whose = read(&format!("enterpriseId={enterprise}")).await.problem();
    assert_eq!(whose, (422, "invalid_query".to_owned(), vec![("/resellerId".to_owned(), "required".to_owned())]));
    for nobody in ["resellerId=1", "resellerId=1&enterpriseId=1"] {
        assert_eq!(read(nobody).await.problem().1, "not_found", "{nobody}");
    }
    let told = read(&format!("enterpriseId={enterprise}&resellerId={}", world.reseller_id())).await.json();
    assert_eq!(texts(&told, "action"), ["enterprise.created"]);
}

/// R204, T68 A provider sees its own trail alone; the operator sees any, and its own.
#[tokio::test]
async fn a_trail_is_its_providers_own() {
    let world = World::new().await;
    let other = world.other_provider().await;
    let (theirs, _) = world.contoso_of(&other).await;
    let own = world.reseller_id();
    assert_eq!(world.audit(&format!("?enterpriseId={theirs}")).await, world.audit("?enterpriseId=1").await);
    assert_eq!(world.audit(&format!("?resellerId={own}")).await, world.audit("").await);
    for foreign in [other.id.to_string(), "1".to_owned()] {
        let refused = world.provider(Method::GET, &format!("/v1/audit?resellerId={foreign}"), None).await;
        assert_eq!(refused.problem().0, 404, "{foreign}");
    }
    let by_operator = world.operator(Method::GET, &format!("/v1/audit?resellerId={}", other.id), None).await.json();
    let actions = ["reseller.created", "key.created", "enterprise.created", "consent.started"];
    assert_eq!(texts(&by_operator, "action"), actions);
    let operators = world.operator(Method::GET, "/v1/audit", None).await.json();
    assert!(texts(&operators, "action").iter().all(|action| !action.starts_with("enterprise")), "{operators}");
}

/// K18 The same rows as CSV; no cell is a formula, whatever a provider calls its enterprise.
#[tokio::test]
async fn a_trail_is_read_as_csv() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"enterpriseName": "=HYPERLINK(\"x\")"})).await;
    let table = world.audit_as_csv(&format!("?enterpriseId={enterprise}")).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    let lines: Vec<&str> = table.text.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    let header = "\"id\",\"at\",\"who\",\"action\",\"object\",\"before\",\"after\",\"requestId\",";
    assert!(lines[0].starts_with(header), "{}", lines[0]);
    let name = "\"\"enterpriseName\"\":\"\"=HYPERLINK(\\\"\"x\\\"\")\"\"";
    assert!(lines[1].contains("\"enterprise.created\"") && lines[1].contains(name), "{}", lines[1]);
    let cells = lines[1].split("\",\"").map(|cell| cell.trim_start_matches('"'));
    assert!(cells.into_iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{}", lines[1]);
    assert_eq!(lines[2], "");
    world.registration_url(enterprise).await;
    let first = world.audit_as_csv(&format!("?enterpriseId={enterprise}&limit=1")).await;
    let next = first.header("link").strip_prefix("<").and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    let second = world.audit_as_csv(next).await;
    assert!(second.text.contains("consent.started") && !second.text.contains("enterprise.created"), "{}", second.text);
    assert_eq!(second.header("link"), "");
}
