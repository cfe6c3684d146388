//! Help in the language of who asks. The English words stand with the commands; here are the
//! French ones.

use super::{
    args::Language,
    end::language,
};
use catalogue::Lang;
use std::ffi::OsString;

/// English and French, for every sentence of the help.
const FRENCH: &[(&str, &str)] = &[
    ("Order, price, agree to, watch and audit changes", "Commander, chiffrer, valider, suivre et auditer des changements"),
    ("Print JSON; with `=a,b` only those keys", "Afficher du JSON\u{202f}; avec « =a,b », ces clés seulement"),
    ("Language: fr or en; by default that of LANG, else French", "Langue\u{a0}: fr ou en\u{202f}; par défaut celle de LANG, sinon le français"),
    ("Configuration file", "Fichier de configuration"),
    ("Directory of the data, in place of a database address", "Répertoire des données, à la place d’une adresse de base"),
    ("Database: sqlite://FILE or postgres://…", "Base de données\u{a0}: sqlite://FICHIER ou postgres://…"),
    ("Who acts on this machine", "Qui agit sur cette machine"),
    ("Try Guichet: a provider, two clients and their systems on this machine", "Essayer Guichet\u{a0}: un prestataire, deux clients et leurs systèmes sur cette machine"),
    ("Answer HTTP and do the work", "Répondre en HTTP et faire le travail"),
    ("The database", "La base de données"),
    ("What can be ordered", "Ce qui peut être commandé"),
    ("What a change would cost", "Ce que coûterait un changement"),
    ("What waits for me", "Ce qui m’attend"),
    ("Exit with 8 when something waits", "Finir avec 8 quand quelque chose attend"),
    ("Changes: order, follow, decide, repair", "Changements\u{a0}: commander, suivre, décider, réparer"),
    ("Off-catalogue studies", "Études hors catalogue"),
    ("Contracts, tokens and accelerated changes", "Contrats, tokens et changements accélérés"),
    ("Who did what", "Qui a fait quoi"),
    ("Letters owed and sent", "Courriels dus et partis"),
    ("Persons and local accounts", "Personnes et comptes locaux"),
    ("Clients", "Clients"),
    ("Look for what would keep Guichet from working", "Chercher ce qui empêcherait Guichet de marcher"),
    ("Print the completions of a shell", "Afficher la complétion d’un shell"),
    ("Which shell", "Quel shell"),
    ("Help on a command or a topic: exit-codes", "Aide sur une commande ou un sujet\u{a0}: exit-codes"),
    ("Command or topic", "Commande ou sujet"),
    ("Play the stories without a browser", "Jouer les histoires sans navigateur"),
    ("Port; the next free one when it is taken", "Port\u{202f}; le suivant de libre quand il est pris"),
    ("Keep the data there; a second start continues", "Garder les données là\u{202f}; un second démarrage continue"),
    ("Do not open a browser", "Ne pas ouvrir de navigateur"),
    ("What this process does", "Ce que fait ce processus"),
    ("Address that HTTP answers on", "Adresse où répond HTTP"),
    ("Where people reach the portal", "Où l’on atteint le portail"),
    ("File of the zones and their systems", "Fichier des zones et de leurs systèmes"),
    ("Answers HTTP", "Répond en HTTP"),
    ("Bring the schema up to date", "Mettre le schéma à jour"),
    ("Show which steps are applied", "Montrer les étapes appliquées"),
    ("List the lines, those that hold all words first", "Lister les lignes, d’abord celles qui ont tous les mots"),
    ("Words to look for", "Mots cherchés"),
    ("Show a line, its form and its notes", "Montrer une ligne, son formulaire et ses notes"),
    ("Code or name", "Code ou nom"),
    ("Check lines and workflows", "Vérifier lignes et procédures"),
    ("Draw the workflow of a line", "Dessiner la procédure d’une ligne"),
    ("Code or name of a line, or name of a workflow", "Code ou nom d’une ligne, ou nom d’une procédure"),
    ("As SVG", "En SVG"),
    ("As Mermaid", "En Mermaid"),
    ("Answer to one field", "Réponse à un champ"),
    ("Answer to one field, read from a file", "Réponse à un champ, lue dans un fichier"),
    ("Code or name of the line", "Code ou nom de la ligne"),
    ("Accelerated: twice the price, six a year", "Accéléré\u{a0}: prix doublé, six par an"),
    ("Order a change", "Commander un changement"),
    ("List tickets, newest first", "Lister les demandes, la plus récente d’abord"),
    ("Show a ticket", "Montrer une demande"),
    ("Follow a ticket until it ends", "Suivre une demande jusqu’à sa fin"),
    ("Draw its tasks", "Dessiner ses étapes"),
    ("Reference", "Référence"),
    ("Show what it would change", "Montrer ce qu’elle changerait"),
    ("Show its exchanges with the systems", "Montrer ses échanges avec les systèmes"),
    ("One task only", "Une seule étape"),
    ("Agree to a plan, a price or an estimate", "Donner son accord à un plan, un prix ou une estimation"),
    ("Refuse; says why", "Refuser, en disant pourquoi"),
    ("Validate what was delivered, which closes it", "Valider ce qui a été livré, ce qui clôt"),
    ("The same as validate", "Comme validate"),
    ("Take it back before it acts", "La retirer avant qu’elle n’agisse"),
    ("Try a blocked task again", "Réessayer une étape bloquée"),
    ("Skip a blocked task, with proof", "Passer une étape bloquée, avec preuve"),
    ("Do a blocked task by hand from now on", "Faire désormais à la main une étape bloquée"),
    ("Record a task done by hand", "Enregistrer une étape faite à la main"),
    ("Give up: take back everything begun", "Renoncer\u{a0}: revenir sur tout ce qui a commencé"),
    ("Stop it for now", "La suspendre"),
    ("Let it go on", "La laisser reprendre"),
    ("Put a price to the client", "Proposer un prix au client"),
    ("Price, or ceiling", "Prix, ou plafond"),
    ("What it covers", "Ce qu’il couvre"),
    ("Say that the rework of a contested ticket is done", "Dire que la reprise d’une demande contestée est faite"),
    ("Under which contract; needed when there are several", "Sous quel contrat\u{202f}; nécessaire quand il y en a plusieurs"),
    ("Twice the price, six a year", "Prix doublé, six par an"),
    ("Not before, e.g. 2026-12-01T22:00", "Pas avant, p. ex. 2026-12-01T22:00"),
    ("Why", "Pourquoi"),
    ("The client's person it is filed for", "La personne du client pour qui elle est déposée"),
    ("Only show what would happen", "Montrer seulement ce qui se passerait"),
    ("Closed ones too", "Les closes aussi"),
    ("In one state only", "Dans un seul état"),
    ("Of one client only", "D’un seul client"),
    ("At most this many", "Au plus autant"),
    ("Give up after that many seconds", "Renoncer après autant de secondes"),
    ("Stop as soon as a person has to act", "S’arrêter dès qu’une personne doit agir"),
    ("Why; needed to refuse", "Pourquoi\u{202f}; nécessaire pour refuser"),
    ("Digest of what was read; by default what is stored now", "Empreinte de ce qui a été lu\u{202f}; par défaut ce qui est en base"),
    ("Why, or what was done", "Pourquoi, ou ce qui a été fait"),
    ("Name of the task", "Nom de l’étape"),
    ("Proof or reason", "Preuve ou motif"),
    ("What was done, and what shows it", "Ce qui a été fait, et ce qui le montre"),
    ("It went badly", "Cela s’est mal passé"),
    ("Tokens of time spent, on a capped ticket", "Tokens de temps passé, sur une demande plafonnée"),
    ("Open a study", "Ouvrir une étude"),
    ("Short title", "Titre court"),
    ("The need", "Le besoin"),
    ("Show a study", "Montrer une étude"),
    ("Propose slots for the half-hour call", "Proposer des créneaux pour l’appel d’une demi-heure"),
    ("Slots, e.g. 2026-12-01T10:00", "Créneaux, p. ex. 2026-12-01T10:00"),
    ("Choose a slot", "Choisir un créneau"),
    ("The slot", "Le créneau"),
    ("Record the call", "Enregistrer l’appel"),
    ("The need as understood", "Le besoin tel que compris"),
    ("Who was there", "Qui était là"),
    ("Turn it into catalogue lines", "La requalifier en lignes du catalogue"),
    ("JSON file: [{\"line\": \"K06\", \"values\": {…}}, …]; - for standard input", "Fichier JSON\u{a0}: [{\"line\": \"K06\", \"values\": {…}}, …]\u{202f}; - pour l’entrée standard"),
    ("Code of the one line", "Code de la seule ligne"),
    ("Answers to its form", "Réponses à son formulaire"),
    ("Estimate the study", "Estimer l’étude"),
    ("Price of the study", "Prix de l’étude"),
    ("Working days it takes", "Jours ouvrés de travail"),
    ("Working days until it is delivered", "Jours ouvrés jusqu’à la remise"),
    ("Conclude the study", "Conclure l’étude"),
    ("It can be done; with --file the changes it leads to", "C’est faisable\u{202f}; avec --file, les changements qui en découlent"),
    ("It cannot be done", "Ce n’est pas faisable"),
    ("JSON file: [{\"code\": \"K06\", \"title\": …, \"tokens\": 3, \"values\": {…}}, …]", "Fichier JSON\u{a0}: [{\"code\": \"K06\", \"title\": …, \"tokens\": 3, \"values\": {…}}, …]"),
    ("List contracts", "Lister les contrats"),
    ("Show what is left", "Montrer ce qui reste"),
    ("Code", "Code"),
    ("Show all token movements of a stretch of time", "Montrer tous les mouvements de tokens d’une période"),
    ("First day; by default the first of this year", "Premier jour\u{202f}; par défaut le premier de l’année"),
    ("Day after the last; by default tomorrow", "Lendemain du dernier\u{202f}; par défaut demain"),
    ("Grant tokens", "Attribuer des tokens"),
];

