//! Help in the language of who asks. The English words stand with the commands; here are the
//! French ones.

use super::{args::Language, end::language};
use catalogue::Lang;
use std::ffi::OsString;

/// Sentences of the help: English, French below it, an empty line.
const SENTENCES: &str = include_str!("../../locales/fr/help.txt");

fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    SENTENCES
        .split("\n\n")
        .filter_map(|it| it.trim_end().split_once('\n'))
}

/// The language asked for, before the rest of the command line is understood.
#[must_use]
pub fn wanted(args: &[OsString]) -> Lang {
    let words: Vec<&str> = args.iter().filter_map(|it| it.to_str()).collect();
    let spaced = words
        .windows(2)
        .find(|it| it[0] == "--lang")
        .map(|it| it[1]);
    let joined = words.iter().find_map(|it| it.strip_prefix("--lang="));
    let asked = match spaced.or(joined) {
        Some("fr") => Some(Language::Fr),
        Some("en") => Some(Language::En),
        _ => None,
    };
    language(asked, super::locale().as_deref())
}

fn french(text: &str) -> Option<&'static str> {
    pairs().find(|it| it.0 == text).map(|it| it.1)
}

/// The commands with their help in that language.
#[must_use]
pub fn translated(mut command: clap::Command, lang: Lang) -> clap::Command {
    match lang {
        Lang::En => command,
        Lang::Fr => {
            // Built first, so that the options that clap adds are there to be translated.
            command.build();
            in_french(command)
        }
    }
}

fn in_french(command: clap::Command) -> clap::Command {
    let about = command.get_about().map(ToString::to_string);
    let command = match about.as_deref().and_then(french) {
        Some(it) => command.about(it).long_about(None),
        None => command,
    };
    let template = "{about-with-newline}\nUtilisation\u{a0}: {usage}\n\n{all-args}{after-help}";
    command
        .help_template(template)
        .subcommand_help_heading("Commandes")
        .mut_args(|it| {
            let help = it.get_help().map(ToString::to_string);
            let heading = if it.is_positional() {
                "Arguments"
            } else {
                "Options"
            };
            let it = it.help_heading(heading);
            match help.as_deref().and_then(french) {
                Some(help) => it.help(help).long_help(None),
                None => it,
            }
        })
        .mut_subcommands(in_french)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::CommandFactory;

    fn sentences(command: &clap::Command, into: &mut Vec<String>) {
        into.extend(command.get_about().map(ToString::to_string));
        into.extend(
            command
                .get_arguments()
                .filter_map(|it| Some(it.get_help()?.to_string())),
        );
        command.get_subcommands().for_each(|it| sentences(it, into));
    }

    #[test]
    fn every_sentence_of_the_help_exists_in_french() {
        let mut command = Cli::command();
        command.build();
        let mut all = Vec::new();
        sentences(&command, &mut all);
        let missing: Vec<&String> = all.iter().filter(|it| french(it).is_none()).collect();
        assert!(missing.is_empty(), "{missing:#?}");
        let unused: Vec<_> = pairs()
            .filter(|it| !all.iter().any(|said| said == it.0))
            .collect();
        assert!(unused.is_empty(), "{unused:#?}");
    }

    #[test]
    fn the_command_line_is_sound_in_both_languages() {
        Cli::command().debug_assert();
        let french = translated(Cli::command(), Lang::Fr)
            .render_long_help()
            .to_string();
        assert!(
            french.contains("Utilisation\u{a0}:") && french.contains("Ce qui peut être commandé")
        );
    }

    #[test]
    fn the_language_is_known_before_the_rest_is_understood() {
        let args = |all: &[&str]| all.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            wanted(&args(&["guichet", "--lang", "en", "nonsense"])),
            Lang::En
        );
        assert_eq!(wanted(&args(&["guichet", "x", "--lang=fr"])), Lang::Fr);
    }
}
