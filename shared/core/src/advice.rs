//! Advice: every failure as cause, who must act, and the exact next step.
//!
//! The rows are data (`advice/table`); Microsoft's signals are mapped to rows by data as well (`advice/signals.rs`). Microsoft
//! says that numbers and texts may change and must not be depended on, so the OAuth `error` counts first, the
//! number only picks better advice, and an unknown one still leads to advice that helps.

#[cfg(test)]
mod document;
mod seen;
mod signals;
mod statuses;
mod table;
mod text;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::language::Language;

pub use seen::Sentence;
pub use signals::{Signal, word};
#[cfg(test)]
pub(crate) use table::for_people;

/// The stable code of a failure, as in `code` of problem documents and `problem.code` of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table says of each what it is, who acts, and what to do")]
pub enum Code {
    // The consent flow, as the person who can fix it meets it.
    Abandoned,
    AccountDisabled,
    AdminApprovalNeeded,
    AdminRoleRequired,
    AppMisconfigured,
    AppNotInTenant,
    ApprovalRequested,
    CodeReused,
    ConditionalAccessBlock,
    ConfirmationAwaited,
    ConfirmationLapsed,
    ConsentMissing,
    ConsentNotInEffect,
    ConsentPending,
    ConsentReset,
    AssignmentRequired,
    CrossTenantPolicy,
    Declined,
    GrantNotVisible,
    GuestNotAllowed,
    IdentityChanged,
    MfaClaimMissing,
    MicrosoftBusy,
    OrgConsentNotTicked,
    OurSecretBadOrExpired,
    PartnerPreconsentNeeded,
    PasswordExpired,
    PersonalAccount,
    ProofUnreadable,
    ResourceNotInTenant,
    ScopeRefused,
    SignInExpired,
    SignInFrequency,
    SignInInterrupted,
    TeamsAdminRoleNotReady,
    TeamsSkypeRolesMissing,
    TenantAdminApiMissing,
    TenantBoundElsewhere,
    #[serde(rename = "token_idle_90d")]
    TokenIdle,
    TokenRevoked,
    TooManyAttempts,
    UnknownMicrosoftError,
    WrongAccountOrGuest,
    WrongCloud,
    WrongTenant,
    // Connections to Partner Center.
    AdminAgentRoleMissing,
    IntegrationUserPrivileged,
    MfaConditional,
    PartnerCenterBusy,
    PartnerCenterRefused,
    AdminConsentFirst,
    ConnectionBusy,
    ConnectionEnded,
    ConsentsMissing,
    DirectBillOnly,
    RefreshTokenMissing,
    SameIdentity,
    StepLinkUsed,
    WrongIdentity,
    // Pages.
    ActivationLinkEnded,
    StartLinkEnded,
    InvalidCallback,
    PageNotFound,
    TenantAwaited,
    WrongMethodPage,
    // The API.
    ConsentRequired,
    ConsentUnderWay,
    EnterpriseAdminRequired,
    NotYourReseller,
    ServiceNotEnabled,
    SipDataNotShared,
    UserLimitReached,
    UserProvisioningDisabled,
    AlreadyCreated,
    Contended,
    EnterpriseDisabled,
    EnterpriseNameTaken,
    IdempotencyKeyReused,
    InsufficientScope,
    InternalError,
    InvalidBody,
    InvalidClient,
    InvalidCursor,
    InvalidIdempotencyKey,
    InvalidIfMatch,
    InvalidQuery,
    InvalidScope,
    InvalidTokenRequest,
    MethodNotAllowed,
    NotApplicable,
    NotFound,
    NotResettable,
    NothingToConfirm,
    PayloadTooLarge,
    RateLimited,
    RedirectHostNotListed,
    PreconditionFailed,
    PreconditionRequired,
    ResellerAlreadyActive,
    AdminAccessRestricted,
    EnterpriseAlreadyReady,
    InvitationCodeRefused,
    InvitationEnded,
    InvitationSentTooOften,
    TooManyInvitations,
    TooManyWrongCodes,
    ResellerNotActive,
    RevokeRequired,
    TenantAlreadyBound,
    TenantNotKnown,
    TenantNotShown,
    TokenExpired,
    TooManyKeys,
    Unauthenticated,
    UnauthorizedClient,
    Unverifiable,
    Unavailable,
    UnparseableBody,
    UnparseableQuery,
    UnsupportedContentEncoding,
    UnsupportedGrantType,
    UnsupportedMediaType,
}

