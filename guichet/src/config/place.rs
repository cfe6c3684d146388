//! Where things are kept when nobody says.

use std::path::PathBuf;

/// A directory that the environment names.
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .filter(|it| !it.is_empty())
        .map(PathBuf::from)
}

/// The directory of the service, where there is one.
fn service() -> Option<PathBuf> {
    let usual = PathBuf::from("/var/lib/guichet");
    named("STATE_DIRECTORY").or_else(|| usual.is_dir().then_some(usual))
}

/// Where data is kept when nobody says: the service's own directory, else the person's.
pub(super) fn home() -> PathBuf {
    let person = || named("XDG_DATA_HOME").map(|it| it.join("guichet"));
    named("STATE_DIRECTORY")
        .or_else(person)
        .or_else(service)
        .unwrap_or_else(|| {
            named("HOME").map_or_else(
                || "guichet-data".into(),
                |it| it.join(".local/share/guichet"),
            )
        })
}

/// Where published heads are kept: beside an SQLite file, else in the service's own directory.
pub(super) fn heads(file: Option<PathBuf>) -> Option<PathBuf> {
    match file {
        Some(file) => {
            let mut name = file.into_os_string();
            name.push(".heads.json");
            Some(name.into())
        }
        None => service().map(|it| it.join("heads.json")),
    }
}
