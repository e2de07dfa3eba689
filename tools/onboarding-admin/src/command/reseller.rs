//! `reseller create`, `show`, `edit`, `suspend` and `resume`.

use clap::{Args, Subcommand, ValueEnum};
use onboarding_core::catalogue::Catalogue;
use onboarding_core::fields::Fields;
use onboarding_core::id::ResellerId;
use onboarding_core::reseller::{NewReseller, ResellerEdit, ResellerView};
use onboarding_operator::{Edited, OperatorError, Places};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{SHOWN_ONCE, said};
use crate::answer::Answer;
use crate::error::Error;
use crate::place::{Moment, Place};

#[derive(Subcommand)]
pub(crate) enum Reseller {
    /// Makes a service provider and prints its webhook secret, this once. It has no key and an empty catalogue yet.
    Create {
        /// Its name, shown to tenants.
        #[arg(long)]
        name: String,
        /// A host to which its outcomes may be sent; may be given more than once.
        #[arg(long = "redirect-host", value_name = "HOST")]
        redirect_hosts: Vec<String>,
        /// Where everything but the outcomes of actions goes.
        #[arg(long, value_name = "URL")]
        events_url: Option<String>,
    },
    /// Prints a service provider.
    Show {
        /// Its number.
        id: ResellerId,
    },
    /// Changes a service provider; what is not said stays.
    Edit(Edit),
    /// Stops a service provider: its keys and tokens are refused, its links do nothing.
    Suspend {
        /// Its number.
        id: ResellerId,
    },
    /// Lets a service provider go on.
    Resume {
        /// Its number.
        id: ResellerId,
    },
}

#[derive(Args)]
pub(crate) struct Edit {
    /// Its number.
    id: ResellerId,
    /// Its name, shown to tenants.
    #[arg(long)]
    name: Option<String>,
    /// A host to which its outcomes may be sent; all that are given replace the former ones.
    #[arg(long = "redirect-host", value_name = "HOST")]
    redirect_hosts: Vec<String>,
    /// Where everything but the outcomes of actions goes.
    #[arg(long, value_name = "URL", conflicts_with = "no_events_url")]
    events_url: Option<String>,
    /// Send events nowhere.
    #[arg(long)]
    no_events_url: bool,
    /// What it gets in the place of Microsoft's tokens.
    #[arg(long)]
    token_mode: Option<Mode>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Handles,
    Raw,
}

impl Mode {
    const fn word(self) -> &'static str {
        match self {
            Self::Handles => "handles",
            Self::Raw => "raw",
        }
    }
}

impl Reseller {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        match self {
            Self::Create { name, redirect_hosts, events_url } => {
                let hosts = Some(redirect_hosts.into());
                let events_url = events_url.map(Into::into);
                let said = said([("name", Some(name.into())), ("redirectHosts", hosts), ("eventsUrl", events_url)]);
                create(place, said).await
            }
            Self::Show { id } => {
                let reseller = place.store()?.reseller_with_catalogue(id).await?;
                Ok(shown(&reseller.ok_or(OperatorError::NoSuchReseller)?))
            }
            Self::Edit(edit) => {
                let (id, said) = edit.said();
                change(place, id, said).await
            }
            Self::Suspend { id } => change(place, id, said([("disabled", Some(true.into()))])).await,
            Self::Resume { id } => change(place, id, said([("disabled", Some(false.into()))])).await,
        }
    }
}

impl Edit {
    fn said(self) -> (ResellerId, Fields) {
        let hosts = Some(self.redirect_hosts).filter(|hosts| !hosts.is_empty());
        let events_url = self.events_url.map(Value::from).or(self.no_events_url.then_some(Value::Null));
        let said = said([
            ("name", self.name.map(Into::into)),
            ("redirectHosts", hosts.map(Into::into)),
            ("eventsUrl", events_url),
            ("tokenMode", self.token_mode.map(|mode| mode.word().into())),
        ]);
        (self.id, said)
    }
}

async fn create(place: &Place, said: Fields) -> Result<Answer, Error> {
    let new = NewReseller::parse(said, place.redirect_policy()).map_err(OperatorError::Invalid)?;
    let (store, secrets, moment) = (place.store()?, place.secrets()?, Moment::present());
    let places = Places { store: &store, secrets: &secrets };
    let (id, secret) =
        onboarding_operator::create_reseller(places, &new, &Catalogue::default(), moment.order()).await?;
    let answer = Answer::new(json!({ "id": id, "webhookSecret": secret.expose_secret() }));
    Ok(answer.with_remark(SHOWN_ONCE))
}

/// Changes a provider as `said`, and shows it.
pub(super) async fn change(place: &Place, id: ResellerId, said: Fields) -> Result<Answer, Error> {
    let (store, moment) = (place.store()?, Moment::present());
    let seen = store.reseller_with_catalogue(id).await?.ok_or(OperatorError::NoSuchReseller)?;
    let read = |now: &_| ResellerEdit::parse(said.clone(), now, place.redirect_policy());
    Ok(shown(&onboarding_operator::edit_reseller(&store, seen, read, moment.order()).await?))
}

fn shown((reseller, catalogue): &Edited) -> Answer {
    Answer::new(json!(ResellerView::of(reseller, catalogue)))
}
