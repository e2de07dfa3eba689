//! What is measured: the HTTP functions, and what they are compared with.

use std::path::PathBuf;

use serde_json::Value;

use crate::args::Args;
use crate::event;
use crate::world::{self, World};

/// The HTTP functions of the bundle.
pub(crate) const FUNCTIONS: [&str; 11] = [
    "create-enterprise",
    "credentials",
    "enterprises",
    "audit",
    "webhooks",
    "provisioning",
    "registration-url",
    "consent-redirect",
    "partner-center",
    "partner-center-redirect",
    "invitations",
];

/// Those that read their secrets before the first event. All others make their first TLS exchange in it.
const SECRETS_AT_START: [&str; 6] = [
    "provisioning",
    "registration-url",
    "consent-redirect",
    "partner-center",
    "partner-center-redirect",
    "invitations",
];

/// Which role a program has in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// One of ours, held to the gates.
    Function,
    /// A bootstrap with the standard library alone.
    Floor,
    /// The same, after it read two secrets over TLS.
    FloorWithSecrets,
    /// A bundled handler on Node, with the AWS SDK and msal.
    Node,
    /// The same, after it read two secrets over TLS.
    NodeWithSecrets,
    /// A handler on Python, with boto3 and msal.
    Python,
    /// Rust with the SDK as it comes.
    RustDefaults,
}

impl Role {
    /// As a gate calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Function => "a function",
            Self::Floor => "the floor",
            Self::FloorWithSecrets => "the floor with secrets",
            Self::Node => "Node",
            Self::NodeWithSecrets => "Node with secrets",
            Self::Python => "Python",
            Self::RustDefaults => "Rust with SDK defaults",
        }
    }

    /// The one that does before its first event what `function` does there (docs/decisions/0008).
    pub(crate) fn at_the_start_of(self, function: &str) -> Self {
        match self {
            Self::Floor if SECRETS_AT_START.contains(&function) => Self::FloorWithSecrets,
            Self::Node if SECRETS_AT_START.contains(&function) => Self::NodeWithSecrets,
            Self::Function
            | Self::Floor
            | Self::FloorWithSecrets
            | Self::Node
            | Self::NodeWithSecrets
            | Self::Python
            | Self::RustDefaults => self,
        }
    }
}

/// One program with its request.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// Its role.
    pub(crate) role: Role,
    /// What is started, and with which arguments.
    pub(crate) command: Vec<PathBuf>,
    /// What is deployed of it, where that is one file.
    pub(crate) artifact: Option<PathBuf>,
    /// The request: one that costs it one read.
    pub(crate) event: Value,
    /// The status that it must answer with.
    pub(crate) status: u16,
}

impl Subject {
    /// All of them, or those that were asked for.
    pub(crate) fn all(args: &Args, world: &World) -> Vec<Self> {
        let functions = FUNCTIONS.into_iter().map(|name| Self::function(name, args, world));
        let all = functions.chain(peers(args, world));
        all.filter(|subject| args.only.is_empty() || args.only.iter().any(|name| name == subject.name)).collect()
    }

    fn function(name: &'static str, args: &Args, world: &World) -> Self {
        let (event, status) = one_read(name, world);
        let bootstrap = args.functions.join(name);
        Self { name, role: Role::Function, command: vec![bootstrap.clone()], artifact: Some(bootstrap), event, status }
    }
}

/// A request for which the function reads the table once and writes nothing.
fn one_read(function: &str, world: &World) -> (Value, u16) {
    let (reseller, operator) = (Some(&world.reseller_key), Some(&world.operator_key));
    match function {
        "create-enterprise" => (event::get("/v1/sbc-gateways", reseller), 200),
        // Another provider's trail, which is none: whatever is one is asked for by a Query.
        "audit" => (event::get("/v1/audit?resellerId=1", reseller), 404),
        // An enterprise that is none: of one that is, Graph is read.
        "provisioning" => (event::get(&world::user_info_of_nobody(), reseller), 404),
        // Operators, tests and links are refused after the read: whatever is not refused is written.
        "webhooks" => (event::post("/v1/webhooks/test", reseller, &serde_json::json!({})), 422),
        "credentials" => (event::post("/v1/resellers", operator, &serde_json::json!({})), 422),
        "registration-url" => (event::post("/v1/enterprises/action-url", reseller, &world::link_to_nobody()), 404),
        // A connection that is none; and a state that nobody sealed, for which nothing is read.
        "partner-center" => {
            (event::get("/v1/partner-center/connections/con_00000000000000000000000000", reseller), 404)
        }
        "partner-center-redirect" => {
            (event::get("/partner-center/admin-consent?state=x&admin_consent=True", None), 400)
        }
        "invitations" => (event::post("/v1/enterprises/1/invitations", reseller, &serde_json::json!({})), 404),
        "consent-redirect" => (event::get(&format!("/outcome/{}", world.outcome_handle), None), 200),
        _ => (event::get(&world::enterprise_path(), reseller), 200),
    }
}

fn peers(args: &Args, world: &World) -> [Subject; 6] {
    let at = |path: &str| args.peers.join(path);
    let (event, status) = one_read("enterprises", world);
    let peer = |name, role, command: Vec<PathBuf>, artifact: Option<PathBuf>| Subject {
        name,
        role,
        command,
        artifact,
        event: event.clone(),
        status,
    };
    let (floor, floor_secrets) = (at("floor"), at("floor-secrets/release/floor-secrets"));
    let (node, node_secrets) = (at("node/bootstrap.bundle.mjs"), at("node/bootstrap-secrets.bundle.mjs"));
    let (python, rust) = (at("python/bin/python"), at("rust-defaults/release/rust-defaults"));
    [
        peer("floor", Role::Floor, vec![floor.clone()], Some(floor)),
        peer("floor-secrets", Role::FloorWithSecrets, vec![floor_secrets.clone()], Some(floor_secrets)),
        peer("node", Role::Node, vec!["node".into(), node.clone()], Some(node)),
        peer("node-secrets", Role::NodeWithSecrets, vec!["node".into(), node_secrets.clone()], Some(node_secrets)),
        peer("python", Role::Python, vec![python, at("python/bootstrap.py")], None),
        peer("rust-defaults", Role::RustDefaults, vec![rust.clone()], Some(rust)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_lambda::routes::ROUTES;

    /// A function that serves a route and is not measured here would have no gates.
    #[test]
    fn every_http_function_is_measured() {
        for route in ROUTES {
            assert!(FUNCTIONS.contains(&route.operation.function()), "{}", route.operation.function());
        }
    }
}
