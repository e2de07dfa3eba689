//! Start pages: one sign-in for several actions, resumed, refused, and what anybody may send there.

use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, GRACE, GUS, PETRA, Person, TEAMS_ADMINISTRATOR};

use super::{CALLBACK, EVERYBODY, fault};
use crate::canary::stage::Stage;
use crate::tap::Trouble;
use crate::world::{Decision, send};

impl Stage {
    /// A start link for everything that an enterprise of this kind lacks.
    async fn start_url(&self, changes: Value) -> (u64, String) {
        let enterprise = self.enterprise(changes).await;
        let body = json!({"redirectUrl": format!("{}/hook", self.receiver.url())});
        let made = self.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/links"), Some(body)).await;
        (enterprise, made.json()["startUrl"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned())
    }

    /// From a page with our button to the page of ours at which it ends.
    async fn press(&self, visitor: &mut Visitor, page: Page, (person, decision): (&Person, Decision)) -> Page {
        let Some(button) = ["Continue to", "Try again"].into_iter().find(|text| page.text().contains(text)) else {
            return page;
        };
        let mut page = visitor.submit(page.form().unwrap().press(button).unwrap()).await.unwrap();
        while !page.url.as_str().starts_with(&self.api.url()) {
            let Some(form) = page.form() else { return page };
            let pressed = match (form.action().path(), decision) {
                ("/simulated/sign-in", _) => form.press(person.name),
                (CALLBACK, _) => form.press("Continue"),
                (_, Decision::Cancel) => form.press("Cancel"),
                (_, Decision::ForMyself) => form.press("Accept"),
                // The screen of application permissions has nothing to tick.
                (_, Decision::ForTheOrganization) => form.clone().tick("organization").unwrap_or(form).press("Accept"),
            };
            page = visitor.submit(pressed.unwrap_or_else(|| panic!("{}", page.text()))).await.unwrap();
        }
        page
    }

    async fn begin(&self, start: &str, who: (&Person, Decision)) -> (Visitor, Page) {
        let mut visitor = Visitor::new().unwrap();
        let page = visitor.open(start).await.unwrap();
        let page = self.press(&mut visitor, page, who).await;
        (visitor, page)
    }
}

fn managed() -> Value {
    json!({ "canResellerManageEnterpriseProvisioning": true })
}

/// Two actions share a sign-in; the link goes on in another browser; refusals of each kind; a journey in which the next
/// screen is begun on the page of the one before.
pub(crate) async fn journeys(stage: &Stage) {
    stage.microsoft.reset();
    stage.microsoft.assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let (enterprise, start) = stage.start_url(managed()).await;
    for (person, decision) in [(&GRACE, Decision::Cancel), (&GUS, EVERYBODY), (&GRACE, Decision::ForMyself)] {
        stage.begin(&start, (person, decision)).await;
    }
    let (mut grace, page) = stage.begin(&start, (&GRACE, EVERYBODY)).await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    let read = stage.provider(Method::GET, &format!("/v1/enterprises/{enterprise}/actions"), None).await;
    assert!(read.text.matches("\"granted\"").count() >= 2, "both by one sign-in: {}", read.text);
    // On to the next screen, if there is one, and the same link in a browser of somebody else.
    stage.press(&mut grace, page, (&GRACE, EVERYBODY)).await;
    stage.begin(&start, (&PETRA, EVERYBODY)).await;
    stage.pass(1).await;
}

/// Whatever stands in the way of a start page, of its form, and of the way back.
pub(crate) async fn troubles(stage: &Stage) {
    stage.microsoft.reset();
    let (enterprise, start) = stage.start_url(json!({})).await;
    let path = start.replace(&stage.api.url(), "");
    for table in ["GetItem", "BatchGetItem", "TransactWriteItems", "UpdateItem"] {
        for trouble in [Trouble::Quotes(400), Trouble::Breaks] {
            stage.dynamodb.break_where(table, trouble);
            stage.begin(&start, (&GRACE, EVERYBODY)).await;
            stage.dynamodb.heal();
        }
    }
    for effect in [Effect::Garbage, Effect::ResetAfterRequest] {
        let (_, start) = stage.start_url(json!({})).await;
        stage.microsoft.set_faults(fault("token", effect));
        stage.begin(&start, (&GRACE, EVERYBODY)).await;
        stage.microsoft.set_faults(Vec::new());
    }
    // Cookies that are none, or another's; the button on another site's page; handles that are none.
    let begun = send(stage.call(Method::POST, &path)).await;
    let link = begun.header("location").to_owned();
    let form = stage.answer(&link, &GRACE, EVERYBODY).await.unwrap();
    let own = begun.header("set-cookie").split(';').next().unwrap().to_owned();
    let fields = ["state", "code", "id_token"].map(|name| (name, form.value(name).unwrap().to_owned()));
    let stray = || format!("__Host-txn={}.{}", stage.stray(), stage.stray());
    for cookie in [String::new(), stray(), format!("{own}; {}", stray()), format!("{own}x")] {
        let call = stage.call(Method::POST, CALLBACK).form(&fields);
        assert_eq!(send(call.header("cookie", cookie)).await.status, 400);
    }
    send(stage.call(Method::POST, &path).header("sec-fetch-site", "cross-site")).await;
    for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT] {
        for path in [
            format!("/start/{}", stage.stray()),
            format!("{path}{}", stage.stray()),
            format!("{path}?x={}", stage.stray()),
        ] {
            send(stage.call(method.clone(), &path).header("cookie", stray())).await;
        }
    }
    let links = format!("/v1/enterprises/{enterprise}/links");
    for body in
        [json!({ "actions": [stage.stray()] }), json!({ "redirectUrl": stage.stray() }), json!({ "x": stage.stray() })]
    {
        stage.provider(Method::POST, &links, Some(body)).await;
    }
    stage.provider(Method::POST, &format!("{links}?dryRun={}", stage.stray()), Some(json!({}))).await;
    stage.provider(Method::POST, &format!("{links}?dryRun=true"), Some(json!({}))).await;
    send(stage.call(Method::POST, CALLBACK).form(&fields).header("cookie", own)).await;
    stage.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/disable"), Some(json!({}))).await;
    stage.begin(&start, (&GRACE, EVERYBODY)).await;
    stage.pass(31 * 24 * 3_600).await;
    stage.begin(&start, (&GRACE, EVERYBODY)).await;
}
