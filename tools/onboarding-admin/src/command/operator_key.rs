//! `operator-key create`, `list` and `revoke`: without the first nobody can call the operator's routes.

use clap::Subcommand;
use onboarding_core::audit::Trail;
use onboarding_core::credential::{ApiKey, KeyId, KeyOwner, KeyView, NewKey};
use onboarding_operator::OperatorError;
use serde_json::json;

use super::{SHOWN_ONCE, said};
use crate::answer::Answer;
use crate::error::Error;
use crate::place::{Moment, Place};

#[derive(Subcommand)]
pub(crate) enum OperatorKey {
    /// Makes a key of the operator and prints it, this once.
    Create {
        /// What it is called in lists.
        #[arg(long)]
        label: Option<String>,
        /// How many days it is good; without it, it does not end.
        #[arg(long, value_name = "DAYS")]
        expires_in_days: Option<u64>,
    },
    /// Lists the operator's keys.
    List,
    /// Revokes a key of the operator at once.
    Revoke {
        /// Its id, such as operator-7q2m0k3x.
        key_id: KeyId,
    },
}

impl OperatorKey {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        let store = place.store()?;
        match self {
            Self::Create { label, expires_in_days } => {
                let moment = Moment::present();
                let said = said([("label", label.map(Into::into)), ("expiresInDays", expires_in_days.map(Into::into))]);
                let new = NewKey::parse(said, moment.now).map_err(OperatorError::Invalid)?;
                let key = ApiKey::new(place.environment(), KeyOwner::Operator, moment.occasion().random);
                let record = new.record(&key, moment.now);
                let told = Some(KeyView::of(&record).told());
                let audit = moment.noted(Trail::Operator, ("key.created", format!("key:{}", key.id())), told);
                if !store.add_operator_key(&record, &audit).await? {
                    return Err(OperatorError::NoFreeNumber.into());
                }
                Ok(Answer::new(json!({ "keyId": key.id(), "key": key.expose() })).with_remark(SHOWN_ONCE))
            }
            Self::List => {
                let keys = store.keys(KeyOwner::Operator).await?;
                Ok(Answer::new(json!(keys.iter().map(KeyView::of).collect::<Vec<_>>())))
            }
            Self::Revoke { key_id } => {
                let audit = Moment::present().noted(Trail::Operator, ("key.revoked", format!("key:{key_id}")), None);
                let is_the_operators = key_id.owner() == KeyOwner::Operator;
                if !is_the_operators || !store.revoke_operator_key(&key_id, &audit).await? {
                    return Err(OperatorError::NoSuchKey.into());
                }
                Ok(Answer::new(json!({ "revoked": key_id })))
            }
        }
    }
}
