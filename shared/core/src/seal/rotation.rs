//! The rotation of sealing keys: a new key is published before it seals, and the former one opens for as long as
//! anything that it sealed may come back.
//!
//! ```text
//! rotation         + ADOPTION                                  + ADOPTION + OPENS_FOR
//!    │ former key seals │ new key seals; the former one only opens │ the former key is refused
//!    │ both keys open ──┴───────────────────────────────────────────┤
//! ```
//!
//! An environment reads its keys again within 20 minutes, or does not serve (`onboarding-secrets`). So when the new key
//! begins to seal, everybody who is asked to open has it: nobody depends on a read at that moment.

use std::time::Duration;

use serde::Serialize;

use super::{InvalidRing, SealingKeys, StoredKey, StoredRing};
use crate::random::Random;
use crate::time::Timestamp;
use crate::{consent, delivery, invitation, mail, outcome_link};

/// How long a new key is known before it seals. Longer than any environment goes on with keys that it has read, with
/// ten minutes for clocks that differ.
pub const ADOPTION: Duration = Duration::from_mins(30);

/// How long something sealed may have to be opened: the longest life of all that is sealed.
pub const OPENS_FOR: Duration = longest(&[
    consent::LINK_LIFETIME,
    outcome_link::LIFETIME,
    consent::LONGEST_TOKEN,
    // A reminder is sealed with its invitation, and tried by the schedule of mails until after the end.
    invitation::LONGEST.saturating_add(mail::LONGEST),
    // A body is sealed when it is proved, may wait for the provider, is tried, and is kept to be sent once more.
    consent::CONFIRM_WITHIN
        .saturating_add(delivery::LONGEST)
        .saturating_add(delivery::KEPT)
        .saturating_add(delivery::LONGEST),
]);

/// The most keys of a ring. In an ordinary year there are two; this bounds what rotations in a row leave behind.
pub const MOST_KEYS: usize = 10;

/// When a rotation takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// When the new key begins to seal.
    pub seals_from: Timestamp,
    /// When the former key ends, and with it whatever it sealed.
    pub former_opens_until: Option<Timestamp>,
}

/// What a rotation makes of a ring.
pub enum Rotated {
    /// This ring, to be stored.
    Ring(String, Rotation),
    /// Nothing: the newest key does not seal yet. Rotating once more would let it never seal.
    UnderWay(Rotation),
    /// Nothing: the ring holds [`MOST_KEYS`] that still open.
    Full,
}

impl SealingKeys {
    /// Puts a fresh key in front of a stored ring. Keys that have retired go.
    pub fn rotated(stored: &str, now: Timestamp, random: &dyn Random) -> Result<Rotated, InvalidRing> {
        Self::from_json(stored)?;
        let mut ring = StoredRing::from_json(stored)?;
        if let [newest, rest @ ..] = ring.keys.as_slice()
            && let Some(seals_from) = newest.seals_from.filter(|from| now < *from)
        {
            let former_opens_until = rest.first().and_then(|former| former.retires_at);
            return Ok(Rotated::UnderWay(Rotation { seals_from, former_opens_until }));
        }
        ring.keys.retain(|key| key.retires_at.is_none_or(|end| now < end));
        if ring.keys.len() >= MOST_KEYS {
            return Ok(Rotated::Full);
        }
        let seals_from = now.plus(ADOPTION);
        let former = ring.keys.first_mut();
        // A second span for clocks that differ, and for what is looked after late.
        let former_opens_until =
            former.map(|former| *former.retires_at.get_or_insert(seals_from.plus(ADOPTION).plus(OPENS_FOR)));
        ring.keys.insert(0, StoredKey::fresh(Some(seals_from), random));
        Ok(Rotated::Ring(ring.to_json(), Rotation { seals_from, former_opens_until }))
    }
}

