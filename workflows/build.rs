//! Rebuilds the crate when a flow file appears or goes: `include_dir!` alone does not notice.

fn main() {
    println!("cargo::rerun-if-changed=flows");
}
