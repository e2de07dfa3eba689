//! When a second factor is asked for, and how sign-ins end before their time.
//!
//! Stands for multifactor authentication and conditional access (concept-mfa-howitworks): the sign-in of somebody whose
//! factor is conditional shows one, and a program's use of the refresh token from elsewhere is refused (AADSTS50076).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aadsts::Refusal;
use crate::directory::Account;
use crate::state::{RefreshToken, World};

/// When somebody is asked for a second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mfa {
    /// At every sign-in.
    #[default]
    Always,
    /// Never.
    Never,
    /// By a policy that looks at place and device: at the sign-in, and again wherever a refresh token is used.
    Conditional,
}

/// Why a sign-in is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// An administrator ended the person's sessions.
    Revoked,
    /// The password was changed.
    Password,
}

impl World {
    /// When the person behind an account is asked.
    pub(crate) fn mfa_of(&self, account: Account) -> Mfa {
        self.mfa.get(account.person.oid).copied().unwrap_or_default()
    }

    /// Whether a refresh token may be used for `account`.
    pub(crate) fn check_refresh(
        &self,
        token: &RefreshToken,
        account: Account,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if now >= token.expires {
            return Err(Refusal::new("invalid_grant", 700_082, "The refresh token has expired due to inactivity."));
        }
        let over = |code, text: &str| Err(Refusal::new("invalid_grant", code, text).of("bad_token"));
        match token.ended {
            Some(End::Revoked) => over(
                50173,
                "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.",
            ),
            Some(End::Password) => {
                over(50133, "Session is invalid due to expiration or recent password change.")
            }
            None if self.mfa_of(account) == Mfa::Conditional => Err(Refusal::new(
                "invalid_grant",
                50076,
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.",
            )
            .of("basic_action")),
            None => Ok(()),
        }
    }

    /// Ends every sign-in of a person (by the object id at home); says how many there were.
    pub(crate) fn end_sign_ins(&mut self, person: &str, why: End) -> usize {
        let theirs = |token: &&mut RefreshToken| {
            Account::stored(&token.tenant, &token.oid).is_some_and(|account| account.person.oid == person)
        };
        let ended = self.refresh_tokens.values_mut().filter(theirs);
        ended.map(|token| token.ended = Some(why)).count()
    }
}
