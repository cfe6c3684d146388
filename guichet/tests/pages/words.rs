//! Messages and the places that use them agree.

use catalogue::Lang;

/// Messages whose ids are put together from a word of the engine.
const FAMILIES: [&str; 7] = [
    "ask-",
    "act-",
    "agreement-",
    "event-",
    "kind-",
    "do-",
    "role-",
];

/// Every message id written in a template or a view exists, and every message is used somewhere.
#[test]
fn messages_and_their_uses_agree() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    for folder in ["templates/pages", "src/pages", "src/http/pages"] {
        read_all(&root.join(folder), &mut sources);
    }
    let words = guichet::i18n::I18n::get(Lang::Fr);
    for call in [".t(\"", "say(\""] {
        for key in sources
            .split(call)
            .skip(1)
            .filter_map(|it| it.split('"').next())
        {
            let suffix = key.starts_with('-') || key.is_empty();
            assert!(
                suffix || words.has(key),
                "message {key} is used and does not exist"
            );
        }
    }
    for family in FAMILIES {
        let built = sources.contains(&format!("\"{family}"));
        assert!(built, "nothing builds messages of {family}");
    }
    let messages = std::fs::read_to_string(root.join("locales/fr/pages.ftl")).unwrap();
    for line in messages
        .lines()
        .filter(|it| !it.starts_with([' ', '#', '}']))
    {
        let Some((id, _)) = line.split_once(" =") else {
            continue;
        };
        let built = FAMILIES.iter().any(|it| id.starts_with(it));
        assert!(
            built || sources.contains(&format!("\"{id}\"")),
            "message {id} is never used"
        );
    }
}

/// All files under a folder, one after the other.
fn read_all(folder: &std::path::Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            read_all(&entry.path(), into);
        } else {
            *into += &std::fs::read_to_string(entry.path()).unwrap();
        }
    }
}

/// Every word of the engine that a page puts into a message id has its message.
#[test]
fn every_word_of_the_engine_has_its_message() {
    let words = guichet::i18n::I18n::get(Lang::Fr);
    let purposes = [
        "agreement",
        "operations",
        "offer",
        "estimate",
        "passage",
        "validation",
    ];
    for purpose in purposes {
        for id in ["act-", "agreement-", "ask-"].map(|it| format!("{it}{purpose}")) {
            assert!(words.has(&id), "{id}");
        }
        for suffix in ["-yes", "-no", "-done", "-next"] {
            assert!(
                words.has(&format!("ask-{purpose}{suffix}")),
                "ask-{purpose}{suffix}"
            );
        }
    }
    let commands =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/ticket/command.rs");
    let commands = std::fs::read_to_string(commands).unwrap();
    let kinds = commands
        .split("fn kind(&self)")
        .nth(1)
        .and_then(|it| it.split("fn ").next());
    let kinds = kinds.expect("commands name the kind of record they leave");
    let mut seen = 0;
    for kind in kinds
        .split('"')
        .filter(|it| it.contains('.') && !it.contains(' '))
    {
        let id = format!("event-{}", kind.replace('.', "-"));
        assert!(words.has(&id), "{id} for records of kind {kind}");
        seen += 1;
    }
    assert!(seen > 20, "kinds were found: {seen}");
}
