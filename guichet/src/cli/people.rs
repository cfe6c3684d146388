//! `person …`: who is known, and local accounts.

use super::{
    args::{AddPerson, Language, Person as Verb},
    end::{OK, Stop},
    here::{self, Here},
    print::table,
};
use argon2::{Argon2, PasswordHasher};
use catalogue::Lang;
use engine::{people::Right, store::NewPerson};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Fewest characters of a password.
const SHORTEST: usize = 12;

/// A person as the administrator of the machine sees them.
#[derive(Debug, Serialize)]
struct PersonRow {
    login: String,
    name: String,
    mail: String,
    client: Option<String>,
    rights: BTreeSet<Right>,
    active: bool,
}

/// Runs `person …`.
///
/// # Errors
/// Login or address is taken, or a word is not a right.
pub async fn person(here: &Here, verb: &Verb) -> Result<u8, Stop> {
    match verb {
        Verb::List => list(here).await?,
        Verb::Add(it) => add(here, it).await?,
    }
    Ok(OK)
}

async fn list(here: &Here) -> Result<(), Stop> {
    let own = here.viewer().await?.and_then(|it| it.client);
    let all = match &own {
        Some(client) => here.desk().people_around(client).await?,
        None => here.desk().everybody().await?,
    };
    let rows: Vec<PersonRow> = all
        .into_iter()
        .map(|it| PersonRow {
            login: it.login,
            name: it.name,
            mail: it.mail,
            client: it.client,
            rights: it.rights,
            active: it.active,
        })
        .collect();
    here.out.show(&rows, || {
        let head = match here.out.lang {
            Lang::Fr => ["IDENTIFIANT", "NOM", "CLIENT", "DROITS"],
            Lang::En => ["LOGIN", "NAME", "CLIENT", "RIGHTS"],
        };
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|it| {
                let rights = serde_json::to_value(&it.rights).unwrap_or_default();
                let rights: Vec<&str> = rights
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                let client = it.client.clone().unwrap_or_else(|| "—".into());
                vec![it.login.clone(), it.name.clone(), client, rights.join(", ")]
            })
            .collect();
        table(&head, &lines)
    })
}

fn right(word: &str) -> Result<Right, Stop> {
    serde_json::from_value(json!(word)).map_err(|_| {
        Stop::usage(
            format!("«\u{a0}{word}\u{a0}» n’est pas un droit."),
            format!("“{word}” is not a right."),
        )
        .hint("guichet person add --help")
    })
}

async fn add(here: &Here, it: &AddPerson) -> Result<(), Stop> {
    let odd = |it: &str| it.trim().is_empty() || it.len() > 200 || it.chars().any(char::is_control);
    let spaced = |it: &str| it.chars().any(char::is_whitespace);
    let (user, domain) = it.mail.split_once('@').unwrap_or_default();
    let login_wrong = odd(&it.login) || spaced(&it.login) || it.login.contains(':');
    let mail_wrong = odd(&it.mail) || spaced(&it.mail) || user.is_empty() || domain.is_empty();
    if odd(&it.name) || login_wrong || mail_wrong {
        return Err(Stop::usage(
            "Un nom, un identifiant sans espace et une adresse sur une ligne chacun.",
            "A name, a login without spaces and an address, on one line each.",
        ));
    }
    let rights = it
        .rights
        .iter()
        .map(|it| right(it))
        .collect::<Result<BTreeSet<_>, _>>()?;
    let password = match &it.password_file {
        Some(path) => Some(hash(here::read(path)?.trim_end_matches(['\r', '\n']))?),
        None => None,
    };
    let new = NewPerson {
        client: it.client.clone(),
        name: it.name.clone(),
        mail: it.mail.clone(),
        login: it.login.clone(),
        lang: if it.speaks == Language::En {
            Lang::En
        } else {
            Lang::Fr
        },
        rights,
        password,
    };
    here.desk().add_person(&new).await?;
    let value = json!({"login": new.login, "name": new.name, "client": new.client});
    here.out
        .show(&value, || format!("{}  {}", new.login, new.name))
}

/// The Argon2id hash of a password, with a salt of its own.
fn hash(password: &str) -> Result<String, Stop> {
    if password.chars().count() < SHORTEST {
        return Err(Stop::usage(
            format!("Un mot de passe a au moins {SHORTEST} caractères."),
            format!("A password has at least {SHORTEST} characters."),
        ));
    }
    let hashed = Argon2::default().hash_password(password.as_bytes());
    Ok(hashed
        .map_err(|why| anyhow::anyhow!("argon2: {why}"))?
        .to_string())
}
