//! The page shows keys and acts with them: for a browser of this machine, on our own page.

use reqwest::{Method, Response};

use super::Walker;

impl Walker {
    /// A press of "Start over" with these headers and this body.
    async fn send(&self, headers: &[(&str, &str)], body: &str) -> Response {
        let url = format!("{}/sandbox/walk/register", self.world.sandbox.api());
        let request = self.world.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(format!("{body}&name=Contoso&tenant=")).send().await.unwrap()
    }

    fn port(&self) -> &str {
        self.world.sandbox.api().rsplit_once(':').unwrap().1
    }

    async fn has_done_nothing(&self) -> bool {
        self.page().await.contains("Nothing is made yet")
    }
}

#[tokio::test]
async fn a_form_of_another_site_presses_nothing() {
    let walker = Walker::new().await;
    let right = format!("token={}", walker.token);
    let microsoft = walker.world.sandbox.ready().microsoft.clone();
    let other_port = format!("http://127.0.0.1:{}", u32::from(walker.port() == "1") + 1);
    for origin in [microsoft.as_str(), "null", "https://evil.example", other_port.as_str(), ""] {
        let refused = walker.send(&[("origin", origin)], &right).await;
        assert_eq!(refused.status(), 403, "{origin}");
    }
    assert_eq!(walker.send(&[], &right).await.status(), 403, "a form of a browser has an origin");
    assert!(walker.has_done_nothing().await);
}

#[tokio::test]
async fn a_form_without_this_starts_token_presses_nothing() {
    let walker = Walker::new().await;
    let api = walker.world.sandbox.api().to_owned();
    let zeros = format!("token={}", "0".repeat(walker.token.len()));
    let long = format!("token={}&x={}", walker.token, "x".repeat(20_000));
    for body in ["", "token=", "x=1", &zeros, &format!("TOKEN={}", walker.token), &long] {
        assert_eq!(walker.send(&[("origin", &api)], body).await.status(), 403, "{body}");
    }
    assert!(walker.has_done_nothing().await);
    assert_eq!(walker.send(&[("origin", &api)], &format!("token={}", walker.token)).await.status(), 303);
    assert!(!walker.has_done_nothing().await);
}

/// A name that resolves to loopback gets neither the page, with its keys and token, nor an effect.
#[tokio::test]
async fn under_another_name_there_is_no_page() {
    let walker = Walker::new().await;
    let port = walker.port().to_owned();
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1:1", "localhost", ""] {
        let page = walker.world.http.get(walker.world.sandbox.api()).header("host", host).send().await.unwrap();
        assert!([400, 421].contains(&page.status().as_u16()), "{host}: {}", page.status());
        let text = page.text().await.unwrap();
        assert!(!text.contains("onb_test_") && !text.contains(&walker.token), "{text}");
        let body = format!("token={}", walker.token);
        let origin = format!("http://{host}");
        let pressed = walker.send(&[("host", host), ("origin", &origin)], &body).await;
        assert!([400, 421].contains(&pressed.status().as_u16()), "{host}: {}", pressed.status());
    }
    assert!(walker.has_done_nothing().await);
    let local = format!("localhost:{port}");
    let page = walker.world.http.get(walker.world.sandbox.api()).header("host", &local).send().await.unwrap();
    assert_eq!(page.status(), 200, "localhost is this machine");
}

#[tokio::test]
async fn every_answer_is_closed_to_others() {
    let walker = Walker::new().await;
    let api = walker.world.sandbox.api();
    let mut answers = vec![walker.send(&[("origin", "null")], "").await, walker.press("link", &[]).await];
    for path in
        ["/", "/sandbox/page.css", "/sandbox/page.js", "/sandbox/page.svg", "/sandbox/webhooks", "/sandbox/mail"]
    {
        answers.push(walker.world.http.get(format!("{api}{path}")).send().await.unwrap());
    }
    for answer in answers {
        let headers = answer.headers();
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let policy = text("content-security-policy");
        for directive in ["default-src 'none';", "script-src 'self';", "frame-ancestors 'none';", "base-uri 'none'"] {
            assert!(policy.contains(directive), "{} {policy}", answer.url());
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(text("x-frame-options"), "DENY");
        assert_eq!(text("x-content-type-options"), "nosniff");
        assert_eq!(text("cache-control"), "no-store");
        assert_eq!(text("cross-origin-resource-policy"), "same-origin");
    }
}

#[tokio::test]
async fn a_button_is_no_link() {
    let walker = Walker::new().await;
    for path in ["register", "link", "open", "play", "state", "confirm", "clock", "tick", "mend", "start-over"] {
        let path = format!("/sandbox/walk/{path}");
        let answer = walker.world.call(Method::GET, &path, walker.world.sandbox.operator_key(), None).await;
        assert_eq!(answer.status(), 405, "{path}");
    }
}
