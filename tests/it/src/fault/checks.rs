//! The promises, checked from outside: on the table's rows, on the codes that Microsoft was sent, and on what the
//! receiver got.

use std::collections::{BTreeMap, BTreeSet};

use onboarding_core::action::ActionType;
use onboarding_core::advice::{Code, LinkAfter};
use onboarding_core::time::Timestamp;
use serde_json::{Value, json};
use simulated_microsoft::CONTOSO;

use super::outside::Outside;
use super::plan::Kind;
use super::run::Run;
use super::scenario::{Before, Link, Step};
use crate::webhook_secret::signatures_made_by;

/// P9 Whoever asked was answered in the words of the contract: a success, a refusal, or 503. No page at all is for those
/// whose process died, or who gave up before it did.
pub(crate) fn answers(run: &Run, kind: Option<Kind>, what: &str) {
    let also: &[u16] = if run.scenario.begins_with(Before::AlmostOver) { &[410] } else { &[] };
    are_known(&run.told().statuses, kind, also, what);
}

/// The same for statuses, of which these are known `also`.
pub(crate) fn are_known(statuses: &[u16], kind: Option<Kind>, also: &[u16], what: &str) {
    let silent = matches!(kind, Some(Kind::CrashBefore | Kind::CrashAfter | Kind::Hang));
    let known = |status: &u16| {
        matches!(status, 200 | 201 | 400 | 403 | 409 | 503) || (silent && *status == 0) || also.contains(status)
    };
    assert!(statuses.iter().all(known), "{what}: {kind:?}: {statuses:?}");
}

/// P3 Nothing waits for somebody who is gone.
pub(crate) async fn nothing_is_leased(outside: &Outside, what: &str) {
    for row in outside.rows().await {
        assert_ne!(row["stage"]["M"]["name"]["S"], "leased", "{what}: {row}");
    }
}

/// What the table says of one enterprise.
struct Rows {
    enterprise: Value,
    requests: Vec<Value>,
    deliveries: Vec<Value>,
    audit: Vec<Value>,
    /// The hashes of the handles of Microsoft's tokens.
    handles: usize,
    has_guard: bool,
}

impl Rows {
    fn of(all: Vec<Value>, enterprise: u64) -> Self {
        let number = enterprise.to_string();
        let mut rows = Self {
            enterprise: Value::Null,
            requests: Vec::new(),
            deliveries: Vec::new(),
            audit: Vec::new(),
            handles: 0,
            has_guard: false,
        };
        for row in all {
            let key = row["PK"]["S"].as_str().unwrap().to_owned();
            let ours = ["enterprise", "enterpriseId"].iter().any(|field| row[*field]["N"] == number.as_str());
            match key.split_once('#') {
                Some(("enterprise", id)) if id == number => rows.enterprise = row,
                Some(("request", _)) if ours => rows.requests.push(row),
                Some(("deliveries", _)) if ours => rows.deliveries.push(row),
                Some(("audit", _)) if ours => rows.audit.push(row),
                Some(("handle", _)) if ours => rows.handles += 1,
                Some(("tenant", tenant)) => rows.has_guard |= tenant == CONTOSO.id,
                _ => {}
            }
        }
        rows
    }

    /// The links of `action` that ended with a grant.
    fn granted_links(&self, action: ActionType) -> usize {
        let granted = |row: &&Value| {
            let stage = &row["stage"]["M"];
            row["action"]["S"] == action.name() && stage["name"]["S"] == "completed" && stage["refusal"]["S"].is_null()
        };
        self.requests.iter().filter(granted).count()
    }

    fn granted_requests(&self) -> usize {
        ActionType::all().map(|action| self.granted_links(action)).sum()
    }

    /// The refusals that requests know to have told.
    fn told_refusals(&self) -> usize {
        let told = |row: &Value| row["refusedCodes"]["L"].as_array().map_or(0, Vec::len);
        self.requests.iter().map(told).sum()
    }

    /// The audit rows of one of these facts, of one action or of all.
    fn facts(&self, names: &[&str], action: Option<ActionType>) -> usize {
        let object = action.map(|action| format!("action:{action}"));
        let is_one = |row: &&Value| {
            names.iter().any(|name| row["action"]["S"] == *name)
                && object.as_ref().is_none_or(|object| row["object"]["S"] == object.as_str())
        };
        self.audit.iter().filter(is_one).count()
    }

    fn granted_deliveries(&self) -> usize {
        self.deliveries.iter().filter(|row| row["event"]["S"] == "action.granted").count()
    }
}

/// Whether the provider's stop came before any grant: then nothing may be granted until it lets the enterprise go on.
pub(crate) async fn is_stopped_without_a_grant(outside: &Outside, run: &Run) -> bool {
    let rows = Rows::of(outside.rows().await, run.enterprise);
    rows.enterprise["standing"]["S"] == "disabled" && rows.granted_requests() == 0
}

