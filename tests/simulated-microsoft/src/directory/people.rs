//! The people, each with the part that they play.

use super::{
    ADMIN_AGENTS, CONTOSO, FABRIKAM, GLOBAL_ADMINISTRATOR, LAMNA, Membership, NORTHWIND, PERSONAL, Person, TAILSPIN,
    TEAMS_ADMINISTRATOR, WINGTIP, WOODGROVE,
};

macro_rules! person {
    ($(#[$doc:meta])* $id:ident, $oid:literal, $name:literal, $upn:literal, $tenant:ident, [$($role:ident),*]
     $(, agents [$($group:ident),*])?) => {
        $(#[$doc])*
        pub static $id: Person = Person {
            oid: $oid,
            name: $name,
            upn: $upn,
            memberships: &[Membership {
                tenant: &$tenant,
                oid: $oid,
                guest: false,
                roles: &[$(&$role),*],
                agents: &[$($($group),*)?],
            }],
        };
    };
}

person!(
    /// Contoso's Global Administrator.
    GRACE, "c0a70500-aaaa-4a4a-8b8b-000000000001", "Grace Adams", "grace@contoso.example",
    CONTOSO, [GLOBAL_ADMINISTRATOR]
);
person!(
    /// Contoso's Teams Administrator, who may not consent for the organization.
    TOM, "c0a70500-aaaa-4a4a-8b8b-000000000002", "Tom Becker", "tom@contoso.example",
    CONTOSO, [TEAMS_ADMINISTRATOR]
);
person!(
    /// A Contoso employee without any role.
    PETRA, "c0a70500-aaaa-4a4a-8b8b-000000000003", "Petra Novak", "petra@contoso.example",
    CONTOSO, []
);
person!(
    /// Fabrikam's Global Administrator.
    FRANK, "fab21ca0-aaaa-4a4a-8b8b-000000000001", "Frank Miller", "frank@fabrikam.example",
    FABRIKAM, [GLOBAL_ADMINISTRATOR]
);
person!(
    /// A Fabrikam employee without any role.
    FIONA, "fab21ca0-aaaa-4a4a-8b8b-000000000002", "Fiona Clark", "fiona@fabrikam.example",
    FABRIKAM, []
);
person!(
    /// Northwind's Global Administrator.
    NADIA, "0a7bc1d0-aaaa-4a4a-8b8b-000000000001", "Nadia Olsen", "nadia@northwind.example",
    NORTHWIND, [GLOBAL_ADMINISTRATOR]
);
person!(
    /// Wingtip's Global Administrator.
    WANDA, "31a671b0-aaaa-4a4a-8b8b-000000000001", "Wanda Reyes", "wanda@wingtip.example",
    WINGTIP, [GLOBAL_ADMINISTRATOR], agents [ADMIN_AGENTS]
);
person!(
    /// Wingtip's integration account: nobody's own, an Admin agent.
    IGOR, "31a671b0-aaaa-4a4a-8b8b-000000000002", "Integration Account", "connector@wingtip.example",
    WINGTIP, [], agents [ADMIN_AGENTS]
);
person!(
    /// A Wingtip employee who is an Admin agent too.
    OSCAR, "31a671b0-aaaa-4a4a-8b8b-000000000003", "Oscar Lind", "oscar@wingtip.example",
    WINGTIP, [], agents [ADMIN_AGENTS]
);
person!(
    /// Tailspin's Global Administrator.
    TARA, "7a115b10-aaaa-4a4a-8b8b-000000000001", "Tara Singh", "tara@tailspin.example",
    TAILSPIN, [GLOBAL_ADMINISTRATOR], agents [ADMIN_AGENTS]
);
person!(
    /// Tailspin's integration account.
    TESS, "7a115b10-aaaa-4a4a-8b8b-000000000002", "Tailspin Integration", "connector@tailspin.example",
    TAILSPIN, [], agents [ADMIN_AGENTS]
);
person!(
    /// Woodgrove's Global Administrator.
    WILL, "0d060000-aaaa-4a4a-8b8b-000000000001", "Will Grant", "will@woodgrove.example",
    WOODGROVE, [GLOBAL_ADMINISTRATOR], agents [ADMIN_AGENTS]
);
person!(
    /// Lamna's Global Administrator.
    LI, "1a300a00-aaaa-4a4a-8b8b-000000000001", "Li Wei", "li@lamna.example",
    LAMNA, [GLOBAL_ADMINISTRATOR], agents [ADMIN_AGENTS]
);
person!(
    /// Somebody with a personal Microsoft account.
    PAUL, "00000000-0000-0000-aaaa-000000000001", "Paul Private", "paul@outlook.example",
    PERSONAL, []
);

/// Gus' object id as a guest of Contoso.
pub const GUS_IN_CONTOSO: &str = "c0a70500-aaaa-4a4a-8b8b-00000000000a";

/// Employed by Fabrikam, guest at Contoso, and Global Administrator there: nothing at Microsoft
/// stops him from consenting for Contoso, only the product's own guard does.
pub static GUS: Person = Person {
    oid: "fab21ca0-aaaa-4a4a-8b8b-00000000000a",
    name: "Gus Lindqvist",
    upn: "gus@fabrikam.example",
    memberships: &[
        Membership {
            tenant: &FABRIKAM,
            oid: "fab21ca0-aaaa-4a4a-8b8b-00000000000a",
            guest: false,
            roles: &[],
            agents: &[],
        },
        Membership { tenant: &CONTOSO, oid: GUS_IN_CONTOSO, guest: true, roles: &[&GLOBAL_ADMINISTRATOR], agents: &[] },
    ],
};

/// Gina's object id as a guest of Wingtip.
pub const GINA_IN_WINGTIP: &str = "31a671b0-aaaa-4a4a-8b8b-00000000000a";

/// Employed by Tailspin, guest at Wingtip, and an Admin agent there.
pub static GINA: Person = Person {
    oid: "7a115b10-aaaa-4a4a-8b8b-00000000000a",
    name: "Gina Park",
    upn: "gina@tailspin.example",
    memberships: &[
        Membership {
            tenant: &TAILSPIN,
            oid: "7a115b10-aaaa-4a4a-8b8b-00000000000a",
            guest: false,
            roles: &[],
            agents: &[],
        },
        Membership { tenant: &WINGTIP, oid: GINA_IN_WINGTIP, guest: true, roles: &[], agents: &[ADMIN_AGENTS] },
    ],
};

pub(super) static PEOPLE: [&Person; 16] =
    [&GRACE, &TOM, &PETRA, &FRANK, &FIONA, &GUS, &NADIA, &WANDA, &IGOR, &OSCAR, &TARA, &TESS, &GINA, &WILL, &LI, &PAUL];
