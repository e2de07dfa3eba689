//! The crate as Microsoft sees it: on the wire, against a small server that answers as each test says.

#[cfg(test)]
mod application;
#[cfg(test)]
mod assertion;
#[cfg(test)]
mod authorize;
#[cfg(test)]
mod bearer;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod id_token;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod membership;
#[cfg(test)]
mod partner_center;
#[cfg(test)]
mod redeem;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod signer;
#[cfg(test)]
mod world;
