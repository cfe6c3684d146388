//! What can be said of conditions on labels without knowing any alert.

use crate::monitor::Matcher;
use std::collections::BTreeMap;

/// The label that a matcher looks at, and what follows its name.
fn parts(matcher: &Matcher) -> (String, String) {
    let text = matcher.to_string();
    let end = text.find(['=', '!']).unwrap_or(text.len());
    (text[..end].to_owned(), text[end..].to_owned())
}

/// Whether a regular expression lets every value pass, even none.
pub(super) fn takes_everything(matcher: &Matcher) -> bool {
    let (name, rest) = parts(matcher);
    // No alert has such a value, so nobody writes an expression for it alone.
    let odd = BTreeMap::from([(name, "\u{fffd} any".to_owned())]);
    rest.starts_with("=~") && matcher.holds_for_absent() && matcher.holds(&odd)
}

/// Whether no alert can meet both: one wants a certain value, which the other does not accept.
pub(super) fn exclude(a: &Matcher, b: &Matcher) -> bool {
    wants_what_is_refused(a, b) || wants_what_is_refused(b, a)
}

fn wants_what_is_refused(one: &Matcher, other: &Matcher) -> bool {
    let ((name, rest), (other_name, _)) = (parts(one), parts(other));
    let value = rest.strip_prefix("=\"").and_then(|it| it.strip_suffix('"'));
    match value {
        Some(value) if name == other_name => {
            let value = value.replace("\\\"", "\"").replace("\\\\", "\\");
            !other.holds(&BTreeMap::from([(name, value)]))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(text: &str) -> Matcher {
        Matcher::parse(text).expect("a matcher")
    }

    #[test]
    fn only_an_open_expression_takes_everything() {
        assert!(takes_everything(&matcher("team=~\".*\"")));
        assert!(!takes_everything(&matcher("team=~\".+\"")));
        assert!(!takes_everything(&matcher("team=\"a\"")));
        assert!(!takes_everything(&matcher("team!=\"a\"")));
    }

    #[test]
    fn different_values_of_one_label_exclude_each_other() {
        let a = matcher("team=\"a\"");
        assert!(exclude(&a, &matcher("team=\"b\"")));
        assert!(exclude(&matcher("team=~\"b|c\""), &a));
        assert!(exclude(&a, &matcher("team!=\"a\"")));
        assert!(!exclude(&a, &matcher("team=~\"a|b\"")));
        assert!(!exclude(&a, &matcher("other=\"b\"")));
    }
}
