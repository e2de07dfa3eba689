//! The ways in which a secret may stand in an output, and how it is found there.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use onboarding_core::secret::hex;
use url::form_urlencoded::byte_serialize;

/// How long a piece of a secret is: a leak that is cut off after so many bytes is still found.
pub(crate) const PIECE: usize = 20;
/// By so many bytes a place is found at which a needle may begin; no needle is shorter.
pub(crate) const PREFIX: usize = 8;

/// The pieces of a secret that are looked for: all of it, so that any part of twice the length of a piece has one whole.
pub(crate) fn pieces(secret: &[u8]) -> Vec<&[u8]> {
    if secret.len() <= PIECE {
        return vec![secret];
    }
    let mut pieces: Vec<&[u8]> = secret.chunks_exact(PIECE).collect();
    pieces.push(&secret[secret.len() - PIECE..]);
    pieces
}

/// Every spelling of `piece`, by name. A name may stand more than once, where the spelling depends on the neighbours.
pub(crate) fn spellings(piece: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let all = |form: fn(u8) -> String| piece.iter().map(|byte| form(*byte)).collect::<String>().into_bytes();
    let decimal: Vec<String> = piece.iter().map(u8::to_string).collect();
    let mut spelt = vec![
        ("raw", piece.to_vec()),
        ("hex", hex(piece).into_bytes()),
        ("hex, upper case", hex(piece).to_uppercase().into_bytes()),
        ("percent", byte_serialize(piece).collect::<String>().into_bytes()),
        ("percent, all", all(|byte| format!("%{byte:02X}"))),
        ("percent, all, lower case", all(|byte| format!("%{byte:02x}"))),
        ("JSON, all", all(|byte| format!("\\u{byte:04x}"))),
        ("JSON, all, upper case", all(|byte| format!("\\u{byte:04X}"))),
        ("numbers", decimal.join(", ").into_bytes()),
        ("numbers, tight", decimal.join(",").into_bytes()),
    ];
    if let Ok(text) = std::str::from_utf8(piece) {
        let quoted = serde_json::to_string(text).unwrap();
        let quoted = &quoted[1..quoted.len() - 1];
        spelt.push(("JSON", quoted.as_bytes().to_vec()));
        spelt.push(("JSON, slashes too", quoted.replace('/', "\\/").into_bytes()));
        spelt.push(("HTML", text.replace('&', "&#38;").replace('<', "&#60;").replace('"', "&#34;").into_bytes()));
    }
    for offset in 0..3 {
        spelt.push(("base64", inner(&STANDARD_NO_PAD, offset, piece)));
        spelt.push(("base64url", inner(&URL_SAFE_NO_PAD, offset, piece)));
    }
    spelt
}

/// The digits of base64 that `piece` alone decides when `offset` bytes stand before it: with padding or without, and
/// whatever follows.
fn inner(engine: &impl base64::Engine, offset: usize, piece: &[u8]) -> Vec<u8> {
    let text = engine.encode([&[0; 2][..offset], piece].concat());
    let first = (offset * 8).div_ceil(6);
    let last = (offset + piece.len()) * 8 / 6;
    text.as_bytes()[first..last].to_vec()
}

/// Needles to be looked for all at once.
#[derive(Default)]
pub(crate) struct Needles {
    by_prefix: HashMap<[u8; PREFIX], Vec<usize>>,
    needles: Vec<(Vec<u8>, usize, &'static str)>,
}

impl Needles {
    /// Adds a secret with all its pieces and spellings; `id` is told when one is found.
    pub(crate) fn add(&mut self, secret: &[u8], id: usize) {
        for (name, needle) in pieces(secret).into_iter().flat_map(spellings) {
            let prefix: [u8; PREFIX] = needle.first_chunk().copied().unwrap_or_else(|| panic!("too short: {name}"));
            let same = self.by_prefix.entry(prefix).or_default();
            if same.iter().all(|at| self.needles[*at].0 != needle || self.needles[*at].1 != id) {
                same.push(self.needles.len());
                self.needles.push((needle, id, name));
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.needles.len()
    }

    /// Whose needles are in `output`, in which spelling, and where.
    pub(crate) fn found(&self, output: &[u8]) -> Vec<(usize, &'static str, usize)> {
        let mut found = Vec::new();
        for (at, prefix) in output.windows(PREFIX).enumerate() {
            for needle in self.by_prefix.get(prefix).into_iter().flatten() {
                let (text, id, name) = &self.needles[*needle];
                if output[at..].starts_with(text) {
                    found.push((*id, *name, at));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const SECRET: &str = "pa/ss+wo?rd>~\"ü\"&<of the canary>/+==";

    fn finds(output: &[u8]) -> bool {
        let mut needles = Needles::default();
        needles.add(b"some other secret of ours", 0);
        needles.add(SECRET.as_bytes(), 1);
        needles.found(output).iter().any(|(id, ..)| *id == 1)
    }

    /// G79 The scan finds what it is made to find: each spelling, among other bytes, and cut off after a piece.
    #[test]
    fn every_spelling_is_found() {
        let secret = SECRET.as_bytes();
        assert!(!finds(b"{\"level\":\"INFO\",\"nothing\":\"to see\"}"));
        for (name, spelt) in spellings(secret) {
            assert!(finds(&[b"before \xff".as_slice(), &spelt, b" after"].concat()), "{name}");
        }
        for (name, spelt) in spellings(&secret[..PIECE]) {
            assert!(finds(&[b"before ".as_slice(), &spelt].concat()), "{name}, cut off");
        }
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "z", "yz", "xyz"] {
                let plain = format!("{before}{SECRET}{after}");
                for text in [
                    STANDARD.encode(&plain),
                    STANDARD_NO_PAD.encode(&plain),
                    URL_SAFE.encode(&plain),
                    URL_SAFE_NO_PAD.encode(&plain),
                    format!("{:?}", plain.as_bytes()),
                    hex(plain.as_bytes()),
                    byte_serialize(plain.as_bytes()).collect(),
                    serde_json::to_string(&plain).unwrap(),
                ] {
                    assert!(finds(format!("x{text}y").as_bytes()), "{before} {after}: {text}");
                }
            }
        }
    }

    /// Any part of a long secret, from wherever it was cut, is found in each spelling.
    #[test]
    fn the_middle_of_a_long_secret_is_found() {
        let secret: Vec<u8> = (0..900_u16).map(|n| b'!' + (n * 37 % 90) as u8).collect();
        let mut needles = Needles::default();
        needles.add(&secret, 5);
        for begin in (0..secret.len() - 2 * PIECE).step_by(23) {
            for (name, spelt) in spellings(&secret[begin..begin + 2 * PIECE]) {
                assert!(needles.found(&spelt).iter().any(|(id, ..)| *id == 5), "{name} at {begin}");
            }
        }
    }

    #[test]
    fn a_secret_of_bytes_is_found() {
        let secret: Vec<u8> = (0..32).map(|n| (n * 7) ^ 0xa5).collect();
        let mut needles = Needles::default();
        needles.add(&secret, 3);
        for text in [STANDARD.encode(&secret).into_bytes(), hex(&secret).into_bytes(), secret.clone()] {
            assert!(needles.found(&text).iter().any(|(id, ..)| *id == 3));
        }
    }
}
