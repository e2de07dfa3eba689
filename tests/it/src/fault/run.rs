//! One run of a scenario: what is prepared, what is done while a fault may strike, and what people do afterwards.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::join;
use onboarding_core::action::ActionType;
use onboarding_core::time::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, Fault, GRACE, Lag, TEAMS_ADMINISTRATOR};

use super::asked::Asked;
use super::outside::{CLIENT_ID, Outside};
use super::person::{self, Answer};
use super::plan::Injection;
use super::scenario::{Before, Link, Scenario, Step};
use super::{checks, secrets};
use crate::canary::scan::Kind;
use crate::world::{Decision, World};

/// One run of a scenario.
pub(crate) struct Run {
    pub(crate) scenario: &'static Scenario,
    pub(crate) enterprise: u64,
    /// The ring of the provider's webhook keys, and the one that it began with.
    pub(crate) webhook_ring: String,
    pub(crate) webhook_key: String,
    /// Before this Graph shows nothing of what people consent to.
    pub(crate) shows_from: Timestamp,
    link: String,
    answers: Vec<Answer>,
    told: Mutex<Told>,
}

/// What a run came to.
pub(crate) struct Ran {
    /// How many effects it had while a fault could strike.
    pub(crate) effects: usize,
    /// Whether its fault never struck: the run was over before.
    pub(crate) is_missed: bool,
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
    /// What programs asked for.
    pub(crate) asked: Asked,
    /// What nobody else may see of it, from the beginning (P10).
    pub(crate) secrets: Vec<(Kind, String)>,
}

/// Runs a scenario with a fault, or without.
pub(crate) async fn run(outside: &mut Outside, scenario: &'static Scenario, fault: Option<Injection>) -> Ran {
    outside.renew(scenario.proof).await;
    if scenario.begins_with(Before::FurtherClient) {
        outside.register_a_further_client(scenario).await;
    }
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
    run.what_was_told_works(&world, &what).await;

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
    if scenario.begins_with(Before::AlmostOver) {
        run.the_link_stays_dead(outside, &world, &what).await;
    }
    run.everything_was_made_once(outside, &world, &what).await;
    secrets::stay_in_their_place(outside, &run, &world, &what).await;
    let is_missed = fault.is_some_and(|fault| fault.at >= effects.len());
    Ran { effects: effects.len(), is_missed }
}

impl Run {
    async fn prepare(outside: &Outside, world: &World, scenario: &'static Scenario) -> Self {
        if scenario.begins_with(Before::BoundElsewhere) {
            let other = world.other_provider().await;
            let (_, link) = world.contoso_of(&other).await;
            world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
            outside.microsoft.reset();
        }
        let unpinned = scenario.begins_with(Before::Unpinned);
        let mut changes = if unpinned { json!({}) } else { json!({ "expectedTenant": CONTOSO.id }) };
        let is_managed = scenario.actions().any(|action| action == ActionType::ServiceProviderManagement);
        changes["canResellerManageEnterpriseProvisioning"] = json!(is_managed);
        if is_managed {
            outside.microsoft.assign_role(&CONTOSO, scenario.person.oid, &TEAMS_ADMINISTRATOR);
        }
        let enterprise = world.enterprise(changes).await;
        let webhook_ring = format!("webhook-keys/{}", world.reseller_id());
        let webhook_key = text(&outside.ring(&webhook_ring).await[0]["secret"]);
        let (link, answers, told) = (String::new(), Vec::new(), Mutex::default());
        let shows_from = outside.now().plus(scenario.lateness());
        let mut run = Self { scenario, enterprise, webhook_ring, webhook_key, shows_from, link, answers, told };
        run.set(outside, world).await;
        if !scenario.steps.contains(&Step::Link) {
            run.link = run.mint_at_last(outside, world).await;
            if scenario.begins_with(Before::Consented) {
                run.consent_to(&run.link, outside);
            }
            if scenario.begins_with(Before::AlmostOver) {
                outside.wait(world, run.left(outside).await - 30);
            }
            let answers = match scenario.steps {
                steps if steps.contains(&Step::Visit) => 0,
                steps if steps.contains(&Step::PostTwo) => 2,
                _ => 1,
            };
            for _ in 0..answers {
                let answer = run.answer(outside, world, &run.link).await;
                run.answers.push(answer.unwrap_or_else(|status| panic!("{}: {status}", scenario.name)));
            }
        }
        run
    }

    /// Makes the case what must be the case beforehand.
    async fn set(&self, outside: &Outside, world: &World) {
        let fault = |on: &str, what, times| Fault { on: on.to_owned(), what, times };
        for before in self.scenario.before {
            match before {
                Before::Unpinned
                | Before::BoundElsewhere
                | Before::AnyTenant
                | Before::Consented
                | Before::NobodyConsents
                | Before::AlmostOver => {}
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
                Before::RawTokens => {
                    let (path, raw) = (format!("/v1/resellers/{}", world.reseller_id()), json!({ "tokenMode": "raw" }));
                    assert_eq!(world.operator(Method::PATCH, &path, Some(&raw)).await.status, 200);
                }
                Before::FurtherClient => {
                    person::grant(outside, CLIENT_ID.to_owned(), std::iter::once(ActionType::UserSync));
                }
            }
        }
    }

