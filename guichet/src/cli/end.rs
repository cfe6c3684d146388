//! How a command ends: its exit code, and what it says when it could not do what was asked.

use super::args::Language;
use crate::config::ConfigError;
use catalogue::{Lang, Text};
use engine::{
    desk::DeskError,
    store::StoreError,
    ticket::{Refusal, RefusalKind},
};
use serde_json::json;

/// Done.
pub const OK: u8 = 0;
/// Failed for a reason of ours.
pub const FAILED: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 2;
/// The person took it back.
pub const CANCELLED: u8 = 3;
/// Nobody said who acts, or that person may not.
pub const DENIED: u8 = 4;
/// No such thing.
pub const NOT_FOUND: u8 = 5;
/// It changed since it was read.
pub const CHANGED: u8 = 6;
/// A rule says no.
pub const REFUSED: u8 = 7;
/// It still waits.
pub const WAITING: u8 = 8;
/// A check failed, or there was nothing to check.
pub const UNVERIFIED: u8 = 9;
/// The ticket ended in failure.
pub const TICKET_FAILED: u8 = 10;
/// Time ran out.
pub const TIMEOUT: u8 = 124;
/// Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// Every exit code with what it means.
#[must_use]
pub fn codes() -> Vec<(u8, Text)> {
    let all = [
        (OK, "fait", "done"),
        (FAILED, "échec", "failed"),
        (USAGE, "ligne de commande incorrecte", "wrong command line"),
        (CANCELLED, "annulé par la personne", "cancelled by the user"),
        (
            DENIED,
            "identité absente ou droit manquant",
            "nobody acts, or not entitled",
        ),
        (NOT_FOUND, "introuvable", "not found"),
        (
            CHANGED,
            "changé entre-temps, à relire",
            "changed meanwhile, read it again",
        ),
        (REFUSED, "refusé par une règle", "refused by a rule"),
        (WAITING, "encore en attente", "still waiting"),
        (
            UNVERIFIED,
            "vérification en échec, ou rien à vérifier",
            "verification failed, or nothing to verify",
        ),
        (
            TICKET_FAILED,
            "la demande a fini en échec",
            "the ticket ended in failure",
        ),
        (TIMEOUT, "délai dépassé", "timed out"),
        (INTERRUPTED, "interrompu (Ctrl-C)", "interrupted (Ctrl-C)"),
    ];
    all.into_iter()
        .map(|(code, fr, en)| (code, Text::new(fr, en)))
        .collect()
}

/// A command that could not do what was asked.
#[derive(Debug)]
pub struct Stop {
    /// Exit code.
    pub exit: u8,
    /// What people read.
    pub text: Text,
    /// Stable code.
    pub code: &'static str,
    /// Clause it rests on.
    pub clause: Option<&'static str>,
    /// The next command to try.
    pub hint: Option<Box<str>>,
    /// Faults of the form, one by one.
    pub faults: Box<[(String, String, Text)]>,
}

impl Stop {
    /// A stop with these words.
    pub fn new(exit: u8, code: &'static str, fr: impl Into<String>, en: impl Into<String>) -> Stop {
        let text = Text::new(fr, en);
        Stop {
            exit,
            text,
            code,
            clause: None,
            hint: None,
            faults: Box::default(),
        }
    }

    /// A command line that makes no sense.
    pub fn usage(fr: impl Into<String>, en: impl Into<String>) -> Stop {
        Stop::new(USAGE, "usage", fr, en)
    }

    /// Nothing of that name.
    pub fn missing(what: &str) -> Stop {
        Stop::new(
            NOT_FOUND,
            "not-found",
            format!("Rien ne porte le nom «\u{a0}{what}\u{a0}»."),
            format!("Nothing is called “{what}”."),
        )
    }

    /// With the next command to try.
    #[must_use]
    pub fn hint(mut self, command: impl Into<String>) -> Stop {
        self.hint = Some(command.into().into_boxed_str());
        self
    }

