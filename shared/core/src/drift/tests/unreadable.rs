//! A tenant that nobody of ours may read any more.

use super::*;

/// K17 User synchronisation has lost the right by which we read: that is the one loss of this look, and its return the one return
/// if it comes before the next. After that nobody may read the rest, whatever became of user synchronisation meanwhile.
#[test]
fn a_lost_right_to_read_is_one_loss() {
    let world = World::new();
    let closed = View::Closed { absent: [].into() };
    let gone = world.watched(&closed);
    assert_eq!(words(&gone), [(ActionType::UserSync, "drifted")]);
    let mut world = world.after(gone);
    assert_eq!(words(&world.watched(&open(whole()))), [(ActionType::UserSync, "granted")]);
    let unread = [(ActionType::Registration, "unverifiable"), (ActionType::ServiceProviderManagement, "unverifiable")];
    assert_eq!(words(&world.watched(&closed)), unread);
    let started =
        ActionState::Started { since: NOW, request: ConsentRequestId::new(NOW, &world.random), asked_again: false };
    world.enterprise.actions.insert(ActionType::UserSync, started);
    assert_eq!(words(&world.watched(&closed)), unread);
}

/// R007, K17 That nobody of ours may read is an answer, which asking again soon does not change; it verifies nothing.
#[test]
fn what_may_not_be_read_is_not_verified() {
    let world = World::new();
    let also = world.enterprise.granted_before(&world.clients);
    let closed = View::Closed { absent: [].into() };
    let seen = Seen::by_watching(TENANT, &closed, &also).unwrap();
    assert_eq!((seen.is_whole(), seen.is_answered()), (false, true));
}

/// R165, K17 Nobody may read as nobody ever might: an administrator who has stopped before the second screen has lost nothing.
#[test]
fn what_nobody_might_ever_read_is_as_it_was_proved() {
    let mut world = World::new();
    world.enterprise.actions.remove(&ActionType::UserSync);
    world.enterprise.verified_at = None;
    assert_eq!(world.watched(&View::Closed { absent: [].into() }), []);
}

/// Nobody may read any more, and user synchronisation is asked for anew: nothing is known of what was. A sign-in of a bound tenant
/// shows it.
#[test]
fn what_nobody_may_read_is_unverifiable() {
    let mut world = World::new();
    world.enterprise.actions.remove(&ActionType::UserSync);
    world.enterprise.verified_at = Some(NOW);
    let closed = View::Closed { absent: [].into() };
    let gone = world.watched(&closed);
    let expected =
        [(ActionType::Registration, "unverifiable"), (ActionType::ServiceProviderManagement, "unverifiable")];
    assert_eq!(words(&gone), expected);
    let drift = world.noted(gone[0].clone());
    assert_eq!(drift.link.as_ref().unwrap().wanted, Wanted::These([ActionType::LoginEnterpriseAdmin].into()));
    assert_eq!(world.told(&drift).0, "action.blocked");
    let world = world.after(gone);
    assert_eq!(world.watched(&closed), []);
    let less = TenantView { grants: Some(vec![]), ..whole() };
    let found = [(ActionType::Registration, "drifted"), (ActionType::ServiceProviderManagement, "granted")];
    assert_eq!(words(&world.changes(&less, None)), found);
}
