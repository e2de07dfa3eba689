//! `app-manifest`: the app registration that a deployment needs.

use clap::Args;
use onboarding_core::app_manifest;
use onboarding_core::cloud::Cloud;
use onboarding_lambda::config::deployment::PublicBase;
use serde_json::Value;

use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

#[derive(Args)]
pub(crate) struct AppManifest {
    /// The Microsoft cloud of the customers: global, usgov, dod or china.
    #[arg(long, env = "CLOUD", default_value = "global")]
    cloud: Cloud,
}

impl AppManifest {
    pub(crate) fn run(self, place: &Place) -> Result<Answer, Error> {
        Ok(Answer::whole(wanted(&place.public_base()?)).with_remark(where_to(self.cloud)))
    }
}

/// The registration that serves this address.
pub(super) fn wanted(base: &PublicBase) -> Value {
    app_manifest::manifest(&[
        base.callback(),
        base.admin_consent_callback(),
        base.connection_admin_callback(),
        base.connection_user_callback(),
    ])
}

/// Ids and form are the same in every cloud; where the registration is made is not.
const fn where_to(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "Make it in https://entra.microsoft.com: docs/app-registration.md.",
        Cloud::UsGov | Cloud::Dod => "Make it in https://entra.microsoft.us: docs/app-registration.md.",
        Cloud::China => "Make it in https://entra.microsoftonline.cn: docs/app-registration.md.",
    }
}
