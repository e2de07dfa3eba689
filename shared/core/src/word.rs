//! Enums that are words on the wire: one list gives the variants, their words, and the way back.

use std::error::Error;

/// The text is none of the words; says which there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord(pub(crate) &'static [&'static str]);

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "must be one of {}", self.0.join(", "))
    }
}

impl Error for UnknownWord {}

/// Declares such an enum.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every word of the contract.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word of the contract.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::word::UnknownWord(Self::WORDS)),
                }
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::action::ActionStatus;
    use crate::enterprise::EnterpriseStatus;

    #[test]
    fn a_word_reads_back_and_nothing_else_does() {
        for word in ActionStatus::WORDS {
            assert_eq!(word.parse::<ActionStatus>().unwrap().word(), *word);
        }
        let refusal = "Active".parse::<EnterpriseStatus>().unwrap_err();
        let words = "draft, invited, registering, awaiting_application_consent, active, disabled, offboarded";
        assert_eq!(refusal.to_string(), format!("must be one of {words}"));
    }
}
