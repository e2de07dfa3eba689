//! What is to be set up once an enterprise is registered, by its services: one table of data (R145).

use serde::Serialize;

use crate::advice::Who;
use crate::enterprise::Enterprise;
use crate::service::Service;
use crate::task::{Asker, Task, TaskRefused};

/// One thing to set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NextStep {
    /// What it is about: `direct_routing`, `voice_routes`, `users`, `calling`, `valet` or `apps`.
    pub area: &'static str,
    /// The services of the enterprise that need it.
    pub services: Vec<Service>,
    /// The task, for `authorize-task`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub task: &'static str,
    /// Who may do it as things stand.
    pub who: Who,
    /// What is done.
    pub step: &'static str,
}

struct Row {
    area: &'static str,
    /// Any service, if empty.
    services: &'static [Service],
    task: Task,
    step: &'static str,
}

const CALLING: &[Service] = &[Service::Pbx, Service::Trunk, Service::CallApp];

const TABLE: &[Row] = &[
    Row {
        area: "direct_routing",
        services: CALLING,
        task: Task::DirectRoutingSetup,
        step: "Set up Direct Routing to the SBC gateways of the enterprise.",
    },
    Row {
        area: "voice_routes",
        services: CALLING,
        task: Task::VoiceRoutesSetup,
        step: "Set up voice routes, where the calls need more than the first one.",
    },
    Row {
        area: "users",
        services: &[],
        task: Task::UsersSetup,
        step: "Sync the users to Teams and set them up, one by one or by bulk upload, within userLimit.",
    },
    Row {
        area: "calling",
        services: CALLING,
        task: Task::CallingEnable,
        step: "Enable calling for the users who are to call.",
    },
    Row {
        area: "valet",
        services: &[Service::CallApp],
        task: Task::ValetEditAccount,
        step: "Enter the details of the Valet service account.",
    },
    Row {
        area: "apps",
        services: &[],
        task: Task::AppsSync,
        step: "Sync the apps, so that the users find them in Teams.",
    },
];

/// What the services of `enterprise` need.
pub(super) fn of(enterprise: &Enterprise) -> Vec<NextStep> {
    let own = &enterprise.profile.services;
    let steps = TABLE.iter().filter_map(|row| {
        let needs = |service: &&Service| row.services.is_empty() || row.services.contains(service);
        let services: Vec<Service> = own.iter().filter(needs).copied().collect();
        let who = match row.task.authorize(Asker::Provider, enterprise) {
            Ok(()) | Err(TaskRefused::Disabled | TaskRefused::SipDataNotShared) => Who::ProviderAdmin,
            Err(TaskRefused::ConsentRequired | TaskRefused::EnterpriseAdminRequired) => Who::GlobalAdministrator,
            Err(TaskRefused::ServiceNotEnabled(_) | TaskRefused::UserProvisioningDisabled) => return None,
        };
        Some(NextStep { area: row.area, services, task: row.task.word(), who, step: row.step })
    });
    steps.filter(|step| !step.services.is_empty()).collect()
}
