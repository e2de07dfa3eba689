//! The redirect of Microsoft's admin-consent page: a GET that anybody with the link can write (G40-G42).

use onboarding_core::advice::Signal;
use onboarding_core::id::TenantId;

use super::MalformedRedirect;
use crate::body::Form;

/// What the page says happened.
#[derive(Debug)]
pub enum Said {
    /// Somebody consented in this tenant. Nothing about it is verified.
    Consented {
        /// The sealed state.
        state: String,
        /// The tenant that the query names.
        tenant: TenantId,
    },
    /// Microsoft, or the person, refused.
    Refused {
        /// The sealed state.
        state: String,
        /// What Microsoft said.
        signal: Signal,
    },
}

impl Said {
    /// Reads the query. An `error` wins over `admin_consent=True`, which stands in refusals too (G41).
    pub fn parse(mut query: Form) -> Result<Self, MalformedRedirect> {
        let mut field = |name: &str| query.take(name).filter(|value| !value.is_empty());
        let state = field("state").ok_or(MalformedRedirect)?;
        if let Some(error) = field("error") {
            let description = field("error_description").unwrap_or_default();
            return Ok(Self::Refused { state, signal: Signal::read(&error, &description) });
        }
        if field("admin_consent").as_deref() != Some("True") {
            return Err(MalformedRedirect);
        }
        let tenant = field("tenant").and_then(|tenant| TenantId::in_any_case(&tenant).ok());
        Ok(Self::Consented { state, tenant: tenant.ok_or(MalformedRedirect)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_core::advice::Code;

    const TENANT: &str = "c0a70500-1111-4a4a-8b8b-0000000c0001";

    fn parse(text: &str) -> Result<Said, MalformedRedirect> {
        Said::parse(Form::parse(text.replace("TID", TENANT).as_bytes()).unwrap())
    }

    /// G41 An error wins, whatever stands beside it.
    #[test]
    fn an_error_wins() {
        let both =
            parse("admin_consent=True&tenant=TID&state=s&error=access_denied&error_description=AADSTS65004%3A+x");
        let Ok(Said::Refused { state, signal }) = both else { panic!("taken for a consent") };
        assert_eq!((state.as_str(), signal.diagnose()), ("s", Code::Declined));
    }

    /// G40 Anything but `True`, and anything that is not whole, is nothing.
    #[test]
    fn what_is_not_whole_is_nothing() {
        assert!(matches!(parse("admin_consent=True&tenant=TID&scope=x&state=s"), Ok(Said::Consented { .. })));
        let wrong = ["true", "TRUE", "False", "1", "", "True "];
        for said in wrong.map(|word| format!("admin_consent={word}&tenant=TID&state=s")) {
            assert!(parse(&said).is_err(), "{said}");
        }
        for said in [
            "tenant=TID&state=s",
            "admin_consent=True&state=s",
            "admin_consent=True&tenant=TID",
            "admin_consent=True&tenant=common&state=s",
            "admin_consent=True&tenant=TID&state=",
        ] {
            assert!(parse(said).is_err(), "{said}");
        }
    }
}
