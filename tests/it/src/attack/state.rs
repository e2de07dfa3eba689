//! Forged states: flipped, cut, spliced, sealed for something else, and random. None opens, and none costs a read.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onboarding_core::action::ActionType;
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::consent::{ConsentRequest, NewRequest};
use onboarding_core::id::{ConsentRequestId, EnterpriseId, ResellerId, TenantId};
use onboarding_core::random::{Random, SystemRandomness};
use onboarding_core::redirect_url::{RedirectPolicy, RedirectUrl};
use onboarding_core::seal::{Purpose, SealingKeys, Unsealable};
use onboarding_core::secret::SecretHash;
use onboarding_core::state::{Binding, State, StateFault};
use onboarding_core::time::Timestamp;

use super::bad_token::{DIGITS, flips};
use super::target::Target;

/// How many states have every bit flipped: of their sealed bytes, and of the text that carries them.
const FLIPPED: usize = 1_000;
/// How many pairs of states are spliced at every place.
const SPLICED: usize = 100;
/// How many random states are tried.
const RANDOM: usize = 1_000_000;

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub(super) const HERE: Binding<'_> = Binding { client_id: "client", redirect_uri: "https://api.example/callback" };

pub(super) fn ring() -> SealingKeys {
    SealingKeys::from_json(&SealingKeys::generate(&SystemRandomness::new())).unwrap()
}

/// A state as links carry it, with or without a browser.
pub(super) fn sealed(keys: &SealingKeys, binding: Binding<'_>, bound: bool) -> String {
    let random = SystemRandomness::new();
    let path = if bound { AuthorityPath::Tenant(TenantId::from_u128(7)) } else { AuthorityPath::Common };
    let mut state = State::new(&request(&random), path, &random);
    state.browser = bound.then(|| SecretHash::of("cookie"));
    state.seal(keys, binding, (NOW, &random))
}

/// A request that nobody has answered.
pub(crate) fn request(random: &dyn Random) -> ConsentRequest {
    let hosts = ["hooks.example.com".parse().unwrap()];
    let new = NewRequest {
        enterprise: EnterpriseId::random(random),
        reseller: ResellerId::random(random),
        action: ActionType::Registration,
        together: vec![],
        part: Vec::new(),
        without: Vec::new(),
        redirect_url: RedirectUrl::parse("https://hooks.example.com/", &hosts, RedirectPolicy::default()).ok(),
        pin: None,
        asked_again: false,
        resets: 0,
        language: None,
    };
    ConsentRequest::new(ConsentRequestId::new(NOW, random), new, NOW, NOW.plus(Duration::from_hours(1)))
}

fn opens(text: &str, keys: &SealingKeys) -> bool {
    State::open(text, keys, HERE, NOW).is_ok()
}

/// G04, T01 Every single bit of the sealed bytes.
#[test]
fn no_state_with_a_flipped_bit_opens() {
    let keys = ring();
    let began = Instant::now();
    let (mut tried, mut accepted) = (0_usize, 0_usize);
    for at in 0..FLIPPED {
        let state = sealed(&keys, HERE, at % 2 == 0);
        assert!(opens(&state, &keys));
        for bad in flips(&state) {
            tried += 1;
            accepted += usize::from(opens(&bad, &keys));
        }
    }
    eprintln!("{tried} flips of the bits of {FLIPPED} sealed states: {accepted} accepted, in {:?}", began.elapsed());
    assert_eq!(accepted, 0);
}

/// G04, T01 Every single bit of the text, into whatever character that gives.
#[test]
fn no_state_with_a_flipped_bit_in_its_text_opens() {
    let keys = ring();
    let began = Instant::now();
    let (mut tried, mut no_text, mut accepted) = (0_usize, 0_usize, 0_usize);
    for at in 0..FLIPPED {
        let state = sealed(&keys, HERE, at % 2 == 0);
        for place in 0..state.len() {
            for bit in 0..8 {
                let mut bytes = state.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                // The highest bit makes it no UTF-8, which is not a field of a form.
                let Ok(bad) = String::from_utf8(bytes) else {
                    no_text += 1;
                    continue;
                };
                tried += 1;
                accepted += usize::from(opens(&bad, &keys));
            }
        }
    }
    let took = began.elapsed();
    eprintln!(
        "{tried} flips in {FLIPPED} states' texts ({no_text} more are no text): {accepted} accepted, in {took:?}"
    );
    assert_eq!(accepted, 0);
}

/// G05, T01 Two states spliced at every place, a piece of one within the other, and every state cut or prolonged.
#[test]
fn no_spliced_state_opens() {
    let keys = ring();
    let began = Instant::now();
    let (mut tried, mut accepted) = (0_usize, 0_usize);
    for at in 0..SPLICED {
        // Of one length, so that every splice has the right form, and every other time not.
        let pair = [sealed(&keys, HERE, true), sealed(&keys, HERE, at % 2 == 0)];
        let shorter = pair[0].len().min(pair[1].len());
        let mut refuse = |bad: &str| {
            if bad != pair[0] && bad != pair[1] {
                tried += 1;
                accepted += usize::from(opens(bad, &keys));
            }
        };
        for cut in 0..shorter {
            refuse(&format!("{}{}", &pair[0][..cut], &pair[1][cut..]));
            refuse(&format!("{}{}", &pair[1][..cut], &pair[0][cut..]));
            let end = (cut + 1 + cut % 40).min(shorter);
            refuse(&format!("{}{}{}", &pair[0][..cut], &pair[1][cut..end], &pair[0][end..]));
            refuse(&pair[0][..cut]);
            refuse(&pair[0][cut + 1..]);
            refuse(&format!("{}{}", pair[0], &pair[1][..=cut]));
            refuse(&format!("{}{}", &pair[0][..cut], &pair[0][cut + 1..]));
            refuse(&format!("{}A{}", &pair[0][..cut], &pair[0][cut..]));
        }
        for tail in ["=", "==", "A", "AA", "AAAA", "\n", " ", ".", "%3D", "\0"] {
            refuse(&format!("{}{tail}", pair[0]));
            refuse(&format!("{tail}{}", pair[0]));
        }
    }
    eprintln!("{tried} splices, cuts and insertions of {SPLICED} pairs: {accepted} accepted, in {:?}", began.elapsed());
    assert_eq!(accepted, 0);
}

