//! House rules as a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use tests::World;

const CRATES: [&str; 7] = [
    "catalogue",
    "workflows",
    "engine",
    "adapters",
    "migrations",
    "guichet",
    "tests",
];

/// Modules of the engine that may wait for the outside; all others are pure.
const SHELL: [&str; 13] = [
    "ambient.rs",
    "audit.rs",
    "bell.rs",
    "desk.rs",
    "gauges.rs",
    "inbox.rs",
    "link.rs",
    "office.rs",
    "outbox.rs",
    "query.rs",
    "runner.rs",
    "scheduler.rs",
    "store.rs",
];

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("the tests live in the workspace")
        .to_owned()
}

fn walk(dir: &Path, ends: &str, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            walk(&path, ends, into);
        } else if path.is_file() && name.ends_with(ends) {
            into.push(path);
        }
    }
}

/// Path below the root and text of every file of the house with that ending.
fn files(ends: &str) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    for name in CRATES {
        walk(&root.join(name), ends, &mut found);
    }
    found.sort();
    let read = |it: PathBuf| {
        let short = it
            .strip_prefix(&root)
            .expect("below the root")
            .display()
            .to_string();
        (short, fs::read_to_string(&it).expect("a text file"))
    };
    found.into_iter().map(read).collect()
}

#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let long = |(name, text): &(String, String)| {
        let lines = text.lines().count();
        (lines > 400).then(|| format!("{name}: {lines}"))
    };
    none(
        "longer than 400 lines",
        &files(".rs").iter().filter_map(long).collect::<Vec<_>>(),
    );
}

#[test]
fn no_line_is_longer_than_a_hundred_characters() {
    let mut long = Vec::new();
    for (name, text) in files(".rs") {
        for (nth, line) in text.lines().enumerate() {
            if line.chars().count() > 100 {
                long.push(format!("{name}:{}", nth + 1));
            }
        }
    }
    none("longer than 100 characters", &long);
}

/// Architecture §3.2: only the shell waits, and only the store knows the database.
#[test]
fn the_pure_modules_of_the_engine_neither_wait_nor_know_the_database() {
    let mut wrong = Vec::new();
    for (name, text) in files(".rs") {
        let Some(module) = name.strip_prefix("engine/src/") else {
            continue;
        };
        let first = module.split('/').next().unwrap_or_default();
        let top = if first.ends_with(".rs") {
            first.into()
        } else {
            format!("{first}.rs")
        };
        if SHELL.contains(&top.as_str()) {
            continue;
        }
        for word in [
            "async ",
            ".await",
            "sea_orm",
            "tokio::",
            "SystemTime",
            "Instant::now",
        ] {
            if text.contains(word) {
                wrong.push(format!("{name}: {word}"));
            }
        }
    }
    none("not pure", &wrong);
}

#[test]
fn nothing_is_left_to_be_done_and_no_path_of_a_machine_is_named() {
    // Written in two halves, so that this file does not find itself.
    let banned = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["dbg", "!("],
        ["todo", "!("],
        ["/wo", "rk/"],
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["/Us", "ers/"],
    ]
    .map(|halves| halves.concat());
    let mut wrong = Vec::new();
    for ends in [".rs", ".toml", ".html", ".css", ".md"] {
        for (name, text) in files(ends) {
            for (nth, line) in text.lines().enumerate() {
                for word in banned.iter().filter(|it| line.contains(it.as_str())) {
                    wrong.push(format!("{name}:{}: {word}", nth + 1));
                }
            }
        }
    }
    none("left over", &wrong);
}

/// Which crates of the house a manifest depends on.
fn edges(name: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
    let start = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let own = start.split("\n[").next().unwrap_or_default();
    let names = own
        .lines()
        .filter_map(|it| it.split(['.', ' ', '=']).next());
    names
        .filter(|it| CRATES.contains(it))
        .map(str::to_owned)
        .collect()
}

/// Architecture §3.2: catalogue ← workflows ← {engine, adapters} ← guichet → migrations.
#[test]
fn the_arrows_between_crates_are_those_of_the_architecture() {
    let all = ["adapters", "catalogue", "engine", "migrations", "workflows"];
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("catalogue", &[][..]),
        ("workflows", &["catalogue"]),
        ("engine", &["catalogue", "workflows"]),
        ("adapters", &["workflows"]),
        ("migrations", &[]),
        ("guichet", &all),
    ]);
    for (name, expected) in expected {
        let expected: BTreeSet<String> = expected.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(edges(name), expected, "{name}");
    }
}

/// A procedure that nothing uses is a procedure that nobody keeps true.
#[tokio::test]
async fn every_workflow_is_used_by_a_line_or_by_the_study() {
    let world = World::new().await;
    let mut used: BTreeSet<&str> = world
        .desk
        .catalogue
        .iter()
        .map(|it| &*it.workflow)
        .collect();
    used.insert("study");
    let all: BTreeSet<&str> = world.desk.workflows.iter().map(|it| &*it.name).collect();
    assert_eq!(all, used);
    for flow in world.desk.workflows.iter() {
        assert!(
            flow.is_validated(),
            "{} is validated by nobody (S8)",
            flow.name
        );
    }
}
