//! The files pages point at, embedded, under names that change with their content.

use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The style sheet.
pub const CSS: &str = include_str!("../../assets/guichet.css");
/// The mark of Guichet, for browser tabs.
pub const ICON: &str = include_str!("../../assets/guichet.svg");

/// Path of the style sheet; another content gives another path, so it may be cached for ever.
#[must_use]
pub fn css_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        let digest = hex::encode(Sha256::digest(CSS.as_bytes()));
        format!("/assets/guichet-{}.css", &digest[..10])
    });
    &PATH
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The colour variables of the block that follows `opening`.
    fn colours(opening: &str) -> BTreeMap<&'static str, [f64; 3]> {
        let block = CSS
            .split_once(opening)
            .expect(opening)
            .1
            .split_once('}')
            .unwrap()
            .0;
        block
            .split(';')
            .filter_map(|it| it.trim().strip_prefix("--")?.split_once(':'))
            .filter_map(|(name, value)| Some((name, colour(value.trim().strip_prefix('#')?))))
            .collect()
    }

    fn colour(hex: &str) -> [f64; 3] {
        let long: String = if hex.len() == 3 {
            hex.chars().flat_map(|c| [c, c]).collect()
        } else {
            hex.into()
        };
        [0, 2, 4].map(|i: usize| {
            let value = f64::from(u8::from_str_radix(&long[i..i + 2], 16).unwrap());
            let value = value / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let light = |c: [f64; 3]| 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] + 0.05;
        let (a, b) = (light(a), light(b));
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn every_pair_of_colours_can_be_read_in_both_themes() {
        let light = colours(":root{color-scheme:light dark;");
        let dark = colours(":root:not([data-theme=light]){");
        assert_eq!(
            light.keys().collect::<Vec<_>>(),
            dark.keys().collect::<Vec<_>>()
        );
        assert_eq!(
            dark,
            colours(":root[data-theme=dark]{"),
            "chosen dark is the device's dark"
        );
        for (theme, of) in [("light", &light), ("dark", &dark)] {
            for surface in ["bg", "panel"] {
                for text in ["fg", "mut", "act", "ok", "run", "wait", "bad", "idle"] {
                    let ratio = contrast(of[text], of[surface]);
                    assert!(ratio >= 4.5, "{theme}: {text} on {surface} is {ratio:.2}");
                }
                for border in ["line", "act", "focus", "ok", "run", "wait", "bad"] {
                    let ratio = contrast(of[border], of[surface]);
                    assert!(
                        ratio >= 3.0,
                        "{theme}: border {border} on {surface} is {ratio:.2}"
                    );
                }
            }
            for tone in ["ok", "run", "wait", "bad", "idle"] {
                for text in [tone, "fg"] {
                    let ratio = contrast(of[text], of[format!("{tone}-bg").as_str()]);
                    assert!(ratio >= 4.5, "{theme}: {text} on {tone}-bg is {ratio:.2}");
                }
            }
            assert!(contrast(of["act-fg"], of["act"]) >= 4.5, "{theme}: button");
        }
    }

    #[test]
    fn colours_are_named_once_and_nothing_is_fetched_from_elsewhere() {
        let rules = CSS
            .rsplit_once(":root[data-theme=dark]{")
            .unwrap()
            .1
            .split_once('}')
            .unwrap()
            .1;
        assert!(
            !rules.contains('#'),
            "a colour outside the variables escapes the contrast test"
        );
        assert!(!CSS.contains("url(") && !CSS.contains("@import"));
    }
}
