//! Rebuilds the crate when a change file is added or removed: embedding a directory does not
//! notice new files by itself, so a broken new line would pass every test unseen.

fn main() {
    println!("cargo::rerun-if-changed=changes");
}
