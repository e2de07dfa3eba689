//! The crate as Secrets Manager sees it: the real SDK against the simulated service.

#[cfg(test)]
mod client_credential;
#[cfg(test)]
mod creation;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod world;
