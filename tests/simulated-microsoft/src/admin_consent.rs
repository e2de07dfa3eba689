//! The admin-consent endpoints, v2.0 and v1.
//!
//! Stands for `/{tenant}/v2.0/adminconsent` and `/{tenant}/adminconsent` (v2-admin-consent): no code,
//! no nonce, no identity; the answer is a GET with query parameters, and `admin_consent=True` stands
//! in errors too.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use crate::aadsts::Refusal;
use crate::answer::{Mode, ReturnTo};
use crate::authorize::open;
use crate::directory::Authority;
use crate::params::Params;
use crate::permission::GRAPH;
use crate::scope::Asked;
use crate::server::Forced;
use crate::sign_in::{Purpose, SignIn};
use crate::{Shared, page};

type ForcedRefusal = Option<Extension<Forced>>;

pub(crate) async fn begin_v2(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    forced: ForcedRefusal,
) -> Response {
    begin(&shared, &tenant, &query.unwrap_or_default(), forced, |params| Asked::parse(params.require("scope")?))
}

/// The older endpoint has no `scope`: it always means what the registration lists.
pub(crate) async fn begin_v1(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    forced: ForcedRefusal,
) -> Response {
    begin(&shared, &tenant, &query.unwrap_or_default(), forced, |_| {
        Ok(Asked { named: Vec::new(), default_of: Some(GRAPH) })
    })
}

fn begin(
    shared: &Shared,
    tenant: &str,
    query: &str,
    forced: ForcedRefusal,
    ask: impl FnOnce(&Params) -> Result<Asked, Refusal>,
) -> Response {
    let opened = Params::parse(query.as_bytes())
        .and_then(|params| open(shared, tenant, &params).map(|(authority, app)| (params, authority, app)));
    let (params, authority, app) = match opened {
        Ok((_, Authority::Common | Authority::Consumers, _)) => {
            return page::refusal(&no_tenant(), shared.now());
        }
        Ok(opened) => opened,
        Err(refusal) => return page::refusal(&refusal, shared.now()),
    };
    let return_to = ReturnTo {
        redirect_uri: params.get("redirect_uri").unwrap_or_default().to_owned(),
        mode: Mode::Query,
        state: params.owned("state"),
        admin_consent: true,
    };
    let forced = forced.map(|Extension(Forced(refusal))| refusal);
    match forced.map_or_else(|| ask(&params), Err) {
        Ok(asked) => {
            let sign_in = SignIn {
                authority,
                app,
                return_to,
                asked,
                login_hint: None,
                force_consent: true,
                purpose: Purpose::AdminConsent,
                account: None,
            };
            page::sign_in(&shared.begin(&sign_in), &sign_in)
        }
        Err(refusal) => return_to.refuse(&refusal, shared.now()),
    }
}

fn no_tenant() -> Refusal {
    Refusal::new(
        "invalid_request",
        50059,
        "No tenant-identifying information found in either the request or implied by any provided credentials. Use 'organizations', a tenant id or a domain.",
    )
}