const fn longest(lives: &[Duration]) -> Duration {
    let (mut longest, mut at) = (Duration::ZERO, 0);
    while at < lives.len() {
        if lives[at].as_nanos() > longest.as_nanos() {
            longest = lives[at];
        }
        at += 1;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;
    use crate::seal::{Purpose, Unsealable};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const MS: Duration = Duration::from_millis(1);

    fn rotate(stored: &str, now: Timestamp, random: &Counting) -> (String, Rotation) {
        match SealingKeys::rotated(stored, now, random).unwrap() {
            Rotated::Ring(ring, rotation) => (ring, rotation),
            Rotated::UnderWay(_) | Rotated::Full => panic!("not rotated"),
        }
    }

    fn seal(ring: &str, now: Timestamp, random: &Counting) -> String {
        SealingKeys::from_json(ring).unwrap().seal(Purpose::Outcome, "", b"x", (now, random))
    }

    fn opens(ring: &str, sealed: &str, now: Timestamp) -> bool {
        let opened = SealingKeys::from_json(ring).unwrap().open(Purpose::Outcome, "", sealed, now);
        assert!(matches!(opened, Ok(_) | Err(Unsealable::UnknownKey)), "{opened:?}");
        opened.is_ok()
    }

    /// R111, G07 Every life of what is sealed fits, to the last moment that a former key may have sealed it.
    #[test]
    fn the_window_holds_every_life_of_what_is_sealed() {
        let day = Duration::from_hours(24);
        let body = consent::CONFIRM_WITHIN + delivery::LONGEST + delivery::KEPT + delivery::LONGEST;
        for life in [consent::LINK_LIFETIME, outcome_link::LIFETIME, consent::LONGEST_TOKEN, body] {
            assert!(life <= OPENS_FOR, "{life:?}");
        }
        assert_eq!(OPENS_FOR, 51 * day);
        let random = Counting::default();
        let former = SealingKeys::generate(&random);
        let (ring, rotation) = rotate(&former, NOW, &random);
        let last = rotation.seals_from.minus(MS);
        for sealed in [seal(&former, last, &random), seal(&ring, last, &random)] {
            assert!(opens(&ring, &sealed, last.plus(OPENS_FOR)));
            let end = rotation.former_opens_until.unwrap();
            assert!(opens(&ring, &sealed, end.minus(MS)) && !opens(&ring, &sealed, end));
        }
    }

    /// G06 A new key opens at once and seals only when every environment has read it.
    #[test]
    fn a_new_key_is_known_before_it_seals() {
        let random = Counting::default();
        let former = SealingKeys::generate(&random);
        let (ring, rotation) = rotate(&former, NOW, &random);
        assert_eq!(rotation.seals_from, NOW.plus(ADOPTION));
        let before = rotation.seals_from.minus(MS);
        assert!(opens(&former, &seal(&ring, before, &random), before), "who has not read yet opens it");
        let fresh = seal(&ring, rotation.seals_from, &random);
        assert!(!opens(&former, &fresh, rotation.seals_from) && opens(&ring, &fresh, rotation.seals_from));
        assert!(opens(&ring, &fresh, NOW), "a clock that is behind opens it too");
    }

    /// G07 Two rotations in a row: what each key sealed opens in its own time, and no key is skipped.
    #[test]
    fn rotations_in_a_row_keep_every_key_that_still_opens() {
        let random = Counting::default();
        let first = SealingKeys::generate(&random);
        let oldest = seal(&first, NOW, &random);
        let (second, rotation) = rotate(&first, NOW, &random);
        let early = SealingKeys::rotated(&second, rotation.seals_from.minus(MS), &random).unwrap();
        assert!(matches!(early, Rotated::UnderWay(told) if told == rotation));
        let middle = seal(&second, rotation.seals_from, &random);
        let (third, again) = rotate(&second, rotation.seals_from, &random);
        let newest = seal(&third, again.seals_from, &random);
        let end = rotation.former_opens_until.unwrap();
        for sealed in [&oldest, &middle, &newest] {
            assert!(opens(&third, sealed, end.minus(MS)));
        }
        assert!(!opens(&third, &oldest, end) && opens(&third, &middle, end));
        let (fourth, _) = rotate(&third, end, &random);
        assert_eq!(StoredRing::from_json(&fourth).unwrap().keys.len(), 3, "the retired one is gone");
    }

    #[test]
    fn a_ring_stays_small() {
        let random = Counting::default();
        let (mut ring, mut now) = (SealingKeys::generate(&random), NOW);
        for _ in 1..MOST_KEYS {
            ring = rotate(&ring, now, &random).0;
            now = now.plus(ADOPTION);
        }
        assert!(matches!(SealingKeys::rotated(&ring, now, &random), Ok(Rotated::Full)));
        assert!(SealingKeys::rotated("{}", now, &random).is_err());
    }
}
