//! Connections to Partner Center: every effect of each step, hit. What is kept is a token that works, or none: none where the
//! connection does not say that it has one, and no connection says so without it (P8, G78).

use std::collections::BTreeSet;

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{IGOR, Person, WANDA, WINGTIP};

use super::checks;
use super::outside::{CLIENT_SECRET, Outside, Proof};
use super::plan::Injection;
use super::run::{Ran, text};
use crate::canary::scan::{Kind, Place, Scan};
use crate::partner_center::{CONNECTIONS, try_to_go};
use crate::world::World;

const DAY: i64 = 24 * 3_600;

/// One thing that is done with a connection while a fault may strike.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    /// What is done beforehand.
    before: &'static [Act],
    act: Act,
    /// The connection's status in the end.
    ends: &'static str,
    /// The step that is taken once more, of a connection that ends as it began.
    again: Option<&'static str>,
    /// What its provider has been told by then.
    told: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// The administrator goes all the way with a link to step one.
    Admin,
    /// The integration user does with one to step two.
    User,
    /// Two browsers of the integration user do at once, with one link.
    TwoUsers,
    Test,
    /// A day passes, and its look is due.
    Look,
    /// The same while its provider asks for a test.
    LookAndTest,
    Disconnect,
}

const BOTH: &[Act] = &[Act::Admin, Act::User];
const READY: &[Act] = &[Act::Admin, Act::User, Act::Test];

pub(crate) static WAYS: &[Way] = &[
    Way { name: "connection, step one", before: &[], act: Act::Admin, ends: "admin_consented", again: None, told: &[] },
    Way {
        name: "connection, step two",
        before: &[Act::Admin],
        act: Act::User,
        ends: "user_consented",
        again: None,
        told: &[],
    },
    Way {
        name: "connection, step two by two browsers",
        before: &[Act::Admin],
        act: Act::TwoUsers,
        ends: "user_consented",
        again: None,
        told: &[],
    },
    Way {
        name: "connection, the test",
        before: BOTH,
        act: Act::Test,
        ends: "ready",
        again: None,
        told: &["connection.ready"],
    },
    Way {
        name: "connection, the look",
        before: READY,
        act: Act::Look,
        ends: "ready",
        again: None,
        told: &["connection.ready"],
    },
    Way {
        name: "connection, a look and a test",
        before: READY,
        act: Act::LookAndTest,
        ends: "ready",
        again: None,
        told: &["connection.ready"],
    },
    Way {
        name: "connection, step one again",
        before: READY,
        act: Act::Admin,
        ends: "ready",
        again: Some("admin"),
        told: &["connection.ready"],
    },
    Way {
        name: "connection, step two again",
        before: READY,
        act: Act::User,
        ends: "ready",
        again: Some("user"),
        told: &["connection.ready"],
    },
    Way {
        name: "connection, its end",
        before: READY,
        act: Act::Disconnect,
        ends: "disconnected",
        again: None,
        told: &["connection.ready"],
    },
];

/// Goes a way with a fault, or without.
pub(crate) async fn run(outside: &mut Outside, way: &'static Way, fault: Option<Injection>) -> Ran {
    outside.renew(Proof::Secret).await;
    let world = outside.restart().await;
    let run = Run::prepare(outside, &world, way).await;
    outside.plan.arm(fault);
    tokio::select! {
        statuses = run.act(outside, &world, way.act) => checks::are_known(&statuses, fault.map(|fault| fault.kind), &[], way.name),
        () = outside.plan.death() => {}
    }
    let effects = outside.plan.disarm();
    let what = format!("{}: {fault:?} of {effects:?}", way.name);
    run.says_what_is_kept(outside, &what).await;
    let world = if outside.plan.is_dead() { outside.restart().await } else { world };

    // Faults have stopped: five minutes later nobody is at work, and no token is left that no connection knows of.
    for seconds in [61, 61, 179] {
        outside.pass(&world, seconds).await;
    }
    let row = run.says_what_is_kept(outside, &what).await;
    assert!(row["lease"]["M"]["until"].is_null(), "{what}: {row}");
    let is_kept = outside.refresh_token(&run.id).await.is_some();
    assert_eq!(is_kept, has_token(status(&row)), "{what}: {row}");

    run.come_to_the_end(outside, &world, &what).await;
    let row = run.says_what_is_kept(outside, &what).await;
    assert_eq!(outside.refresh_token(&run.id).await.is_some(), has_token(way.ends), "{what}");
    assert!(run.has_come_to_the_end(&row), "{what}: not {}, or no step was taken again: {row}", way.ends);
    let codes = outside.plan.codes();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{what}: a code was sent twice");
    assert_eq!(told(outside), way.told, "{what}");
    secrets_stay_in_their_place(outside, &what).await;
    Ran { effects: effects.len(), is_missed: fault.is_some_and(|fault| fault.at >= effects.len()) }
}

/// Whether a connection of this status says that it has a token.
fn has_token(status: &str) -> bool {
    !matches!(status, "draft" | "admin_consented" | "disconnected")
}

fn status(row: &Value) -> &str {
    row["state"]["M"]["status"]["S"].as_str().unwrap()
}

/// What the provider was told, each once, in the order in which it came.
fn told(outside: &Outside) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let got = outside.receiver.got.lock().unwrap();
    let new = got.iter().filter(|got| seen.insert(&got.headers["webhook-id"]));
    new.map(|got| text(&serde_json::from_str::<Value>(&got.body).unwrap()["type"])).collect()
}

