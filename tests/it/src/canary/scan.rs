//! The scan: every canary, in every spelling, in every output.

use std::collections::{BTreeMap, BTreeSet};

use super::spelling::{Needles, PREFIX};

/// What a canary stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    ClientSecret,
    /// Of our certificate.
    PrivateKey,
    /// What the private key signs in the place of a client secret.
    Assertion,
    SealingKey,
    WebhookSecret,
    OperatorKey,
    ResellerKey,
    /// What somebody presents as a key and is none.
    WrongKey,
    Code,
    Verifier,
    Nonce,
    State,
    IdToken,
    AccessToken,
    /// Of our application alone.
    AppToken,
    RefreshToken,
    TokenHandle,
    OutcomeHandle,
    /// Of a start link.
    StartHandle,
    /// Of the link that activates a service provider.
    ActivationHandle,
    /// Of an invitation, as its mail shows it and as it is hashed.
    InvitationCode,
    /// What ties a sign-in to the browser that began it.
    Cookie,
    /// Of our own making: of a provider, or of one enterprise.
    ApiToken,
    MailAddress,
    /// What a caller put where it does not belong.
    Stray,
}

/// Where something comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Log,
    StandardOutput,
    Answer,
    /// What is sent to the table and read from it, and the table at the end.
    Row,
    Stream,
    Webhook,
    Mail,
    /// The request lines of the program's own calls.
    Url,
    /// `Debug` and error texts.
    Debug,
}

impl Kind {
    pub(crate) const ALL: [Self; 25] = [
        Self::ClientSecret,
        Self::PrivateKey,
        Self::Assertion,
        Self::SealingKey,
        Self::WebhookSecret,
        Self::OperatorKey,
        Self::ResellerKey,
        Self::WrongKey,
        Self::Code,
        Self::Verifier,
        Self::Nonce,
        Self::State,
        Self::IdToken,
        Self::AccessToken,
        Self::AppToken,
        Self::RefreshToken,
        Self::TokenHandle,
        Self::OutcomeHandle,
        Self::StartHandle,
        Self::ActivationHandle,
        Self::InvitationCode,
        Self::Cookie,
        Self::ApiToken,
        Self::MailAddress,
        Self::Stray,
    ];
}

impl Place {
    /// How many outputs there are at least: fewer, and something was not played.
    pub(crate) const LEAST: [(Self, usize); 9] = [
        (Self::Log, 1_000),
        (Self::StandardOutput, 1),
        (Self::Answer, 1_000),
        (Self::Row, 4_000),
        (Self::Stream, 1_500),
        (Self::Webhook, 60),
        (Self::Mail, 30),
        (Self::Url, 2_000),
        (Self::Debug, 200),
    ];
}

/// Something that came out.
pub(crate) struct Output {
    pub(crate) place: Place,
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
}

/// All that is looked for, and all in which it is looked for.
#[derive(Default)]
pub(crate) struct Scan {
    canaries: BTreeSet<(Kind, Vec<u8>)>,
    outputs: Vec<Output>,
}

/// What a scan looked at.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) canaries: BTreeMap<Kind, usize>,
    pub(crate) outputs: BTreeMap<Place, usize>,
    pub(crate) needles: usize,
    pub(crate) bytes: usize,
}

impl Scan {
    /// Adds a canary. What is shorter than a needle can be is none: so short a text stands anywhere by chance. Nothing that
    /// we or Microsoft make is, so only what a caller makes up may be dropped here.
    pub(crate) fn canary(&mut self, kind: Kind, secret: impl Into<Vec<u8>>) {
        let secret = secret.into();
        if secret.len() >= PREFIX {
            self.canaries.insert((kind, secret));
        } else {
            let made_up = matches!(kind, Kind::Code | Kind::State | Kind::IdToken | Kind::WrongKey | Kind::Stray);
            assert!(secret.is_empty() || made_up, "a secret of {} bytes: {kind:?}", secret.len());
        }
    }

    /// A token of three parts: its header is public.
    pub(crate) fn token(&mut self, kind: Kind, token: &str) {
        match token.split('.').collect::<Vec<_>>()[..] {
            [_, payload, signature] => {
                self.canary(kind, payload);
                self.canary(kind, signature);
            }
            _ => self.canary(kind, token),
        }
    }

    pub(crate) fn output(&mut self, place: Place, what: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.outputs.push(Output { place, what: what.into(), bytes: bytes.into() });
    }

    pub(crate) fn outputs(&self, place: Place) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(move |output| output.place == place)
    }

    /// Searches everything: what was searched, and what was found, without the secret itself.
    pub(crate) fn search(&self) -> (Figures, BTreeSet<String>) {
        let canaries: Vec<&(Kind, Vec<u8>)> = self.canaries.iter().collect();
        let mut needles = Needles::default();
        canaries.iter().enumerate().for_each(|(id, (_, secret))| needles.add(secret, id));
        let mut leaks = BTreeSet::new();
        for Output { place, what, bytes } in &self.outputs {
            for (id, spelling, at) in needles.found(bytes) {
                let around = String::from_utf8_lossy(&bytes[at.saturating_sub(60)..at]).into_owned();
                leaks.insert(format!("{:?}, {spelling}, in {place:?} {what}: …{around}▮", canaries[id].0));
            }
        }
        let count = |counts: &mut BTreeMap<_, usize>, key| *counts.entry(key).or_default() += 1;
        let mut figures = Figures {
            canaries: BTreeMap::new(),
            outputs: BTreeMap::new(),
            needles: needles.len(),
            bytes: self.outputs.iter().map(|output| output.bytes.len()).sum(),
        };
        for (kind, _) in canaries {
            count(&mut figures.canaries, *kind);
        }
        let count = |counts: &mut BTreeMap<_, usize>, key| *counts.entry(key).or_default() += 1;
        for output in &self.outputs {
            count(&mut figures.outputs, output.place);
        }
        (figures, leaks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G79 A canary that is planted in any place is found there, and nowhere else.
    #[test]
    fn a_planted_canary_is_found_in_every_place() {
        let places = [
            Place::Log,
            Place::StandardOutput,
            Place::Answer,
            Place::Row,
            Place::Stream,
            Place::Webhook,
            Place::Mail,
            Place::Url,
            Place::Debug,
        ];
        for planted in places {
            for (name, spelt) in super::super::spelling::spellings(b"the canary of this test") {
                let mut scan = Scan::default();
                scan.canary(Kind::Code, "the canary of this test");
                scan.canary(Kind::Nonce, "0123456789abcdefghi");
                for place in places {
                    let text = if place == planted { spelt.clone() } else { b"nothing".to_vec() };
                    scan.output(place, "x", [b"{\"a\":\"".as_slice(), &text, b"\"}"].concat());
                }
                let leaks = scan.search().1;
                let in_place = leaks.iter().all(|leak| leak.contains(&format!("in {planted:?} x")));
                assert!(!leaks.is_empty() && in_place, "{name} in {planted:?}: {leaks:?}");
                assert!(leaks.iter().all(|leak| leak.starts_with("Code")), "{leaks:?}");
            }
        }
    }
}
