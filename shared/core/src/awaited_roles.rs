//! Roles that a tenant lacks and that are waited for: the management consent goes on once they are there, without its
//! administrator (R144); or a provider had what the tenant lacks made, and Microsoft does not show all of it yet (R132).
//!
//! They are made in the name of who signed in, whose token is kept, sealed, for as long as it lives and the wait lasts. One
//! wait for each enterprise: a new sign-in takes the place of the former, and a consent that of a mere provisioning.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::action::{ActionState, ActionType};
use crate::advice::Code;
use crate::audit::{Actor, AuditRow, Fact};
use crate::consent::{ConsentRequest, SealedToken, links_work};
use crate::delivery::Delivery;
use crate::drift::{Noting, event_with_link, seen_by};
use crate::enterprise::Enterprise;
use crate::id::{ConsentRequestId, EnterpriseId, ResellerId};
use crate::identity::Signer;
use crate::provisioning::Lack;
use crate::redirect_url::RedirectUrl;
use crate::reseller::Reseller;
use crate::seal::{SealingKeys, Unsealable};
use crate::start::StartLink;
use crate::time::Timestamp;

/// What waits for them.
const ACTION: ActionType = ActionType::ServiceProviderManagement;

/// When the consent goes on at the earliest, and how often the roles are looked for at first.
const AGAIN_AFTER: Duration = Duration::from_mins(2);

/// When the service provider is told that they are not there yet: as long as the source says that it takes.
const TOLD_AFTER: Duration = Duration::from_mins(30);

/// How often they are looked for after that.
const LATER_AGAIN_AFTER: Duration = Duration::from_mins(5);

/// How long they are waited for at most.
pub const GIVEN_UP_AFTER: Duration = Duration::from_hours(24);

/// What a wait is to reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Goal {
    /// The management consent.
    #[default]
    Consent,
    /// That the tenant has everything that a provider had made.
    Provisioning {
        /// What it lacked when the wait began, by Microsoft's ids.
        missing: Vec<String>,
    },
}

/// A wait for the roles of one enterprise's tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitedRoles {
    /// For whom.
    pub enterprise: EnterpriseId,
    /// Whose enterprise it is.
    pub reseller: ResellerId,
    /// The request by which the signer came; the token is sealed for it.
    pub request: ConsentRequestId,
    /// How often the action had been asked for anew by then: a reset since ends the wait.
    pub resets: u64,
    /// Where the outcome goes; none where nobody named an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<RedirectUrl>,
    /// Who signed in.
    pub signer: Signer,
    /// The signer's Graph token.
    pub token: SealedToken,
    /// Since when.
    pub since: Timestamp,
    /// How often they were looked for.
    pub looks: u32,
    /// Whether the service provider was told that it lasts.
    pub told: bool,
    /// What it is to reach.
    #[serde(default)]
    pub goal: Goal,
}

/// Who signed in, with what, and where what comes of it is told.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The request by which they came, or one that stands for it: the token is sealed for it.
    pub request: ConsentRequestId,
    /// Who.
    pub signer: Signer,
    /// Their Graph token.
    pub token: SealedToken,
    /// Where outcomes go.
    pub redirect_url: Option<RedirectUrl>,
}

/// What is to be done about a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the consent is decided or refused, or nobody asks for it any more.
    Drop,
    /// The sign-in has ended, so nobody's name is left to go on in.
    GiveUp,
    /// Somebody is deciding the consent right now.
    Wait,
    /// The roles are made, if they are not there; and the consent goes on if they are, unless it is too early.
    Make {
        /// Whether it may go on.
        is_time: bool,
    },
}

/// What a service provider is told of a wait: the event, with a link by which an administrator signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The event, if the provider is told of any.
    pub delivery: Option<Delivery>,
    /// The link in it.
    pub link: Option<StartLink>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

impl AwaitedRoles {
    /// The wait that begins where `request` met a tenant without the roles, with the sign-in that it met them by.
    #[must_use]
    pub fn new(request: &ConsentRequest, signer: Signer, token: SealedToken, since: Timestamp) -> Self {
        Self {
            enterprise: request.enterprise,
            reseller: request.reseller,
            request: request.id.clone(),
            resets: request.resets,
            redirect_url: request.redirect_url.clone(),
            signer,
            token: SealedToken { sealed_id_token: None, ..token },
            since,
            looks: 0,
            told: false,
            goal: Goal::Consent,
        }
    }

