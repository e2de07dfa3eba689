//! What the routes do: the operations of each function, which its handler matches exhaustively.

/// What a route does, by the function that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Of `audit`.
    Audit(AuditOp),
    /// Of `credentials`.
    Credentials(CredentialsOp),
    /// Of `create-enterprise`.
    CreateEnterprise(CreateEnterpriseOp),
    /// Of `enterprises`.
    Enterprises(EnterprisesOp),
    /// Of `registration-url`.
    RegistrationUrl(RegistrationUrlOp),
    /// Of `provisioning`.
    Provisioning(ProvisioningOp),
    /// Of `consent-redirect`.
    ConsentRedirect(ConsentRedirectOp),
    /// Of `partner-center`.
    PartnerCenter(PartnerCenterOp),
    /// Of `partner-center-redirect`.
    PartnerCenterRedirect(PartnerCenterRedirectOp),
    /// Of `invitations`.
    Invitations(InvitationsOp),
    /// Of `webhooks`.
    Webhooks(WebhooksOp),
}

impl Operation {
    /// The function's crate, which is also its name in the deployment template.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Audit(_) => "audit",
            Self::Credentials(_) => "credentials",
            Self::CreateEnterprise(_) => "create-enterprise",
            Self::Enterprises(_) => "enterprises",
            Self::RegistrationUrl(_) => "registration-url",
            Self::Provisioning(_) => "provisioning",
            Self::ConsentRedirect(_) => "consent-redirect",
            Self::PartnerCenter(_) => "partner-center",
            Self::PartnerCenterRedirect(_) => "partner-center-redirect",
            Self::Invitations(_) => "invitations",
            Self::Webhooks(_) => "webhooks",
        }
    }
}

/// The operation belongs to another function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another function serves this route")]
pub struct OtherFunction;

macro_rules! operations {
    ($(#[$doc:meta])* $name:ident of $function:ident { $($(#[$op_doc:meta])* $op:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$op_doc])* $op),+
        }

        impl TryFrom<Operation> for $name {
            type Error = OtherFunction;

            fn try_from(operation: Operation) -> Result<Self, OtherFunction> {
                if let Operation::$function(own) = operation { Ok(own) } else { Err(OtherFunction) }
            }
        }
    };
}

operations!(
    /// What `audit` does.
    AuditOp of Audit {
        /// Lists rows of an audit trail with their segments (K18).
        List,
    }
);

operations!(
    /// What `credentials` does.
    CredentialsOp of Credentials {
        /// Makes a service provider (K9).
        CreateReseller,
        /// Lists the service providers.
        ListResellers,
        /// Reads a service provider.
        ReadReseller,
        /// Changes a service provider, stops it or lets it go on (K9).
        EditReseller,
        /// Mails a service provider a new activation link (R147).
        SendActivationMail,
        /// Shows the page that activates a service provider.
        ShowActivation,
        /// Activates a service provider (R147).
        Activate,
        /// Makes a key for a service provider (K9).
        CreateKey,
        /// Lists the keys of a service provider.
        ListKeys,
        /// Revokes a key (K9).
        RevokeKey,
        /// Makes a new webhook secret for a service provider (K9).
        RotateWebhookSecret,
        /// Makes a token of a service provider, by its key (RFC 6749 §4.4).
        CreateToken,
        /// Makes a token of one enterprise (R128).
        CreateEnterpriseToken,
    }
);

operations!(
    /// What `create-enterprise` does.
    CreateEnterpriseOp of CreateEnterprise {
        /// Lists the caller's SBC gateways (R075).
        ListGateways,
        /// Lists the caller's PBX types (R076).
        ListPbxTypes,
        /// Makes an enterprise (R079-R103).
        Create,
        /// Says what the deployment can do (R024).
        Capabilities,
        /// Lists what each action asks for, in plain words (R023, K12).
        ListPermissions,
        /// Shows the same list as a page, to whoever grants (R023).
        ShowPermissions,
        /// Says that the deployment answers.
        ///
        /// Here because this function has the fewest rights of all that are always deployed: an unauthenticated caller
        /// wakes nothing that can read a secret.
        Health,
        /// Shows the page that explains errors of Microsoft's.
        Diagnosis,
        /// Explains the text of an error of Microsoft's. Both here for the same reason.
        Diagnose,
        /// Answers the OpenAPI document. Here for the same reason.
        Document,
    }
);

