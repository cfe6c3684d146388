//! A small world for tests: a provider, two clients, systems in memory and a clock moved by hand.

pub mod answers;
pub mod audit;
pub mod dice;
pub mod memory;
mod place;
mod planner;
pub mod play;
pub mod transcript;
pub mod world;

pub use memory::{Fail, How, Systems};
pub use world::World;
