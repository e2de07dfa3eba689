//! What the buttons do. Each move waits for the one before it, and one that has nothing to go on does nothing.

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::Person;
use url::Url;

use super::ask::{Ask, Exchange, Server};
use super::play::play;
use super::progress::{Link, Registered};
use super::step::Step;
use super::trouble::{Trouble, mend};
use super::{By, Held, Visit, Walk};
use crate::demo_reseller::{PBX_TYPE, SBC_GATEWAY};

/// The action that the walk is about.
pub(crate) const ACTION: &str = "REGISTRATION";

/// Who opens the link, and what goes wrong.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) person: &'static Person,
    pub(crate) trouble: &'static Trouble,
}

/// How an enterprise is registered.
pub(crate) fn registration(name: &str, tenant: &str) -> Ask {
    let mut body = json!({
        "enterpriseName": name, "pbxId": [PBX_TYPE], "sbcGateways": [SBC_GATEWAY], "services": ["PBX"]
    });
    if !tenant.is_empty() {
        body["expectedTenant"] = json!(tenant);
    }
    Ask::as_reseller("/v1/enterprises", Some(body))
}

impl Walk {
    /// Step 1. Without a tenant the enterprise is not pinned.
    pub(crate) async fn register(&self, name: &str, tenant: &str) {
        let _turn = self.turn.lock().await;
        if self.held().progress.registered().is_some() {
            return;
        }
        self.begin(Step::Register).await;
        let exchange = self.caller.make(registration(name, tenant)).await;
        let enterprise = exchange.json().as_u64().and_then(|number| number.try_into().ok());
        let mut held = self.held();
        held.asked.insert(Step::Register, vec![exchange]);
        if let Some(enterprise) = enterprise {
            held.go_on(|progress| progress.register(Registered { enterprise, name: name.to_owned() }));
        }
    }

    /// Step 2, again too: an older link's answers are forgotten.
    pub(crate) async fn link(&self) {
        let _turn = self.turn.lock().await;
        let Some(enterprise) = self.registered().map(|registered| registered.enterprise) else { return };
        self.begin(Step::Link).await;
        let ask = Ask::as_reseller(
            "/v1/enterprises/action-url",
            Some(json!({
                "actionType": ACTION, "enterpriseId": enterprise,
                "redirectUrl": self.setting.ready.journey.redirect_url
            })),
        );
        let exchange = self.caller.make(ask).await;
        let link = exchange.good().and_then(Link::of);
        let mut held = self.held();
        held.asked.insert(Step::Link, vec![exchange]);
        if let Some(link) = link {
            held.go_on(|progress| progress.relink(link));
            held.asked.retain(|step, _| *step <= Step::Link);
            held.visit = None;
            held.passages.clear();
        }
    }

    /// Step 3 in a browser: has Microsoft play what was chosen, and tells where to go.
    pub(crate) async fn open(&self, choice: Option<Choice>) -> Option<Url> {
        let _turn = self.turn.lock().await;
        let link = self.held().progress.link().cloned()?;
        self.begin(Step::Visit).await;
        let Some(choice) = choice else { return Some(link.url().clone()) };
        self.arm(choice).await;
        self.held().visit = Some(choice.by(By::Browser));
        Some(link.hinting(choice.person.upn))
    }

    /// Step 3 without a browser of one's own: the sandbox presses the buttons.
    pub(crate) async fn play(&self, choice: Choice) {
        let _turn = self.turn.lock().await;
        let Some(link) = self.held().progress.link().cloned() else { return };
        self.begin(Step::Visit).await;
        self.arm(choice).await;
        let Choice { person, trouble } = choice;
        let (stops, broken) = play(&link.hinting(person.upn), person, trouble.deed).await;
        self.held().visit = Some(choice.by(By::Sandbox(stops, broken)));
    }

