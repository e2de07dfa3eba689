use super::*;
use crate::connection::ConnectionStatus;
use crate::connection::admit::tests::draft;
use crate::connection::health::{Check, CheckName, CheckStatus};
use crate::connection::{Consented, Lease};
use crate::credential::tests::reseller;
use crate::id::ObjectId;
use crate::identity::Signer;
use crate::random::tests::Counting;
use crate::reseller::{Reseller, ResellerStatus};
use crate::seal::SealingKeys;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn both() -> Both {
    let person = |object| {
        let signer =
            Signer { tenant: draft().partner_tenant, object: ObjectId::from_u128(object), user_principal_name: None };
        Consented { signer, subject: None, at: NOW }
    };
    Both { admin: person(1), user: person(2), token_at: NOW }
}

fn verdict(severity: Severity, code: Option<Code>) -> Verdict {
    let check = |name| Check { name, status: CheckStatus::Unknown, detail: String::new() };
    let checks = [CheckName::SameTenant, CheckName::Role, CheckName::MfaClaim, CheckName::MfaCompliant].map(check);
    Verdict { checks, code, severity, remedy: None, retry_after: None, is_privileged: None, forecast: None }
}

fn healthy() -> Verdict {
    verdict(Severity::Healthy, None)
}

fn degraded() -> Verdict {
    verdict(Severity::Degraded, Some(Code::AdminAgentRoleMissing))
}

fn broken() -> Verdict {
    verdict(Severity::Broken, Some(Code::TokenRevoked))
}

fn busy() -> Verdict {
    verdict(Severity::Passing, Some(Code::PartnerCenterBusy))
}

/// The connection after a look, and the event that it made.
fn look(connection: Connection, verdict: &Verdict) -> (Connection, Option<String>) {
    let random = Counting::default();
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let events_url = Some(serde_json::from_value(serde_json::json!("https://hooks.acme.example/events")).unwrap());
    let reseller = Reseller { events_url, ..reseller(connection.reseller, ResellerStatus::Active) };
    let occasion = Occasion { now: NOW, reference: None, random: &random };
    let telling = Telling { reseller: &reseller, keys: &keys, link: Some("https://link.example"), occasion };
    let leased = connection.begin_test(NOW).unwrap();
    let moved = leased.conclude(Look { verdict, used: false, actor: &Actor::System("test") }, telling);
    assert_eq!(moved.from + 1, moved.after.version);
    (moved.after, moved.delivery.map(|delivery| delivery.event))
}

fn consented() -> Connection {
    Connection { state: State::UserConsented { both: both() }, ..draft() }
}

/// R190, R197 A connection is ready after a look that found all well and by nothing else; a loss and a return are each told
/// once.
#[test]
fn a_finding_moves_and_tells_once() {
    let told = |event: &str| Some(event.to_owned());
    let (ready, event) = look(consented(), &healthy());
    assert_eq!((ready.status(), event), (ConnectionStatus::Ready, told("connection.ready")));
    let (still, event) = look(ready.clone(), &healthy());
    assert_eq!((still.status(), event), (ConnectionStatus::Ready, None));
    let (lost, event) = look(still, &degraded());
    assert_eq!((lost.status(), lost.problem()), (ConnectionStatus::Degraded, Some(Code::AdminAgentRoleMissing)));
    assert_eq!(event, told("connection.degraded"));
    assert_eq!(look(lost.clone(), &degraded()).1, None, "told before");
    let (gone, event) = look(lost, &broken());
    assert_eq!((gone.status(), event), (ConnectionStatus::Broken, told("connection.broken")));
    let (back, event) = look(gone, &healthy());
    assert_eq!((back.status(), event), (ConnectionStatus::Ready, told("connection.recovered")));
    assert_eq!(look(ready, &busy()).1, None, "somebody busy is no news");
}

/// G49 Before it has worked, whatever is wrong leaves both consents as they are, with the cause.
#[test]
fn a_test_that_fails_makes_nothing_ready() {
    for verdict in [degraded(), broken(), busy()] {
        let (connection, event) = look(consented(), &verdict);
        assert_eq!((connection.status(), event), (ConnectionStatus::UserConsented, None));
        let told = verdict.code.filter(|_| verdict.severity != Severity::Passing);
        assert_eq!(connection.refused.map(|refused| refused.code), told);
        assert_eq!(connection.next_look, None);
    }
}

/// R180, R197 It is looked at daily, sooner where something is wrong, and a busy service is left alone as long as it said.
#[test]
fn the_next_look_is_daily_or_as_asked() {
    let (ready, _) = look(consented(), &healthy());
    assert_eq!(ready.next_look, Some(NOW.plus(LOOK_AGAIN_AFTER)));
    assert_eq!(ready.due_at(), ready.next_look);
    assert_eq!(look(ready.clone(), &degraded()).0.next_look, Some(NOW.plus(TROUBLE_AGAIN_AFTER)));
    let after = |retry_after| look(ready.clone(), &Verdict { retry_after, ..busy() }).0.next_look;
    assert_eq!(after(None), Some(NOW.plus(Duration::from_mins(5))));
    assert_eq!(after(Some(Duration::from_mins(40))), Some(NOW.plus(Duration::from_mins(40))));
    assert_eq!(after(Some(Duration::from_hours(99))), Some(NOW.plus(Duration::from_hours(6))));
}

/// R197 A service that stays busy is left alone for twice as long each time, six hours at most; one that answers is looked at as
/// before.
#[test]
fn a_service_that_stays_busy_is_left_alone_for_longer() {
    let (mut connection, _) = look(consented(), &healthy());
    let mut waits = Vec::new();
    for _ in 0..9 {
        connection = look(connection, &busy()).0;
        waits.push(connection.next_look.unwrap());
    }
    let expected = [5, 10, 20, 40, 80, 160, 320, 360, 360].map(|minutes| NOW.plus(Duration::from_mins(minutes)));
    assert_eq!(waits, expected);
    let asked = Verdict { retry_after: Some(Duration::from_mins(7)), ..busy() };
    let (ready, _) = look(connection, &healthy());
    assert_eq!((ready.busy_looks, ready.next_look), (0, Some(NOW.plus(LOOK_AGAIN_AFTER))));
    assert_eq!(look(ready, &asked).0.next_look, Some(NOW.plus(Duration::from_mins(7))));
}

/// P3 Whoever is at work is waited for, until the lease has ended; what was being tested is untested again.
#[test]
fn a_lease_that_ran_out_is_taken_over() {
    let leased = consented().begin_test(NOW).unwrap().connection().clone();
    assert_eq!(
        (leased.status(), leased.due_at()),
        (ConnectionStatus::Testing, Some(NOW.plus(super::super::lease::LEASE)))
    );
    assert_eq!(leased.lease, Some(Lease { until: NOW.plus(super::super::lease::LEASE), step: None }));
    assert!(leased.clone().begin_test(NOW).is_err());
    let later = NOW.plus(super::super::lease::LEASE);
    let taken = leased.begin_test(later).unwrap();
    let random = Counting::default();
    let put_off = taken.put_off(&Actor::System("test"), Occasion { now: later, reference: None, random: &random });
    assert_eq!(put_off.after.status(), ConnectionStatus::UserConsented);
}
