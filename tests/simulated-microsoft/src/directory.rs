//! Tenants and people.
//!
//! Stands for the Entra directories: who exists, where they are a member, where only a guest, and
//! which directory roles they hold. An `oid` is per tenant, so a guest has another one in the
//! tenant that invited them (id-token-claims-reference). Role template ids are those of Microsoft's
//! role reference (permissions-reference). In a partner's tenant, Partner Center's roles are groups of
//! Entra, known by their names alone (secure-app-model).

mod people;

use self::people::PEOPLE;
pub use self::people::{
    FIONA, FRANK, GINA, GINA_IN_WINGTIP, GRACE, GUS, GUS_IN_CONTOSO, IGOR, LI, NADIA, OSCAR, PAUL, PETRA, TARA, TESS,
    TOM, WANDA, WILL,
};
use crate::aadsts::Refusal;
use crate::permission::{GRAPH, PARTNER_CENTER, TEAMS_ADMIN_API};

/// A directory role, known to programs by its template id.
#[derive(Debug, PartialEq, Eq)]
pub struct Role {
    /// The same in every tenant; the id of the role object is not.
    pub template_id: &'static str,
    /// Microsoft's name of the role.
    pub name: &'static str,
}

/// May do everything, consent included.
pub static GLOBAL_ADMINISTRATOR: Role =
    Role { template_id: "62e90394-69f5-4237-9190-012177145e10", name: "Global Administrator" };
/// May consent to every permission of every API.
pub static PRIVILEGED_ROLE_ADMINISTRATOR: Role =
    Role { template_id: "e8611ab8-c189-46e8-94e1-60213ab1f814", name: "Privileged Role Administrator" };
/// May consent to everything but Microsoft Graph's application permissions.
pub static APPLICATION_ADMINISTRATOR: Role =
    Role { template_id: "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", name: "Application Administrator" };
/// As the application administrator, for cloud applications.
pub static CLOUD_APPLICATION_ADMINISTRATOR: Role =
    Role { template_id: "158c047a-c907-4556-b7ef-446551a6b5f7", name: "Cloud Application Administrator" };
/// Runs Teams; may not consent for the organization.
pub static TEAMS_ADMINISTRATOR: Role =
    Role { template_id: "69091246-20e8-4a56-aa4d-066075b2a7a8", name: "Teams Administrator" };
/// Runs Skype for Business; may not consent for the organization.
pub static SKYPE_FOR_BUSINESS_ADMINISTRATOR: Role =
    Role { template_id: "75941009-915a-4869-abe7-691bff18279e", name: "Skype for Business Administrator" };
/// Reads everything; may not consent for the organization.
pub static GLOBAL_READER: Role = Role { template_id: "f2ef992c-3afb-46b9-b7cf-a126ee74c451", name: "Global Reader" };

/// Manages purchases; may not consent for the organization.
pub static BILLING_ADMINISTRATOR: Role =
    Role { template_id: "b0f54661-2d74-4c50-afa3-1ec803f12efe", name: "Billing Administrator" };

static ROLES: [&Role; 8] = [
    &GLOBAL_ADMINISTRATOR,
    &PRIVILEGED_ROLE_ADMINISTRATOR,
    &APPLICATION_ADMINISTRATOR,
    &CLOUD_APPLICATION_ADMINISTRATOR,
    &TEAMS_ADMINISTRATOR,
    &SKYPE_FOR_BUSINESS_ADMINISTRATOR,
    &GLOBAL_READER,
    &BILLING_ADMINISTRATOR,
];

/// The group of those who assist customers with everything: Partner Center's "Admin agent".
pub const ADMIN_AGENTS: &str = "AdminAgents";
/// The group of those who help customers' users: Partner Center's "Helpdesk agent".
pub const HELPDESK_AGENTS: &str = "HelpdeskAgents";
/// The group of those who sell: Partner Center's "Sales agent".
pub const SALES_AGENTS: &str = "SalesAgents";

/// The cloud of a tenant, as its discovery document tells it (authentication-national-cloud).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cloud {
    pub(crate) instance: &'static str,
    pub(crate) region: &'static str,
    pub(crate) sub_region: Option<&'static str>,
}

static GLOBAL: Cloud = Cloud { instance: "microsoftonline.com", region: "NA", sub_region: None };
static GCC_HIGH: Cloud = Cloud { instance: "microsoftonline.us", region: "USGov", sub_region: Some("DODCON") };
static CHINA: Cloud = Cloud { instance: "partner.microsoftonline.cn", region: "AS", sub_region: None };

