//! Application permissions, and a certificate in the place of the client secret.

use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, Consent, Effect, FABRIKAM, GRACE};
use url::form_urlencoded::byte_serialize;

use super::{EVERYBODY, fault};
use crate::admin_consent::{CALLBACK, PERMISSIONS, said, visit};
use crate::canary::certificate;
use crate::canary::scan::Kind;
use crate::canary::stage::{CLIENT_ID, Stage};
use crate::tap::Trouble;
use crate::world::send;

impl Stage {
    async fn fresh_user_sync_link(&self) -> String {
        self.user_sync_link(self.enterprise(json!({})).await).await
    }

    /// Comes back from the admin-consent page with this query, as any browser can.
    async fn come_back(&self, query: &str) -> Page {
        Visitor::new().unwrap().open(&format!("{}{CALLBACK}?{query}", self.api.url())).await.unwrap()
    }

    /// Consents as an administrator does, without coming back.
    fn consent(&self) {
        let application = PERMISSIONS.map(str::to_owned).to_vec();
        let (tenant, client_id) = (CONTOSO.id.to_owned(), CLIENT_ID.to_owned());
        self.microsoft.grant(&Consent { tenant, client_id, application, ..Consent::default() }).unwrap();
    }
}

/// Somebody comes back before anybody has consented, then somebody consents on Microsoft's page; all of it twice.
pub(crate) async fn admin_consent(stage: &Stage) {
    stage.microsoft.reset();
    let link = stage.fresh_user_sync_link().await;
    for _ in 0..2 {
        assert!(stage.come_back(&said(&link, &CONTOSO)).await.text().contains("Pending Consent"));
    }
    stage.pass(60).await;
    stage.consent();
    stage.pass(60).await;
    assert!(stage.come_back(&said(&link, &CONTOSO)).await.text().contains("Granted Consent"));
    let link = stage.fresh_user_sync_link().await;
    for _ in 0..2 {
        assert!(visit(&link, "Accept").await.text().contains("Granted Consent"));
    }
    stage.pass(1).await;
}

/// Refused on Microsoft's page, by Microsoft, and because it never comes.
pub(crate) async fn refused_admin_consent(stage: &Stage) {
    stage.microsoft.reset();
    visit(&stage.fresh_user_sync_link().await, "Cancel").await;
    for code in [90094, 65004, 7_000_222] {
        let link = stage.fresh_user_sync_link().await;
        let told = format!("AADSTS{code}: {} Correlation ID: {}", stage.stray(), stage.stray());
        let told: String = byte_serialize(told.as_bytes()).collect();
        stage.come_back(&format!("{}&error=access_denied&error_description={told}", said(&link, &CONTOSO))).await;
    }
    let link = stage.fresh_user_sync_link().await;
    stage.come_back(&said(&link, &CONTOSO)).await;
    for _ in 0..12 {
        stage.pass(60).await;
    }
}

/// Redirects that are wrong in every parameter, and in their method.
pub(crate) async fn bad_redirects(stage: &Stage) {
    stage.microsoft.reset();
    let link = stage.fresh_user_sync_link().await;
    let good = said(&link, &CONTOSO);
    for name in ["admin_consent", "tenant", "scope", "state", "error", "error_description", "code", "id_token", "x"] {
        for query in [format!("{good}&{name}={}", stage.stray()), format!("{name}={}&{good}", stage.stray())] {
            stage.come_back(&query).await;
        }
        let others: Vec<&str> = good.split('&').filter(|pair| !pair.starts_with(name)).collect();
        stage.come_back(&format!("{}&{name}={}", others.join("&"), stage.stray())).await;
    }
    stage.come_back(&said(&link, &FABRIKAM)).await;
    for method in [Method::POST, Method::PUT] {
        let call = stage.call(method, &format!("{CALLBACK}?{good}&x={}", stage.stray()));
        send(call.header("content-type", "application/x-www-form-urlencoded").body(stage.stray())).await;
    }
    // Somebody came back with parameters that mean nothing, so the grant is looked for already.
    visit(&link, "Accept").await;
    stage.pass(61).await;
    assert!(stage.come_back(&good).await.text().contains("Granted Consent"));
}

/// A Microsoft that is busy, gone or mad, or quotes what it was sent, while we ask it for ourselves.
pub(crate) async fn microsoft_troubles(stage: &Stage) {
    let refused = || Effect::OauthError { error: "invalid_client".to_owned(), code: 7_000_215 };
    for on in ["token", "graph"] {
        for effect in [Effect::Garbage, Effect::ResetAfterRequest, refused()] {
            stage.microsoft.set_faults(fault(on, effect));
            stage.come_back(&said(&stage.fresh_user_sync_link().await, &CONTOSO)).await;
        }
    }
    stage.microsoft.set_faults(Vec::new());
    for on in ["/token", "/v1.0/"] {
        let quotes = [400, 401, 403, 500, 200].map(Trouble::Quotes);
        for trouble in quotes.into_iter().chain([Trouble::Breaks]) {
            let query = said(&stage.fresh_user_sync_link().await, &CONTOSO);
            stage.entra.break_where(on, trouble);
            stage.come_back(&query).await;
            stage.pass(10).await;
            stage.entra.heal();
            stage.pass(61).await;
        }
    }
}

/// A certificate that Microsoft does not know yet, the same one once it does, and all of the above with it.
pub(crate) async fn certificate(stage: &Stage) {
    let own = certificate::generate();
    let pem = own.pem().unwrap();
    for secret in certificate::secrets_of(&pem) {
        stage.canary(Kind::PrivateKey, secret);
    }
    let spoilt = pem.replace("-----END PRIVATE KEY-----", "");
    for credential in [spoilt.as_str(), &pem] {
        stage.put_credential(credential).await;
        stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await;
        stage.come_back(&said(&stage.fresh_user_sync_link().await, &CONTOSO)).await;
    }
    let mut app = stage.microsoft.registration(CLIENT_ID).unwrap();
    app.certificates = vec![own.certificate().unwrap()];
    app.client_secret.clear();
    stage.microsoft.register(app);
    assert!(
        stage.visit(&stage.fresh_link().await, &GRACE, EVERYBODY).await.unwrap().text().contains("Granted Consent")
    );
    admin_consent(stage).await;
    microsoft_troubles(stage).await;
    for trouble in [400, 401, 500, 200].map(Trouble::Quotes).into_iter().chain([Trouble::Breaks]) {
        let answer = stage.answer(&stage.fresh_link().await, &GRACE, EVERYBODY).await.unwrap();
        stage.entra.break_where("/token", trouble);
        stage.post(answer).await;
        stage.entra.heal();
        stage.pass(31).await;
    }
}