/// A fast source of numbers that repeat from run to run.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// `digits` digits of base64url.
    fn text(&mut self, digits: usize, out: &mut String) {
        while out.len() < digits {
            let word = self.next().to_le_bytes();
            let left = digits - out.len();
            out.extend(word.iter().take(left).map(|byte| char::from(DIGITS[usize::from(byte & 63)])));
        }
    }
}

/// G03, T01 A million random states: half of them name the right key, so that the seal itself must refuse them.
#[test]
fn no_random_state_opens() {
    let keys = ring();
    let genuine = [sealed(&keys, HERE, true), sealed(&keys, HERE, false)];
    let began = Instant::now();
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    let (mut accepted, mut by_seal, mut text) = (0_usize, 0_usize, String::new());
    for at in 0..RANDOM {
        text.clear();
        if at % 2 == 0 {
            // Five digits and a bit hold the key's id; six are more than it needs.
            text.push_str(&genuine[0][..6]);
        }
        let length = match at % 8 {
            // Whole groups of four digits: what is left over would have to end in zero bits, and is no text at all.
            0..4 => genuine[at % 4 / 2].len() / 4 * 4,
            4 | 5 => 43,
            _ => 22 + at % 300,
        };
        random.text(length, &mut text);
        match State::open(&text, &keys, HERE, NOW) {
            Ok(_) => accepted += 1,
            Err(StateFault::Unsealable(Unsealable::Forged)) => by_seal += 1,
            Err(_) => {}
        }
    }
    eprintln!(
        "{RANDOM} random states: {accepted} accepted, {by_seal} by the seal alone refused, in {:?}",
        began.elapsed()
    );
    assert_eq!(accepted, 0);
    assert!(by_seal > RANDOM / 4, "{by_seal}");
}

/// G06, G12, T02, T07 Sealed by a key that is not ours, for another client, address or purpose, or holding no state.
#[test]
fn a_sealed_text_for_something_else_is_no_state() {
    let (keys, random) = (ring(), SystemRandomness::new());
    let random: &dyn Random = &random;
    let fault = |text: &str| State::open(text, &keys, HERE, NOW).unwrap_err();
    assert_eq!(fault(&sealed(&ring(), HERE, true)), StateFault::Unsealable(Unsealable::UnknownKey));
    let elsewhere = [
        Binding { client_id: "Client", ..HERE },
        Binding { client_id: "client\0", ..HERE },
        Binding { client_id: "", redirect_uri: "client\0https://api.example/callback" },
        Binding { redirect_uri: "https://api.example/callback/", ..HERE },
        Binding { redirect_uri: "https://api.example/start", ..HERE },
    ];
    for binding in elsewhere {
        assert_eq!(fault(&sealed(&keys, binding, true)), StateFault::Unsealable(Unsealable::Forged), "{binding:?}");
    }
    let context = format!("{}\0{}", HERE.client_id, HERE.redirect_uri);
    let genuine = sealed(&keys, HERE, true);
    let plain = keys.open(Purpose::ConsentState, &context, &genuine, NOW).unwrap();
    for purpose in [Purpose::Outcome, Purpose::AccessToken, Purpose::DeliveryBody] {
        let other = keys.seal(purpose, &context, &plain, (NOW, random));
        assert_eq!(fault(&other), StateFault::Unsealable(Unsealable::Forged), "{purpose:?}");
    }
    assert!(
        opens(&keys.seal(Purpose::ConsentState, &context, &plain, (NOW, random)), &keys),
        "but for its own purpose it is"
    );
    for content in ["", "{}", "null", "[]", "\"state\"", "\0"] {
        let other = keys.seal(Purpose::ConsentState, &context, content.as_bytes(), (NOW, random));
        assert_eq!(fault(&other), StateFault::WrongContent, "{content}");
    }
    let unsealed = URL_SAFE_NO_PAD.encode(&plain);
    assert!(matches!(fault(&unsealed), StateFault::Unsealable(_)));
}

/// G04, G05 One bit of each character of a real link's state, and its cuts, over HTTP: each without any effect.
#[tokio::test]
async fn a_flipped_or_cut_state_has_no_effect() {
    let target = Target::new().await;
    let began = Instant::now();
    let state = target.state().to_owned();
    let mut sent = 0;
    for (at, bad) in flips(&state).enumerate().filter(|(at, _)| at % 6 == at / 6 % 6) {
        target.refused(target.good.clone().fill("state", &bad), &format!("flip {at}")).await;
        sent += 1;
    }
    for length in (0..state.len()).step_by(7).chain([state.len() - 1, state.len() - 2]) {
        target.refused(target.good.clone().fill("state", &state[..length]), &format!("cut to {length}")).await;
        sent += 1;
    }
    eprintln!("{sent} states over HTTP: 0 accepted, 0 effects, in {:?}", began.elapsed());
    assert!(sent > state.len());
    target.still_works().await;
}
