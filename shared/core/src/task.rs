//! Tasks in an enterprise: who may do which now (R010-R022, R101, R154, R168).
//!
//! The customer's administrator may do every task. A provider may do the delegated ones once *Allow Management by
//! Service Provider* is granted, and some never.

use thiserror::Error;

use crate::action::ActionType;
use crate::enterprise::{Enterprise, Standing};
use crate::plan::Wanted;
use crate::service::Service;
use crate::word::words;

words!(
    /// A task. Those of Valet are those of `CALLAPP`, its newer name.
    Task {
        /// Set up Direct Routing.
        DirectRoutingSetup = "direct_routing.setup",
        /// Set up additional voice routes.
        VoiceRoutesSetup = "voice_routes.setup",
        /// Synchronise users to Teams.
        UsersSync = "users.sync",
        /// Enable calling.
        CallingEnable = "calling.enable",
        /// Disable calling.
        CallingDisable = "calling.disable",
        /// Set up users one by one.
        UsersSetup = "users.setup",
        /// Set up users by bulk upload.
        UsersBulkSetup = "users.bulk_setup",
        /// Edit the details of the Valet service account.
        ValetEditAccount = "valet.edit_account",
        /// Configure the Valet service.
        ValetConfigure = "valet.configure",
        /// Synchronise apps.
        AppsSync = "apps.sync",
        /// Grant further permissions.
        PermissionsGrant = "permissions.grant",
        /// Read call records.
        CdrsRead = "cdrs.read",
    }
);

/// Whose task it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    /// A provider's too, once the management consent is granted.
    Delegated,
    /// The customer's administrator's alone.
    NeverDelegated,
    /// Everybody's, if the provider shares SIP data.
    WhereShared,
}

/// One row of the table.
struct Row {
    task: Task,
    right: Right,
    /// One of these services is needed, if any is named.
    needs: &'static [Service],
    /// Whether it sets up users, which an enterprise may have switched off.
    sets_up_users: bool,
}

const fn row(task: Task, right: Right, needs: &'static [Service]) -> Row {
    Row { task, right, needs, sets_up_users: false }
}

const fn of_users(task: Task) -> Row {
    Row { sets_up_users: true, ..row(task, Right::Delegated, &[]) }
}

const CALLING: &[Service] = &[Service::Pbx, Service::Trunk, Service::CallApp];
const VALET: &[Service] = &[Service::CallApp];

const TABLE: &[Row] = &[
    row(Task::DirectRoutingSetup, Right::Delegated, CALLING),
    row(Task::VoiceRoutesSetup, Right::Delegated, CALLING),
    row(Task::UsersSync, Right::Delegated, &[]),
    row(Task::CallingEnable, Right::Delegated, CALLING),
    row(Task::CallingDisable, Right::Delegated, CALLING),
    of_users(Task::UsersSetup),
    of_users(Task::UsersBulkSetup),
    row(Task::ValetEditAccount, Right::Delegated, VALET),
    row(Task::ValetConfigure, Right::NeverDelegated, VALET),
    row(Task::AppsSync, Right::NeverDelegated, &[]),
    row(Task::PermissionsGrant, Right::NeverDelegated, &[]),
    row(Task::CdrsRead, Right::WhereShared, &[]),
];

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The service provider.
    Provider,
    /// The customer's administrator, by a token of the enterprise.
    EnterpriseAdmin,
}

/// Why somebody may not do a task now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TaskRefused {
    /// The enterprise is stopped or gone (R168).
    #[error("the enterprise is disabled")]
    Disabled,
    /// The enterprise has none of the services of the task (R018).
    #[error("the enterprise has none of the services of the task")]
    ServiceNotEnabled(&'static [Service]),
    /// `userProvisioningEnabled` is false (R101).
    #[error("users of the enterprise are not set up here")]
    UserProvisioningDisabled,
    /// `accessSipData` is false (R154).
    #[error("SIP data is not shared")]
    SipDataNotShared,
    /// The management consent is not granted (R010-R017).
    #[error("the management consent is not granted")]
    ConsentRequired,
    /// No consent lets a provider do this (R019-R021).
    #[error("only the customer's administrator may do this")]
    EnterpriseAdminRequired,
}

