//! What commands that need the database share: who acts, the desk, and how things are named.

use super::{
    args::{Answers, Global},
    end::{DENIED, FAILED, Stop},
    open,
    print::Printer,
    start,
};
use crate::{
    app::App,
    config::{Config, Overrides},
    format,
    http::api::views::Names,
    mail::Outbox,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use engine::{
    contract::Contract,
    desk::{Caller, Desk},
    people::{Actor, Person, Via},
    store::Known,
    ticket::{Command, Ticket},
};
use serde_json::{Map, Value};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// Most bytes read from a file or from standard input.
const LARGEST: u64 = 256 * 1024;

/// The configuration that the options ask for.
///
/// # Errors
/// As [`Config::load`].
pub fn config(global: &Global) -> Result<Config, Stop> {
    let text = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
    let over = Overrides {
        database_url: global.database.clone(),
        listen: text("GUICHET_LISTEN"),
        base_url: text("GUICHET_BASE_URL"),
        systems: text("GUICHET_SYSTEMS").map(PathBuf::from),
        heads: global.heads.clone(),
        data: global.data.clone(),
    };
    Ok(Config::load(global.config.as_deref(), &over)?)
}

/// The file of an SQLite database.
#[must_use]
pub fn database_file(config: &Config) -> Option<PathBuf> {
    config.database_file()
}

/// An open database and who works with it.
pub struct Here {
    /// How to print.
    pub out: Printer,
    /// The program put together.
    pub app: App,
    /// What is configured.
    pub config: Config,
    login: Option<String>,
    letters: Option<PathBuf>,
}

impl Here {
    /// Opens the database.
    ///
    /// # Errors
    /// There is none, or it is not up to date.
    pub async fn open(global: &Global, out: &Printer) -> Result<Here, Stop> {
        let config = config(global)?;
        // Opening would make an empty file, and a misspelt path would look like an empty desk.
        if let Some(file) = database_file(&config).filter(|it| !it.exists()) {
            let file = file.display();
            return Err(Stop::new(
                FAILED,
                "database",
                format!("Aucune base de données dans {file}."),
                format!("There is no database at {file}."),
            )
            .hint("guichet db migrate"));
        }
        let app = open::open(&config, None).await?;
        Ok(Here {
            out: out.clone(),
            app,
            login: global.login.clone(),
            letters: config.mail.directory.clone(),
            config,
        })
    }

    /// Refuses to write into a database that does not hold what was published of it.
    ///
    /// # Errors
    /// It does not, or file or database cannot be read.
    pub async fn is_current(&self) -> Result<(), Stop> {
        start::heads(&self.config, self.desk()).await
    }

    /// The letters kept instead of sent, if any were.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn kept(&self) -> Result<Option<Outbox>, Stop> {
        let dir = self.letters.as_ref().filter(|it| it.is_dir());
        Ok(dir
            .map(Outbox::open)
            .transpose()
            .map_err(anyhow::Error::from)?)
    }

    /// The desk.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.app.desk
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.app.desk.clock.now()
    }

    /// Through whose eyes to look; nobody's means those of the machine's administrator.
    ///
    /// # Errors
    /// A login was given that nobody has.
    pub async fn viewer(&self) -> Result<Option<Person>, Stop> {
        let Some(login) = &self.login else {
            return Ok(None);
        };
        let person = self.desk().person(login).await?.filter(|it| it.active);
        person.map(Some).ok_or_else(|| {
            Stop::new(
                DENIED,
                "person.unknown",
                format!("Personne n’a l’identifiant «\u{a0}{login}\u{a0}»."),
                format!("Nobody has the login “{login}”."),
            )
            .hint("guichet person list")
        })
    }

    /// Who acts.
    ///
    /// # Errors
    /// Nobody was named, or nobody has that login.
    pub async fn person(&self) -> Result<Person, Stop> {
        self.viewer().await?.ok_or_else(|| {
            Stop::new(DENIED, "person.missing", "Dites qui agit.", "Say who acts.")
                .hint("guichet --as LOGIN …   (GUICHET_AS=LOGIN)")
        })
    }

    /// That person, sending a command that was never sent before.
    #[must_use]
    pub fn caller(&self, person: &Person) -> Caller {
        self.desk()
            .caller(Actor::Person(Box::new(person.clone()), Via::Cli))
    }

    /// The ticket of that reference, as far as whoever acts may see it.
    ///
    /// # Errors
    /// There is none.
    pub async fn ticket(&self, reference: &str) -> Result<Ticket, Stop> {
        let viewer = self.viewer().await?;
        let found = self.desk().ticket(reference, viewer.as_ref()).await?;
        found.ok_or_else(|| Stop::missing(reference).hint("guichet ticket list --all"))
    }

    /// Sends a command to the ticket of that reference.
    ///
    /// # Errors
    /// Refused, or there is no such ticket.
    pub async fn send(&self, reference: &str, command: Command) -> Result<Ticket, Stop> {
        let person = self.person().await?;
        let ticket = self.ticket(reference).await?;
        let caller = self.caller(&person);
        Ok(self
            .desk()
            .handle(&Known::from(&ticket), command, caller)
            .await?)
    }

    /// Names of the persons around that client.
    ///
    /// # Errors
    /// The database failed.
    pub async fn names(&self, client: &str) -> Result<Names, Stop> {
        Ok(Names::of(&self.desk().people_around(client).await?))
    }

    /// The contract of that code, or the only one that `client` has.
    ///
    /// # Errors
    /// There is none, or several and none was named.
    pub async fn contract(
        &self,
        code: Option<&str>,
        client: Option<&str>,
    ) -> Result<Contract, Stop> {
        let all = self.desk().contracts(client).await?;
        if let Some(code) = code {
            let found = all
                .into_iter()
                .find(|it| it.code.eq_ignore_ascii_case(code));
            return found.ok_or_else(|| Stop::missing(code).hint("guichet contract list"));
        }
        let mut all = all.into_iter();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(Stop::missing("contract").hint("guichet contract list")),
            (Some(_), Some(_)) => Err(Stop::usage(
                "Il y a plusieurs contrats\u{a0}: nommez-en un avec --contract.",
                "There are several contracts: name one with --contract.",
            )
            .hint("guichet contract list")),
        }
    }
}

