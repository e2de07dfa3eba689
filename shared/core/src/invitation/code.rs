//! The code that an administrator copies from the mail: 140 random bits in groups, as people may type it.

use secrecy::{ExposeSecret as _, SecretString};

use crate::id::BASE32;
use crate::random::Random;
use crate::secret::SecretHash;

/// Seven groups of four characters, five bits each (R160 asks for 128).
const LENGTH: usize = 28;
const GROUP: usize = 4;

/// The most characters that are looked at: a code with a space behind each of them is shorter.
const LONGEST_TYPED: usize = 200;

/// A code. `Debug` hides it, and it has no equality: compare hashes.
#[derive(Clone, Debug)]
pub struct InvitationCode(SecretString);

impl InvitationCode {
    /// A new one.
    #[must_use]
    pub fn new(random: &dyn Random) -> Self {
        let digits = random.bytes::<LENGTH>().map(|byte| char::from(BASE32[usize::from(byte & 31)]));
        Self(digits.iter().collect::<String>().into())
    }

    /// What somebody has typed: upper and lower case, spaces and dashes do not count, and neither does a letter in the
    /// place of the digit that it looks like (Crockford's base 32).
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let counts = |character: &char| !character.is_whitespace() && !is_dash(*character);
        let digit = |character: char| match character.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        Self(text.chars().take(LONGEST_TYPED).filter(counts).map(digit).collect::<String>().into())
    }

    /// The code in groups, to be copied or read out. Never log it.
    #[must_use]
    pub fn grouped(&self) -> String {
        let digits: Vec<char> = self.0.expose_secret().to_ascii_uppercase().chars().collect();
        digits.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(self.0.expose_secret())
    }
}

/// The dashes that a keyboard, or a mail program that means it well, puts between groups.
const fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandomness;
    use std::collections::HashSet;

    /// R160 A code has more than 128 random bits, in groups.
    #[test]
    fn a_code_is_140_bits_in_seven_groups() {
        let random = SystemRandomness::new();
        let codes: HashSet<String> = (0..1_000).map(|_| InvitationCode::new(&random).grouped()).collect();
        assert_eq!(codes.len(), 1_000);
        for code in &codes {
            let groups: Vec<&str> = code.split('-').collect();
            assert!(groups.len() == 7 && groups.iter().all(|group| group.len() == GROUP), "{code}");
        }
        let seen: HashSet<char> = codes.iter().flat_map(|code| code.chars()).filter(|char| *char != '-').collect();
        assert_eq!(seen.len(), 32, "each character is one of 32: five bits");
    }

    /// R161, K14 A code is accepted with spaces, dashes or in lower case, and nothing else is accepted for it.
    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = InvitationCode::new(&SystemRandomness::new());
        let shown = code.grouped();
        let same = |text: &str| InvitationCode::typed(text).hash() == code.hash();
        assert!(same(&shown) && same(&shown.to_lowercase()) && same(&shown.replace('-', "")));
        assert!(same(&shown.replace('-', " ")) && same(&format!("  {}\n", shown.replace('-', " \u{2013} "))));
        assert!(same(&shown.replace('0', "O").replace('1', "l")) && same(&shown.replace('1', "I")));
        assert!(!same("") && !same(&shown[1..]) && !same(&format!("{shown}0")) && !same(&shown.replace('-', "_")));
        assert!(!format!("{code:?}").contains(&shown[..GROUP]));
    }

    /// R161 Of a million guesses none is one of a thousand codes.
    #[test]
    fn a_million_guesses_meet_none_of_a_thousand_codes() {
        let random = SystemRandomness::new();
        let open: HashSet<SecretHash> = (0..1_000).map(|_| InvitationCode::new(&random).hash()).collect();
        assert_eq!(open.len(), 1_000);
        let met = (0..1_000_000).filter(|_| open.contains(&InvitationCode::new(&random).hash())).count();
        assert_eq!(met, 0);
    }
}
