//! `GET /v1/enterprises` and `GET /v1/action-items`: lists over all enterprises of the caller, by pages (R008, R148).
//!
//! A page is one query of the owner index. How far an enterprise is follows from its actions and is stored nowhere, so
//! a filter is applied to what was read: a filtered page looks at more enterprises, may still be short, and `next` alone
//! tells the end.

use std::str::FromStr;

use onboarding_core::action::ActionStatus;
use onboarding_core::enterprise::{Enterprise, EnterpriseStatus};
use onboarding_core::fields::Fields;
use onboarding_core::listing::{Listing, Page, PageSize, Position};
use onboarding_core::word::UnknownWord;
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::enterprise::Listed;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::EnterprisesOp;
use serde::Serialize;

use crate::view::EnterpriseSummary;
use crate::{App, Error};

/// How many enterprises a filtered page looks at: some 250 KB, a quarter of what one query may read.
const LOOKED_AT: usize = 250;

/// `?limit=&cursor=&status=`.
struct Asked<Status> {
    size: PageSize,
    cursor: Option<String>,
    status: Option<Status>,
}

impl<Status: FromStr<Err = UnknownWord>> Asked<Status> {
    fn parse(mut query: Fields) -> Result<Self, Error> {
        let size = query.parsed("limit", "out_of_range", str::parse::<PageSize>).unwrap_or_default();
        let cursor = query.text("cursor");
        let status = query.parsed("status", "unknown_status", str::parse::<Status>);
        query.finish(Some(Self { size, cursor, status })).map_err(Error::InvalidQuery)
    }
}

/// The caller's enterprises, each with its status and what it waits for.
pub(crate) async fn enterprises(app: &App, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    let list = |asked: Asked<EnterpriseStatus>, _| {
        move |enterprise: &Enterprise| {
            let status = enterprise.status(call.now());
            let wanted = asked.status.is_none_or(|asked| asked == status);
            wanted
                .then(|| (Position::past(enterprise), EnterpriseSummary::of(enterprise, call.now())))
                .into_iter()
                .collect()
        }
    };
    page(app, call, ("enterprises", EnterpriseStatus::word), list).await
}

/// The action items of all of the caller's enterprises.
pub(crate) async fn action_items(app: &App, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    let list = |asked: Asked<ActionStatus>, after: Option<Position>| {
        move |enterprise: &Enterprise| {
            let items = enterprise.action_items().into_iter();
            let left =
                items.filter(|item| !after.is_some_and(|place| place.has_passed(enterprise.id, item.action_type)));
            let wanted = left.filter(|item| asked.status.is_none_or(|asked| asked.word() == item.status));
            wanted.map(|item| (Position::past_action(enterprise, item.action_type), item)).collect()
        }
    };
    page(app, call, ("action-items", ActionStatus::word), list).await
}

/// A page of the list `name`: what `list` makes of each enterprise.
async fn page<Status, T, L, E>(
    app: &App,
    call: &Call<EnterprisesOp>,
    (name, word): (&str, fn(Status) -> &'static str),
    list: L,
) -> Result<Answer, Error>
where
    Status: FromStr<Err = UnknownWord> + Copy,
    T: Serialize,
    L: FnOnce(Asked<Status>, Option<Position>) -> E,
    E: Fn(&Enterprise) -> Vec<(Position, T)>,
{
    let caller = app.store.authenticate(call.credential()?, Wanted::default(), call.now()).await??.caller;
    let owner = call.reseller(&caller)?.id;
    let asked = Asked::<Status>::parse(call.query_fields()?)?;
    let (size, filter) = (asked.size, asked.status.map(word));
    let listing = Listing { owner: owner.into(), list: name, filter };
    let after = asked.cursor.as_deref().map(|cursor| listing.place::<Position>(cursor)).transpose()?;
    // One more than the page holds tells whether there is another page.
    let limit = if filter.is_some() { LOOKED_AT } else { size.get() + 1 };
    let Listed { enterprises, more } = app.store.enterprises_of(owner, after, limit).await?;
    let page = Page::fill(&enterprises, more, size, list(asked, after));
    let next = page.next.map(|position| listing.cursor(&position));
    Ok(Answer::list(&page.items, next.as_deref()))
}
