//! `GET /v1/enterprises/{enterpriseId}/invitations`: by pages, the newest first, each with how far its mail is (R159).

use onboarding_core::id::EnterpriseId;
use onboarding_core::invitation::{Invitation, InvitationView};
use onboarding_core::listing::{Listing, PageSize};
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::invitation::InvitationQuery;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::InvitationsOp;

use crate::{App, Error};

pub(crate) async fn list(app: &App, call: &Call<InvitationsOp>) -> Result<Answer, Error> {
    let id = call.param::<EnterpriseId>("enterpriseId").ok();
    let wanted = Wanted { enterprise: id, ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let reseller = call.reseller(&found.caller)?.id;
    let own = found.enterprise.filter(|enterprise| enterprise.reseller == reseller);
    let enterprise = own.ok_or(Error::NotFound)?.id;
    let mut query = call.query_fields()?;
    let size = query.parsed("limit", "out_of_range", str::parse::<PageSize>).unwrap_or_default();
    let cursor = query.text("cursor");
    query.finish(Some(())).map_err(Error::InvalidQuery)?;
    let of = enterprise.to_string();
    let listing = Listing { owner: reseller.into(), list: "invitations", filter: Some(&of) };
    let after = cursor.map(|cursor| listing.place(&cursor)).transpose()?;
    let page = app.store.invitations(&InvitationQuery { enterprise, after, size }).await?;
    let keys = app.secrets.sealing_keys(call.now()).await?;
    let view = |invitation: &Invitation| {
        let admin = invitation.admin(&keys, call.now());
        InvitationView::of(invitation, admin, page.mails.get(&invitation.mail), call.now())
    };
    let items: Vec<InvitationView> = page.invitations.iter().map(view).collect();
    let next = page.next.map(|last| listing.cursor(&last));
    Ok(Answer::list(&items, next.as_deref()))
}