/// The rest of the same, by family of commands.
const MORE: &[(&str, &str)] = &[
    ("How many", "Combien"),
    ("When what is left expires, e.g. 2027-12-31", "Quand le reste expire, p. ex. 2027-12-31"),
    ("Make a contract known", "Faire connaître un contrat"),
    ("TOML file", "Fichier TOML"),
    ("Search the journal, newest first", "Chercher dans le journal, le plus récent d’abord"),
    ("Of one client", "D’un client"),
    ("About one ticket", "Sur une demande"),
    ("By one person", "Par une personne"),
    ("On one cluster", "Sur un cluster"),
    ("Of one kind, or with a dot at the end of one family: `gate.`", "D’un type, ou d’une famille avec un point à la fin\u{a0}: « gate. »"),
    ("From that day", "À partir de ce jour"),
    ("Before that day", "Avant ce jour"),
    ("List letters, newest first", "Lister les courriels, le plus récent d’abord"),
    ("Show a letter's fate, and its text where letters are kept", "Montrer le sort d’un courriel, et son texte là où ils sont gardés"),
    ("Name", "Nom"),
    ("List persons", "Lister les personnes"),
    ("Make a person known; the password comes from standard input or a file", "Faire connaître une personne\u{202f}; le mot de passe vient de l’entrée standard ou d’un fichier"),
    ("Login", "Identifiant"),
    ("Full name", "Nom complet"),
    ("The one registered address", "La seule adresse enregistrée"),
    ("The client's code; without it the person is of the provider", "Le code du client\u{202f}; sans lui la personne est du prestataire"),
    ("What the person may do: request, commit, validate, support, operate, steer, audit, administer", "Ce que la personne peut faire\u{a0}: request, commit, validate, support, operate, steer, audit, administer"),
    ("Language of mails: fr or en", "Langue des courriels\u{a0}: fr ou en"),
    ("File of the password; - for standard input; without it no local account is made", "Fichier du mot de passe\u{202f}; - pour l’entrée standard\u{202f}; sans lui, pas de compte local"),
    ("Make a client known", "Faire connaître un client"),
    ("Code; begins every reference", "Code\u{202f}; début de chaque référence"),
    ("Options of every command", "Options de toutes les commandes"),
    ("Print help", "Afficher l’aide"),
    ("Print version", "Afficher la version"),
    ("French", "Français"),
    ("English", "Anglais"),
    ("Performs tasks", "Fait les étapes"),
    ("Wakes what is due", "Réveille ce qui est dû"),
    ("Sends letters", "Envoie les courriels"),
    ("What to do", "Que faire"),
    ("Changes", "Changements"),
    ("Contracts", "Contrats"),
    ("Letters", "Courriels"),
    ("Persons", "Personnes"),
    ("One ticket", "Une demande"),
    ("Which tickets", "Quelles demandes"),
    ("A decision", "Une décision"),
    ("Follow one ticket", "Suivre une demande"),
];

