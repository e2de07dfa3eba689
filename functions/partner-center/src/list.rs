//! `GET /v1/partner-center/connections`: a provider's connections by pages, the oldest first.

use onboarding_core::connection::view::ConnectionView;
use onboarding_core::listing::{Listing, PageSize};
use onboarding_dynamo::credential::Wanted;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::PartnerCenterOp;

use crate::{App, Error};

pub(crate) async fn list(app: &App, call: &Call<PartnerCenterOp>) -> Result<Answer, Error> {
    let store = &app.connections.store;
    let found = store.authenticate(call.credential()?, Wanted::default(), call.now()).await??;
    let reseller = call.reseller(&found.caller)?.id;
    let mut query = call.query_fields()?;
    let size = query.parsed("limit", "out_of_range", str::parse::<PageSize>).unwrap_or_default();
    let cursor = query.text("cursor");
    query.finish(Some(())).map_err(Error::InvalidQuery)?;
    let listing = Listing { owner: reseller.into(), list: "connections", filter: None };
    let after = cursor.as_deref().map(|cursor| listing.place(cursor)).transpose()?;
    let page = store.connections_of(reseller, after, size).await?;
    let items: Vec<ConnectionView<'_>> = page.connections.iter().map(ConnectionView::from).collect();
    let next = page.next.map(|last| listing.cursor(&last));
    Ok(Answer::list(&items, next.as_deref()))
}