    /// The wait for what a provider had made by `credential` in the tenant of `enterprise`, which still lacks `missing`.
    #[must_use]
    pub fn of_provisioning(
        enterprise: &Enterprise,
        credential: Credential,
        missing: Vec<String>,
        since: Timestamp,
    ) -> Self {
        let Credential { request, signer, token, redirect_url } = credential;
        Self {
            enterprise: enterprise.id,
            reseller: enterprise.reseller,
            request,
            resets: 0,
            redirect_url,
            signer,
            token,
            since,
            looks: 0,
            told: false,
            goal: Goal::Provisioning { missing },
        }
    }

    /// When they are looked for first: what a consent lacks is to be made at once, what was made already shows later.
    #[must_use]
    pub fn first_look(&self) -> Timestamp {
        match self.goal {
            Goal::Consent => self.since,
            Goal::Provisioning { .. } => self.next_look(self.since),
        }
    }

    /// What is to be done, as the enterprise stands now.
    #[must_use]
    pub fn step(&self, (enterprise, reseller): (&Enterprise, &Reseller), now: Timestamp) -> Step {
        // A domain is a pin that has been looked up: the link was made for the tenant that owns it.
        let is_elsewhere = enterprise.pin().is_some_and(|pin| pin != self.signer.tenant);
        if !links_work(enterprise, reseller) || is_elsewhere {
            return Step::Drop;
        }
        match self.goal {
            Goal::Consent => self.step_of_consent(enterprise, now),
            Goal::Provisioning { .. } if now >= self.ends_at() => Step::GiveUp,
            Goal::Provisioning { .. } => Step::Make { is_time: true },
        }
    }

    fn step_of_consent(&self, enterprise: &Enterprise, now: Timestamp) -> Step {
        if enterprise.resets_of(ACTION) != self.resets {
            return Step::Drop;
        }
        if let ActionState::Verifying { .. } = enterprise.action(ACTION) {
            return Step::Wait;
        }
        if !enterprise.is_asked_for(ACTION) || self.is_refused_in(enterprise) {
            return Step::Drop;
        }
        if now >= self.ends_at() {
            return Step::GiveUp;
        }
        Step::Make { is_time: now.since(self.since) >= AGAIN_AFTER }
    }

    /// Whether an administrator has refused the consent since, or removed our application: the sign-in overrules nobody.
    fn is_refused_in(&self, enterprise: &Enterprise) -> bool {
        let state = enterprise.action(ACTION);
        let is_refusal = matches!(state, ActionState::Declined { .. } | ActionState::Revoked { .. });
        is_refusal && state.since().is_some_and(|since| since >= self.since)
    }

    /// When they are looked for after `now`.
    #[must_use]
    pub fn next_look(&self, now: Timestamp) -> Timestamp {
        let is_late = now.since(self.since) >= TOLD_AFTER;
        now.plus(if is_late { LATER_AGAIN_AFTER } else { AGAIN_AFTER }).min(self.ends_at()).max(now)
    }

    /// Whether the service provider is to be told by now.
    #[must_use]
    pub fn is_to_be_told(&self, now: Timestamp) -> bool {
        !self.told && now.since(self.since) >= TOLD_AFTER
    }

    fn ends_at(&self) -> Timestamp {
        self.token.expires_at.min(self.since.plus(GIVEN_UP_AFTER))
    }

    /// The signer's token.
    pub fn access_token(&self, keys: &SealingKeys, now: Timestamp) -> Result<SecretString, Unsealable> {
        self.token.access_token(&self.request, keys, now)
    }

    /// What the service provider is told: that the consent, or what was made, still waits, or that nobody's sign-in is left. In
    /// all cases an administrator's sign-in helps, and the event has the link to it.
    #[must_use]
    pub fn tell(&self, noting: Noting<'_>) -> Told {
        let (enterprise, context) = (noting.parties.0, noting.context);
        let (action, state) = self.stands(enterprise);
        let wanted = seen_by(action, enterprise);
        let about = ("action.blocked", action, &state);
        let (delivery, link) = event_with_link(about, Some(wanted), self.redirect_url.clone(), noting);
        let fact = Fact {
            actor: &Actor::System(context.system.unwrap_or("consent-verify")),
            action: match self.goal {
                Goal::Consent => "consent.roles_awaited",
                Goal::Provisioning { .. } => "provisioning.awaited",
            },
            object: format!("action:{action}"),
            before: Some(self.since.to_string()),
            after: Some(state.word().to_owned()),
        };
        let audit = AuditRow::new(self.reseller, Some(self.enterprise), fact, context.occasion);
        Told { delivery, link, audit }
    }

