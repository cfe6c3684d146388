//! The `git` program, run on one bare repository without any of the user's configuration.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use thiserror::Error;
use tokio::{io::AsyncWriteExt, process::Command};

/// A `git` command that could not run or said no.
#[derive(Debug, Error)]
pub enum GitError {
    /// The program is absent or the pipe broke.
    #[error("git: {0}")]
    Io(#[from] std::io::Error),
    /// It ended with an error; these are its words.
    #[error("git {command}: {words}")]
    Refused {
        /// First argument.
        command: String,
        /// Standard error.
        words: String,
    },
}

/// One bare repository on disk.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    pub(super) dir: PathBuf,
}

impl Bare {
    /// Runs `git args`, feeding `input`; answers standard output.
    pub(super) async fn run(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
        self.run_with(args, input, &[]).await
    }

    /// As [`Bare::run`], with additional environment.
    pub(super) async fn run_with(
        &self,
        args: &[&str],
        input: &[u8],
        env: &[(&str, &str)],
    ) -> Result<Vec<u8>, GitError> {
        let mut command = command(&self.dir);
        command.args(args).envs(env.iter().copied());
        let output = talk(command, input).await?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(GitError::Refused {
            command: args.first().copied().unwrap_or_default().to_owned(),
            words: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// As [`Bare::run_with`], for commands that answer one word.
    pub(super) async fn word(
        &self,
        args: &[&str],
        input: &[u8],
        env: &[(&str, &str)],
    ) -> Result<String, GitError> {
        let output = self.run_with(args, input, env).await?;
        Ok(String::from_utf8_lossy(&output).trim().to_owned())
    }

    /// As [`Bare::word`], `None` when the command says no; for look-ups.
    pub(super) async fn look(&self, args: &[&str]) -> Result<Option<String>, GitError> {
        match self.word(args, b"", &[]).await {
            Ok(word) => Ok(Some(word)),
            Err(GitError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// `git` in `dir`, blind to the configuration of whoever runs the program.
pub(super) fn command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        // The directory may be a volume that belongs to another user.
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("GIT_DIR", ".")
        .kill_on_drop(true);
    command
}

/// Runs the command, writing `input` while reading what it answers.
pub(super) async fn talk(
    mut command: Command,
    input: &[u8],
) -> std::io::Result<std::process::Output> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take();
    let feed = async {
        if let Some(mut pipe) = stdin.take() {
            // A command that needs no input may close the pipe first; its status tells the rest.
            let _ = pipe.write_all(input).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    output
}
