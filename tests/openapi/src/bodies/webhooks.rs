//! Deliveries.

use onboarding_core::delivery::DeliveryView;
use onboarding_core::redirect_url::RedirectUrl;
use utoipa::ToSchema;

/// A page of deliveries.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct DeliveryPage {
    /// What is on it.
    items: Vec<DeliveryView<'static>>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}

/// A test that is asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct WantedTest {
    /// Where it is to be posted.
    redirect_url: RedirectUrl,
}
