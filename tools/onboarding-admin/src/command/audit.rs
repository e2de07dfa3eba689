//! `audit head`, `verify` and `export`: whether anybody has touched an audit trail (docs/audit.md).

use clap::{Args, Subcommand};
use onboarding_core::audit::Trail;
use onboarding_core::audit::chain::Head;
use onboarding_core::audit::verify::{StoredTrail, verify};
use onboarding_core::audit::view::TrailView;
use onboarding_core::id::ResellerId;
use onboarding_dynamo::Store;
use onboarding_operator::OperatorError;
use serde_json::json;

use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Prints the head: number and hash of the newest segment. Keep it where nobody who can write the table can.
    Head(Whose),
    /// Checks every row and segment, and names the first that was edited, removed, swapped, inserted or cut off.
    Verify {
        #[command(flatten)]
        whose: Whose,
        /// A head that was kept elsewhere, such as `12:HASH`, or its hash alone. Without it only what does not fit
        /// together is found.
        #[arg(long)]
        head: Option<Head>,
    },
    /// Prints every row and segment, in the form of GET /v1/audit.
    Export(Whose),
}

#[derive(Args)]
pub(crate) struct Whose {
    /// The service provider's number; without it, the operator's own trail.
    #[arg(long, value_name = "ID")]
    reseller: Option<ResellerId>,
}

impl Whose {
    fn trail(&self) -> Trail {
        self.reseller.map_or(Trail::Operator, Trail::Reseller)
    }

    /// Where there is no trail, a number that was mistyped is told apart from a provider without a row.
    async fn must_exist(&self, store: &Store) -> Result<(), Error> {
        match self.reseller {
            Some(id) if store.reseller(id).await?.is_none() => Err(OperatorError::NoSuchReseller.into()),
            Some(_) | None => Ok(()),
        }
    }
}

impl Audit {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        let store = place.store()?;
        match self {
            Self::Head(whose) => {
                let last = store.last_segment(whose.trail()).await?;
                if last.is_none() {
                    whose.must_exist(&store).await?;
                }
                let head = last.as_ref().map(|last| last.head().to_string());
                let sealed_at = last.map(|last| last.sealed_at.to_string());
                Ok(Answer::new(json!({ "trail": whose.trail(), "head": head, "sealedAt": sealed_at })))
            }
            Self::Verify { whose, head } => {
                let trail = whose.trail();
                let stored = store.whole_trail(trail).await?;
                if head.is_none() && stored == StoredTrail::default() {
                    whose.must_exist(&store).await?;
                }
                let intact = verify(trail, &stored, head.as_ref())?;
                let newest = stored.segments.last().map(|last| last.head().to_string());
                Ok(Answer::new(json!({
                    "trail": trail, "intact": true, "segments": intact.segments, "sealed": intact.sealed,
                    "unsealed": intact.unsealed, "head": newest,
                })))
            }
            Self::Export(whose) => {
                let StoredTrail { rows, segments, altered } = store.whole_trail(whose.trail()).await?;
                if rows.is_empty() {
                    whose.must_exist(&store).await?;
                }
                let mut trail = json!(TrailView::of(&rows, &segments, None));
                // What is not as it was written is none of the trail; that it is there belongs to it.
                trail["altered"] = altered.iter().map(ToString::to_string).collect();
                Ok(Answer::new(trail))
            }
        }
    }
}