/// The language asked for, before the rest of the command line is understood.
#[must_use]
pub fn wanted(args: &[OsString]) -> Lang {
    let words: Vec<&str> = args.iter().filter_map(|it| it.to_str()).collect();
    let spaced = words.windows(2).find(|it| it[0] == "--lang").map(|it| it[1]);
    let joined = words.iter().find_map(|it| it.strip_prefix("--lang="));
    let asked = match spaced.or(joined) {
        Some("fr") => Some(Language::Fr),
        Some("en") => Some(Language::En),
        _ => None,
    };
    language(asked, super::locale().as_deref())
}

fn french(text: &str) -> Option<&'static str> {
    FRENCH.iter().chain(MORE).find(|it| it.0 == text).map(|it| it.1)
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
            let heading = if it.is_positional() { "Arguments" } else { "Options" };
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
        into.extend(command.get_arguments().filter_map(|it| Some(it.get_help()?.to_string())));
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
    }

    #[test]
    fn the_command_line_is_sound_in_both_languages() {
        Cli::command().debug_assert();
        let french = translated(Cli::command(), Lang::Fr).render_long_help().to_string();
        assert!(french.contains("Utilisation\u{a0}:") && french.contains("Ce qui peut être commandé"));
    }

    #[test]
    fn the_language_is_known_before_the_rest_is_understood() {
        let args = |all: &[&str]| all.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(wanted(&args(&["guichet", "--lang", "en", "nonsense"])), Lang::En);
        assert_eq!(wanted(&args(&["guichet", "x", "--lang=fr"])), Lang::Fr);
    }
}
