//! PostgreSQL's own tools, by name from the path.

use super::BackupError;
use reqwest::Url;
use std::{ffi::OsStr, io, path::Path, process::Stdio};
use tokio::process::Command;

const DUMP: &str = "pg_dump";
const RESTORE: &str = "pg_restore";

/// What both the driver and PostgreSQL's tools understand in an address.
const SHARED: [&str; 10] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "dbname",
    "options",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
];

/// An address without its password, which everybody on the machine could read among the arguments.
fn address(url: &str) -> Result<(String, Option<String>), BackupError> {
    let bad = |why: &dyn std::fmt::Display| BackupError::Address(why.to_string());
    let mut it = Url::parse(url).map_err(|why| bad(&why))?;
    let password = it.password().map(decoded);
    let pairs: Vec<(String, String)> = it
        .query_pairs()
        .filter(|(key, _)| SHARED.contains(&key.as_ref()))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    it.set_query(None);
    if !pairs.is_empty() {
        it.query_pairs_mut().extend_pairs(pairs);
    }
    it.set_password(None)
        .map_err(|()| bad(&"no place for a password"))?;
    Ok((it.to_string(), password))
}

/// What `%41` stands for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).filter(|_| *first == b'%');
        match pair.and_then(|it| hex::decode(it).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn run(
    tool: &'static str,
    args: &[&OsStr],
    password: Option<String>,
) -> Result<(), BackupError> {
    let mut command = Command::new(tool);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    let done = command.output().await.map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => BackupError::NoTool(tool),
        _ => BackupError::Tool {
            tool,
            said: why.to_string(),
        },
    })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(BackupError::Tool {
        tool,
        said: format!("{} ({})", said.trim(), done.status),
    })
}

/// Writes an archive of the view that the snapshot names.
pub(super) async fn dump(url: &str, snapshot: &str, file: &Path) -> Result<(), BackupError> {
    let (url, password) = address(url)?;
    let snapshot = format!("--snapshot={snapshot}");
    let args: [&OsStr; 8] = [
        "--format=custom".as_ref(),
        "--no-owner".as_ref(),
        "--no-privileges".as_ref(),
        snapshot.as_ref(),
        "--file".as_ref(),
        file.as_ref(),
        "--dbname".as_ref(),
        url.as_ref(),
    ];
    run(DUMP, &args, password).await
}

/// Reads an archive to its end, writing it nowhere.
///
/// # Errors
/// `pg_restore` is missing or cannot read it.
pub async fn readable(file: &Path) -> Result<(), BackupError> {
    let args: [&OsStr; 2] = ["--file=/dev/null".as_ref(), file.as_ref()];
    run(RESTORE, &args, None).await
}

/// Puts an archive into a database, all of it or nothing; `clean` drops the tables it has first.
pub(super) async fn restore(url: &str, file: &Path, clean: bool) -> Result<(), BackupError> {
    let (url, password) = address(url)?;
    let mut args: Vec<&OsStr> = vec![
        "--no-owner".as_ref(),
        "--no-privileges".as_ref(),
        "--exit-on-error".as_ref(),
        "--single-transaction".as_ref(),
    ];
    if clean {
        args.extend([OsStr::new("--clean"), OsStr::new("--if-exists")]);
    }
    args.extend(["--dbname".as_ref(), url.as_ref(), file.as_os_str()]);
    run(RESTORE, &args, password).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_stands_among_the_arguments_and_only_shared_options_do() {
        let given = "postgres://u:p%40ss@h:5433/db?sslmode=require&statement-cache-capacity=1";
        let (url, password) = address(given).unwrap();
        assert_eq!(url, "postgres://u@h:5433/db?sslmode=require");
        assert_eq!(password.as_deref(), Some("p@ss"));
        let (url, password) = address("postgres://u@h/db").unwrap();
        assert_eq!((url.as_str(), password), ("postgres://u@h/db", None));
    }
}
