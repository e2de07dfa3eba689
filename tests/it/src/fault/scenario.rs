//! The scenarios: what is prepared, what is done while a fault may strike, and how it ends once faults have stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use onboarding_sandbox::Form;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Consent, Effect, FRANK, Fault, GRACE, GUS, Lag, PETRA, Person};

use super::checks;
use super::outside::Outside;
use super::plan::Injection;
use crate::world::{Decision, World};

/// A way through the consent flow.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    before: &'static [Before],
    person: &'static Person,
    decision: Decision,
    /// What is done while a fault may strike.
    steps: &'static [Step],
    /// How it ends: the action's state word, and its problem's code.
    pub(crate) ends: (&'static str, Option<&'static str>),
}

/// What is the case beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// The enterprise has no expected tenant.
    Unpinned,
    /// The tenant has consented before.
    Consented,
    /// The tenant is registered through another provider.
    BoundElsewhere,
    /// The link's path names no tenant, so that Microsoft lets anybody in.
    AnyTenant,
    /// Graph shows grants so many seconds late.
    Late(u32),
    /// Graph never shows the grant.
    Never,
    /// Graph does not answer.
    GraphDown,
    /// Microsoft refuses the first code.
    CodeRefused,
    /// The receiver refuses the first webhooks.
    ReceiverDown(u32),
}

/// One thing that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The person's browser posts Microsoft's answer.
    Post,
    /// A link is made, and the person goes all the way with it.
    Link,
    /// So many seconds pass, and the sweep runs.
    Pass(i64),
    /// The provider confirms the tenant that is shown.
    Confirm,
}

const ORDINARY: Scenario = Scenario {
    name: "granted",
    before: &[],
    person: &GRACE,
    decision: Decision::ForTheOrganization,
    steps: &[Step::Post, Step::Pass(0)],
    ends: ("granted", None),
};

const LATER: &[Step] = &[Step::Post, Step::Pass(60), Step::Pass(600)];

pub(crate) static SCENARIOS: &[Scenario] = &[
    ORDINARY,
    Scenario { name: "a link is made", steps: &[Step::Link, Step::Pass(0)], ..ORDINARY },
    Scenario { name: "Back, and the same answer again", steps: &[Step::Post, Step::Post, Step::Pass(0)], ..ORDINARY },
    Scenario {
        name: "confirmed by the provider",
        before: &[Before::Unpinned],
        steps: &[Step::Post, Step::Pass(0), Step::Confirm, Step::Pass(0)],
        ..ORDINARY
    },
    Scenario {
        name: "never confirmed",
        before: &[Before::Unpinned],
        steps: &[Step::Post, Step::Pass(73 * 3_600)],
        ends: ("blocked", Some("confirmation_lapsed")),
        ..ORDINARY
    },
    Scenario {
        name: "for the signer alone",
        decision: Decision::ForMyself,
        ends: ("blocked", Some("org_consent_not_ticked")),
        ..ORDINARY
    },
    Scenario {
        name: "a plain user of a tenant that has consented",
        before: &[Before::Consented],
        person: &PETRA,
        ends: ("blocked", Some("admin_role_required")),
        ..ORDINARY
    },
    Scenario { name: "Cancel", decision: Decision::Cancel, ends: ("declined", Some("declined")), ..ORDINARY },
    Scenario {
        name: "the wrong tenant",
        before: &[Before::AnyTenant],
        person: &FRANK,
        ends: ("blocked", Some("wrong_tenant")),
        ..ORDINARY
    },
    Scenario { name: "a guest", person: &GUS, ends: ("blocked", Some("guest_not_allowed")), ..ORDINARY },
    Scenario {
        name: "Graph is late",
        before: &[Before::Late(20)],
        steps: &[Step::Post, Step::Pass(10), Step::Pass(20)],
        ..ORDINARY
    },
    Scenario {
        name: "Graph never shows it",
        before: &[Before::Never],
        steps: LATER,
        ends: ("blocked", Some("grant_not_visible")),
        ..ORDINARY
    },
    Scenario {
        name: "Graph is down",
        before: &[Before::GraphDown],
        steps: LATER,
        ends: ("unverifiable", Some("proof_unreadable")),
        ..ORDINARY
    },
    Scenario { name: "the code is refused", before: &[Before::CodeRefused], ..ORDINARY },
    Scenario {
        name: "the receiver is down",
        before: &[Before::ReceiverDown(2)],
        steps: &[Step::Post, Step::Pass(5), Step::Pass(301)],
        ..ORDINARY
    },
    Scenario {
        name: "another provider's tenant",
        before: &[Before::BoundElsewhere],
        ends: ("blocked", Some("tenant_bound_elsewhere")),
        ..ORDINARY
    },
];

/// One run of a scenario.
pub(crate) struct Run {
    pub(crate) scenario: &'static Scenario,
    pub(crate) enterprise: u64,
    link: String,
    answer: Option<Form>,
    /// What the person, and the provider, were answered while a fault could strike.
    pub(crate) statuses: std::sync::Mutex<Vec<u16>>,
}

/// Runs a scenario with a fault, or without; the effects that it had, one after the other.
pub(crate) async fn run(outside: &mut Outside, scenario: &'static Scenario, fault: Option<Injection>) -> Vec<String> {
    let world = outside.restart().await;
    let run = Run::prepare(outside, &world, scenario).await;
    // What former runs left in the stream is read by now, so that it does not count as an effect of this one.
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
    for seconds in [61, 60, 179] {
        outside.pass(&world, seconds).await;
    }
    checks::nothing_is_leased(outside, &what).await;
    checks::nothing_is_half_told(outside, &run, &what).await;
    run.come_to_the_end(outside, &world, &what).await;
    checks::nothing_is_half_told(outside, &run, &what).await;
    checks::promises(outside, &run, &what).await;
    effects
}