/// P1 to P5 for one run.
pub(crate) async fn promises(outside: &Outside, run: &Run, what: &str) {
    let rows = Rows::of(outside.rows().await, run.enterprise);
    let is_over = run.scenario.begins_with(Before::AlmostOver);
    assert!(!rows.enterprise.is_null() && !rows.audit.is_empty(), "{what}: its rows were not found");
    assert!(is_over || !rows.requests.is_empty() && !rows.deliveries.is_empty(), "{what}: its rows were not found");
    no_false_consent(run, &rows, what);
    no_code_twice(outside, what);
    one_fact_one_transaction(run, &rows, what);
    everything_is_told(outside, run, &rows, what);
    everything_is_signed(outside, run, what).await;
    the_sealing_keys_are_sound(outside, run, what).await;
    for request in rows.requests.iter().filter(|row| row["stage"]["M"]["name"]["S"] != "verifying") {
        assert!(request["stage"]["M"]["token"].is_null(), "{what}: a token outlives its proof");
    }
}

/// P1
fn no_false_consent(run: &Run, rows: &Rows, what: &str) {
    let may_be = run.scenario.may_grant();
    if !may_be {
        assert_eq!((rows.granted_requests(), rows.granted_deliveries()), (0, 0), "{what}");
    }
    if !run.scenario.begins_with(Before::Consented) {
        let early = rows.audit.iter().filter(|row| is_lagging_grant(row) && instant(row) < run.shows_from);
        assert_eq!(early.count(), 0, "{what}: granted before Graph showed it");
    }
    // A grant of application permissions is nobody's of the tenant, and binds none.
    if !may_be || run.scenario.action != ActionType::Registration {
        assert!(rows.enterprise["tenant"]["S"].is_null(), "{what}: bound to a tenant");
    }
}

/// Whether it says that something is granted which Graph shows late. A role that our application has just joined it shows at once.
fn is_lagging_grant(row: &Value) -> bool {
    let joined = format!("action:{}", ActionType::ServiceProviderManagement);
    row["action"]["S"] == "consent.granted" && row["object"]["S"] != joined.as_str()
}

/// When it was written.
fn instant(row: &Value) -> Timestamp {
    Timestamp::from_millis(row["at"]["N"].as_str().unwrap_or_else(|| panic!("{row}")).parse().unwrap())
}

/// P2
fn no_code_twice(outside: &Outside, what: &str) {
    let codes = outside.plan.codes();
    let different: BTreeSet<&String> = codes.iter().collect();
    assert_eq!(different.len(), codes.len(), "{what}: a code was sent twice");
}

/// P5 Whatever a request knows to have been told has its delivery, and nothing else has one.
pub(crate) async fn nothing_is_half_told(outside: &Outside, run: &Run, what: &str) {
    let rows = Rows::of(outside.rows().await, run.enterprise);
    assert_eq!(rows.deliveries.len(), rows.told_refusals() + rows.granted_requests(), "{what}");
}

const REFUSED: [&str; 4] = ["consent.blocked", "consent.declined", "consent.expired", "consent.unverifiable"];

/// P3, P5, P6 Each grant has its outcome, its audit row, its tenant and the tenant's guard, and none of them is without it;
/// and of all sign-ins and links of an action one led to it. A refusal that was told has one audit row, and no more.
fn one_fact_one_transaction(run: &Run, rows: &Rows, what: &str) {
    let granted = rows.granted_requests();
    assert_eq!(rows.granted_deliveries(), granted, "{what}");
    for action in run.scenario.actions() {
        let links = rows.granted_links(action);
        assert_eq!(rows.facts(&["consent.granted"], Some(action)), links, "{what}: {action}");
        assert!(links <= 1, "{what}: {action} has {links} winners");
        assert!(links == 1 || run.scenario.ends.0 != "granted", "{what}: {action}");
    }
    assert_eq!(rows.facts(&["consent.granted"], None), granted, "{what}: something else was granted");
    if granted >= 1 && run.scenario.action == ActionType::Registration {
        assert!(rows.has_guard, "{what}");
        assert_eq!(rows.enterprise["tenant"]["S"], CONTOSO.id, "{what}");
    }
    let refusals: Vec<_> = rows.audit.iter().map(|row| (&row["action"]["S"], &row["after"]["S"])).collect();
    assert_eq!(rows.facts(&REFUSED, None), rows.told_refusals(), "{what}: {refusals:?}");
}

/// P4 Every delivery arrived, each time with the same id and the same bytes, and nothing else did.
fn everything_is_told(outside: &Outside, run: &Run, rows: &Rows, what: &str) {
    let mut bodies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for got in outside.receiver.got.lock().unwrap().iter() {
        let body: Value = serde_json::from_str(&got.body).unwrap();
        if body["enterpriseId"] == run.enterprise {
            has_its_tokens(run, rows, &body, what);
            bodies.entry(got.headers["webhook-id"].clone()).or_default().insert(got.body.clone());
        }
    }
    for delivery in &rows.deliveries {
        assert_eq!(delivery["status"]["S"], "delivered", "{what}");
        let id = delivery["id"]["S"].as_str().unwrap();
        assert_eq!(bodies.remove(id).map(|bodies| bodies.len()), Some(1), "{what}: {id}");
    }
    assert!(bodies.is_empty(), "{what}: told without a row: {bodies:?}");
}

