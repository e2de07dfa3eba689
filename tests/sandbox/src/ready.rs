//! What a sandbox tells when it is ready: one line for programs (K8), or a summary with a command for each step.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;
use simulated_microsoft::{CONTOSO, GRACE};

use crate::demo_reseller;

/// The ready line.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// The API.
    pub api: String,
    /// The operator's API key.
    pub operator_key: String,
    /// The API key of the demo provider.
    pub reseller_key: String,
    /// Microsoft, simulated or not.
    pub microsoft: String,
    /// The mailbox.
    pub mail: String,
    /// The receiver of webhooks.
    pub webhooks: String,
    /// DynamoDB.
    pub dynamodb: String,
    /// Secrets Manager.
    pub secrets: String,
    #[serde(skip)]
    pub(crate) journey: Journey,
}

/// What the steps need beyond the line.
#[derive(Clone)]
pub(crate) struct Journey {
    /// Not yet in use.
    pub(crate) enterprise_name: String,
    /// Where the demo provider may have outcomes sent.
    pub(crate) redirect_url: String,
    /// Whether that is the receiver.
    pub(crate) is_received: bool,
}

impl Journey {
    /// The same with `url` as destination, unless the receiver is one.
    pub(crate) fn or_elsewhere(mut self, url: &str) -> Self {
        if !self.is_received {
            url.clone_into(&mut self.redirect_url);
        }
        self
    }
}

/// One step of the journey.
pub(crate) struct Step {
    pub(crate) title: String,
    /// What to type, if it is done in a shell.
    pub(crate) command: Option<String>,
}

impl Step {
    fn typed(title: &str, command: String) -> Self {
        Self { title: title.to_owned(), command: Some(command) }
    }

    fn done_by_hand(title: impl Into<String>) -> Self {
        Self { title: title.into(), command: None }
    }
}

impl Ready {
    /// The line for programs.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same for people, with the journey step by step.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = format!(
            "The sandbox is ready. Ctrl-C stops it.\n\
             Open {} in a browser to walk through it step by step, or type what stands below.\n\n  \
             API           {}\n  Microsoft     {}\n  Webhooks      {}\n  Mail          {}\n  \
             DynamoDB      {}\n  Secrets       {}\n  Operator key  {}\n  Reseller key  {}\n",
            self.api,
            self.api,
            self.microsoft,
            self.webhooks,
            self.mail,
            self.dynamodb,
            self.secrets,
            self.operator_key,
            self.reseller_key
        );
        for (number, step) in (1..).zip(self.steps()) {
            // Writing to a String does not fail.
            let _ = write!(text, "\n{number}. {}\n", step.title);
            if let Some(command) = step.command {
                let _ = writeln!(text, "   {command}");
            }
        }
        text
    }

    /// From the first call to the webhook.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let Journey { enterprise_name, redirect_url, .. } = &self.journey;
        let enterprise = json!({
            "enterpriseName": enterprise_name, "pbxId": [demo_reseller::PBX_TYPE], "sbcGateways": [demo_reseller::SBC_GATEWAY],
            "services": ["PBX"], "expectedTenant": CONTOSO.id
        });
        let link = json!({
            "actionType": "REGISTRATION", "enterpriseName": enterprise_name, "redirectUrl": redirect_url
        });
        vec![
            Step::typed("List what the service provider can offer", self.curl("/v1/sbc-gateways", None)),
            Step::typed(
                "Register an enterprise",
                format!(
                    "ENTERPRISE=$({}); echo \"$ENTERPRISE\"",
                    self.curl("/v1/enterprises", Some(&enterprise.to_string()))
                ),
            ),
            Step::typed(
                "Get the link for its Global Administrator",
                self.curl("/v1/enterprises/action-url", Some(&link.to_string())),
            ),
            Step::done_by_hand(format!(
                "Open that URL in a browser, choose {}, tick Consent on behalf of your organization, Accept",
                GRACE.name
            )),
            Step::typed("See the action granted", self.curl("/v1/enterprises/$ENTERPRISE/actions", None)),
            self.last_step(),
        ]
    }

    fn last_step(&self) -> Step {
        if self.journey.is_received {
            return Step::typed("See the signed webhook", format!("curl -sS {}/messages", self.webhooks));
        }
        Step::done_by_hand(format!(
            "The webhook goes to {}; to catch it here, start with --allow-insecure-redirects and a fresh data folder",
            self.journey.redirect_url
        ))
    }

    /// A call with the reseller's key; a POST if there is a body. Nothing in it needs more quoting than this.
    fn curl(&self, path: &str, body: Option<&str>) -> String {
        let mut command = format!("curl -sS -H 'Authorization: Bearer {}'", self.reseller_key);
        if let Some(body) = body {
            let _ = write!(command, " -H 'Content-Type: application/json' -d '{body}'");
        }
        format!("{command} {}{path}", self.api)
    }
}
