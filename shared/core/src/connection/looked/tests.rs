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
    Both { admin: person(1), user: person(2), token_at: NOW, stored_at: Some(NOW) }
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
    let moved = leased.conclude(Look { verdict, token: TokenUse::Refused, actor: &Actor::System("test") }, telling);
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

/// R190, R197 A token that Microsoft has replaced is kept for some hours, and never until the next day.
#[test]
fn a_stored_token_is_replaced_after_a_while() {
    let later = |hours| NOW.plus(Duration::from_hours(hours));
    assert!(!both().is_to_be_renewed(NOW) && !both().is_to_be_renewed(later(5)));
    assert!(both().is_to_be_renewed(later(6)) && both().is_to_be_renewed(NOW.plus(LOOK_AGAIN_AFTER)));
    assert!(Both { stored_at: None, ..both() }.is_to_be_renewed(NOW), "nobody knows since when it lies there");
    for (token, token_at, stored_at) in
        [(TokenUse::Refused, NOW, NOW), (TokenUse::Used, later(6), NOW), (TokenUse::Renewed, later(6), later(6))]
    {
        let state = with_token(State::UserConsented { both: both() }, token, later(6));
        let both = state.both().unwrap();
        assert_eq!((both.token_at, both.stored_at), (token_at, Some(stored_at)), "{token:?}");
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

/// P3, R170 A connection that has ended is not tested, whoever read it before its end.
#[test]
fn what_has_ended_is_not_tested() {
    let ended = Connection { state: State::Disconnected { since: NOW }, ..draft() };
    assert_eq!(ended.begin_test(NOW).unwrap_err().0, LeaseRefusal::Ended);
}

/// P3, R197 Whoever tidies up gives back what was tested meanwhile as it is, with its next look, and leaves nothing else due.
#[test]
fn what_is_given_back_keeps_its_next_look() {
    let random = Counting::default();
    let occasion = Occasion { now: NOW, reference: None, random: &random };
    let given_back = |connection: Connection| {
        let leased = Connection { next_look: Some(NOW), ..connection }.lease(NOW).unwrap();
        let after = leased.give_back(&Actor::System("test"), occasion).after;
        (after.status(), after.due_at())
    };
    let (ready, lost) = (look(consented(), &healthy()).0, look(look(consented(), &healthy()).0, &broken()).0);
    assert_eq!(given_back(ready), (ConnectionStatus::Ready, Some(NOW)));
    assert_eq!(given_back(lost), (ConnectionStatus::Broken, Some(NOW)));
    assert_eq!(given_back(draft()), (ConnectionStatus::Draft, None));
    let testing = Connection { state: State::Testing { both: both() }, ..draft() };
    assert_eq!(given_back(testing), (ConnectionStatus::UserConsented, None));
}

/// R190, R195 A consent that was just given is not missing, for ten minutes; it is looked for after two, then after four.
#[test]
fn a_consent_that_was_just_given_is_waited_for() {
    let refused = |minutes| consented().refusal_of_token(Code::ConsentMissing, NOW.plus(Duration::from_mins(minutes)));
    assert_eq!((refused(0), refused(9)), (Code::ConsentNotInEffect, Code::ConsentNotInEffect));
    assert_eq!(refused(10), Code::ConsentMissing);
    assert_eq!(consented().refusal_of_token(Code::TokenRevoked, NOW), Code::TokenRevoked);
    assert_eq!(draft().refusal_of_token(Code::ConsentMissing, NOW), Code::ConsentMissing);
    let awaited = verdict(Severity::Passing, Some(Code::ConsentNotInEffect));
    let (first, event) = look(look(consented(), &healthy()).0, &awaited);
    assert_eq!((first.next_look, event), (Some(NOW.plus(Duration::from_mins(2))), None));
    assert_eq!(look(first, &awaited).0.next_look, Some(NOW.plus(Duration::from_mins(4))));
}