    /// The action that is told of, and how it stands. What a provider had made belongs to no consent: it is told of the sign-in
    /// that helps, with what is missing.
    fn stands(&self, enterprise: &Enterprise) -> (ActionType, ActionState) {
        let Goal::Provisioning { missing } = &self.goal else { return (ACTION, enterprise.action(ACTION)) };
        let lacks_api_alone = *missing == [Lack::ServicePrincipal.id()];
        let code = if lacks_api_alone { Code::ResourceNotInTenant } else { Code::TeamsSkypeRolesMissing };
        let (since, request) = (self.since, self.request.clone());
        let state = ActionState::Blocked { since, request, code, asked_again: false, missing: Vec::new() };
        (ActionType::LoginEnterpriseAdmin, state)
    }

    /// What the audit trail keeps of what was made for it.
    #[must_use]
    pub fn audit(&self, made: &[Lack], noting: Noting<'_>) -> AuditRow {
        let ids: Vec<String> = made.iter().copied().map(Lack::id).collect();
        let fact = Fact {
            actor: &Actor::System(noting.context.system.unwrap_or("consent-verify")),
            action: "provisioning.made",
            object: format!("enterprise:{}", self.enterprise),
            before: None,
            after: Some(ids.join(" ")),
        };
        AuditRow::new(self.reseller, Some(self.enterprise), fact, noting.context.occasion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::tests::reseller;
    use crate::enterprise::Standing;
    use crate::enterprise::tests::sample;
    use crate::id::{ObjectId, TenantId};
    use crate::random::tests::Counting;
    use crate::reseller::ResellerStatus;
    use serde_json::json;

    const TENANT: TenantId = TenantId::from_u128(1);
    const SINCE: Timestamp = Timestamp::from_seconds(1_000);

    fn awaited() -> AwaitedRoles {
        let request = ConsentRequestId::new(SINCE, &Counting::default());
        let signer = Signer { tenant: TENANT, object: ObjectId::from_u128(2), user_principal_name: None };
        let token = SealedToken { sealed: "x".into(), sealed_id_token: None, expires_at: after(60) };
        AwaitedRoles {
            enterprise: EnterpriseId::try_from(7).unwrap(),
            reseller: ResellerId::try_from(1).unwrap(),
            request,
            resets: 0,
            redirect_url: serde_json::from_value(json!("https://hooks.example.com/")).unwrap(),
            signer,
            token,
            since: SINCE,
            looks: 0,
            told: false,
            goal: Goal::Consent,
        }
    }

    fn after(minutes: u64) -> Timestamp {
        SINCE.plus(Duration::from_mins(minutes))
    }

    fn blocked() -> Enterprise {
        let mut enterprise = sample(7, &json!({}));
        enterprise.tenant = Some(TENANT);
        let request = awaited().request;
        let code = crate::advice::Code::TeamsSkypeRolesMissing;
        let blocked = ActionState::Blocked { since: SINCE, request, code, asked_again: false, missing: vec![] };
        enterprise.actions.insert(ACTION, blocked);
        enterprise
    }

    fn step(enterprise: &Enterprise, now: Timestamp) -> Step {
        let provider = reseller(ResellerId::try_from(1).unwrap(), ResellerStatus::Active);
        awaited().step((enterprise, &provider), now)
    }

    /// R144 The roles are made at once; the consent goes on from two minutes on, as long as the sign-in lives.
    #[test]
    fn the_consent_goes_on_while_the_sign_in_lives() {
        let enterprise = blocked();
        assert_eq!(step(&enterprise, SINCE), Step::Make { is_time: false });
        assert_eq!(step(&enterprise, after(2)), Step::Make { is_time: true });
        assert_eq!(step(&enterprise, after(59)), Step::Make { is_time: true });
        assert_eq!(step(&enterprise, after(60)), Step::GiveUp);
        let long = AwaitedRoles { token: SealedToken { expires_at: after(28 * 60), ..awaited().token }, ..awaited() };
        let provider = reseller(long.reseller, ResellerStatus::Active);
        assert_eq!(long.step((&enterprise, &provider), after(24 * 60)), Step::GiveUp);
    }

    /// R144 They are looked for every two minutes, after half an hour every five, and once where the sign-in ends.
    #[test]
    fn they_are_looked_for_every_few_minutes() {
        let next = |minutes| awaited().next_look(after(minutes));
        assert_eq!((next(0), next(2), next(28)), (after(2), after(4), after(30)));
        assert_eq!((next(30), next(58), next(61)), (after(35), after(60), after(61)));
        let told = |minutes, told| AwaitedRoles { told, ..awaited() }.is_to_be_told(after(minutes));
        assert_eq!((told(29, false), told(30, false), told(30, true)), (false, true, false));
    }

    /// R132 What a provider had made is looked for from two minutes on, whatever becomes of the consent, as long as the sign-in lives
    /// and the enterprise goes on. A row from before there was another goal waits for the consent.
    #[test]
    fn what_was_made_is_looked_for_whatever_becomes_of_the_consent() {
        let goal = Goal::Provisioning { missing: vec![Lack::ServicePrincipal.id()] };
        let made = AwaitedRoles { goal, resets: 9, ..awaited() };
        assert_eq!((made.first_look(), awaited().first_look()), (after(2), SINCE));
        let provider = reseller(made.reseller, ResellerStatus::Active);
        let mut enterprise = blocked();
        enterprise.actions.clear();
        assert_eq!(made.step((&enterprise, &provider), after(2)), Step::Make { is_time: true });
        assert_eq!(made.step((&enterprise, &provider), after(60)), Step::GiveUp);
        let (action, state) = made.stands(&enterprise);
        assert_eq!(
            (action, state.problem().map(|problem| problem.code)),
            (ActionType::LoginEnterpriseAdmin, Some(Code::ResourceNotInTenant))
        );
        enterprise.standing = Standing::Disabled;
        assert_eq!(made.step((&enterprise, &provider), after(2)), Step::Drop);
        let mut stored = serde_json::to_value(awaited()).unwrap();
        stored.as_object_mut().unwrap().remove("goal");
        assert_eq!(serde_json::from_value::<AwaitedRoles>(stored).unwrap(), awaited());
        assert_eq!(serde_json::to_value(&made).unwrap()["goal"]["kind"], "provisioning");
    }

    /// R144, R146 What is granted, declined, withdrawn, reset, disabled or bound elsewhere is not gone on with; what is being
    /// decided is left alone.
    #[test]
    fn what_is_decided_otherwise_is_dropped() {
        let changed = |change: fn(&mut Enterprise)| {
            let mut enterprise = blocked();
            change(&mut enterprise);
            step(&enterprise, after(2))
        };
        let dropped: [fn(&mut Enterprise); 8] = [
            |enterprise| {
                let revoked = ActionState::Revoked { since: after(1), request: awaited().request, by: None };
                enterprise.actions.insert(ACTION, revoked);
            },
            |enterprise| {
                let (request, code) = (awaited().request, crate::advice::Code::Declined);
                let declined = ActionState::Declined { since: SINCE, request, code, asked_again: false };
                enterprise.actions.insert(ACTION, declined);
            },
            |enterprise| enterprise.standing = Standing::Disabled,
            |enterprise| enterprise.tenant = Some(TenantId::from_u128(9)),
            |enterprise| {
                enterprise.resets.insert(ACTION, 1);
            },
            |enterprise| drop(enterprise.actions.insert(ACTION, ActionState::Withdrawn { since: after(1) })),
            |enterprise| drop(enterprise.actions.remove(&ACTION)),
            |enterprise| {
                let request = awaited().request;
                enterprise
                    .actions
                    .insert(ACTION, ActionState::Granted { since: after(1), request, by: None, tenant: None });
            },
        ];
        for (number, change) in dropped.into_iter().enumerate() {
            assert_eq!(changed(change), Step::Drop, "{number}");
        }
        let deciding = changed(|enterprise| {
            let request = awaited().request;
            enterprise.actions.insert(ACTION, ActionState::Verifying { since: after(1), request });
        });
        assert_eq!(deciding, Step::Wait);
        let unbound = changed(|enterprise| enterprise.tenant = None);
        assert_eq!(unbound, Step::Make { is_time: true }, "its link was for the tenant of an expected domain");
        let asked = changed(|enterprise| {
            enterprise.actions.insert(ACTION, ActionState::PendingConsent { since: after(1) });
        });
        assert_eq!(asked, Step::Make { is_time: true }, "it is asked for");
    }
}
