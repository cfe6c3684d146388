//! The store of the Gitea stand-in: real bare repositories, written with Git's plumbing.

use super::git::{Bare, GitError, command, talk};
use crate::forge::RepoId;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Times a commit is rebuilt when another writer moved the branch meanwhile.
const REBUILDS: u32 = 8;
const NO_OBJECT: &str = "0000000000000000000000000000000000000000";

/// Why the store did not do something, in the terms of Gitea's answers.
#[derive(Debug, Error)]
pub enum StoreError {
    /// 404.
    #[error("{0} does not exist")]
    Missing(String),
    /// 422.
    #[error("{0}")]
    Unprocessable(String),
    /// 500.
    #[error(transparent)]
    Git(#[from] GitError),
    /// 500.
    #[error("store: {0}")]
    Io(#[from] std::io::Error),
}

/// A commit as the store tells it.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) sha: String,
    pub(super) author: [String; 3],
    pub(super) committer: [String; 3],
    pub(super) tree: String,
    pub(super) parents: Vec<String>,
    pub(super) message: String,
}

/// One line of a tree.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) mode: String,
    pub(super) kind: String,
    pub(super) sha: String,
    pub(super) size: Option<u64>,
    pub(super) path: String,
}

/// What a commit does to one file.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) path: String,
    pub(super) kind: EditKind,
    /// Blob the file must have; `None` was not sent.
    pub(super) expect: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum EditKind {
    Create(Vec<u8>),
    Update(Vec<u8>),
    Delete,
}

/// Who and why.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) author: (String, String),
    pub(super) committer: (String, String),
    pub(super) message: String,
}

/// All repositories, as `<root>/<owner>/<name>.git`.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) root: PathBuf,
}

impl Store {
    pub(super) fn dir(&self, repo: &RepoId) -> PathBuf {
        self.root
            .join(repo.owner())
            .join(format!("{}.git", repo.name()))
    }

    pub(super) fn open(&self, repo: &RepoId) -> Result<Bare, StoreError> {
        let dir = self.dir(repo);
        if dir.is_dir() {
            Ok(Bare { dir })
        } else {
            Err(StoreError::Missing(format!("repository {repo}")))
        }
    }

    /// A new repository whose branch `main` holds these files in one commit.
    pub(super) async fn create(
        &self,
        repo: &RepoId,
        files: &[(&str, &[u8])],
    ) -> Result<(), StoreError> {
        let dir = self.dir(repo);
        if dir.exists() {
            return Err(StoreError::Unprocessable(format!(
                "repository {repo} exists"
            )));
        }
        std::fs::create_dir_all(&dir)?;
        let bare = Bare { dir };
        let mut init = command(&bare.dir);
        init.env_remove("GIT_DIR")
            .args(["init", "--quiet", "--bare", "-b", "main", "."]);
        talk(init, b"").await?;
        let edits: Vec<Edit> = files
            .iter()
            .map(|(path, content)| Edit {
                path: (*path).to_owned(),
                kind: EditKind::Create(content.to_vec()),
                expect: None,
            })
            .collect();
        let someone = (
            "Equipe plateforme".to_owned(),
            "plateforme@example.invalid".to_owned(),
        );
        let signature = Signature {
            author: someone.clone(),
            committer: someone,
            message: "Initial state".to_owned(),
        };
        let new = build(&bare, None, &edits, &signature).await?;
        bare.run(&["update-ref", "refs/heads/main", &new, NO_OBJECT], b"")
            .await?;
        Ok(())
    }
}

impl Bare {
    pub(super) async fn head(&self, branch: &str) -> Result<String, StoreError> {
        let name = format!("refs/heads/{branch}^{{commit}}");
        let head = self
            .look(&["rev-parse", "--verify", "--quiet", &name])
            .await?;
        head.ok_or_else(|| StoreError::Missing(format!("branch {branch}")))
    }

    /// The commit that a branch name or a sha stands for.
    pub(super) async fn commit_of(&self, name: &str) -> Result<String, StoreError> {
        if let Ok(head) = self.head(name).await {
            return Ok(head);
        }
        let sha = name.len() == 40 && name.bytes().all(|it| it.is_ascii_hexdigit());
        let found = match sha {
            true => {
                let name = format!("{name}^{{commit}}");
                self.look(&["rev-parse", "--verify", "--quiet", &name])
                    .await?
            }
            false => None,
        };
        found.ok_or_else(|| StoreError::Missing(format!("reference {name}")))
    }

    /// Lines of the tree; all files below with `recursive`, else what is directly at `path`.
    pub(super) async fn lines(
        &self,
        at: &str,
        path: &str,
        recursive: bool,
    ) -> Result<Vec<Line>, StoreError> {
        let mut args = vec!["ls-tree", "-z", "--long", "--full-tree"];
        if recursive {
            args.extend(["-r", "-t"]);
        }
        args.push(at);
        if !path.is_empty() {
            args.extend(["--", path]);
        }
        let output = self
            .run_with(&args, b"", &[("GIT_LITERAL_PATHSPECS", "1")])
            .await?;
        let output = String::from_utf8_lossy(&output);
        Ok(output.split('\0').filter_map(line_of).collect())
    }