impl Run {
    async fn prepare(outside: &Outside, world: &World, scenario: &'static Scenario) -> Self {
        static NAMES: AtomicUsize = AtomicUsize::new(0);
        outside.microsoft.reset();
        *outside.receiver.refusals.lock().unwrap() = 0;
        if scenario.before.contains(&Before::BoundElsewhere) {
            let other = world.other_provider().await;
            let (_, link) = world.contoso_of(&other).await;
            world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
            outside.microsoft.reset();
        }
        let unpinned = scenario.before.contains(&Before::Unpinned);
        let mut changes = json!({"enterpriseName": format!("Contoso {}", NAMES.fetch_add(1, Ordering::SeqCst))});
        if !unpinned {
            changes["expectedTenant"] = json!(CONTOSO.id);
        }
        let enterprise = world.enterprise(changes).await;
        let statuses = std::sync::Mutex::default();
        let mut run = Self { scenario, enterprise, link: String::new(), answer: None, statuses };
        run.set(outside);
        if !scenario.steps.contains(&Step::Link) {
            run.link = run.mint_at_last(outside, world).await;
            if scenario.before.contains(&Before::Consented) {
                outside.microsoft.grant(&consent_to(&run.link)).unwrap();
            }
            run.answer = Some(run.answer(world, &run.link).await);
        }
        run
    }

    /// Makes the case what must be the case beforehand.
    fn set(&self, outside: &Outside) {
        let fault = |on: &str, what, times| Fault { on: on.to_owned(), what, times };
        for before in self.scenario.before {
            match before {
                Before::Unpinned | Before::BoundElsewhere | Before::AnyTenant | Before::Consented => {}
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
                Before::ReceiverDown(times) => *outside.receiver.refusals.lock().unwrap() = *times,
            }
        }
    }

    async fn act(&self, outside: &Outside, world: &Arc<World>) {
        for step in self.scenario.steps {
            match step {
                Step::Post => self.post(self.answer.clone().unwrap()).await,
                Step::Link => self.make_and_visit(outside, world).await,
                Step::Pass(seconds) => outside.pass(world, *seconds).await,
                Step::Confirm => self.confirm(world).await,
            }
        }
    }

    fn saw(&self, status: u16) {
        self.statuses.lock().unwrap().push(status);
    }

    /// Posts Microsoft's answer; a browser that gets no page shows its own.
    async fn post(&self, answer: Form) {
        let page = Visitor::new().unwrap().submit(answer.press("Continue").unwrap()).await;
        self.saw(page.map_or(0, |page: Page| page.status));
    }

    async fn mint(&self, outside: &Outside, world: &World) -> Option<String> {
        let body = json!({"actionType": "REGISTRATION", "enterpriseId": self.enterprise, "redirectUrl": outside.hook});
        let link = self.call(world, "/v1/enterprises/action-url", &body).await?.as_str()?.to_owned();
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
        panic!("{}: no link: {:?}", self.scenario.name, self.statuses);
    }

    /// As the provider's developer; none where the call did not succeed.
    async fn call(&self, world: &World, path: &str, body: &Value) -> Option<Value> {
        let call = world.call(Method::POST, path).bearer_auth(world.sandbox.reseller_key()).json(body);
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

    async fn answer(&self, world: &World, link: &str) -> Form {
        world.answer_of_microsoft(link, self.scenario.person, self.scenario.decision).await.unwrap()
    }

    async fn make_and_visit(&self, outside: &Outside, world: &Arc<World>) {
        for _ in 0..2 {
            if let Some(link) = self.mint(outside, world).await {
                return self.post(self.answer(world, &link).await).await;
            }
        }
    }

    async fn confirm(&self, world: &World) {
        let path = format!("/v1/enterprises/{}/confirm-tenant", self.enterprise);
        self.call(world, &path, &json!({"tenantId": CONTOSO.id})).await;
    }

    async fn has_ended(&self, world: &World) -> bool {
        let (status, code) = world.registration(self.enterprise).await;
        (status.as_str(), code.as_deref()) == self.scenario.ends
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
        let ended = world.registration(self.enterprise).await;
        assert!(self.has_ended(world).await, "{what}: ended as {ended:?}");
        for seconds in [5, 301, 1_801, 7_201] {
            outside.pass(world, seconds).await;
        }
    }

    async fn again(&self, outside: &Outside, world: &Arc<World>) {
        let waits = world.registration(self.enterprise).await.0 == "pending_confirmation";
        if !waits {
            let mut link = self.link.clone();
            if link.is_empty() || self.post_again(world, &link).await == 400 {
                link = self.mint_at_last(outside, world).await;
                self.post_again(world, &link).await;
            }
        }
        for step in self.scenario.steps {
            match step {
                Step::Post | Step::Link => {}
                Step::Pass(seconds) => outside.pass(world, *seconds).await,
                Step::Confirm => self.confirm(world).await,
            }
        }
    }

    async fn post_again(&self, world: &World, link: &str) -> u16 {
        let answer = self.answer(world, link).await;
        Visitor::new().unwrap().submit(answer.press("Continue").unwrap()).await.unwrap().status
    }
}

/// Everything that `link` asks for, granted for the whole of Contoso.
fn consent_to(link: &str) -> Consent {
    let link = url::Url::parse(link).unwrap();
    let asked: BTreeMap<_, _> = link.query_pairs().collect();
    let delegated = asked["scope"].split(' ');
    Consent {
        tenant: CONTOSO.id.to_owned(),
        client_id: asked["client_id"].clone().into_owned(),
        delegated: delegated.map(str::to_owned).collect(),
        ..Consent::default()
    }
}