/// How often each step was completed.
fn rounds(row: &Value) -> [u32; 2] {
    ["admin", "user"].map(|step| row["rounds"]["M"][step]["N"].as_str().unwrap().parse().unwrap())
}

/// One way, gone once.
struct Run {
    way: &'static Way,
    id: String,
    /// How often each step was completed when the way began.
    rounds: [u32; 2],
}

impl Run {
    async fn prepare(outside: &Outside, world: &World, way: &'static Way) -> Self {
        let path = format!("/v1/resellers/{}", world.reseller_id());
        let heard = world.operator(Method::PATCH, &path, Some(&json!({"eventsUrl": outside.hook}))).await;
        assert_eq!(heard.status, 200, "{}", heard.text);
        let id = world.connection_of(world.sandbox.reseller_key(), json!({})).await;
        let mut run = Self { way, id, rounds: [0; 2] };
        for act in way.before {
            run.act(outside, world, *act).await;
        }
        // What was told of the preparation is delivered by now, and what the stream holds of it is read.
        outside.pass(world, 1).await;
        outside.tick(world).await;
        run.rounds = rounds(&run.row(outside).await);
        run
    }

    /// Whether the connection is as the way ends, and what is done again was.
    fn has_come_to_the_end(&self, row: &Value) -> bool {
        let [admin, user] = rounds(row);
        let is_taken = match self.way.again {
            Some("admin") => admin > self.rounds[0],
            Some(_) => user > self.rounds[1],
            None => true,
        };
        is_taken && status(row) == self.way.ends
    }

    /// The statuses of what people and programs were answered.
    async fn act(&self, outside: &Outside, world: &World, act: Act) -> Vec<u16> {
        match act {
            Act::Admin => vec![self.go(world, "admin", &WANDA).await],
            Act::User => vec![self.go(world, "user", &IGOR).await],
            Act::TwoUsers => {
                let (one, other) = join(self.go(world, "user", &IGOR), self.go(world, "user", &IGOR)).await;
                vec![one, other]
            }
            Act::Test => vec![self.ask(world, "finalize").await.0],
            Act::Look => {
                outside.pass(world, DAY).await;
                Vec::new()
            }
            Act::LookAndTest => {
                outside.wait(world, DAY);
                let ((), (status, _)) = join(outside.tick(world), self.ask(world, "finalize")).await;
                vec![status]
            }
            Act::Disconnect => vec![self.ask(world, "disconnect").await.0],
        }
    }

    /// Makes a link to a step and goes all the way with it; 0 where no page came.
    async fn go(&self, world: &World, step: &str, person: &Person) -> u16 {
        let (status, made) = self.ask(world, &format!("{step}-consent-link")).await;
        let Some(link) = made["url"].as_str().filter(|_| status == 200) else { return status };
        try_to_go(link, person).await.map_or(0, |page| page.status)
    }

    /// Status and body of an answer; 0 where none came.
    async fn ask(&self, world: &World, what: &str) -> (u16, Value) {
        let call = world.call(Method::POST, &format!("{CONNECTIONS}/{}/{what}", self.id));
        let Ok(answer) = call.bearer_auth(world.sandbox.reseller_key()).send().await else { return (0, Value::Null) };
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// The connection, as it is stored.
    async fn row(&self, outside: &Outside) -> Value {
        let key = format!("connection#{}", self.id);
        let rows = outside.rows().await;
        rows.into_iter().find(|row| row["PK"]["S"] == key.as_str()).unwrap()
    }

    /// P8 At any time: whatever says that it has a token has one, of the integration user, and Microsoft takes it. The connection, as it is stored.
    async fn says_what_is_kept(&self, outside: &Outside, what: &str) -> Value {
        let row = self.row(outside).await;
        let token = outside.refresh_token(&self.id).await;
        assert!(token.is_some() || !has_token(status(&row)), "{what}: no token, and {row}");
        if let Some(token) = token {
            let whose = outside.redeem(WINGTIP.id, &token).await;
            assert_eq!(whose.as_deref(), Some(IGOR.oid), "{what}: a token that does not work, or another's, and {row}");
        }
        row
    }

    /// What people and programs do after a fault: the same again.
    async fn come_to_the_end(&self, outside: &Outside, world: &World, what: &str) {
        for _ in 0..3 {
            let row = self.says_what_is_kept(outside, what).await;
            if self.has_come_to_the_end(&row) && !matches!(self.way.act, Act::Look | Act::LookAndTest) {
                break;
            }
            self.act(outside, world, self.way.act).await;
        }
        for seconds in [5, 301, 1_801, 7_201] {
            outside.pass(world, seconds).await;
        }
    }
}

/// P10 No code and no token is in a row, in a webhook or in a line of the log.
async fn secrets_stay_in_their_place(outside: &Outside, what: &str) {
    let mut scan = Scan::default();
    scan.canary(Kind::ClientSecret, CLIENT_SECRET);
    for secret in outside.plan.take_hidden() {
        scan.token(Kind::RefreshToken, &secret);
    }
    for row in outside.rows().await {
        scan.output(Place::Row, row["PK"]["S"].to_string(), row.to_string());
    }
    for got in outside.receiver.got.lock().unwrap().iter() {
        scan.output(Place::Webhook, "of the run".to_owned(), got.body.clone());
    }
    scan.output(Place::Log, "of the run", outside.log());
    let (_, leaks) = scan.search();
    assert!(leaks.is_empty(), "{what}: {leaks:?}");
}