    /// Step 6.
    pub(crate) async fn ask_state(&self) {
        let _turn = self.turn.lock().await;
        let Some(registered) = self.registered() else { return };
        self.begin(Step::State).await;
        let exchange = self.caller.make(actions(&registered)).await;
        self.held().asked.insert(Step::State, vec![exchange]);
    }

    /// Confirms the tenant that the API says is to be confirmed.
    pub(crate) async fn confirm(&self) {
        let _turn = self.turn.lock().await;
        let Some(registered) = self.registered() else { return };
        self.begin(Step::State).await;
        let asked = self.caller.make(actions(&registered)).await;
        let tenant = action(&asked.json())["tenantToConfirm"]["tenantId"].clone();
        let mut exchanges = vec![asked];
        if tenant.is_string() {
            let path = format!("/v1/enterprises/{}/confirm-tenant", registered.enterprise);
            exchanges.push(self.caller.make(Ask::as_reseller(path, Some(json!({"tenantId": tenant})))).await);
        }
        self.held().asked.insert(Step::State, exchanges);
    }

    /// Moves the clock and ticks, so that what has become due happens.
    pub(crate) async fn advance(&self, seconds: i64) {
        let _turn = self.turn.lock().await;
        let moved = Ask::as_operator("/sandbox/clock", json!({"advanceSeconds": seconds}));
        self.control(vec![moved, tick()]).await;
    }

    /// Ticks.
    pub(crate) async fn tick(&self) {
        let _turn = self.turn.lock().await;
        self.control(vec![tick()]).await;
    }

    /// Ends whatever the simulated Microsoft plays; what people did stays done.
    pub(crate) async fn mend(&self) {
        let _turn = self.turn.lock().await;
        if self.setting.microsoft.is_some() {
            self.control(mend(Some(0)).to_vec()).await;
        }
    }

    /// A new walk. The simulated Microsoft forgets what was granted in the one before.
    pub(crate) async fn start_over(&self) {
        let _turn = self.turn.lock().await;
        let mut fresh = Held::new(self.new_name());
        if self.setting.microsoft.is_some() {
            let reset = Ask::new(Method::POST, Server::Microsoft, "/simulated/reset");
            fresh.control.push(self.caller.make(reset).await);
        }
        *self.held() = fresh;
    }

    /// What was seen until now belongs to the steps before.
    async fn begin(&self, step: Step) {
        self.observe().await;
        let mut held = self.held();
        held.ledger.begin(step);
        held.said = None;
    }

    async fn arm(&self, choice: Choice) {
        let mut exchanges = Vec::new();
        for ask in choice.trouble.arm() {
            exchanges.push(self.caller.make(ask).await);
        }
        self.held().asked.insert(Step::Visit, exchanges);
    }

    async fn control(&self, asks: Vec<Ask>) {
        let mut exchanges: Vec<Exchange> = Vec::new();
        for ask in asks {
            exchanges.push(self.caller.make(ask).await);
        }
        let mut held = self.held();
        held.control = exchanges;
        held.said = None;
    }

    fn registered(&self) -> Option<Registered> {
        self.held().progress.registered().cloned()
    }
}

impl Held {
    fn go_on(&mut self, step: impl FnOnce(super::Progress) -> super::Progress) {
        let progress = std::mem::replace(&mut self.progress, super::Progress::Begun);
        self.progress = step(progress);
    }
}

impl Choice {
    const fn by(self, by: By) -> Visit {
        Visit { person: self.person, trouble: self.trouble, by }
    }
}

fn tick() -> Ask {
    Ask::as_operator("/sandbox/tick", json!({}))
}

/// How the state of an enterprise's actions is asked for.
pub(crate) fn actions(registered: &Registered) -> Ask {
    Ask::as_reseller(format!("/v1/enterprises/{}/actions", registered.enterprise), None)
}

/// The walk's action in that answer.
pub(crate) fn action(answer: &Value) -> Value {
    let items = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().find(|item| item["actionType"] == ACTION).cloned().unwrap_or_default()
}
