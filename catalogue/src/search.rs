//! Finding a line with the words people use: no accents, no capitals, any order.

use crate::Entry;

/// `text` in lower case without accents or punctuation, words separated by one space.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'â' | 'ä' | 'á' | 'ã' | 'å' => out.push('a'),
            'ç' => out.push('c'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' | 'í' | 'ì' => out.push('i'),
            'ñ' => out.push('n'),
            'ô' | 'ö' | 'ó' | 'ò' | 'õ' => out.push('o'),
            'ù' | 'û' | 'ü' | 'ú' => out.push('u'),
            'ÿ' | 'ý' => out.push('y'),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            // A decomposed accent follows its letter and must not cut the word.
            '\u{300}'..='\u{36f}' => {}
            c if c.is_alphanumeric() => out.push(c),
            _ if out.ends_with(' ') || out.is_empty() => {}
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// How well `entry` answers the folded `words`: lower is better, nothing when one word is nowhere.
pub(crate) fn rank(entry: &Entry, words: &[&str]) -> Option<u8> {
    let places = [
        fold(&format!("{} {}", entry.code, entry.key)),
        fold(&format!("{} {}", entry.title.fr, entry.title.en)),
        fold(&entry.synonyms.join(" ")),
        fold(&format!("{} {}", entry.summary.fr, entry.summary.en)),
    ];
    words
        .iter()
        .map(|word| places.iter().position(|it| it.contains(word)))
        .collect::<Option<Vec<_>>>()
        .map(|found| {
            found
                .into_iter()
                .max()
                .map_or(0, |it| u8::try_from(it).unwrap_or(u8::MAX))
        })
}
