//! The steps of the walk, in the order in which a person goes them.

/// A step. What happens by itself after one belongs to it until the next is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Register an enterprise.
    Register,
    /// Make the registration link.
    Link,
    /// Open it as somebody.
    Visit,
    /// See what came back.
    Outcome,
    /// See the webhook.
    Webhook,
    /// Ask for the action's state.
    State,
}

impl Step {
    pub(crate) const ALL: [Self; 6] =
        [Self::Register, Self::Link, Self::Visit, Self::Outcome, Self::Webhook, Self::State];

    /// Its number on the page.
    pub(crate) const fn number(self) -> usize {
        match self {
            Self::Register => 1,
            Self::Link => 2,
            Self::Visit => 3,
            Self::Outcome => 4,
            Self::Webhook => 5,
            Self::State => 6,
        }
    }
}