/// R116, R120 A provider is told Microsoft's tokens if that was switched on, and no handle is made; else handles.
fn has_its_tokens(run: &Run, rows: &Rows, body: &Value, what: &str) {
    let result = &body["msalAuthenticationResult"]["authenticationResult"];
    let is_raw = run.scenario.begins_with(Before::RawTokens);
    for token in ["accessToken", "idToken"].iter().filter_map(|name| result[name].as_str()) {
        assert_eq!(token.starts_with("onbtok_"), !is_raw, "{what}");
    }
    assert!(!is_raw || rows.handles == 0, "{what}");
    assert!(!is_raw || body["outcome"] != "granted" || result["accessToken"].is_string(), "{what}");
}

/// What becomes of a link by the contract (docs/errors.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It works, or somebody's consent is being proved.
    Open,
    /// A consent, or a refusal that says so, ended it.
    Spent,
}

/// The fate of the link that the person has: that of the enterprise's first request. A start link works to its end.
pub(crate) async fn fate(outside: &Outside, run: &Run, what: &str) -> Fate {
    let mut rows = Rows::of(outside.rows().await, run.enterprise);
    rows.requests.retain(|row| row["action"]["S"] == run.scenario.action.name());
    rows.requests.sort_by_key(|row| row["id"]["S"].as_str().unwrap().to_owned());
    let Some(first) = rows.requests.first().filter(|_| run.scenario.link == Link::Direct) else { return Fate::Open };
    let stage = &first["stage"]["M"];
    if stage["name"]["S"] != "completed" {
        return Fate::Open;
    }
    if let Some(code) = stage["refusal"]["S"].as_str() {
        let code: Code = serde_json::from_value(code.into()).unwrap();
        assert_eq!(code.advice().link, LinkAfter::Spent, "{what}: {code} burned the link");
    }
    Fate::Spent
}

/// P7 Nothing was granted or sent by a link that was over, and it was given to nobody; nothing is told but that it is over.
pub(crate) async fn nothing_came_of_it(outside: &Outside, run: &Run, what: &str) {
    let rows = Rows::of(outside.rows().await, run.enterprise);
    assert_eq!(outside.plan.codes(), Vec::<String>::new(), "{what}");
    let (told, links) = (rows.told_refusals(), rows.requests.len());
    assert_eq!((rows.deliveries.len(), rows.has_guard), (told, false), "{what}");
    assert_eq!((rows.granted_requests(), told), (0, links), "{what}");
    for request in rows.requests {
        assert_eq!(request["refusedCodes"]["L"], json!([{"S": "abandoned"}]), "{what}");
        assert_eq!(request["usedCodes"]["L"].as_array().map(Vec::len), Some(0), "{what}");
    }
}

/// K9 Every webhook is signed by a key that is or was the provider's, and by a new one from the moment that it was told.
async fn everything_is_signed(outside: &Outside, run: &Run, what: &str) {
    let told = run.told().webhook_key.clone();
    let ring = outside.ring(&run.webhook_ring).await;
    let ring: Vec<&str> = ring.iter().map(|key| key["secret"].as_str().unwrap()).collect();
    assert!(ring.len() <= 2 && ring.last() == Some(&run.webhook_key.as_str()), "{what}: {} webhook keys", ring.len());
    if let Some((told, _)) = &told {
        assert_eq!(ring.first(), Some(&told.as_str()), "{what}: a key that was told is not in the ring");
    }
    for (at, got) in outside.receiver.got.lock().unwrap().iter().enumerate() {
        let signed = |key: &str| signatures_made_by(&got.headers, &got.body, key).contains(&true);
        assert!(ring.iter().any(|key| signed(key)), "{what}: a webhook without a good signature");
        if let Some((told, _)) = told.as_ref().filter(|(_, before)| at >= *before) {
            assert!(signed(told), "{what}: a webhook without the new signature");
        }
    }
}

/// K9 The ring has one new key at most, beside the one that sealed before, and what was told of it is true.
async fn the_sealing_keys_are_sound(outside: &Outside, run: &Run, what: &str) {
    let ring = outside.ring("sealing-keys").await;
    let most = 1 + usize::from(run.scenario.steps.contains(&Step::NewSealingKey));
    assert!((1..=most).contains(&ring.len()), "{what}: {} sealing keys", ring.len());
    if let Some(seals_from) = run.told().seals_from {
        assert_eq!((ring.len(), ring[0]["sealsFrom"].as_i64()), (2, Some(seals_from)), "{what}");
    }
}
