//! The whole journey without hands: a provider's developer with an API key, and a Global Administrator with a browser,
//! in a sandbox of their own. Every step goes over HTTP, and says what it took.

mod partner_center;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use onboarding_microsoft::http::{self, ClientError};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE};
use thiserror::Error;
use url::Url;

use crate::visitor::{Lost, Page, Visitor};
use crate::{Error, Options, Sandbox};

/// How long the demo waits for what comes by itself.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A demo that did not come to its end.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The sandbox does not start.
    #[error(transparent)]
    Start(#[from] Error),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A step went wrong.
    #[error("step failed: {step}")]
    Step {
        /// Which.
        step: &'static str,
        /// What went wrong.
        source: Failed,
    },
    /// The report cannot be written.
    #[error("the report cannot be written")]
    Report(#[from] io::Error),
}

/// What went wrong in a step.
#[derive(Debug, Error)]
pub enum Failed {
    /// An answer other than the one that was to come.
    #[error("not as expected: {0}")]
    Unexpected(String),
    /// No answer.
    #[error(transparent)]
    NoAnswer(#[from] reqwest::Error),
    /// The visitor cannot go on.
    #[error(transparent)]
    Lost(#[from] Lost),
}

/// Goes the whole way in a fresh sandbox, and writes each step with its time.
pub async fn run(report: &mut impl Write) -> Result<(), DemoError> {
    let began = Instant::now();
    let options = Options { insecure_redirects: true, ..Options::default() };
    let sandbox = Box::pin(Sandbox::start(options)).await?;
    line(report, "start the sandbox", began)?;
    let walked = walk(&sandbox, report).await;
    sandbox.stop().await;
    walked?;
    line(report, "all of it", began)?;
    Ok(())
}

/// One line of the report.
fn line(report: &mut impl Write, what: &str, since: Instant) -> io::Result<()> {
    writeln!(report, "{:>7.1} ms  {what}", since.elapsed().as_secs_f64() * 1_000.0)
}

async fn walk(sandbox: &Sandbox, report: &mut impl Write) -> Result<(), DemoError> {
    let developer = Developer { http: http::client()?, sandbox };
    let mut admin = Visitor::new()?;
    let mut report = Report(report);
    let gateway = report.step("list the SBC gateways", developer.gateway()).await?;
    let pbx = report.step("list the PBX types", developer.pbx_type()).await?;
    let enterprise = report.step("register the enterprise Contoso", developer.register(&gateway, &pbx)).await?;
    let link = report.step("get the link for its Global Administrator", developer.link()).await?;
    let sign_in = report.step("open the link: Microsoft's sign-in", open(&mut admin, &link)).await?;
    let consent = report.step("sign in as Grace Adams", choose_grace(&mut admin, sign_in)).await?;
    let working = report.step("tick the box and accept", accept(&mut admin, consent)).await?;
    let outcome = report.step("come back: 303 to the outcome", come_back(&mut admin, working)).await?;
    report.step("read Granted Consent on the page", async { is_granted(&outcome) }).await?;
    report.step("see the action granted in the API", developer.action_is_granted(enterprise)).await?;
    report.step("catch the webhook with its signature verified", developer.webhook_is_verified(enterprise)).await?;
    partner_center::walk(&developer, &mut report).await
}

struct Report<'a, W>(&'a mut W);

impl<W: Write> Report<'_, W> {
    async fn step<T>(
        &mut self,
        step: &'static str,
        work: impl Future<Output = Result<T, Failed>>,
    ) -> Result<T, DemoError> {
        let began = Instant::now();
        let done = Box::pin(work).await.map_err(|source| DemoError::Step { step, source })?;
        line(self.0, step, began)?;
        Ok(done)
    }
}

/// The provider's developer.
struct Developer<'a> {
    http: Client,
    sandbox: &'a Sandbox,
}