operations!(
    /// What `enterprises` does.
    EnterprisesOp of Enterprises {
        /// Lists the caller's enterprises (R148).
        List,
        /// Lists the action items of all of the caller's enterprises (R008).
        ListAllActions,
        /// Reads one enterprise (K10).
        Read,
        /// Edits one (R167).
        Edit,
        /// Lists the action items of one enterprise (K11).
        ListActions,
        /// Says whether the caller may do a task now (R010-R022).
        AuthorizeTask,
        /// Confirms the tenant of a `pending_confirmation`.
        ConfirmTenant,
        /// Has a consent asked for anew (R146).
        ResetAction,
        /// Counts a user against the limit (R152).
        AddUser,
        /// No longer counts a user.
        RemoveUser,
        /// Stops an enterprise: its links do nothing, nothing is granted for it.
        Disable,
        /// Lets it go on.
        Enable,
    }
);

operations!(
    /// What `registration-url` does.
    RegistrationUrlOp of RegistrationUrl {
        /// Makes a direct link to Microsoft (R104-R115).
        ActionUrl,
        /// Makes a link to the start page, or shows the plan behind it.
        Links,
        /// Shows the start page.
        Start,
        /// Goes to the next of Microsoft's screens (K13).
        Begin,
    }
);

operations!(
    /// What `provisioning` does.
    ProvisioningOp of Provisioning {
        /// Reads the tenant and who registered it (R129).
        UserInfo,
        /// Makes what the tenant lacks (R132).
        TenantAdminApi,
        /// Grants the management consent by a sign-in that is sent back (R142).
        ManagementConsent,
        /// Makes every check of an enterprise at once (R131, R140).
        Readiness,
    }
);

operations!(
    /// What `consent-redirect` does.
    ConsentRedirectOp of ConsentRedirect {
        /// Takes Microsoft's `form_post` (K19).
        HandleResponse,
        /// Takes the redirect of Microsoft's admin-consent page.
        AdminConsent,
        /// Shows how a consent ended.
        Outcome,
    }
);

operations!(
    /// What `partner-center` does.
    PartnerCenterOp of PartnerCenter {
        /// Makes a connection (R186).
        Create,
        /// Lists the caller's connections.
        List,
        /// Reads one.
        Read,
        /// Makes the link of the first step (R182).
        AdminConsentLink,
        /// Makes the link of the second step (R183).
        UserConsentLink,
        /// Tests a connection of which both consents are given (R190).
        Finalize,
        /// Looks live whether it works, and says why not (R192, R193, R196).
        Health,
        /// Ends it for good.
        Disconnect,
    }
);

operations!(
    /// What `partner-center-redirect` does.
    PartnerCenterRedirectOp of PartnerCenterRedirect {
        /// Takes the redirect of Microsoft's admin-consent page, and has the administrator sign in.
        AdminConsent,
        /// Takes the `form_post` of that sign-in (R176, R187).
        AdminSignIn,
        /// Takes the `form_post` of the integration user's sign-in (R189-R191).
        UserConsent,
    }
);

operations!(
    /// What `invitations` does.
    InvitationsOp of Invitations {
        /// Invites an administrator (R149).
        Invite,
        /// Lists the invitations of an enterprise (R159).
        List,
        /// Sends an invitation again, with another code (R169).
        Resend,
        /// Takes an invitation back.
        Revoke,
    }
);

operations!(
    /// What `webhooks` does.
    WebhooksOp of Webhooks {
        /// Lists the caller's deliveries (K16).
        ListDeliveries,
        /// Has a delivery made once more (K16).
        Redeliver,
        /// Sends a test to an address (K16).
        Test,
    }
);
