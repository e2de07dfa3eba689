//! What is counted and measured of the work itself. The alarms and the dashboard of a deployment are made of these.
//!
//! Whoever has something to count logs an event of the target [`TARGET`] with the fields `metric` ([`Metric::name`]) and `value`,
//! and, where it is counted by something, `dimension` and `of`. The edge writes it as CloudWatch reads it.

/// The target of events that count.
pub const TARGET: &str = "metric";

macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident, $unit:literal;)+) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Metric {
            $($(#[$doc])* $metric),+
        }

        impl Metric {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$metric),+];

            /// Its name in CloudWatch.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$metric => stringify!($metric)),+
                }
            }

            /// Its unit in CloudWatch.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self {
                    $(Self::$metric => $unit),+
                }
            }
        }
    };
}

metrics!(
    /// Links that were made to ask for a consent.
    Started, "Count";
    /// Consents that were proved.
    Granted, "Count";
    /// Refusals that were recorded; also by `Code`.
    Refused, "Count";
    /// From the administrator's coming back to the decision.
    VerifyLag, "Seconds";
    /// From an outcome to its webhook's arrival.
    WebhookAge, "Seconds";
    /// Webhooks that are not tried again by themselves.
    WebhookParked, "Count";
    /// Mails that are not tried again.
    MailUndeliverable, "Count";
    /// Sweeps that came to their end.
    SweepEnded, "Count";
    /// Rows that a sweep moved.
    Swept, "Count";
    /// For how long the oldest row had been due when a sweep came.
    SweepBacklog, "Seconds";
    /// Looks at connections to Partner Center: the upkeep of their tokens.
    ConnectionExamined, "Count";
    /// Connections that were found broken for the first time.
    ConnectionBroken, "Count";
    /// Days until our client secret or certificate ends, whenever a function reads it.
    CredentialDaysLeft, "None";
    /// Starts of a function, by `Function`.
    ColdStart, "Count";
);

impl Metric {
    /// The metric with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.name() == name)
    }
}
