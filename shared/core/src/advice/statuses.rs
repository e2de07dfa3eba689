//! The HTTP statuses that each code is answered with.

use super::Code;

/// The codes of problem documents. What is not here is told on pages (200, or 403 by our own policy), in action items and
/// in webhooks.
const STATUSES: &[(Code, &[u16])] = &[
    (Code::ActivationLinkEnded, &[404]),
    (Code::AdminConsentFirst, &[409]),
    (Code::StartLinkEnded, &[410]),
    (Code::AdminRoleRequired, &[403]),
    (Code::AlreadyCreated, &[409]),
    (Code::ConnectionBusy, &[503]),
    (Code::ConnectionEnded, &[403, 409]),
    (Code::ConsentRequired, &[403]),
    (Code::ConsentUnderWay, &[409]),
    (Code::ConsentsMissing, &[409]),
    (Code::Contended, &[503]),
    (Code::DirectBillOnly, &[422]),
    (Code::EnterpriseAdminRequired, &[403]),
    (Code::EnterpriseDisabled, &[403, 409]),
    (Code::EnterpriseNameTaken, &[409]),
    (Code::IdempotencyKeyReused, &[422]),
    (Code::InsufficientScope, &[403]),
    (Code::InternalError, &[500]),
    (Code::InvalidBody, &[422]),
    (Code::InvalidCallback, &[400, 413, 415]),
    (Code::InvalidClient, &[401]),
    (Code::InvalidCursor, &[422]),
    (Code::InvalidIdempotencyKey, &[400]),
    (Code::InvalidIfMatch, &[400]),
    (Code::InvalidQuery, &[422]),
    (Code::InvalidScope, &[400]),
    (Code::InvalidTokenRequest, &[400]),
    (Code::MethodNotAllowed, &[405]),
    (Code::NotApplicable, &[409]),
    (Code::NotFound, &[404]),
    (Code::NotResettable, &[409]),
    (Code::NotYourReseller, &[403]),
    (Code::NothingToConfirm, &[409]),
    (Code::PageNotFound, &[404]),
    (Code::PayloadTooLarge, &[413]),
    (Code::PreconditionFailed, &[412]),
    (Code::PreconditionRequired, &[428]),
    (Code::RateLimited, &[429]),
    (Code::RedirectHostNotListed, &[409]),
    (Code::ResellerAlreadyActive, &[409]),
    (Code::ResellerNotActive, &[403]),
    (Code::RevokeRequired, &[409]),
    (Code::ServiceNotEnabled, &[409]),
    (Code::SipDataNotShared, &[403]),
    (Code::TeamsAdminRoleNotReady, &[409]),
    (Code::TeamsSkypeRolesMissing, &[409]),
    (Code::TenantAlreadyBound, &[409]),
    (Code::TenantBoundElsewhere, &[409]),
    (Code::TenantNotKnown, &[409]),
    (Code::TenantNotShown, &[409]),
    (Code::TokenExpired, &[401]),
    (Code::TooManyAttempts, &[400, 429]),
    (Code::TooManyKeys, &[409]),
    (Code::Unauthenticated, &[401]),
    (Code::UnauthorizedClient, &[400]),
    (Code::Unavailable, &[503]),
    (Code::UnparseableBody, &[400]),
    (Code::UnparseableQuery, &[400]),
    (Code::UnsupportedContentEncoding, &[415]),
    (Code::UnsupportedGrantType, &[400]),
    (Code::UnsupportedMediaType, &[415]),
    (Code::Unverifiable, &[409]),
    (Code::UserLimitReached, &[409]),
    (Code::UserProvisioningDisabled, &[409]),
    (Code::WrongCloud, &[409, 422]),
    (Code::WrongMethodPage, &[405]),
    (Code::WrongTenant, &[403, 409]),
];

impl Code {
    /// The statuses that it is answered with; none if it is told on pages, in action items and in webhooks alone.
    #[must_use]
    pub fn statuses(self) -> &'static [u16] {
        STATUSES.iter().find(|(code, _)| *code == self).map_or(&[], |(_, statuses)| statuses)
    }
}
