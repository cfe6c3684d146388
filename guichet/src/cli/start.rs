//! What keeps the program from working on a database, each with what to do about it.

use super::end::{FAILED, Stop};
use crate::{
    backup,
    config::Config,
    published::{self, Lost, PublishError},
};
use catalogue::Text;
use engine::{
    audit::source::{Source, Standing},
    desk::Desk,
    store::Store,
};
use sea_orm_migration::sea_orm::DatabaseConnection;

/// Refuses a schema that is newer than the program, or not up to date.
///
/// # Errors
/// It is, or the database failed.
pub async fn schema(store: &Store) -> Result<(), Stop> {
    let steps = known(store.connection()).await?;
    if steps.pending.is_empty() {
        return Ok(());
    }
    let n = steps.pending.len();
    Err(Stop::new(
        FAILED,
        "database.schema",
        format!("Le schéma de la base n’est pas à jour\u{a0}: {n} étapes restent à appliquer."),
        format!("The database’s schema is not up to date: {n} steps are still to be applied."),
    )
    .hint("guichet db migrate"))
}

/// The steps of a schema, provided the program knows them all.
///
/// # Errors
/// It does not, or the database failed.
pub async fn known(db: &DatabaseConnection) -> Result<migrations::Standing, Stop> {
    let steps = migrations::standing(db)
        .await
        .map_err(anyhow::Error::from)?;
    match steps.unknown.is_empty() {
        true => Ok(steps),
        false => {
            let Text { fr, en } = backup::newer(&steps.unknown);
            Err(Stop::new(FAILED, "database.newer", fr, en).hint("guichet db status"))
        }
    }
}

/// Refuses the desk's database when it does not hold what was published of it.
///
/// # Errors
/// It does not, or file or database cannot be read.
pub async fn heads(config: &Config, desk: &Desk) -> Result<(), Stop> {
    held(config, &Source::of(&desk.store)).await
}

/// Refuses a database that does not hold what was published of it.
///
/// # Errors
/// It does not, or file or database cannot be read.
pub async fn held(config: &Config, source: &Source) -> Result<(), Stop> {
    match &config.heads {
        Some(file) => Ok(published::check(file, source).await?),
        None => Ok(()),
    }
}

/// What a published head that is not there means, for people.
#[must_use]
pub fn told(it: &Lost) -> Text {
    let (client, at) = (
        &it.published.head.client,
        published::moment(it.published.at),
    );
    let out = it.published.head.size;
    match &it.found {
        Standing::Unknown => Text::new(
            format!("{client}\u{a0}: {out} enregistrements publiés le {at}, client inconnu ici"),
            format!("{client}: {out} records published on {at}, client unknown here"),
        ),
        Standing::Older(found) => Text::new(
            format!("{client}\u{a0}: {out} enregistrements publiés le {at}, {found} ici"),
            format!("{client}: {out} records published on {at}, {found} here"),
        ),
        Standing::Forked(found) => Text::new(
            format!(
                "{client}\u{a0}: les {found} enregistrements d’ici ne sont pas la suite des {out} \
                 publiés le {at}"
            ),
            format!(
                "{client}: the {found} records here do not go on from the {out} published on {at}"
            ),
        ),
        Standing::Holds(_) => Text::default(),
    }
}

fn rolled_back(all: &[Lost]) -> Stop {
    let forked = all.iter().any(|it| matches!(it.found, Standing::Forked(_)));
    let all: Vec<Text> = all.iter().map(told).collect();
    let fr: Vec<&str> = all.iter().map(|it| it.fr.as_str()).collect();
    let en: Vec<&str> = all.iter().map(|it| it.en.as_str()).collect();
    let (fr, en) = (fr.join("\u{202f}; "), en.join("; "));
    let (code, what_fr, what_en) = match forked {
        true => (
            "journal.forked",
            "La base n’est pas celle dont le journal a été publié",
            "The database is not the one whose journal was published",
        ),
        false => (
            "journal.rolled-back",
            "La base est plus ancienne que ce qui a été publié",
            "The database is older than what was published",
        ),
    };
    Stop::new(
        FAILED,
        code,
        format!("{what_fr} ({fr}). Restaurez une sauvegarde plus récente, ou assumez l’écart."),
        format!("{what_en} ({en}). Restore a newer backup, or accept the gap."),
    )
    .hint("guichet --as LOGIN db accept-rollback --reason …")
}

impl From<PublishError> for Stop {
    fn from(error: PublishError) -> Stop {
        match error {
            PublishError::Lost(all) => rolled_back(&all),
            PublishError::Store(it) => it.into(),
            PublishError::File { .. } => Stop::new(
                FAILED,
                "journal.heads",
                format!(
                    "Le fichier des têtes publiées ne sert pas\u{a0}: {error}. Rétablissez-le ou \
                     nommez-en un autre."
                ),
                format!(
                    "The file of published heads is of no use: {error}. Put it right or name \
                     another."
                ),
            )
            .hint("guichet --heads FILE …"),
        }
    }
}
