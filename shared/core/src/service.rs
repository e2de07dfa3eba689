//! The services an enterprise can have, in the spelling of the source (R084).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A service of an enterprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Service {
    /// A hosted PBX.
    Pbx,
    /// A SIP trunk.
    Trunk,
    /// The `CallApp` add-on.
    CallApp,
    /// Compliance recording.
    CallRecording,
    /// Text messages.
    Sms,
    /// Chat.
    Chat,
}

const SPELLINGS: &[(Service, &str)] = &[
    (Service::Pbx, "PBX"),
    (Service::Trunk, "Trunk"),
    (Service::CallApp, "CALLAPP"),
    (Service::CallRecording, "CallRecording"),
    (Service::Sms, "SMS"),
    (Service::Chat, "CHAT"),
];

/// The text names none of the six services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one of PBX, Trunk, CALLAPP, CallRecording, SMS, CHAT")]
pub struct UnknownService;

impl Service {
    /// Every service.
    pub fn all() -> impl Iterator<Item = Self> {
        SPELLINGS.iter().map(|(service, _)| *service)
    }

    /// The spelling of the source.
    #[must_use]
    pub fn spelling(self) -> &'static str {
        SPELLINGS.iter().find(|(service, _)| *service == self).map_or("", |(_, spelling)| spelling)
    }

    /// Whether it carries calls, and so needs an SBC gateway (R075, R082).
    #[must_use]
    pub const fn is_calling(self) -> bool {
        matches!(self, Self::Pbx | Self::Trunk)
    }

    /// Whether it needs a PBX type (R077, R081).
    #[must_use]
    pub const fn needs_pbx_type(self) -> bool {
        matches!(self, Self::Pbx | Self::CallApp)
    }
}

/// Accepts any case; the answer has the source's spelling.
impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(text: &str) -> Result<Self, UnknownService> {
        let found = SPELLINGS.iter().find(|(_, spelling)| spelling.eq_ignore_ascii_case(text));
        found.map(|(service, _)| *service).ok_or(UnknownService)
    }
}

impl TryFrom<String> for Service {
    type Error = UnknownService;

    fn try_from(text: String) -> Result<Self, UnknownService> {
        text.parse()
    }
}

impl From<Service> for String {
    fn from(service: Service) -> String {
        service.spelling().to_owned()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spelling())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R084 The six spellings, any case accepted, nothing else.
    #[test]
    fn a_service_is_read_in_any_case_and_written_in_the_sources() {
        for (service, spelling) in SPELLINGS {
            assert_eq!(spelling.parse(), Ok(*service));
            assert_eq!(spelling.to_lowercase().parse(), Ok(*service));
            assert_eq!(service.to_string(), *spelling);
        }
        assert_eq!("FAX".parse::<Service>(), Err(UnknownService));
        assert_eq!(" PBX".parse::<Service>(), Err(UnknownService));
    }
}
