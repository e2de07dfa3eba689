//! The headers of pages and of everything else that we answer.

use onboarding_lambda::routes::{ROUTES, Surface};
use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;
use simulated_microsoft::{CONTOSO, FRANK, GRACE};

use crate::world::{Answer, Decision, World, send};

/// What is on every answer: its name, and what its value is or, of a policy, has in it.
const ALWAYS: [(&str, &str); 8] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("content-security-policy", "default-src 'none'"),
    ("content-security-policy", "frame-ancestors 'none'"),
];

fn is_safe(headers: &HeaderMap, what: &str) {
    for (name, wanted) in ALWAYS {
        let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        let [value] = values[..] else { panic!("{what}: {name}: {values:?}") };
        let is_right = if name == "content-security-policy" { value.contains(wanted) } else { value == wanted };
        assert!(is_right && !value.contains("unsafe"), "{what}: {name}: {value}");
    }
}

/// A page of a journey: the answer, and the status that it should have.
async fn read(world: &World, method: Method, path: &str, status: u16) -> Answer {
    let answer = send(world.call(method, path)).await;
    assert_eq!(answer.status, status, "{path}: {}", answer.text);
    answer
}

/// G55, T51 Every page of a journey, good or bad, whatever its status, carries the security headers over HTTP; and so does
/// every other answer.
#[tokio::test]
async fn every_page_carries_the_security_headers() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let body = json!({"redirectUrl": world.hook()});
    let links = format!("/v1/enterprises/{enterprise}/links");
    let start = world.provider(Method::POST, &links, Some(&body)).await.json()["startUrl"].as_str().unwrap().to_owned();
    let start = start.replace(world.sandbox.api(), "");
    let link = world.registration_url(enterprise).await;
    let cancelled = world.answer_of_microsoft(&link, &GRACE, Decision::Cancel).await.unwrap();
    let good = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let elsewhere = link.replacen(&format!("/{}/", CONTOSO.id), "/organizations/", 1);
    let wrong = world.answer_of_microsoft(&elsewhere, &FRANK, Decision::ForTheOrganization).await.unwrap();
    let callback = "/restricted/handleResponse";
    let form = async |body: String, kind: &str| {
        let call = world.call(Method::POST, callback).header("content-type", kind).body(body);
        send(call).await
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let mut pages = vec![
        (200, read(&world, Method::GET, &start, 200).await),
        (303, read(&world, Method::POST, &start, 303).await),
        (404, read(&world, Method::GET, "/start/nobody", 404).await),
        (405, read(&world, Method::PUT, &start, 405).await),
        (404, read(&world, Method::GET, "/outcome/nobody", 404).await),
        (200, read(&world, Method::GET, "/permissions", 200).await),
        (405, read(&world, Method::GET, callback, 405).await),
        (400, read(&world, Method::GET, "/restricted/adminConsent?state=x", 400).await),
        (400, form("state=x&code=y".to_owned(), urlencoded).await),
        (413, form("x".repeat(65_537), urlencoded).await),
        (415, form("{}".to_owned(), "application/json").await),
    ];
    for (status, submitted) in [(200, cancelled), (403, wrong), (303, good)] {
        let fields = ["state", "code", "id_token", "error", "error_description"];
        let fields: Vec<_> = fields.iter().filter_map(|name| Some((*name, submitted.value(name)?))).collect();
        pages.push((status, send(world.call(Method::POST, callback).form(&fields)).await));
    }
    let outcome = pages.last().unwrap().1.header("location").replace(world.sandbox.api(), "");
    pages.push((200, read(&world, Method::GET, &outcome, 200).await));
    let stop = format!("/v1/enterprises/{enterprise}/disable");
    world.provider(Method::POST, &stop, Some(&json!({}))).await;
    pages.push((403, read(&world, Method::GET, &start, 403).await));
    for (status, page) in &pages {
        assert_eq!(page.status, *status, "{}", page.text);
        is_safe(&page.headers, &format!("{status}: {}", page.text));
        assert!(page.status == 303 || page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    }
    // Every route in its plainest form, by somebody who may nothing, and one that is none.
    let mut surfaces = std::collections::BTreeSet::new();
    for route in ROUTES {
        let answer = send(world.call(route.method.clone(), route.path)).await;
        is_safe(&answer.headers, route.path);
        surfaces.insert(format!("{:?}", route.surface));
    }
    assert!(surfaces.contains(&format!("{:?}", Surface::Page)) && surfaces.len() == 3, "{surfaces:?}");
    is_safe(&read(&world, Method::GET, "/nothing", 404).await.headers, "/nothing");
    let page = Visitor::new().unwrap().open(&format!("{}{start}", world.sandbox.api())).await.unwrap();
    assert!(!page.body.contains("<script"), "{}", page.body);
}
