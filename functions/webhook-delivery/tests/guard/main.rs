//! The address guard against URLs, name servers and receivers that mean harm. Every connect is counted.
//!
//! Where Linux lets a test have a network of its own, that network has every address there is, and one listener stands
//! on all of them: no connect leaves the machine, and none goes uncounted.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod dns;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod network;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod spellings;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tricks;
