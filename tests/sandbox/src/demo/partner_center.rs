//! A connection to Partner Center, from draft to ready; then its role is taken away, and its health says so.

use std::io::Write;

use serde_json::{Value, json};
use simulated_microsoft::{ADMIN_AGENTS, IGOR, Person, WANDA, WINGTIP};

use super::{DemoError, Developer, Failed, Report, odd, unexpected};
use crate::visitor::{Page, Visitor};

pub(super) async fn walk<W: Write>(developer: &Developer<'_>, report: &mut Report<'_, W>) -> Result<(), DemoError> {
    let (mut admin, mut user) = (Visitor::new()?, Visitor::new()?);
    let connection = report.step("make a connection to Partner Center", developer.connect()).await?;
    let link =
        report.step("get the link for its Global Administrator", developer.step_link(&connection, "admin")).await?;
    report.step("consent as Wanda Reyes, and sign in once more", consent_as_admin(&mut admin, &link)).await?;
    let link = report.step("get the link for the integration user", developer.step_link(&connection, "user")).await?;
    report.step("sign in as the integration account, in a private window", sign_in_as_user(&mut user, &link)).await?;
    report.step("finalize: a live call to Partner Center, and ready", developer.is_ready(&connection)).await?;
    let cause = report.step("take its role away, and read its health", developer.degrades(&connection)).await?;
    writeln!(report.0, "            {cause}")?;
    Ok(())
}

impl Developer<'_> {
    /// Makes it, and answers its path.
    async fn connect(&self) -> Result<String, Failed> {
        let wanted = json!({"partnerTenantId": WINGTIP.id, "integrationUser": IGOR.upn, "billingType": "direct"});
        let made = self.call("/v1/partner-center/connections", Some(&wanted)).await?;
        match (made["id"].as_str(), made["status"].as_str()) {
            (Some(id), Some("draft")) => Ok(format!("/v1/partner-center/connections/{id}")),
            _ => Err(unexpected(&made)),
        }
    }

    async fn step_link(&self, connection: &str, step: &str) -> Result<String, Failed> {
        let made = self.call(&format!("{connection}/{step}-consent-link"), Some(&json!({}))).await?;
        made["url"].as_str().map(str::to_owned).ok_or_else(|| unexpected(&made))
    }

    async fn is_ready(&self, connection: &str) -> Result<(), Failed> {
        let tried = self.call(&format!("{connection}/finalize"), Some(&json!({}))).await?;
        if tried["status"] == "ready" { Ok(()) } else { Err(unexpected(&tried)) }
    }

    /// What its health says once the integration user is no Admin agent any more.
    async fn degrades(&self, connection: &str) -> Result<String, Failed> {
        let Some(microsoft) = self.sandbox.microsoft() else {
            return Err(Failed::Unexpected("Microsoft is elsewhere".to_owned()));
        };
        microsoft.remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
        let health = self.call(&format!("{connection}/health"), None).await?;
        let now: Value = self.call(connection, None).await?;
        if health["code"] != "admin_agent_role_missing" || now["status"] != "degraded" {
            return Err(Failed::Unexpected(format!("{health} of {now}")));
        }
        let told = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| unexpected(&health));
        Ok(format!("{}: {}", told(&health["code"])?, told(&health["problem"]["detail"])?))
    }
}

/// Microsoft's consent page does not say who accepted, so our callback has them sign in at once.
async fn consent_as_admin(admin: &mut Visitor, link: &str) -> Result<(), Failed> {
    let sign_in = admin.open(link).await?;
    let consent = press(admin, &sign_in, WANDA.name).await?;
    let again = press(admin, &consent, "Accept").await?;
    come_back_as(admin, again, &WANDA).await
}

async fn sign_in_as_user(user: &mut Visitor, link: &str) -> Result<(), Failed> {
    let sign_in = user.open(link).await?;
    come_back_as(user, sign_in, &IGOR).await
}

async fn come_back_as(visitor: &mut Visitor, sign_in: Page, person: &Person) -> Result<(), Failed> {
    let working = press(visitor, &sign_in, person.name).await?;
    let told = press(visitor, &working, "Continue").await?;
    if told.status == 200 { Ok(()) } else { Err(odd(&told)) }
}

async fn press(visitor: &mut Visitor, page: &Page, button: &str) -> Result<Page, Failed> {
    let pressed = page.form().and_then(|form| form.press(button)).ok_or_else(|| odd(page))?;
    Ok(visitor.submit(pressed).await?)
}
