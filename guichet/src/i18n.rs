//! The words of Guichet in French and in English: Fluent messages embedded in the program.
//!
//! Texts that belong to a catalogue line, a workflow or a refusal travel as `catalogue::Text`;
//! everything else that people read has a message id here.

use catalogue::Lang;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use std::{fmt, sync::LazyLock};
use unic_langid::LanguageIdentifier;

use crate::format;

const FRENCH: [&str; 3] = [
    include_str!("../locales/fr/terms.ftl"),
    include_str!("../locales/fr/pages.ftl"),
    include_str!("../locales/fr/mails.ftl"),
];
const ENGLISH: [&str; 3] = [
    include_str!("../locales/en/terms.ftl"),
    include_str!("../locales/en/pages.ftl"),
    include_str!("../locales/en/mails.ftl"),
];

/// All messages of one language.
pub struct I18n {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl I18n {
    /// The messages of `lang`; read once, kept for the life of the program.
    #[must_use]
    pub fn get(lang: Lang) -> &'static I18n {
        static FR: LazyLock<I18n> = LazyLock::new(|| I18n::load(Lang::Fr, &FRENCH));
        static EN: LazyLock<I18n> = LazyLock::new(|| I18n::load(Lang::En, &ENGLISH));
        match lang {
            Lang::Fr => &FR,
            Lang::En => &EN,
        }
    }

    fn load(lang: Lang, files: &[&str]) -> I18n {
        let locale: LanguageIdentifier = code(lang).parse().expect("two letters name a language");
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // Our texts are one script in one direction; isolation marks would only litter mails.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match lang {
            Lang::Fr => |value, _| whole_number(Lang::Fr, value),
            Lang::En => |value, _| whole_number(Lang::En, value),
        }));
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned())
                .map_err(|(_, errors)| errors)
                .expect("messages are embedded and parsed by a test");
            bundle
                .add_resource(resource)
                .expect("ids are unique, which a test checks");
        }
        I18n { lang, bundle }
    }

    /// The language of these messages.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether a message of that id exists.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// The message `key`, which takes no variable.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        self.ta(key, &[])
    }

    /// The message `key` with its variables. Numbers choose the plural and get the separators of
    /// the language. A missing message shows as `⟦key⟧` and is logged.
    #[must_use]
    pub fn ta(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().cloned().collect();
        let Some(pattern) = self.bundle.get_message(key).and_then(|it| it.value()) else {
            tracing::error!(key, lang = ?self.lang, "message missing");
            return format!("⟦{key}⟧");
        };
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&args), &mut errors);
        for error in errors {
            tracing::error!(key, lang = ?self.lang, %error, "message incomplete");
        }
        text.into_owned()
    }

    /// Begins a message with variables, for templates: `say("x").with("who", name)`.
    #[must_use]
    pub fn say<'a>(&'a self, key: &'a str) -> Say<'a> {
        Say {
            words: self,
            key,
            args: Vec::new(),
        }
    }
}

fn whole_number(lang: Lang, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value.fract() == 0.0 => {
            Some(format::number(lang, number.value as i64))
        }
        _ => None,
    }
}

/// A message being given its variables; displays as the finished text.
pub struct Say<'a> {
    words: &'a I18n,
    key: &'a str,
    args: Vec<(&'a str, FluentValue<'a>)>,
}

impl<'a> Say<'a> {
    /// Gives the text variable `name`.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl fmt::Display) -> Self {
        self.args.push((name, FluentValue::from(value.to_string())));
        self
    }

    /// Gives the whole number `name`, which chooses the plural.
    #[must_use]
    pub fn n(mut self, name: &'a str, value: impl Count) -> Self {
        self.args.push((name, FluentValue::from(value.count())));
        self
    }
}

impl fmt::Display for Say<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.ta(self.key, &self.args))
    }
}

/// A whole number, however often a template has borrowed it.
pub trait Count {
    /// The number.
    fn count(&self) -> i64;
}

