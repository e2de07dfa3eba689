//! Warnings: what is allowed and probably not meant (R094, R098, R099, R100, R151). They follow from the profile, so they are
//! told as often as it is read, and stored nowhere.

use serde::Serialize;

use super::Profile;
use crate::service::Service;

/// One thing that is probably not meant, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// RFC 6901 pointer to the field.
    pub pointer: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// What follows from it, in one sentence.
    pub detail: &'static str,
}

/// A row of the table: when a warning is given.
struct Rule {
    warning: Warning,
    applies: fn(&Profile) -> bool,
}

const RULES: &[Rule] = &[
    Rule {
        warning: Warning {
            pointer: "/federationDomain",
            code: "federation_domain_unused",
            detail: "federated is not true, so the domain is kept and not used",
        },
        applies: |profile| profile.federation_domain.is_some() && profile.federated != Some(true),
    },
    Rule {
        warning: Warning {
            pointer: "/secureSMSEnabled",
            code: "secure_sms_without_sms",
            detail: "services does not have SMS, so there is nothing to secure",
        },
        applies: |profile| profile.secure_sms_enabled == Some(true) && !profile.services.contains(&Service::Sms),
    },
    Rule {
        warning: Warning {
            pointer: "/enterpriseAdminEmail",
            code: "admin_email_is_shared",
            detail: "this looks like a mailing list or a mailbox that nobody reads; invitations need one person",
        },
        applies: |profile| profile.enterprise_admin_email.as_ref().is_some_and(|address| is_shared(address.mailbox())),
    },
    Rule {
        warning: Warning {
            pointer: "/enterpriseAdminEmail",
            code: "admin_email_unused",
            detail: "restrictAdminAccess is true, so nothing is mailed; hand the links over yourself",
        },
        applies: |profile| profile.restrict_admin_access == Some(true) && profile.enterprise_admin_email.is_some(),
    },
    Rule {
        warning: Warning {
            pointer: "/userLimit",
            code: "user_limit_is_zero",
            detail: "0 allows no user at all; leave userLimit out, or null, for no limit",
        },
        applies: |profile| profile.user_limit == Some(0),
    },
];

/// Mailboxes that several people read, or nobody; without dots, dashes and underscores.
const SHARED: &[&str] = &[
    "all",
    "bounce",
    "bounces",
    "contact",
    "donotreply",
    "everyone",
    "helpdesk",
    "hello",
    "info",
    "list",
    "mailerdaemon",
    "news",
    "newsletter",
    "nobody",
    "noreply",
    "noresponse",
    "notifications",
    "office",
    "postmaster",
    "sales",
    "staff",
    "support",
    "team",
];

fn is_shared(mailbox: &str) -> bool {
    let name = mailbox.split('+').next().unwrap_or_default().to_ascii_lowercase();
    let plain: String = name.chars().filter(|character| !matches!(character, '.' | '-' | '_')).collect();
    SHARED.contains(&plain.as_str()) || name.ends_with("-list") || name.ends_with("-all")
}

impl Profile {
    /// What is allowed and probably not meant.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        RULES.iter().filter(|rule| (rule.applies)(self)).map(|rule| rule.warning).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::enterprise::tests::sample;
    use serde_json::{Value, json};

    fn codes(extra: Value) -> Vec<&'static str> {
        sample(7, &extra).profile.warnings().into_iter().map(|warning| warning.code).collect()
    }

    /// R094 A federation domain without federation is kept, with a warning.
    #[test]
    fn an_unused_federation_domain_is_told() {
        assert_eq!(codes(json!({"federated": false, "federationDomain": "a.com"})), ["federation_domain_unused"]);
        assert_eq!(codes(json!({"federationDomain": "a.com"})), ["federation_domain_unused"]);
        assert!(codes(json!({"federated": true, "federationDomain": "a.com"})).is_empty());
    }

    /// R099 Secure SMS without SMS.
    #[test]
    fn secure_sms_without_sms_is_told() {
        assert!(codes(json!({"secureSMSEnabled": true})).is_empty());
        assert_eq!(codes(json!({"services": ["CHAT"], "secureSMSEnabled": true})), ["secure_sms_without_sms"]);
        assert!(codes(json!({"services": ["CHAT"], "secureSMSEnabled": false})).is_empty());
    }

    /// R151 A list or a no-reply address is accepted, with a warning.
    #[test]
    fn an_address_that_nobody_reads_is_told() {
        let told = |mailbox: &str| codes(json!({ "enterpriseAdminEmail": format!("{mailbox}@contoso.com") }));
        for shared in ["no-reply", "NoReply", "do_not_reply", "info", "it-list", "noreply+x", "postmaster"] {
            assert_eq!(told(shared), ["admin_email_is_shared"], "{shared}");
        }
        for person in ["admin", "global.admin", "infobel", "allison", "replyer"] {
            assert!(told(person).is_empty(), "{person}");
        }
    }

    /// R098, R100 Nothing is mailed to a restricted administrator; a limit of none is probably no wish.
    #[test]
    fn what_has_no_use_is_told() {
        let restricted = json!({"restrictAdminAccess": true, "enterpriseAdminEmail": "admin@contoso.com"});
        assert_eq!(codes(restricted), ["admin_email_unused"]);
        assert_eq!(codes(json!({"userLimit": 0})), ["user_limit_is_zero"]);
        assert!(codes(json!({"userLimit": 1, "restrictAdminAccess": true})).is_empty());
    }
}
