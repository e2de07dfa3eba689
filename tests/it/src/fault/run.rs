//! One run of a scenario: what is prepared, what is done while a fault may strike, and what people do afterwards.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use onboarding_core::action::ActionType;
use onboarding_sandbox::Form;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Consent, Effect, Fault, GRACE, Lag};

use super::checks;
use super::outside::Outside;
use super::plan::Injection;
use super::scenario::{Before, Scenario, Step};
use crate::admin_consent;
use crate::world::{Decision, World};

/// One run of a scenario.
pub(crate) struct Run {
    pub(crate) scenario: &'static Scenario,
    pub(crate) enterprise: u64,
    /// The ring of the provider's webhook keys, and the one that it began with.
    pub(crate) webhook_ring: String,
    pub(crate) webhook_key: String,
    link: String,
    answer: Option<Answer>,
    told: Mutex<Told>,
}

/// What somebody was answered while a fault could strike.
#[derive(Default)]
pub(crate) struct Told {
    /// The person, the provider, the operator.
    pub(crate) statuses: Vec<u16>,
    /// When the new sealing key seals.
    pub(crate) seals_from: Option<i64>,
    /// The new webhook key, and how many webhooks had come before it.
    pub(crate) webhook_key: Option<(String, usize)>,
}

/// What a person's browser brings from Microsoft.
#[derive(Clone)]
enum Answer {
    /// A form that it posts to us.
    Form(Form),
    /// An address of ours that it goes to.
    Address(String),
}

/// Runs a scenario with a fault, or without; the effects that it had, one after the other.
pub(crate) async fn run(outside: &mut Outside, scenario: &'static Scenario, fault: Option<Injection>) -> Vec<String> {
    outside.renew(scenario.proof).await;
    let world = outside.restart().await;
    let run = Run::prepare(outside, &world, scenario).await;
    // What the preparation left in the stream is read by now, so that it does not count as an effect.
    outside.tick(&world).await;
    outside.plan.arm(fault);
    tokio::select! {
        () = run.act(outside, &world) => {}
        () = outside.plan.death() => {}
    }
    let effects = outside.plan.disarm();
    let what = format!("{}: {fault:?} of {effects:?}", scenario.name);
    checks::answers(&run, fault.map(|fault| fault.kind), &what);
    let world = if outside.plan.is_dead() { outside.restart().await } else { world };

    // Faults have stopped: five minutes later nothing may be half done (P3).
    let stopped = checks::is_stopped_without_a_grant(outside, &run).await;
    for seconds in [61, 60, 179] {
        outside.pass(&world, seconds).await;
    }
    checks::nothing_is_leased(outside, &what).await;
    checks::nothing_is_half_told(outside, &run, &what).await;
    if stopped {
        assert!(checks::is_stopped_without_a_grant(outside, &run).await, "{what}: granted after the stop");
    }
    run.come_to_the_end(outside, &world, &what).await;
    checks::nothing_is_half_told(outside, &run, &what).await;
    checks::promises(outside, &run, &what).await;
    effects
}

impl Run {
    async fn prepare(outside: &Outside, world: &World, scenario: &'static Scenario) -> Self {
        if scenario.before.contains(&Before::BoundElsewhere) {
            let other = world.other_provider().await;
            let (_, link) = world.contoso_of(&other).await;
            world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
            outside.microsoft.reset();
        }
        let unpinned = scenario.before.contains(&Before::Unpinned);
        let changes = if unpinned { json!({}) } else { json!({ "expectedTenant": CONTOSO.id }) };
        let enterprise = world.enterprise(changes).await;
        let webhook_ring = format!("webhook-keys/{}", world.reseller_id());
        let webhook_key = text(&outside.ring(&webhook_ring).await[0]["secret"]);
        let (link, answer, told) = (String::new(), None, Mutex::default());
        let mut run = Self { scenario, enterprise, webhook_ring, webhook_key, link, answer, told };
        run.set(outside);
        if !scenario.steps.contains(&Step::Link) {
            run.link = run.mint_at_last(outside, world).await;
            if scenario.before.contains(&Before::Consented) {
                run.consent_to(&run.link, outside);
            }
            if !scenario.steps.contains(&Step::Visit) {
                run.answer = Some(run.answer(outside, world, &run.link).await);
            }
        }
        run
    }