/// The answers given on the command line, as the strings they are; a name given twice is a list.
///
/// # Errors
/// Something that is not `name=value`, or a file that cannot be read.
pub fn answers(given: &Answers) -> Result<Map<String, Value>, Stop> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for it in &given.set {
        let (name, value) = pair(it)?;
        found.push((name, value.to_owned()));
    }
    for it in &given.set_file {
        let (name, path) = pair(it)?;
        let path = path.strip_prefix('@').unwrap_or(path);
        found.push((name, read(Path::new(path))?));
    }
    let mut map = Map::new();
    for (name, value) in found {
        match map.get_mut(name) {
            Some(Value::String(before)) => {
                before.push('\n');
                before.push_str(&value);
            }
            _ => _ = map.insert(name.to_owned(), Value::String(value)),
        }
    }
    Ok(map)
}

fn pair(text: &str) -> Result<(&str, &str), Stop> {
    text.split_once('=')
        .filter(|it| !it.0.is_empty())
        .ok_or_else(|| {
            Stop::usage(
                format!("«\u{a0}{text}\u{a0}» n’est pas de la forme nom=valeur."),
                format!("“{text}” is not of the form name=value."),
            )
        })
}

/// The text of a file, or of standard input for `-`.
///
/// # Errors
/// It cannot be read, is too large, or is not text.
pub fn read(path: &Path) -> Result<String, Stop> {
    let unreadable = |why: &dyn std::fmt::Display| {
        let path = path.display();
        Stop::usage(
            format!("Le fichier {path} ne peut pas être lu\u{a0}: {why}"),
            format!("The file {path} cannot be read: {why}"),
        )
    };
    let mut text = String::new();
    let size = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LARGEST + 1)
            .read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|it| it.take(LARGEST + 1).read_to_string(&mut text))
    };
    match size {
        Err(why) => Err(unreadable(&why)),
        Ok(size) if size as u64 > LARGEST => Err(unreadable(&"256 KiB max")),
        Ok(_) => Ok(text),
    }
}

/// A moment as typed: with its offset, or as the wall clock of Paris shows it.
///
/// # Errors
/// Anything else, and an hour that Paris skips.
pub fn moment(text: &str) -> Result<DateTime<Utc>, Stop> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let text = text.replace(' ', "T");
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let local = formats
        .iter()
        .find_map(|it| NaiveDateTime::parse_from_str(&text, it).ok());
    local.and_then(format::from_paris).ok_or_else(|| {
        Stop::usage(
            format!("«\u{a0}{text}\u{a0}» n’est pas un instant. Écrivez 2026-12-01T22:00."),
            format!("“{text}” is not a time. Write 2026-12-01T22:00."),
        )
    })
}

/// The first instant of a day in Paris, as typed.
///
/// # Errors
/// Anything that is not a day.
pub fn day(text: &str) -> Result<DateTime<Utc>, Stop> {
    let day: NaiveDate = text.parse().map_err(|_| {
        Stop::usage(
            format!("«\u{a0}{text}\u{a0}» n’est pas un jour. Écrivez 2026-12-01."),
            format!("“{text}” is not a day. Write 2026-12-01."),
        )
    })?;
    Ok(engine::window::midnight(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(all: &[&str]) -> Answers {
        let set = all.iter().map(|it| (*it).to_owned()).collect();
        Answers {
            set,
            set_file: Vec::new(),
        }
    }

    #[test]
    fn a_name_given_twice_is_a_list_of_lines() {
        let map = answers(&set(&["a=1", "b==", "a=2"])).unwrap();
        assert_eq!(
            Value::Object(map),
            serde_json::json!({"a": "1\n2", "b": "="})
        );
        assert!(answers(&set(&["a"])).is_err());
        assert!(answers(&set(&["=1"])).is_err());
    }

    #[test]
    fn a_time_without_an_offset_is_that_of_paris() {
        let at = |text| moment(text).unwrap().to_rfc3339();
        assert_eq!(at("2026-12-01T22:00"), "2026-12-01T21:00:00+00:00");
        assert_eq!(at("2026-12-01 22:00"), "2026-12-01T21:00:00+00:00");
        assert_eq!(at("2026-12-01T22:00:00Z"), "2026-12-01T22:00:00+00:00");
        assert!(moment("tomorrow").is_err());
        assert!(
            moment("2026-03-29T02:30").is_err(),
            "an hour that Paris skips"
        );
    }
}
