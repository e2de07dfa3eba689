//! `reseller create`, `list`, `show`, `edit`, `suspend` and `resume`.

use clap::{Args, Subcommand, ValueEnum};
use onboarding_core::activation::ActivationView;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::fields::Fields;
use onboarding_core::id::ResellerId;
use onboarding_core::listing::PageSize;
use onboarding_core::reseller::{NewReseller, ResellerEdit, ResellerSummary, ResellerView};
use onboarding_core::text::EmailAddress;
use onboarding_dynamo::Store;
use onboarding_dynamo::reseller::ListedResellers;
use onboarding_operator::{Edited, OperatorError, Pages, Places};
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
        /// Who activates it, by a mail; without anybody it is active at once.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
    },
    /// Mails a new activation link; the former one is dead from now on.
    SendActivation {
        /// Its number.
        id: ResellerId,
        /// Who activates it.
        #[arg(long, value_name = "ADDRESS")]
        email: EmailAddress,
    },
    /// Lists the service providers, oldest first.
    List,
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
            Self::Create { name, redirect_hosts, events_url, email } => {
                let hosts = Some(redirect_hosts.into());
                let events_url = events_url.map(Into::into);
                let contact = email.map(Into::into);
                let said = said([
                    ("name", Some(name.into())),
                    ("redirectHosts", hosts),
                    ("eventsUrl", events_url),
                    ("contactEmail", contact),
                ]);
                create(place, said).await
            }
            Self::SendActivation { id, email } => send_activation(place, id, &email).await,
            Self::List => list(place).await,
            Self::Show { id } => {
                let store = place.store()?;
                let reseller = store.reseller_with_catalogue(id).await?.ok_or(OperatorError::NoSuchReseller)?;
                shown(&store, &reseller).await
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
    let base = new.contact().map(|_| place.public_base()).transpose()?;
    let pages = base.as_ref().map(|base| Pages(base.as_str()));
    let (new, order) = ((&new, &Catalogue::default()), moment.order());
    let (id, secret) = onboarding_operator::create_reseller(places, new, pages, order).await?;
    let answer = Answer::new(json!({ "id": id, "webhookSecret": secret.expose_secret() }));
    Ok(answer.with_remark(SHOWN_ONCE))
}

async fn list(place: &Place) -> Result<Answer, Error> {
    let (store, mut all, mut after) = (place.store()?, Vec::new(), None);
    loop {
        let ListedResellers { resellers, next } = store.resellers(after, PageSize::default()).await?;
        all.extend(resellers);
        after = next;
        if after.is_none() {
            return Ok(Answer::new(json!(all.iter().map(ResellerSummary::of).collect::<Vec<_>>())));
        }
    }
}

/// Changes a provider as `said`, and shows it.
pub(super) async fn change(place: &Place, id: ResellerId, said: Fields) -> Result<Answer, Error> {
    let (store, moment) = (place.store()?, Moment::present());
    let seen = store.reseller_with_catalogue(id).await?.ok_or(OperatorError::NoSuchReseller)?;
    let read = |now: &_| ResellerEdit::parse(said.clone(), now, place.redirect_policy());
    shown(&store, &onboarding_operator::edit_reseller(&store, seen, read, moment.order()).await?).await
}

async fn send_activation(place: &Place, id: ResellerId, contact: &EmailAddress) -> Result<Answer, Error> {
    let (store, secrets, moment) = (place.store()?, place.secrets()?, Moment::present());
    let reseller = store.reseller(id).await?.ok_or(OperatorError::NoSuchReseller)?;
    let places = Places { store: &store, secrets: &secrets };
    let base = place.public_base()?;
    let (whom, to) = ((id, &reseller.name), (contact, Pages(base.as_str())));
    let activation = onboarding_operator::renew_activation(places, whom, to, (moment.order(), |_| None)).await?;
    Ok(Answer::new(json!(ActivationView::of(&activation))))
}

/// The provider, with how far its activation mail is while it waits for that.
async fn shown(store: &Store, (reseller, catalogue): &Edited) -> Result<Answer, Error> {
    let mail = match &reseller.activation {
        Some(activation) => store.mail(&activation.mail).await?,
        None => None,
    };
    Ok(Answer::new(json!(ResellerView::of(reseller, catalogue).with_mail(mail.as_ref()))))
}
