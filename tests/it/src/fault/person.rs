//! A person with a browser: from a link to Microsoft's answer, and with that back to us.

use std::collections::BTreeMap;

use onboarding_core::action::ActionType;
use onboarding_core::permission::{self, Kind as PermissionKind};
use onboarding_sandbox::Form;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, Consent};

use super::outside::Outside;
use super::run::{Run, text};
use super::scenario::{Before, Link, Scenario};
use crate::admin_consent;
use crate::canary::scan::Kind;
use crate::world::{Decision, World, go_through};

/// What a person's browser brings from Microsoft.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A form that this browser posts to us.
    Form(Visitor, Form),
    /// An address of ours that it goes to.
    Address(String),
}

impl Run {
    /// Brings Microsoft's answer to us; the status of the page, and 0 where a browser gets none and shows its own.
    pub(crate) async fn bring(&self, answer: Answer) -> u16 {
        let page = match answer {
            Answer::Form(mut visitor, form) => visitor.submit(form.press("Continue").unwrap()).await,
            Answer::Address(address) => Visitor::new().unwrap().open(&address).await,
        };
        let status = page.map_or(0, |page: Page| {
            if let Some(handle) = page.url.path().strip_prefix("/outcome/") {
                self.hide(Kind::OutcomeHandle, handle);
            }
            page.status
        });
        self.saw(status);
        status
    }

    /// Goes to Microsoft with `link` and brings the answer; the status of the last page.
    pub(crate) async fn go_with(&self, outside: &Outside, world: &World, link: &str) -> u16 {
        match self.answer(outside, world, link).await {
            Ok(answer) => self.bring(answer).await,
            Err(status) => {
                self.saw(status);
                status
            }
        }
    }

    /// What Microsoft answers to the person who goes there with `link`; the status of our page if that leads nowhere.
    pub(crate) async fn answer(&self, outside: &Outside, world: &World, link: &str) -> Result<Answer, u16> {
        let Scenario { person, decision, .. } = self.scenario;
        if !self.is_admin_consent() {
            let mut visitor = Visitor::new().unwrap();
            let page = visitor.open(link).await.map_err(|_| 0_u16)?;
            let page = match self.scenario.link {
                Link::Direct => page,
                Link::StartPage => self.press(&mut visitor, page, world).await?,
            };
            let form = go_through(&mut visitor, page, person, *decision).await;
            return Ok(Answer::Form(
                visitor,
                form.unwrap_or_else(|page| panic!("stayed at Microsoft: {}", page.text())),
            ));
        }
        let said = admin_consent::said(link, &CONTOSO);
        let said = if *decision == Decision::Cancel { format!("{said}&error=access_denied") } else { said };
        if *decision != Decision::Cancel && !self.scenario.begins_with(Before::NobodyConsents) {
            self.consent_to(link, outside);
        }
        Ok(Answer::Address(format!("{}{}?{said}", world.sandbox.api(), admin_consent::CALLBACK)))
    }

    /// Presses the one button of our page, if it has one: Microsoft's page to which it leads, or the status of ours.
    async fn press(&self, visitor: &mut Visitor, page: Page, world: &World) -> Result<Page, u16> {
        let button = ["Continue to", "Try again"].into_iter().find(|text| page.text().contains(text));
        let pressed = page.form().zip(button).and_then(|(form, button)| form.press(button)).ok_or(page.status)?;
        let page = visitor.submit(pressed).await.map_err(|_| 0_u16)?;
        let cookie = visitor.cookie("127.0.0.1", onboarding_core::start::COOKIE);
        for part in cookie.into_iter().flat_map(|cookie| cookie.split('.')) {
            self.hide(Kind::Cookie, part);
        }
        if page.url.as_str().starts_with(world.sandbox.api()) { Err(page.status) } else { Ok(page) }
    }

    pub(crate) fn is_admin_consent(&self) -> bool {
        permission::kind(self.scenario.action) == PermissionKind::Application
    }

    /// Grants everything that `link` asks for, for the whole of Contoso.
    pub(crate) fn consent_to(&self, link: &str, outside: &Outside) {
        let link = url::Url::parse(link).unwrap();
        let asked: BTreeMap<_, _> = link.query_pairs().into_owned().collect();
        let delegated = asked["scope"].split(' ').map(str::to_owned).collect();
        if self.is_admin_consent() {
            grant(outside, asked["client_id"].clone(), self.scenario.actions());
        } else {
            let (tenant, client_id) = (CONTOSO.id.to_owned(), asked["client_id"].clone());
            outside.microsoft.grant(&Consent { tenant, client_id, delegated, ..Consent::default() }).unwrap();
        }
    }

    /// A link; none if the call did not succeed.
    pub(crate) async fn mint(&self, outside: &Outside, world: &World) -> Option<String> {
        let key = world.sandbox.reseller_key();
        if self.scenario.link == Link::StartPage {
            let made = self.of_enterprise(world, "links", &json!({"redirectUrl": outside.hook})).await?;
            let link = text(&made["startUrl"]);
            self.hide(Kind::StartHandle, link.rsplit('/').next().unwrap());
            return Some(link);
        }
        let action = self.scenario.action.name();
        let body = json!({"actionType": action, "enterpriseId": self.enterprise, "redirectUrl": outside.hook});
        let call = world.call(Method::POST, "/v1/enterprises/action-url").bearer_auth(key).json(&body);
        let link = text(&self.send(call).await?);
        for (name, value) in url::Url::parse(&link).unwrap().query_pairs() {
            match name.as_ref() {
                "state" => self.hide(Kind::State, &value),
                "nonce" => self.hide(Kind::Nonce, &value),
                _ => {}
            }
        }
        let any = self.scenario.begins_with(Before::AnyTenant);
        Some(if any { link.replacen(&format!("/{}/", CONTOSO.id), "/organizations/", 1) } else { link })
    }

    /// A link where no fault strikes. A busy machine may be too slow for a call's time limits; the next call is not.
    pub(crate) async fn mint_at_last(&self, outside: &Outside, world: &World) -> String {
        for _ in 0..5 {
            if let Some(link) = self.mint(outside, world).await {
                return link;
            }
        }
        panic!("{}: no link: {:?}", self.scenario.name, self.told().statuses);
    }
}

/// Grants the application permissions of `actions` to a registration of ours, for the whole of Contoso.
pub(crate) fn grant(outside: &Outside, client_id: String, actions: impl Iterator<Item = ActionType>) {
    let names = |action| permission::names(action, PermissionKind::Application, permission::GRAPH);
    let application = actions.flat_map(names).map(str::to_owned).collect();
    let tenant = CONTOSO.id.to_owned();
    outside.microsoft.grant(&Consent { tenant, client_id, application, ..Consent::default() }).unwrap();
}
