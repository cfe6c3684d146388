//! The portal as people use it: forms without scripts, links without cookies, over the real desk.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its scene has failed"
)]

mod links;
mod orders;
mod post;
mod studies;
mod town;
mod visits;