/// An Entra tenant.
#[derive(Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's GUID, `tid` in tokens.
    pub id: &'static str,
    /// Its verified domain.
    pub domain: &'static str,
    /// The organization's name.
    pub display_name: &'static str,
    /// Resource applications that have a service principal here from the start.
    pub resources: &'static [&'static str],
    pub(crate) cloud: &'static Cloud,
}

/// A customer with everything in place.
pub static CONTOSO: Tenant = Tenant {
    id: "c0a70500-1111-4a4a-8b8b-0000000c0001",
    domain: "contoso.example",
    display_name: "Contoso Ltd",
    resources: &[GRAPH, TEAMS_ADMIN_API],
    cloud: &GLOBAL,
};
/// Another customer, to be the wrong tenant.
pub static FABRIKAM: Tenant = Tenant {
    id: "fab21ca0-2222-4a4a-8b8b-0000000f0002",
    domain: "fabrikam.example",
    display_name: "Fabrikam Inc",
    resources: &[GRAPH, TEAMS_ADMIN_API],
    cloud: &GLOBAL,
};
/// A customer without Teams: no service principal of the Teams admin API until provisioned.
pub static NORTHWIND: Tenant = Tenant {
    id: "0a7bc1d0-3333-4a4a-8b8b-0000000a0003",
    domain: "northwind.example",
    display_name: "Northwind Traders",
    resources: &[GRAPH],
    cloud: &GLOBAL,
};
/// A direct-bill partner with Partner Center: a service provider.
pub static WINGTIP: Tenant = Tenant {
    id: "31a671b0-4444-4a4a-8b8b-000000010004",
    domain: "wingtip.example",
    display_name: "Wingtip Partners",
    resources: &[GRAPH, PARTNER_CENTER],
    cloud: &GLOBAL,
};
/// Another partner, to be the wrong one.
pub static TAILSPIN: Tenant = Tenant {
    id: "7a115b10-5555-4a4a-8b8b-000000020005",
    domain: "tailspin.example",
    display_name: "Tailspin Cloud Services",
    resources: &[GRAPH, PARTNER_CENTER],
    cloud: &GLOBAL,
};
/// A partner for the government, in GCC High.
pub static WOODGROVE: Tenant = Tenant {
    id: "0d060000-6666-4a4a-8b8b-000000030006",
    domain: "woodgrove.example",
    display_name: "Woodgrove Government Services",
    resources: &[GRAPH, PARTNER_CENTER],
    cloud: &GCC_HIGH,
};
/// A partner in China.
pub static LAMNA: Tenant = Tenant {
    id: "1a300a00-7777-4a4a-8b8b-000000040007",
    domain: "lamna.example",
    display_name: "Lamna Cloud",
    resources: &[GRAPH, PARTNER_CENTER],
    cloud: &CHINA,
};
/// The tenant in which Microsoft keeps all personal accounts.
pub static PERSONAL: Tenant = Tenant {
    id: "9188040d-6c67-4c5b-b112-36a304b66dad",
    domain: "outlook.example",
    display_name: "Personal Microsoft accounts",
    resources: &[GRAPH],
    cloud: &GLOBAL,
};

static TENANTS: [&Tenant; 8] = [&CONTOSO, &FABRIKAM, &NORTHWIND, &WINGTIP, &TAILSPIN, &WOODGROVE, &LAMNA, &PERSONAL];

/// One person in one tenant.
#[derive(Debug, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub tenant: &'static Tenant,
    /// The person's object id there.
    pub oid: &'static str,
    /// Invited, not employed.
    pub guest: bool,
    /// Roles held from the start; tests may add and take.
    pub roles: &'static [&'static Role],
    /// Partner Center's groups from the start; tests may add and take.
    pub agents: &'static [&'static str],
}

/// Somebody who can sign in.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    /// The object id at home; also the value of the sign-in button.
    pub oid: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// User principal name at home.
    pub upn: &'static str,
    /// Home first, then wherever they are a guest.
    pub memberships: &'static [Membership],
}

/// Everybody who can sign in.
#[must_use]
pub fn people() -> &'static [&'static Person] {
    &PEOPLE
}

/// Every tenant, the one of personal accounts last.
#[must_use]
pub fn tenants() -> &'static [&'static Tenant] {
    &TENANTS
}

/// Every role that the simulation knows.
pub(crate) fn roles() -> &'static [&'static Role] {
    &ROLES
}

