//! The stand-in as the real AWS SDK sees it, over real HTTP.

#[cfg(test)]
mod create;
#[cfg(test)]
mod delete;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod get;
#[cfg(test)]
mod list;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod put;
#[cfg(test)]
mod stages;
#[cfg(test)]
mod state_file;
#[cfg(test)]
mod world;
