//! What several functions do with a connection to Partner Center, by more than one of table, secrets and Microsoft, in the
//! right order.

pub mod count;
mod examine;
mod link;
mod look;

use std::sync::{Arc, Mutex};

use onboarding_core::connection::circuit::Circuits;
use onboarding_dynamo::Store;
use onboarding_microsoft::Microsoft;
use onboarding_secrets::Secrets;

pub use examine::{Examined, Fresh};
pub use link::LinkError;
pub use look::{Lookout, NotLooked};

/// Table, secrets and Microsoft, for connections.
#[derive(Clone)]
pub struct Connections {
    /// The table.
    pub store: Store,
    /// Sealing keys, client credential, and the refresh tokens.
    pub secrets: Arc<Secrets>,
    /// Entra, Graph and Partner Center.
    pub microsoft: Arc<Microsoft>,
    /// Where Microsoft sends people back to.
    pub callbacks: Callbacks,
    /// Whether Partner Center may be asked, for each tenant that a process looks at.
    pub circuits: Arc<Mutex<Circuits>>,
}

/// Where Microsoft sends people back to: registered addresses, compared to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callbacks {
    /// Of step one: from the consent page, and from the sign-in behind it.
    pub admin: String,
    /// Of step two.
    pub user: String,
}