    /// Makes the case what must be the case beforehand.
    fn set(&self, outside: &Outside) {
        let fault = |on: &str, what, times| Fault { on: on.to_owned(), what, times };
        for before in self.scenario.before {
            match before {
                Before::Unpinned
                | Before::BoundElsewhere
                | Before::AnyTenant
                | Before::Consented
                | Before::NobodyConsents => {}
                Before::Late(seconds) => outside.microsoft.set_lag(Lag::Seconds(*seconds)),
                Before::Never => outside.microsoft.set_lag(Lag::Forever),
                Before::GraphDown => {
                    let down = Effect::Status { status: 503, body: String::new(), headers: BTreeMap::new() };
                    outside.microsoft.set_faults(vec![fault("graph", down, None)]);
                }
                Before::CodeRefused => {
                    let refusal = Effect::OauthError { error: "invalid_grant".to_owned(), code: 70008 };
                    outside.microsoft.set_faults(vec![fault("token", refusal, Some(1))]);
                }
                Before::CertificateUnknown => outside.register_another_certificate(),
                Before::ReceiverDown(times) => *outside.receiver.refusals.lock().unwrap() = *times,
            }
        }
    }

    async fn act(&self, outside: &Outside, world: &Arc<World>) {
        for step in self.scenario.steps {
            match step {
                Step::Post => {
                    self.bring(self.answer.clone().unwrap()).await;
                }
                Step::Visit => {
                    self.go_with(outside, world, &self.link).await;
                }
                Step::Link => self.make_and_visit(outside, world).await,
                Step::NewSealingKey => self.new_sealing_key(world).await,
                Step::NewWebhookKey => self.new_webhook_key(outside, world).await,
                Step::Pass(_) | Step::Confirm | Step::Stop | Step::Resume => self.go_on(*step, outside, world).await,
            }
        }
    }

