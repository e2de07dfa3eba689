//! `key create`, `list`, `revoke` and `rotate`.

use clap::{Args, Subcommand};
use onboarding_core::credential::{ApiKey, KeyId, KeyOwner, KeyView, NewKey};
use onboarding_core::fields::Fields;
use onboarding_core::id::ResellerId;
use onboarding_operator::OperatorError;
use serde_json::json;

use super::{SHOWN_ONCE, said};
use crate::answer::Answer;
use crate::error::Error;
use crate::place::{Moment, Place};

/// Said when a key was made in the place of another.
const BOTH_ARE_GOOD: &str = "Keep it now: it is shown this once and cannot be read again. The former key goes on until \
     `key revoke`; revoke it once the new one is in use.";

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Makes a key and prints it, this once.
    Create(Create),
    /// Lists the keys that were not revoked.
    List {
        /// The service provider's number.
        id: ResellerId,
    },
    /// Revokes a key and its tokens at once; links that were made with it stay.
    Revoke {
        /// The service provider's number.
        id: ResellerId,
        /// The key's id.
        key_id: KeyId,
    },
    /// Makes a key with the label, scopes and lifetime of another, and prints it, this once. Both are good.
    Rotate {
        /// The service provider's number.
        id: ResellerId,
        /// The id of the key to replace.
        key_id: KeyId,
    },
}

#[derive(Args)]
pub(crate) struct Create {
    /// The service provider's number.
    id: ResellerId,
    /// What it is called in lists.
    #[arg(long)]
    label: Option<String>,
    /// What it may do, such as links:write; may be given more than once. Without it, everything.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// How many days it is good; without it and --expires-at, it does not end.
    #[arg(long, value_name = "DAYS")]
    expires_in_days: Option<u64>,
    /// When it ends, such as 2026-12-31T23:59:59Z.
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<String>,
}

impl Create {
    fn said(self) -> Fields {
        let scopes = Some(self.scopes).filter(|scopes| !scopes.is_empty());
        said([
            ("label", self.label.map(Into::into)),
            ("scopes", scopes.map(Into::into)),
            ("expiresInDays", self.expires_in_days.map(Into::into)),
            ("expiresAt", self.expires_at.map(Into::into)),
        ])
    }
}

impl Key {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        let (store, moment) = (place.store()?, Moment::present());
        let environment = place.environment();
        match self {
            Self::Create(create) => {
                let id = create.id;
                let new = NewKey::parse(create.said(), moment.now).map_err(OperatorError::Invalid)?;
                let key = onboarding_operator::create_key(&store, id, (new, environment), moment.order()).await?;
                Ok(made(&key))
            }
            Self::List { id } => {
                store.reseller(id).await?.ok_or(OperatorError::NoSuchReseller)?;
                let keys = store.keys(KeyOwner::Reseller(id)).await?;
                Ok(Answer::new(json!(keys.iter().map(KeyView::of).collect::<Vec<_>>())))
            }
            Self::Revoke { id, key_id } => {
                onboarding_operator::revoke_key(&store, id, &key_id, moment.order()).await?;
                Ok(Answer::new(json!({ "revoked": key_id })))
            }
            Self::Rotate { id, key_id } => {
                let keys = store.keys(KeyOwner::Reseller(id)).await?;
                let former = keys.iter().find(|key| key.id == key_id).ok_or(OperatorError::NoSuchKey)?;
                let new = (NewKey::replacing(former, moment.now), environment);
                let key = onboarding_operator::create_key(&store, id, new, moment.order()).await?;
                let answer = json!({ "keyId": key.id(), "key": key.expose(), "replaces": key_id });
                Ok(Answer::new(answer).with_remark(BOTH_ARE_GOOD))
            }
        }
    }
}

fn made(key: &ApiKey) -> Answer {
    Answer::new(json!({ "keyId": key.id(), "key": key.expose() })).with_remark(SHOWN_ONCE)
}
