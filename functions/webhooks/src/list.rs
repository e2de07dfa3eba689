//! `GET /v1/webhooks/deliveries`: a provider's deliveries by pages, the newest first (K16).

use onboarding_core::delivery::{DeliveryStatus, DeliveryView};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::fields::Fields;
use onboarding_core::id::EnterpriseId;
use onboarding_core::listing::{Listing, PageSize};
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::delivery::DeliveryQuery;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::WebhooksOp;

use crate::{App, Error};

/// `?limit=&cursor=&status=&enterpriseId=`.
struct Asked {
    size: PageSize,
    cursor: Option<String>,
    status: Option<DeliveryStatus>,
    enterprise: Option<EnterpriseId>,
}

impl Asked {
    fn parse(mut query: Fields) -> Result<Self, Error> {
        let size = query.parsed("limit", "out_of_range", str::parse::<PageSize>).unwrap_or_default();
        let cursor = query.text("cursor");
        let status = query.parsed("status", "unknown_status", str::parse::<DeliveryStatus>);
        let enterprise = query.parsed("enterpriseId", "out_of_range", str::parse::<EnterpriseId>);
        query.finish(Some(Self { size, cursor, status, enterprise })).map_err(Error::InvalidQuery)
    }

    /// What a cursor of the list is bound to.
    fn filter(&self) -> String {
        let enterprise = self.enterprise.map(|id| id.to_string()).unwrap_or_default();
        format!("{}|{enterprise}", self.status.map_or("", DeliveryStatus::word))
    }
}

pub(crate) async fn list(app: &App, call: &Call<WebhooksOp>) -> Result<Answer, Error> {
    let asked = call.query_fields().map_err(Error::from).and_then(Asked::parse);
    let named = asked.as_ref().ok().and_then(|asked| asked.enterprise);
    let wanted = Wanted { enterprise: named, ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let reseller = call.reseller(&found.caller)?.id;
    let asked = asked?;
    let own = |enterprise: &Enterprise| found.caller.reaches(enterprise.reseller, enterprise.id);
    if named.is_some() && !found.enterprise.as_ref().is_some_and(own) {
        return Err(Error::NotFound);
    }
    let filter = asked.filter();
    let listing = Listing { owner: reseller.into(), list: "deliveries", filter: Some(&filter) };
    let after = asked.cursor.as_deref().map(|cursor| listing.place(cursor)).transpose()?;
    let Asked { size, status, enterprise, .. } = asked;
    let page = app.store.deliveries(&DeliveryQuery { reseller, status, enterprise, after, size }).await?;
    let items: Vec<DeliveryView<'_>> = page.deliveries.iter().map(DeliveryView::from).collect();
    let next = page.next.map(|last| listing.cursor(&last));
    Ok(Answer::list(&items, next.as_deref()))
}