macro_rules! counts {
    ($($kind:ty),*) => {$(
        impl Count for $kind {
            fn count(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )*};
}
counts!(i64, i32, u8, u32, usize);

impl<T: Count + ?Sized> Count for &T {
    fn count(&self) -> i64 {
        (**self).count()
    }
}

/// The language a request asks for: the `lang` of its query, else its cookie, else the first of
/// `Accept-Language` that we speak, by weight; French when none says.
#[must_use]
pub fn choose(query: Option<&str>, cookie: Option<&str>, accept: Option<&str>) -> Lang {
    let named = |it: &str| match it.trim().get(..2)?.to_ascii_lowercase().as_str() {
        "fr" => Some(Lang::Fr),
        "en" => Some(Lang::En),
        _ => None,
    };
    query
        .and_then(named)
        .or_else(|| cookie.and_then(named))
        .or_else(|| {
            let mut wanted: Vec<(f32, Lang)> = accept?
                .split(',')
                .filter_map(|part| {
                    let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
                    let weight = weight.trim().parse().ok().filter(|it| *it > 0.0)?;
                    Some((weight, named(tag)?))
                })
                .collect();
            wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
            wanted.first().map(|it| it.1)
        })
        .unwrap_or_default()
}

/// The two letters of `lang`, for `<html lang>` and cookies.
#[must_use]
pub fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Fr => "fr",
        Lang::En => "en",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Message ids of the files with the variables each one uses.
    fn messages(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in files.iter().flat_map(|it| it.lines()) {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let mut rest = line;
            if !line.starts_with([' ', '}']) {
                let (id, value) = line
                    .split_once(" = ")
                    .unwrap_or((line.trim_end_matches(" ="), ""));
                current = id.to_owned();
                let twice = found.insert(current.clone(), BTreeSet::new()).is_some();
                assert!(!twice, "{current} is defined twice");
                rest = value;
            }
            let used = rest.split('$').skip(1).map(|it| {
                it.chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect()
            });
            found
                .get_mut(&current)
                .expect("a value follows its id")
                .extend(used);
        }
        found
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let (french, english) = (messages(&FRENCH), messages(&ENGLISH));
        assert_eq!(
            french.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>(),
            "same ids"
        );
        for (id, variables) in &french {
            assert_eq!(variables, &english[id], "variables of {id}");
            assert!(
                I18n::get(Lang::Fr).has(id) && I18n::get(Lang::En).has(id),
                "{id} loads"
            );
        }
    }

    /// What is wrong with a French text, if anything.
    fn typography(text: &str) -> Option<&'static str> {
        let chars: Vec<char> = text.chars().collect();
        for (i, c) in chars.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| chars[i]);
            let after = chars.get(i + 1).copied();
            let ends = after.is_none_or(|it| !it.is_alphanumeric() && it != '/');
            match c {
                ';' | '!' | '?' if ends && before != Some('\u{202f}') => {
                    return Some("U+202F goes before ; ! ?");
                }
                ':' if ends && before != Some('\u{a0}') => return Some("U+00A0 goes before :"),
                '«' if after != Some('\u{a0}') => return Some("U+00A0 goes after «"),
                '»' if before != Some('\u{a0}') => return Some("U+00A0 goes before »"),
                '\'' => return Some("’, not '"),
                '.' if after == Some('.') => return Some("…, not ..."),
                '"' if before != Some('{') && !text.contains("{ \"") => {
                    return Some("« », not quotes");
                }
                _ => {}
            }
            let units = ["token", "h", "min", "s", "j", "Mo", "%"];
            if *c == ' ' && before.is_some_and(|it| it.is_ascii_digit() || it == '}') {
                let word: String = chars[i + 1..]
                    .iter()
                    .take_while(|it| it.is_alphabetic() || **it == '%')
                    .collect();
                if units.contains(&word.trim_end_matches('s')) || units.contains(&word.as_str()) {
                    return Some("U+00A0 goes before a unit");
                }
            }
        }
        None
    }

    #[test]
    fn french_follows_french_typography() {
        for line in FRENCH
            .iter()
            .flat_map(|it| it.lines())
            .filter(|it| !it.starts_with('#'))
        {
            let text = match line.split_once(" = ") {
                Some((_, value)) if !line.starts_with(' ') => value,
                _ => line,
            };
            assert_eq!(typography(text), None, "in: {line}");
        }
    }

    #[test]
    fn the_typography_lint_notices_each_fault() {
        for wrong in [
            "Quoi ?",
            "Prix: 4",
            "« Oui »",
            "l'accord",
            "etc...",
            "4 tokens",
            "Oui!",
        ] {
            assert!(typography(wrong).is_some(), "{wrong}");
        }
        assert_eq!(
            typography("Prix\u{a0}: «\u{a0}4\u{a0}tokens\u{a0}»\u{202f}?"),
            None
        );
    }

    #[test]
    fn the_language_comes_from_query_then_cookie_then_browser() {
        assert_eq!(choose(Some("en"), Some("fr"), Some("fr")), Lang::En);
        assert_eq!(choose(Some("de"), Some("en"), Some("fr")), Lang::En);
        assert_eq!(
            choose(None, None, Some("de, en-GB;q=0.8, fr;q=0.9")),
            Lang::Fr
        );
        assert_eq!(choose(None, None, Some("en-US,en;q=0.9,fr;q=0")), Lang::En);
        assert_eq!(choose(None, None, Some("é;q=x")), Lang::Fr);
        assert_eq!(choose(None, None, None), Lang::Fr);
    }

    #[test]
    fn zero_and_one_are_singular_in_french_only() {
        let say = |lang, n: i64| I18n::get(lang).say("tokens").n("n", n).to_string();
        assert_eq!(say(Lang::Fr, 0), "0\u{a0}token");
        assert_eq!(say(Lang::Fr, 1), "1\u{a0}token");
        assert_eq!(say(Lang::Fr, 1284), "1\u{202f}284\u{a0}tokens");
        assert_eq!(say(Lang::En, 0), "0 tokens");
        assert_eq!(say(Lang::En, 1), "1 token");
    }
}