impl Developer<'_> {
    async fn gateway(&self) -> Result<Value, Failed> {
        let gateways = self.call("/v1/sbc-gateways", None).await?;
        found(&gateways, &gateways[0]["sbcGatewayId"])
    }

    async fn pbx_type(&self) -> Result<Value, Failed> {
        let types = self.call("/v1/pbx-types", None).await?;
        let enabled = types.as_array().and_then(|all| all.iter().find(|kind| kind["isDisabled"] == false));
        found(&types, enabled.map_or(&Value::Null, |kind| &kind["id"]))
    }

    async fn register(&self, gateway: &Value, pbx: &Value) -> Result<u64, Failed> {
        let enterprise = json!({
            "enterpriseName": "Contoso", "pbxId": [pbx], "sbcGateways": [gateway], "services": ["PBX"],
            "expectedTenant": CONTOSO.id
        });
        let answer = self.call("/v1/enterprises", Some(&enterprise)).await?;
        answer.as_u64().ok_or_else(|| unexpected(&answer))
    }

    async fn link(&self) -> Result<String, Failed> {
        let redirect_url = self.sandbox.webhooks().url();
        let wanted = json!({"actionType": "REGISTRATION", "enterpriseName": "Contoso", "redirectUrl": redirect_url});
        let answer = self.call("/v1/enterprises/action-url", Some(&wanted)).await?;
        answer.as_str().map(str::to_owned).ok_or_else(|| unexpected(&answer))
    }

    /// The action is granted at once, unless Graph is slow to show the grant.
    async fn action_is_granted(&self, enterprise: u64) -> Result<(), Failed> {
        self.wait_for(async || {
            let actions = self.call(&format!("/v1/enterprises/{enterprise}/actions"), None).await?;
            let listed = actions["items"].as_array().or(actions.as_array()).cloned().unwrap_or_default();
            let is_it = |item: &&Value| item["actionType"] == "REGISTRATION" && item["status"] == "granted";
            listed.iter().find(is_it).map(drop).ok_or_else(|| unexpected(&actions))
        })
        .await
    }

    async fn webhook_is_verified(&self, enterprise: u64) -> Result<(), Failed> {
        self.wait_for(async || {
            let caught = self.http.get(format!("{}/messages", self.sandbox.ready().webhooks)).send().await?;
            let caught: Value = caught.json().await?;
            let body: Value = serde_json::from_str(caught[0]["body"].as_str().unwrap_or_default()).unwrap_or_default();
            let is_it =
                caught[0]["verified"] == true && body["outcome"] == "granted" && body["enterpriseId"] == enterprise;
            if is_it { Ok(()) } else { Err(unexpected(&caught)) }
        })
        .await
    }

    /// Looks until it is there; the last look says what is wrong.
    async fn wait_for(&self, look: impl AsyncFn() -> Result<(), Failed>) -> Result<(), Failed> {
        let began = Instant::now();
        loop {
            match look().await {
                Err(_) if began.elapsed() < PATIENCE => tokio::time::sleep(LOOK_AGAIN).await,
                looked => return looked,
            }
        }
    }

    /// A call with the provider's key; a POST if there is a body.
    async fn call(&self, path: &str, body: Option<&Value>) -> Result<Value, Failed> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let request = self.http.request(method, format!("{}{path}", self.sandbox.api()));
        let request = request.bearer_auth(self.sandbox.reseller_key());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        match serde_json::from_str(&text) {
            Ok(value) if status.is_success() => Ok(value),
            _ => Err(Failed::Unexpected(format!("{path} answers {status}: {text}"))),
        }
    }
}

async fn open(admin: &mut Visitor, link: &str) -> Result<Page, Failed> {
    let page = admin.open(link).await?;
    if page.url.host_str() == Url::parse(link).ok().as_ref().and_then(Url::host_str) {
        Ok(page)
    } else {
        Err(odd(&page))
    }
}

async fn choose_grace(admin: &mut Visitor, sign_in: Page) -> Result<Page, Failed> {
    let chosen = sign_in.form().and_then(|form| form.press(GRACE.name)).ok_or_else(|| odd(&sign_in))?;
    Ok(admin.submit(chosen).await?)
}

async fn accept(admin: &mut Visitor, consent: Page) -> Result<Page, Failed> {
    let ticked = consent.form().and_then(|form| form.tick("Consent on behalf"));
    let accepted = ticked.and_then(|form| form.press("Accept")).ok_or_else(|| odd(&consent))?;
    Ok(admin.submit(accepted).await?)
}

async fn come_back(admin: &mut Visitor, working: Page) -> Result<Page, Failed> {
    let back = working.form().and_then(|form| form.press("Continue")).ok_or_else(|| odd(&working))?;
    let outcome = admin.submit(back).await?;
    let statuses: Vec<u16> = outcome.redirects.iter().map(|redirect| redirect.status).collect();
    if statuses == [303] && outcome.status == 200 { Ok(outcome) } else { Err(odd(&outcome)) }
}

fn is_granted(outcome: &Page) -> Result<(), Failed> {
    if outcome.text().contains("Granted Consent") { Ok(()) } else { Err(odd(outcome)) }
}

fn found(list: &Value, wanted: &Value) -> Result<Value, Failed> {
    if wanted.is_null() { Err(unexpected(list)) } else { Ok(wanted.clone()) }
}

fn unexpected(answer: &Value) -> Failed {
    Failed::Unexpected(answer.to_string())
}

fn odd(page: &Page) -> Failed {
    Failed::Unexpected(format!("{} at {}: {}", page.status, page.url.path(), page.text()))
}