    /// Prints it on standard error, as words or as a JSON object.
    pub fn print(&self, lang: Lang, as_json: bool) {
        if as_json {
            let errors: Vec<_> = self
                .faults
                .iter()
                .map(|(pointer, code, text)| {
                    json!({"pointer": pointer, "code": code, "detail": text.get(lang)})
                })
                .collect();
            let object = json!({
                "code": self.code, "detail": self.text.get(lang), "clause": self.clause,
                "exit": self.exit, "errors": errors,
            });
            eprintln!("{object}");
            return;
        }
        let (error, help, colon) = match lang {
            Lang::Fr => ("erreur\u{a0}:", "aide\u{a0}:", "\u{a0}:"),
            Lang::En => ("error:", "help:", ":"),
        };
        let clause = self.clause.map(|it| format!(", {it}")).unwrap_or_default();
        eprintln!("{error} {}  [{}{clause}]", self.text.get(lang), self.code);
        for (pointer, code, text) in &self.faults {
            eprintln!(
                "  {}{colon} {}  [{code}]",
                pointer.trim_start_matches('/'),
                text.get(lang)
            );
        }
        if let Some(hint) = &self.hint {
            eprintln!("{help} {hint}");
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        let exit = match (&refusal, refusal.kind()) {
            (Refusal::NotEntitled, _) => DENIED,
            (_, RefusalKind::Missing) => NOT_FOUND,
            (_, RefusalKind::Stale | RefusalKind::Gone) => CHANGED,
            (_, RefusalKind::Invalid | RefusalKind::Rule | RefusalKind::Forbidden) => REFUSED,
        };
        let faults: Box<[_]> = match &refusal {
            Refusal::Form(all) => all
                .iter()
                .map(|it| (it.pointer.clone(), it.code.clone(), it.message.clone()))
                .collect(),
            _ => Box::default(),
        };
        let text = match faults.is_empty() {
            true => refusal.sentence(),
            false => Text::new("Le formulaire a des erreurs.", "The form has faults."),
        };
        let hint = match &refusal {
            Refusal::UnknownLine(_) => Some("guichet catalogue list"),
            Refusal::PlanChanged => Some("guichet ticket plan REF"),
            Refusal::QuotaSpent { .. } | Refusal::NotEnoughTokens { .. } => {
                Some("guichet contract show CODE")
            }
            Refusal::TaskOutOfOrder { .. } | Refusal::OutOfOrder { .. } => {
                Some("guichet ticket show REF")
            }
            _ => None,
        };
        let hint = hint.map(Box::from);
        Stop {
            exit,
            text,
            code: refusal.code(),
            clause: refusal.clause(),
            hint,
            faults,
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::new(
            FAILED,
            "database",
            format!("La base de données ne répond pas comme il faut\u{a0}: {error}"),
            format!("The database does not answer as it should: {error}"),
        )
        .hint("guichet doctor")
    }
}

impl From<DeskError> for Stop {
    fn from(error: DeskError) -> Stop {
        match error {
            DeskError::Refused(it) => it.into(),
            DeskError::Store(it) => it.into(),
        }
    }
}

impl From<ConfigError> for Stop {
    fn from(error: ConfigError) -> Stop {
        Stop::new(
            USAGE,
            "configuration",
            format!("Configuration inutilisable\u{a0}: {error}"),
            format!("Unusable configuration: {error}"),
        )
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Stop {
        let words = format!("{error:#}");
        Stop::new(FAILED, "failed", words.clone(), words)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        anyhow::Error::from(error).into()
    }
}

/// The language asked for: the option, else the environment's, else French.
#[must_use]
pub fn language(asked: Option<Language>, locale: Option<&str>) -> Lang {
    match asked {
        Some(Language::Fr) => Lang::Fr,
        Some(Language::En) => Lang::En,
        None => match locale {
            Some(it) if it.to_ascii_lowercase().starts_with("en") => Lang::En,
            _ => Lang::Fr,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_the_option_then_of_the_environment_then_french() {
        assert_eq!(language(None, None), Lang::Fr);
        assert_eq!(language(None, Some("C.UTF-8")), Lang::Fr);
        assert_eq!(language(None, Some("en_GB.UTF-8")), Lang::En);
        assert_eq!(language(Some(Language::Fr), Some("en_GB.UTF-8")), Lang::Fr);
    }

    #[test]
    fn a_refusal_keeps_its_clause_and_says_what_kind_of_no_it_is() {
        let exit = |refusal: Refusal| Stop::from(refusal).exit;
        assert_eq!(exit(Refusal::SelfApproval), REFUSED);
        assert_eq!(exit(Refusal::NotEntitled), DENIED);
        assert_eq!(exit(Refusal::PlanChanged), CHANGED);
        assert_eq!(exit(Refusal::NotFound), NOT_FOUND);
        assert_eq!(
            Stop::from(Refusal::AccelerationOfQuote).clause,
            Refusal::AccelerationOfQuote.clause()
        );
    }
}