/// Who can mend a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Who {
    /// The provider's developer.
    #[serde(rename = "developer")]
    Developer,
    /// The provider's people.
    #[serde(rename = "provider admin")]
    ProviderAdmin,
    /// Those who run this service.
    #[serde(rename = "operator")]
    Operator,
    /// A Global Administrator of the customer's tenant.
    #[serde(rename = "Global Administrator")]
    GlobalAdministrator,
    /// Whoever keeps the customer's policies.
    #[serde(rename = "tenant admin")]
    TenantAdmin,
    /// The person who signed in.
    #[serde(rename = "signer")]
    Signer,
    /// Nobody: waiting is all.
    #[serde(rename = "nobody")]
    Nobody,
}

/// What a failure does to the link it met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAfter {
    /// The same link works again, for the same or another person.
    Open,
    /// The link is spent; the next step is a fresh one.
    Spent,
}

/// One row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    /// The stable code.
    pub code: Code,
    /// A short title.
    pub title: &'static str,
    /// The cause, in one sentence.
    pub cause: &'static str,
    /// Who must act.
    pub who: Who,
    /// What they do, in order.
    pub next_steps: &'static [&'static str],
    /// The same for a program, if there is such a thing.
    pub next_action: Option<&'static str>,
    /// When trying again may help, in seconds.
    pub retry_after: Option<u32>,
    /// What becomes of the link.
    pub link: LinkAfter,
}

impl Code {
    /// The row of this code.
    #[must_use]
    pub fn advice(self) -> &'static Advice {
        table::row_of(self)
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        text::text(self)
    }

    /// The advice as the person or program in trouble gets it.
    #[must_use]
    pub fn explain(self) -> Explanation {
        let row = self.advice();
        Explanation {
            code: self,
            who: row.who,
            next_steps: row.next_steps,
            next_action: row.next_action,
            retry_after: row.retry_after,
            detail: Cow::Borrowed(row.cause),
            sentences: Vec::new(),
        }
    }
}

impl Code {
    /// The same, with the names that were seen: of permissions that are not granted (G43), or of the person who needs a
    /// role and those who hold it instead (R026, R027).
    #[must_use]
    pub fn explain_naming(self, names: &[impl AsRef<str>]) -> Explanation {
        let explanation = self.explain();
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let [first, others @ ..] = names.as_slice() else { return explanation };
        let all = || names.join(", ");
        let seen = if matches!(self, Self::GrantNotVisible | Self::ConsentMissing) {
            Sentence::new("Not granted for the organisation: {permissions}.", [("permissions", all())])
        } else if matches!(self, Self::ScopeRefused | Self::ResourceNotInTenant | Self::AppMisconfigured) {
            Sentence::new("Microsoft refused {permissions}.", [("permissions", all())])
        } else if self == Self::UnknownMicrosoftError {
            Sentence::new("Microsoft explains it at {address}", [("address", all())])
        } else if self != Self::TeamsAdminRoleNotReady {
            return explanation;
        } else if others.is_empty() {
            Sentence::new("{person} is to get it; nobody has it yet.", [("person", (*first).to_owned())])
        } else {
            let who = [("person", (*first).to_owned()), ("holders", others.join(", "))];
            Sentence::new("{person} is to get it; now it is assigned to {holders} only.", who)
        };
        explanation.saying(vec![Sentence::new(self.advice().cause, []), seen])
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `problem` of an action item and of a webhook (K11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The stable code.
    pub code: Code,
    /// Who must act.
    pub who: Who,
    /// What they do, in order.
    pub next_steps: &'static [&'static str],
    /// The same for a program.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_action: Option<&'static str>,
    /// Seconds until trying again may help.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub retry_after: Option<u32>,
    /// The cause.
    pub detail: Cow<'static, str>,
    /// The cause as it was put together, if it was: so it can be told in other languages.
    #[serde(skip)]
    pub sentences: Vec<Sentence>,
}

impl Explanation {
    /// The same advice with a cause that names what was seen.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> Self {
        self.detail = Cow::Owned(detail);
        self.sentences.clear();
        self
    }

    /// The same advice with a cause of these sentences.
    #[must_use]
    pub fn saying(mut self, sentences: Vec<Sentence>) -> Self {
        self.detail = Cow::Owned(seen::told(&sentences, Language::English));
        self.sentences = sentences;
        self
    }

    /// The cause in `language`; as it is, where it is a text that nobody has translated.
    #[must_use]
    pub fn detail_in(&self, language: Language) -> Cow<'_, str> {
        if self.sentences.is_empty() {
            Cow::Borrowed(language.say(&self.detail))
        } else {
            Cow::Owned(seen::told(&self.sentences, language))
        }
    }
}