    pub(super) async fn content(&self, blob: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.run(&["cat-file", "blob", blob], b"").await?)
    }

    pub(super) async fn log(
        &self,
        from: &str,
        skip: usize,
        max: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        const FIELDS: &str =
            "--format=%H%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%T%x00%P%x00%B";
        let (skip, max) = (format!("--skip={skip}"), format!("--max-count={max}"));
        let output = self
            .run(&["log", "-z", FIELDS, &skip, &max, from], b"")
            .await?;
        let output = String::from_utf8_lossy(&output);
        let fields: Vec<&str> = output.trim_end_matches('\0').split('\0').collect();
        Ok(fields.chunks_exact(10).map(stored).collect())
    }

    /// One commit of all edits on the branch, or nothing.
    pub(super) async fn commit(
        &self,
        branch: &str,
        edits: &[Edit],
        signature: &Signature,
    ) -> Result<String, StoreError> {
        let name = format!("refs/heads/{branch}");
        for _ in 0..REBUILDS {
            let head = self.head(branch).await?;
            let new = build(self, Some(&head), edits, signature).await?;
            // Only this comparison by Git itself makes the commit part of the branch.
            match self.run(&["update-ref", &name, &new, &head], b"").await {
                Ok(_) => return Ok(new),
                Err(GitError::Refused { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unprocessable(format!(
            "branch {branch} moves too fast"
        )))
    }
}

/// Writes the commit object; no branch points at it yet.
async fn build(
    bare: &Bare,
    head: Option<&str>,
    edits: &[Edit],
    signature: &Signature,
) -> Result<String, StoreError> {
    let scratch = tempfile::tempdir()?;
    let index = scratch.path().join("index");
    let index = index
        .to_str()
        .ok_or_else(|| std::io::Error::other("unusual temporary path"))?;
    let env = [("GIT_INDEX_FILE", index)];
    if let Some(head) = head {
        bare.run_with(&["read-tree", head], b"", &env).await?;
    }
    let mut lines = Vec::new();
    for edit in edits {
        lines.extend(index_line(bare, head, edit).await?);
    }
    let staged = bare
        .run_with(&["update-index", "-z", "--index-info"], &lines, &env)
        .await;
    let tree = match staged {
        Ok(_) => bare.word(&["write-tree"], b"", &env).await,
        Err(error) => Err(error),
    };
    let tree = match tree {
        Ok(tree) => tree,
        Err(GitError::Refused { words, .. }) => return Err(StoreError::Unprocessable(words)),
        Err(error) => return Err(error.into()),
    };
    let env = [
        ("GIT_AUTHOR_NAME", signature.author.0.as_str()),
        ("GIT_AUTHOR_EMAIL", signature.author.1.as_str()),
        ("GIT_COMMITTER_NAME", signature.committer.0.as_str()),
        ("GIT_COMMITTER_EMAIL", signature.committer.1.as_str()),
    ];
    let mut args = vec!["commit-tree", tree.as_str(), "-F", "-"];
    if let Some(head) = head {
        args.extend(["-p", head]);
    }
    Ok(bare
        .word(&args, signature.message.trim().as_bytes(), &env)
        .await?)
}

/// Checks one edit against the tree and says it in the words of `update-index`.
async fn index_line(bare: &Bare, head: Option<&str>, edit: &Edit) -> Result<Vec<u8>, StoreError> {
    let path = edit.path.as_str();
    if !sound(Path::new(path)) {
        return Err(StoreError::Unprocessable(format!(
            "path is invalid [path: {path}]"
        )));
    }
    let now = match head {
        Some(head) => bare.lines(head, path, false).await?.into_iter().next(),
        None => None,
    };
    let (mode, content) = match (&edit.kind, &now) {
        (EditKind::Create(_), Some(_)) => {
            let words = format!("repository file already exists [path: {path}]");
            return Err(StoreError::Unprocessable(words));
        }
        (EditKind::Create(content), None) => ("100644".to_owned(), Some(content)),
        (_, None) => return Err(StoreError::Missing(format!("file {path}"))),
        (kind, Some(now)) => {
            match &edit.expect {
                None => return Err(StoreError::Unprocessable("a sha is required".to_owned())),
                Some(sha) if *sha != now.sha => {
                    let words = format!("sha does not match [given: {sha}, expected: {}]", now.sha);
                    return Err(StoreError::Unprocessable(words));
                }
                Some(_) => {}
            }
            match kind {
                EditKind::Update(content) => (now.mode.clone(), Some(content)),
                _ => ("0".to_owned(), None),
            }
        }
    };
    let sha = match content {
        Some(content) => {
            bare.word(&["hash-object", "-w", "--stdin"], content, &[])
                .await?
        }
        None => NO_OBJECT.to_owned(),
    };
    Ok(format!("{mode} {sha}\t{path}\0").into_bytes())
}

fn sound(path: &Path) -> bool {
    use std::path::Component::Normal;
    let text = path.to_str().unwrap_or_default();
    !text.is_empty()
        && !text.contains(['\0', '\n', '\\'])
        && !text.contains("//")
        && !text.ends_with('/')
        && path.components().all(|it| {
            matches!(it, Normal(name)
            if !name.eq_ignore_ascii_case(".git"))
        })
}

fn line_of(text: &str) -> Option<Line> {
    let (head, path) = text.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    Some(Line {
        mode: words.next()?.to_owned(),
        kind: words.next()?.to_owned(),
        sha: words.next()?.to_owned(),
        size: words.next()?.parse().ok(),
        path: path.to_owned(),
    })
}

fn stored(fields: &[&str]) -> Stored {
    let three = |from: usize| [0, 1, 2].map(|it| fields[from + it].to_owned());
    Stored {
        sha: fields[0].to_owned(),
        author: three(1),
        committer: three(4),
        tree: fields[7].to_owned(),
        parents: fields[8]
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect(),
        message: fields[9].to_owned(),
    }
}