/// The role of a template id.
pub(crate) fn role(template_id: &str) -> Option<&'static Role> {
    ROLES.into_iter().find(|role| role.template_id == template_id)
}

/// The tenant of a GUID or verified domain.
pub(crate) fn tenant(name: &str) -> Option<&'static Tenant> {
    TENANTS.into_iter().find(|tenant| tenant.id.eq_ignore_ascii_case(name) || tenant.domain.eq_ignore_ascii_case(name))
}

/// The person behind a sign-in button.
pub(crate) fn person(oid: &str) -> Option<&'static Person> {
    PEOPLE.into_iter().find(|person| person.oid == oid)
}

impl Tenant {
    /// The tenant of personal accounts has no admins and no organization.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.id == PERSONAL.id
    }

    /// Whether it is a partner's, with Partner Center.
    #[must_use]
    pub fn is_partner(&self) -> bool {
        self.resources.contains(&PARTNER_CENTER)
    }
}

impl Person {
    /// Where the person is employed (or the tenant of personal accounts).
    #[must_use]
    pub fn home(&self) -> &'static Tenant {
        self.memberships.first().map_or(&PERSONAL, |home| home.tenant)
    }
}

/// A person signed in to one tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) person: &'static Person,
    pub(crate) membership: &'static Membership,
}

impl Account {
    pub(crate) fn tenant(&self) -> &'static Tenant {
        self.membership.tenant
    }

    pub(crate) fn oid(&self) -> &'static str {
        self.membership.oid
    }

    /// Finds an account again from what was stored with a code or token.
    pub(crate) fn stored(tenant_id: &str, oid: &str) -> Option<Self> {
        PEOPLE.into_iter().find_map(|person| {
            person
                .memberships
                .iter()
                .find(|membership| membership.tenant.id == tenant_id && membership.oid == oid)
                .map(|membership| Self { person, membership })
        })
    }
}

/// The `{tenant}` part of an Entra address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// Work and personal accounts.
    Common,
    /// Work accounts of any tenant.
    Organizations,
    /// Personal accounts.
    Consumers,
    /// Members and guests of one tenant.
    Tenant(&'static Tenant),
}

impl Authority {
    pub(crate) fn parse(segment: &str) -> Result<Self, Refusal> {
        match segment {
            "common" => return Ok(Self::Common),
            "organizations" => return Ok(Self::Organizations),
            "consumers" => return Ok(Self::Consumers),
            _ => {}
        }
        match tenant(segment) {
            Some(tenant) if tenant.is_personal() => Ok(Self::Consumers),
            Some(tenant) => Ok(Self::Tenant(tenant)),
            None => Err(Refusal::new(
                "invalid_tenant",
                90002,
                format!(
                    "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
                ),
            )),
        }
    }

    /// The same for a GUID and its domain: what a code is bound to (AADSTS700005).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Organizations => "organizations",
            Self::Consumers => "consumers",
            Self::Tenant(tenant) => tenant.id,
        }
    }

    /// Which account the person gets here, or why none.
    pub(crate) fn admit(self, person: &'static Person) -> Result<Account, Refusal> {
        let home = person.home();
        let wanted = match self {
            Self::Organizations if home.is_personal() => {
                return Err(Refusal::new(
                    "invalid_request",
                    500_200,
                    format!(
                        "User account '{}' is a personal Microsoft account. Personal Microsoft accounts are not supported for this application unless explicitly invited to an organization. Try signing out and signing back in with an organizational account.",
                        person.upn
                    ),
                ));
            }
            Self::Common | Self::Organizations => Some(home),
            Self::Consumers => home.is_personal().then_some(home),
            Self::Tenant(tenant) => Some(tenant),
        };
        wanted
            .and_then(|tenant| person.memberships.iter().find(|membership| membership.tenant == tenant))
            .map(|membership| Account { person, membership })
            .ok_or_else(|| self.stranger(person))
    }

    fn stranger(self, person: &Person) -> Refusal {
        let place = match self {
            Self::Tenant(tenant) => tenant.display_name,
            Self::Common | Self::Organizations | Self::Consumers => PERSONAL.display_name,
        };
        Refusal::new(
            "invalid_request",
            50020,
            format!(
                "User account '{}' from identity provider 'https://sts.windows.net/{}/' does not exist in tenant '{place}' and cannot access the application in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Microsoft Entra user account.",
                person.upn,
                person.home().id
            ),
        )
    }
}