impl TaskRefused {
    /// What an administrator is to grant, or to sign in for, so that `task` can be done; none where none can help.
    #[must_use]
    pub fn wanted(self, task: Task) -> Option<Wanted> {
        match self {
            Self::ConsentRequired => Some(Wanted::These([ActionType::ServiceProviderManagement].into())),
            Self::EnterpriseAdminRequired if task == Task::PermissionsGrant => Some(Wanted::Missing),
            Self::EnterpriseAdminRequired => Some(Wanted::These([ActionType::LoginEnterpriseAdmin].into())),
            Self::Disabled | Self::ServiceNotEnabled(_) | Self::UserProvisioningDisabled | Self::SipDataNotShared => {
                None
            }
        }
    }
}

impl Task {
    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.task == self).unwrap_or(&TABLE[0])
    }

    /// Whether `asker` may do this in `enterprise` now.
    pub fn authorize(self, asker: Asker, enterprise: &Enterprise) -> Result<(), TaskRefused> {
        let (row, profile) = (self.row(), &enterprise.profile);
        if enterprise.standing != Standing::Open {
            return Err(TaskRefused::Disabled);
        }
        if !row.needs.is_empty() && !row.needs.iter().any(|service| profile.services.contains(service)) {
            return Err(TaskRefused::ServiceNotEnabled(row.needs));
        }
        if row.sets_up_users && profile.user_provisioning_enabled == Some(false) {
            return Err(TaskRefused::UserProvisioningDisabled);
        }
        match (row.right, asker) {
            (Right::WhereShared, _) if profile.access_sip_data => Ok(()),
            (Right::WhereShared, _) => Err(TaskRefused::SipDataNotShared),
            (Right::Delegated | Right::NeverDelegated, Asker::EnterpriseAdmin) => Ok(()),
            (Right::Delegated, Asker::Provider) if enterprise.holds(ActionType::ServiceProviderManagement) => Ok(()),
            (Right::Delegated, Asker::Provider) => Err(TaskRefused::ConsentRequired),
            (Right::NeverDelegated, Asker::Provider) => Err(TaskRefused::EnterpriseAdminRequired),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ActionState;
    use crate::enterprise::tests::sample;
    use crate::id::ConsentRequestId;
    use crate::random::tests::Counting;
    use crate::time::Timestamp;
    use serde_json::{Value, json};

    const DELEGATED: [Task; 8] = [
        Task::DirectRoutingSetup,
        Task::VoiceRoutesSetup,
        Task::UsersSync,
        Task::CallingEnable,
        Task::CallingDisable,
        Task::UsersSetup,
        Task::UsersBulkSetup,
        Task::ValetEditAccount,
    ];
    const NEVER: [Task; 3] = [Task::ValetConfigure, Task::AppsSync, Task::PermissionsGrant];

    /// An enterprise with every service, and these fields beside.
    fn enterprise(extra: &Value) -> Enterprise {
        let mut enterprise = sample(7, extra);
        enterprise.profile.services = vec![Service::Pbx, Service::Trunk, Service::CallApp];
        enterprise
    }

    fn set(enterprise: &mut Enterprise, state: ActionState) {
        enterprise.actions.insert(ActionType::ServiceProviderManagement, state);
    }

    fn granted() -> ActionState {
        let since = Timestamp::from_seconds(1);
        ActionState::Granted {
            since,
            request: ConsentRequestId::new(since, &Counting::default()),
            by: None,
            tenant: None,
        }
    }

    #[test]
    fn every_task_has_one_row() {
        for word in Task::WORDS {
            let task: Task = word.parse().unwrap();
            assert_eq!(TABLE.iter().filter(|row| row.task == task).count(), 1, "{word}");
        }
    }

    /// R010, R011, R012, R013, R014, R015, R016, R017 A delegated task is a provider's from the grant of the management
    /// consent until it is revoked.
    #[test]
    fn a_delegated_task_needs_the_management_consent() {
        let mut enterprise = enterprise(&json!({"canResellerManageEnterpriseProvisioning": true}));
        let all = |enterprise: &Enterprise| DELEGATED.map(|task| task.authorize(Asker::Provider, enterprise));
        assert_eq!(all(&enterprise), [Err(TaskRefused::ConsentRequired); 8]);
        set(&mut enterprise, granted());
        assert_eq!(all(&enterprise), [Ok(()); 8]);
        let since = Timestamp::from_seconds(2);
        let request = ConsentRequestId::new(since, &Counting::default());
        set(&mut enterprise, ActionState::Revoked { since, request, by: None });
        assert_eq!(all(&enterprise), [Err(TaskRefused::ConsentRequired); 8]);
        assert_eq!(DELEGATED.map(|task| task.authorize(Asker::EnterpriseAdmin, &enterprise)), [Ok(()); 8]);
    }

    /// R022 That nobody may read the tenant any more asks nothing of its administrator: a task is a provider's until the
    /// consent is known to be gone.
    #[test]
    fn a_consent_that_nobody_may_read_is_not_gone() {
        let mut enterprise = enterprise(&json!({}));
        let since = Timestamp::from_seconds(2);
        let request = ConsentRequestId::new(since, &Counting::default());
        set(&mut enterprise, ActionState::Unverifiable { since, request: request.clone(), by: None });
        assert!(Task::UsersSync.authorize(Asker::Provider, &enterprise).is_err(), "it never was granted");
        enterprise.lost.insert(ActionType::ServiceProviderManagement);
        assert_eq!(Task::UsersSync.authorize(Asker::Provider, &enterprise), Ok(()));
        set(&mut enterprise, ActionState::Drifted { since, request, by: None, missing: vec![] });
        assert!(Task::UsersSync.authorize(Asker::Provider, &enterprise).is_err());
    }

    /// R019, R020, R021 Some tasks are never a provider's.
    #[test]
    fn some_tasks_are_never_delegated() {
        let mut enterprise = enterprise(&json!({}));
        set(&mut enterprise, granted());
        for task in NEVER {
            assert_eq!(task.authorize(Asker::Provider, &enterprise), Err(TaskRefused::EnterpriseAdminRequired));
            assert_eq!(task.authorize(Asker::EnterpriseAdmin, &enterprise), Ok(()));
        }
    }

    /// R018 A task of a service that the enterprise does not have names the services.
    #[test]
    fn a_task_needs_its_service() {
        let mut enterprise = sample(7, &json!({}));
        set(&mut enterprise, granted());
        let refused = |task: Task| task.authorize(Asker::Provider, &enterprise).err();
        for task in [Task::DirectRoutingSetup, Task::VoiceRoutesSetup, Task::CallingEnable, Task::CallingDisable] {
            assert_eq!(refused(task), Some(TaskRefused::ServiceNotEnabled(CALLING)));
        }
        for task in [Task::ValetEditAccount, Task::ValetConfigure] {
            assert_eq!(refused(task), Some(TaskRefused::ServiceNotEnabled(VALET)));
        }
        assert_eq!(refused(Task::UsersSync), None);
    }

    /// R101 Users are not set up where that is switched off; everything else goes on.
    #[test]
    fn user_provisioning_can_be_switched_off() {
        let mut off = enterprise(&json!({"userProvisioningEnabled": false}));
        set(&mut off, granted());
        for task in [Task::UsersSetup, Task::UsersBulkSetup] {
            assert_eq!(task.authorize(Asker::Provider, &off), Err(TaskRefused::UserProvisioningDisabled));
            assert_eq!(task.authorize(Asker::EnterpriseAdmin, &off), Err(TaskRefused::UserProvisioningDisabled));
        }
        assert_eq!(Task::UsersSync.authorize(Asker::Provider, &off), Ok(()));
        off.profile.user_provisioning_enabled = None;
        assert_eq!(Task::UsersSetup.authorize(Asker::Provider, &off), Ok(()));
    }

    /// R154 Call records are read where the provider shares SIP data, and not unless it says so.
    #[test]
    fn call_records_are_shared_or_not() {
        for asker in [Asker::Provider, Asker::EnterpriseAdmin] {
            let may = |extra: Value| Task::CdrsRead.authorize(asker, &enterprise(&extra));
            assert_eq!(may(json!({"accessSipData": true})), Ok(()));
            assert_eq!(may(json!({"accessSipData": false})), Err(TaskRefused::SipDataNotShared));
            assert_eq!(may(json!({})), Err(TaskRefused::SipDataNotShared));
        }
    }

    /// R168 Nothing is done in a disabled enterprise.
    #[test]
    fn a_disabled_enterprise_has_no_tasks() {
        let mut stopped = enterprise(&json!({"accessSipData": true}));
        set(&mut stopped, granted());
        stopped.standing = Standing::Disabled;
        for word in Task::WORDS {
            let task: Task = word.parse().unwrap();
            assert_eq!(task.authorize(Asker::EnterpriseAdmin, &stopped), Err(TaskRefused::Disabled), "{word}");
        }
    }
}
