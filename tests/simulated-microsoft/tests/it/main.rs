//! The simulated Microsoft, driven over HTTP as a browser, an application and a test would.

#[cfg(test)]
mod admin_consent;
#[cfg(test)]
mod assertion;
#[cfg(test)]
mod authorize;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod control;
#[cfg(test)]
mod fault;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod http;
#[cfg(test)]
mod partner_center;
#[cfg(test)]
mod state;
#[cfg(test)]
mod token;
#[cfg(test)]
mod world;
