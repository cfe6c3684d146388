//! Why a copy was not made, or not put back; each with what to do.

use catalogue::Text;
use engine::{audit::verify::Report, store::StoreError};
use std::{io, path::PathBuf};

/// Why a copy was not made, or not put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something of that name exists.
    #[error("{0} exists")]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// A program of PostgreSQL's is not installed.
    #[error("{0} is not installed")]
    NoTool(&'static str),
    /// A program of PostgreSQL's failed.
    #[error("{tool}: {said}")]
    Tool {
        /// Which.
        tool: &'static str,
        /// What it said.
        said: String,
    },
    /// The database was verified and is not sound.
    #[error("not sound")]
    Unsound(Box<Report>),
    /// There is no manifest beside the copy, or it cannot be understood.
    #[error("{path}: {why}")]
    Manifest {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The copy is not what its manifest says.
    #[error("{0}: not what the manifest says")]
    Altered(PathBuf),
    /// The copy is for the other kind of database.
    #[error("the copy is for the other kind of database")]
    OtherKind,
    /// Steps of the schema that this program does not know.
    #[error("made by a newer program: {}", .0.join(", "))]
    Newer(Vec<String>),
    /// There is somebody's data where the copy should go.
    #[error("{0} is not empty")]
    Inhabited(String),
    /// There are tables, though nobody in them.
    #[error("{0} has tables")]
    HasTables(String),
    /// Somebody works there.
    #[error("{0} is in use")]
    InUse(PathBuf),
    /// What a removed database left would be mixed into the restored one.
    #[error("{0} is left over")]
    LeftOver(PathBuf),
    /// The address cannot be understood.
    #[error("{0}")]
    Address(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The schema cannot be read.
    #[error("schema: {0}")]
    Schema(String),
}

impl BackupError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            BackupError::Exists(_) => "backup.exists",
            BackupError::File { .. } => "backup.file",
            BackupError::NoTool(_) => "backup.no-tool",
            BackupError::Tool { .. } => "backup.tool",
            BackupError::Unsound(_) => "database.unsound",
            BackupError::Manifest { .. } => "backup.manifest",
            BackupError::Altered(_) => "backup.altered",
            BackupError::OtherKind => "backup.other-kind",
            BackupError::Newer(_) => "database.newer",
            BackupError::Inhabited(_) => "restore.not-empty",
            BackupError::HasTables(_) => "restore.has-tables",
            BackupError::InUse(_) => "database.taken",
            BackupError::LeftOver(_) => "restore.left-over",
            BackupError::Address(_) => "database.address",
            BackupError::Store(_) | BackupError::Schema(_) => "database",
        }
    }

    /// What happened and what to do, for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let said = self.to_string();
        match self {
            BackupError::Exists(path) => {
                let path = path.display();
                Text::new(
                    format!("{path} existe déjà\u{a0}: une sauvegarde n’en écrase pas une autre."),
                    format!("{path} exists already: no backup overwrites another."),
                )
            }
            BackupError::File { .. } => Text::new(
                format!("Le fichier ne se laisse pas lire ou écrire\u{a0}: {said}"),
                format!("The file cannot be read or written: {said}"),
            ),
            BackupError::NoTool(tool) => Text::new(
                format!(
                    "{tool} manque. Installez les outils clients de PostgreSQL, de la version du \
                     serveur ou plus récents."
                ),
                format!(
                    "{tool} is missing. Install PostgreSQL’s client tools, of the server’s \
                     version or newer."
                ),
            ),
            BackupError::Tool { .. } => Text::new(
                format!("Un outil de PostgreSQL a échoué. {said}"),
                format!("A tool of PostgreSQL’s failed. {said}"),
            ),
            BackupError::Unsound(report) => {
                let n: u64 = report.checks.iter().map(|it| it.findings).sum();
                let first = report.findings.first();
                let (fr, en) = first.map_or(("", ""), |it| (&it.what.fr, &it.what.en));
                Text::new(
                    format!("La base n’est pas saine ({n} constats). Premier\u{a0}: {fr}"),
                    format!("The database is not sound ({n} findings). First: {en}"),
                )
            }
            BackupError::Manifest { .. } => Text::new(
                format!("Le bordereau de la sauvegarde ne sert pas\u{a0}: {said}"),
                format!("The manifest of the backup is of no use: {said}"),
            ),
            BackupError::Altered(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "{path} n’est pas ce que dit son bordereau\u{a0}: le fichier a changé \
                         depuis."
                    ),
                    format!("{path} is not what its manifest says: the file has changed since."),
                )
            }
            BackupError::OtherKind => Text::new(
                "Une sauvegarde SQLite se restaure dans un fichier, une sauvegarde PostgreSQL \
                 dans une base PostgreSQL.",
                "A backup of SQLite is restored into a file, one of PostgreSQL into a PostgreSQL \
                 database.",
            ),
            BackupError::Newer(steps) => newer(steps),
            BackupError::Inhabited(place) => Text::new(
                format!(
                    "{place} n’est pas vide\u{a0}: une restauration n’efface rien. Nommez un \
                     fichier ou une base qui n’existe pas encore."
                ),
                format!(
                    "{place} is not empty: a restore erases nothing. Name a file or a database \
                     that is still empty."
                ),
            ),
            BackupError::HasTables(place) => Text::new(
                format!(
                    "{place} a des tables, mais personne dedans. Dites --force-empty pour les \
                     remplacer."
                ),
                format!(
                    "{place} has tables, but nobody in them. Say --force-empty to replace them."
                ),
            ),
            BackupError::InUse(path) => {
                let path = path.display();
                Text::new(
                    format!("Un Guichet travaille sur {path}. Arrêtez-le d’abord."),
                    format!("A Guichet works on {path}. Stop it first."),
                )
            }
            BackupError::LeftOver(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "{path} reste d’une base disparue et se mêlerait à la base restaurée. \
                         Écartez-le d’abord."
                    ),
                    format!(
                        "{path} is left over from a database that is gone and would be mixed \
                         into the restored one. Move it away first."
                    ),
                )
            }
            BackupError::Address(_) => Text::new(
                format!("L’adresse ne se comprend pas\u{a0}: {said}"),
                format!("The address cannot be understood: {said}"),
            ),
            BackupError::Store(_) | BackupError::Schema(_) => Text::new(
                format!("La base de données ne répond pas comme il faut\u{a0}: {said}"),
                format!("The database does not answer as it should: {said}"),
            ),
        }
    }
}

/// That a schema is newer than this program, and what to do.
#[must_use]
pub fn newer(steps: &[String]) -> Text {
    let (all, own) = (steps.join(", "), env!("CARGO_PKG_VERSION"));
    Text::new(
        format!(
            "La base a été faite par un Guichet plus récent que celui-ci ({own}), qui ne connaît \
             pas {all}. Mettez ce programme à jour\u{a0}; il ne touche à rien d’ici là."
        ),
        format!(
            "The database was made by a Guichet newer than this one ({own}), which does not know \
             {all}. Update this program; it touches nothing until then."
        ),
    )
}