    async fn act(&self, outside: &Outside, world: &Arc<World>) {
        for step in self.scenario.steps {
            match step {
                Step::Post => {
                    self.bring(self.answers[0].clone()).await;
                }
                Step::PostTwo => {
                    join(self.bring(self.answers[0].clone()), self.bring(self.answers[1].clone())).await;
                }
                Step::Visit => {
                    self.go_with(outside, world, &self.link).await;
                }
                Step::Link => self.make_and_visit(outside, world).await,
                Step::NewSealingKey => self.new_sealing_key(world).await,
                Step::NewWebhookKey => self.new_webhook_key(outside, world).await,
                Step::NewEnterprise => self.new_enterprise(world).await,
                Step::NewKey => self.new_key(world).await,
                Step::NewToken => self.new_token(world).await,
                Step::End => outside.wait(world, self.left(outside).await),
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
            Step::Post
            | Step::PostTwo
            | Step::Visit
            | Step::Link
            | Step::End
            | Step::NewSealingKey
            | Step::NewWebhookKey
            | Step::NewEnterprise
            | Step::NewKey
            | Step::NewToken => {}
        }
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    pub(crate) fn saw(&self, status: u16) {
        self.told().statuses.push(status);
    }

    /// Remembers what nobody else may see.
    pub(crate) fn hide(&self, kind: Kind, secret: &str) {
        self.told().secrets.push((kind, secret.to_owned()));
    }

    pub(crate) fn has_another_provider(&self) -> bool {
        self.scenario.begins_with(Before::BoundElsewhere)
    }

    /// As the holder of a key; none where the call did not succeed.
    async fn call(&self, world: &World, key: &str, path: &str, body: &Value) -> Option<Value> {
        self.send(world.call(Method::POST, path).bearer_auth(key).json(body)).await
    }

    /// What was answered; none where the call did not succeed.
    pub(crate) async fn send(&self, call: RequestBuilder) -> Option<Value> {
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

    pub(crate) async fn of_enterprise(&self, world: &World, what: &str, body: &Value) -> Option<Value> {
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

    async fn make_and_visit(&self, outside: &Outside, world: &Arc<World>) {
        for _ in 0..2 {
            if let Some(link) = self.mint(outside, world).await {
                self.go_with(outside, world, &link).await;
                return;
            }
        }
    }

    /// In how many seconds the link is over: with the last of them it is.
    async fn left(&self, outside: &Outside) -> i64 {
        let begin = if self.scenario.link == Link::StartPage { "start#" } else { "request#" };
        let rows = outside.rows().await;
        let row = rows.iter().find(|row| row["PK"]["S"].as_str().is_some_and(|key| key.starts_with(begin))).unwrap();
        let end: i64 = row["expiresAt"]["N"].as_str().unwrap().parse().unwrap();
        (end - outside.now().millis()).max(0) / 1_000 + 1
    }

    /// State word and problem code of an action.
    async fn state(&self, action: ActionType, world: &World) -> (String, Option<String>) {
        let item = world.action(self.enterprise, action.name()).await;
        (text(&item["status"]), item["problem"]["code"].as_str().map(str::to_owned))
    }

    async fn has_ended(&self, world: &World) -> bool {
        for action in self.scenario.actions() {
            let (status, code) = self.state(action, world).await;
            let end = Some((status.as_str(), code.as_deref()));
            if end != Some(self.scenario.ends) && end != self.scenario.or {
                return false;
            }
        }
        true
    }

    /// What people do after a fault: the same again, with the same link while it works, else with a fresh one. Then
    /// everything that is still to be told is told.
    async fn come_to_the_end(&self, outside: &Outside, world: &Arc<World>, what: &str) {
        for _ in 0..3 {
            if self.has_ended(world).await {
                break;
            }
            self.again(outside, world, what).await;
        }
        let ended = self.state(self.scenario.action, world).await;
        assert!(self.has_ended(world).await, "{what}: ended as {ended:?}");
        for seconds in [5, 301, 1_801, 7_201] {
            outside.pass(world, seconds).await;
        }
    }

    async fn again(&self, outside: &Outside, world: &Arc<World>, what: &str) {
        if self.scenario.steps.contains(&Step::Stop) {
            self.go_on(Step::Resume, outside, world).await;
        }
        let waits = self.state(self.scenario.action, world).await.0 == "pending_confirmation";
        if !waits {
            // Nobody knows a link whose call was not answered.
            let is_dead = self.link.is_empty() || self.is_refused(outside, world, what).await;
            if is_dead {
                let link = self.mint_at_last(outside, world).await;
                self.go_with(outside, world, &link).await;
            }
        }
        for step in self.scenario.steps {
            self.go_on(*step, outside, world).await;
        }
    }

    /// Goes all the way with the link: whether it is refused, which it is only if it is spent by the contract.
    async fn is_refused(&self, outside: &Outside, world: &World, what: &str) -> bool {
        let fate = checks::fate(outside, self, what).await;
        let status = self.go_with(outside, world, &self.link).await;
        let is_refused = matches!(status, 400 | 404 | 410);
        assert!(!is_refused || fate == checks::Fate::Spent, "{what}: a link that works was refused with {status}");
        is_refused
    }

    /// P7 Whether or not anything was swept.
    async fn the_link_stays_dead(&self, outside: &Outside, world: &World, what: &str) {
        let dead = if self.scenario.link == Link::StartPage { 410 } else { 400 };
        assert_eq!(self.go_with(outside, world, &self.link).await, dead, "{what}");
        checks::nothing_came_of_it(outside, self, what).await;
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
