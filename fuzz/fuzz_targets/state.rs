//! Sealed states: what opens is exactly what was sealed, with a key, for a place and in a time that count (T01, T02, T07).
//!
//! The first byte of the input says what the rest is: `t` a text from nowhere, `e` edits of a state of ours (then which
//! one, where and when it is opened), `c` contents under our own seal.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use onboarding_core::action::ActionType;
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::consent::{ConsentRequest, NewRequest};
use onboarding_core::id::{ConsentRequestId, EnterpriseId, ResellerId, TenantId};
use onboarding_core::redirect_url::{RedirectPolicy, RedirectUrl};
use onboarding_core::seal::{Purpose, SealingKeys};
use onboarding_core::secret::SecretHash;
use onboarding_core::state::{Binding, MAX_SEALED_LENGTH, State, StateFault};
use onboarding_core::time::Timestamp;
use onboarding_fuzz::NOW;
use onboarding_fuzz::edit::edited;
use onboarding_fuzz::random::Counting;
use serde_json::{Value, json};

/// When the former key retires.
const RETIRES: Timestamp = Timestamp::from_seconds(NOW.seconds() + 600);
/// When every link ends.
const EXPIRES: Timestamp = Timestamp::from_seconds(NOW.seconds() + 1_200);
const TIMES: [Timestamp; 4] = [NOW, RETIRES, Timestamp::from_millis(EXPIRES.millis() - 1), EXPIRES];
const PLACES: [Binding<'_>; 3] = [
    Binding { client_id: "client", redirect_uri: "https://api.example.com/cb" },
    Binding { client_id: "other", redirect_uri: "https://api.example.com/cb" },
    Binding { client_id: "client", redirect_uri: "https://api.example.com/other" },
];

struct Sealed {
    text: String,
    content: Value,
    place: usize,
    ends: Timestamp,
}

struct World {
    keys: SealingKeys,
    random: Counting,
    sealed: Vec<Sealed>,
}

fn request(random: &Counting) -> ConsentRequest {
    let hosts = ["hooks.example.com".parse().expect("a host")];
    let redirect_url = RedirectUrl::parse("https://hooks.example.com/", &hosts, RedirectPolicy::default());
    let new = NewRequest {
        enterprise: EnterpriseId::random(random),
        reseller: ResellerId::random(random),
        action: ActionType::Registration,
        together: vec![],
        part: Vec::new(),
        without: Vec::new(),
        redirect_url: Some(redirect_url.expect("a listed host")),
        pin: None,
        asked_again: false,
        resets: 0,
        language: None,
    };
    ConsentRequest::new(ConsentRequestId::new(NOW, random), new, NOW, EXPIRES)
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let random = Counting::default();
    let [former, present] = [(), ()].map(|()| SealingKeys::generate(&random));
    let key = |ring: &str| serde_json::from_str::<Value>(ring).expect("a ring is JSON")["keys"][0].take();
    let retiring = json!({ "key": key(&former)["key"], "retiresAt": RETIRES });
    let rotated = json!({ "keys": [key(&present), retiring] }).to_string();
    let ring = |stored: &str| SealingKeys::from_json(stored).expect("a sound ring");
    let (keys, former, stranger) = (ring(&rotated), ring(&former), ring(&SealingKeys::generate(&random)));
    let seal = |by: &SealingKeys, place: usize, browser: bool, ends| {
        let tenant = AuthorityPath::Tenant(TenantId::from_u128(7));
        let mut state = State::new(&request(&random), tenant, &random);
        state.browser = browser.then(|| SecretHash::of("browser"));
        let content = serde_json::to_value(&state).expect("a state is JSON");
        Sealed { text: state.seal(by, PLACES[place], (NOW, &random)), content, place, ends }
    };
    let never = Timestamp::from_seconds(0);
    let sealed = vec![
        seal(&keys, 0, false, EXPIRES),
        seal(&keys, 1, true, EXPIRES),
        seal(&former, 0, true, RETIRES),
        seal(&stranger, 0, false, never),
    ];
    World { keys, random, sealed }
});

fuzz_target!(|input: &[u8]| match input {
    [b't', text @ ..] => from_nowhere(text),
    [b'e', which, place, when, script @ ..] => of_ours(*which, *place, *when, script),
    [b'c', content @ ..] => under_our_seal(content),
    _ => {}
});

fn from_nowhere(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    let World { keys, sealed, .. } = &*WORLD;
    let opened = State::open(text, keys, PLACES[0], NOW);
    assert_eq!(opened.is_ok(), sealed.iter().any(|one| one.text == text && one.place == 0 && NOW < one.ends));
    assert_eq!(text.len() > MAX_SEALED_LENGTH, matches!(opened, Err(StateFault::TooLong)));
}

fn of_ours(which: u8, place: u8, when: u8, script: &[u8]) {
    let World { keys, sealed, .. } = &*WORLD;
    let sealed = &sealed[usize::from(which) % sealed.len()];
    let (place, now) = (usize::from(place) % PLACES.len(), TIMES[usize::from(when) % TIMES.len()]);
    let Ok(text) = String::from_utf8(edited(sealed.text.as_bytes(), script)) else { return };
    let opened = State::open(&text, keys, PLACES[place], now);
    let whole = text == sealed.text && place == sealed.place && now < sealed.ends;
    assert_eq!(opened.is_ok(), whole, "{opened:?} of {text}");
    if let Ok(state) = opened {
        assert_eq!(serde_json::to_value(&state).ok().as_ref(), Some(&sealed.content));
    }
}

fn under_our_seal(plain: &[u8]) {
    let World { keys, random, .. } = &*WORLD;
    let Binding { client_id, redirect_uri } = PLACES[0];
    let context = format!("{client_id}\0{redirect_uri}");
    let text = keys.seal(Purpose::ConsentState, &context, plain, (NOW, random));
    assert_eq!(keys.open(Purpose::ConsentState, &context, &text, NOW).as_deref(), Ok(plain));
    for purpose in [Purpose::Outcome, Purpose::AccessToken, Purpose::DeliveryBody] {
        assert!(keys.open(purpose, &context, &text, NOW).is_err(), "{purpose:?}");
    }
    let Ok(state) = State::open(&text, keys, PLACES[0], NOW) else { return };
    let before = state.expires_at.minus(Duration::from_millis(1));
    assert!(NOW <= before, "it has ended");
    let again = State::open(&state.seal(keys, PLACES[0], (NOW, random)), keys, PLACES[0], NOW).expect("its own state");
    assert_eq!(serde_json::to_value(&again).ok(), serde_json::from_slice::<Value>(plain).ok().map(without_null));
}

/// A browser that is `null` counts as none.
fn without_null(mut state: Value) -> Value {
    if let Some(fields) = state.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    state
}