    /// What is done after a fault as well as before it.
    async fn go_on(&self, step: Step, outside: &Outside, world: &World) {
        match step {
            Step::Pass(seconds) => outside.pass(world, seconds).await,
            Step::Confirm => drop(self.of_enterprise(world, "confirm-tenant", &json!({"tenantId": CONTOSO.id})).await),
            Step::Stop => drop(self.of_enterprise(world, "disable", &json!({})).await),
            Step::Resume => drop(self.of_enterprise(world, "enable", &json!({})).await),
            Step::Post | Step::Visit | Step::Link | Step::NewSealingKey | Step::NewWebhookKey => {}
        }
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    fn saw(&self, status: u16) {
        self.told().statuses.push(status);
    }

    /// Brings Microsoft's answer to us; the status of the page, and 0 where a browser gets none and shows its own.
    async fn bring(&self, answer: Answer) -> u16 {
        let mut visitor = Visitor::new().unwrap();
        let page = match answer {
            Answer::Form(form) => visitor.submit(form.press("Continue").unwrap()).await,
            Answer::Address(address) => visitor.open(&address).await,
        };
        let status = page.map_or(0, |page: Page| page.status);
        self.saw(status);
        status
    }

    async fn mint(&self, outside: &Outside, world: &World) -> Option<String> {
        let action = self.scenario.action.name();
        let body = json!({"actionType": action, "enterpriseId": self.enterprise, "redirectUrl": outside.hook});
        let key = world.sandbox.reseller_key();
        let link = text(&self.call(world, key, "/v1/enterprises/action-url", &body).await?);
        let any = self.scenario.before.contains(&Before::AnyTenant);
        Some(if any { link.replacen(&format!("/{}/", CONTOSO.id), "/organizations/", 1) } else { link })
    }

    /// A link where no fault strikes. A busy machine may be too slow for a call's time limits; the next call is not.
    async fn mint_at_last(&self, outside: &Outside, world: &World) -> String {
        for _ in 0..5 {
            if let Some(link) = self.mint(outside, world).await {
                return link;
            }
        }
        panic!("{}: no link: {:?}", self.scenario.name, self.told().statuses);
    }

    /// As the holder of a key; none where the call did not succeed.
    async fn call(&self, world: &World, key: &str, path: &str, body: &Value) -> Option<Value> {
        let call = world.call(Method::POST, path).bearer_auth(key).json(body);
        let Ok(answer) = call.send().await else {
            self.saw(0);
            return None;
        };
        self.saw(answer.status().as_u16());
        if !answer.status().is_success() {
            return None;
        }
        Some(serde_json::from_str(&answer.text().await.ok()?).unwrap())
    }

    async fn of_enterprise(&self, world: &World, what: &str, body: &Value) -> Option<Value> {
        let path = format!("/v1/enterprises/{}/{what}", self.enterprise);
        self.call(world, world.sandbox.reseller_key(), &path, body).await
    }

    async fn new_sealing_key(&self, world: &World) {
        let path = "/sandbox/rotate-sealing-keys";
        if let Some(rotated) = self.call(world, world.sandbox.operator_key(), path, &json!({})).await {
            self.told().seals_from = rotated["sealsFrom"].as_i64();
        }
    }

    async fn new_webhook_key(&self, outside: &Outside, world: &World) {
        let path = format!("/v1/resellers/{}/webhook-secret", world.reseller_id());
        if let Some(rotated) = self.call(world, world.sandbox.operator_key(), &path, &json!({})).await {
            let before = outside.receiver.got.lock().unwrap().len();
            self.told().webhook_key = Some((text(&rotated["webhookSecret"]), before));
        }
    }

    /// What Microsoft answers to the person who goes there with `link`.
    async fn answer(&self, outside: &Outside, world: &World, link: &str) -> Answer {
        let Scenario { action, person, decision, .. } = self.scenario;
        if *action == ActionType::Registration {
            return Answer::Form(world.answer_of_microsoft(link, person, *decision).await.unwrap());
        }
        let said = admin_consent::said(link, &CONTOSO);
        let said = if *decision == Decision::Cancel { format!("{said}&error=access_denied") } else { said };
        if *decision != Decision::Cancel && !self.scenario.before.contains(&Before::NobodyConsents) {
            self.consent_to(link, outside);
        }
        Answer::Address(format!("{}{}?{said}", world.sandbox.api(), admin_consent::CALLBACK))
    }

    /// Grants everything that `link` asks for, for the whole of Contoso.
    fn consent_to(&self, link: &str, outside: &Outside) {
        let link = url::Url::parse(link).unwrap();
        let asked: BTreeMap<_, _> = link.query_pairs().into_owned().collect();
        let mut consent =
            Consent { tenant: CONTOSO.id.to_owned(), client_id: asked["client_id"].clone(), ..Consent::default() };
        if self.scenario.action == ActionType::Registration {
            consent.delegated = asked["scope"].split(' ').map(str::to_owned).collect();
        } else {
            consent.application = admin_consent::PERMISSIONS.map(str::to_owned).to_vec();
        }
        outside.microsoft.grant(&consent).unwrap();
    }

    async fn make_and_visit(&self, outside: &Outside, world: &Arc<World>) {
        for _ in 0..2 {
            if let Some(link) = self.mint(outside, world).await {
                self.go_with(outside, world, &link).await;
                return;
            }
        }
    }

    /// State word and problem code of the action.
    async fn state(&self, world: &World) -> (String, Option<String>) {
        let item = world.action(self.enterprise, self.scenario.action.name()).await;
        (text(&item["status"]), item["problem"]["code"].as_str().map(str::to_owned))
    }

    async fn has_ended(&self, world: &World) -> bool {
        let (status, code) = self.state(world).await;
        let end = Some((status.as_str(), code.as_deref()));
        end == Some(self.scenario.ends) || end == self.scenario.or
    }

    /// What people do after a fault: the same again, with the same link while it works, else with a fresh one. Then
    /// everything that is still to be told is told.
    async fn come_to_the_end(&self, outside: &Outside, world: &Arc<World>, what: &str) {
        for _ in 0..3 {
            if self.has_ended(world).await {
                break;
            }
            self.again(outside, world).await;
        }
        let ended = self.state(world).await;
        assert!(self.has_ended(world).await, "{what}: ended as {ended:?}");
        for seconds in [5, 301, 1_801, 7_201] {
            outside.pass(world, seconds).await;
        }
    }

    async fn again(&self, outside: &Outside, world: &Arc<World>) {
        if self.scenario.steps.contains(&Step::Stop) {
            self.go_on(Step::Resume, outside, world).await;
        }
        let waits = self.state(world).await.0 == "pending_confirmation";
        if !waits {
            let mut link = self.link.clone();
            if link.is_empty() || self.go_with(outside, world, &link).await == 400 {
                link = self.mint_at_last(outside, world).await;
                self.go_with(outside, world, &link).await;
            }
        }
        for step in self.scenario.steps {
            self.go_on(*step, outside, world).await;
        }
    }

    /// Goes to Microsoft with `link` and brings the answer.
    async fn go_with(&self, outside: &Outside, world: &World, link: &str) -> u16 {
        self.bring(self.answer(outside, world, link).await).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
