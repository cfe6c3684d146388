//! Words of people made safe for a letter: no control character, no change of direction, no address
//! that a mail program would turn into a second link. What is dangerous goes, what is meant stays
//! readable.

/// Longest name of a person or a company, in characters.
pub const NAME: usize = 80;
/// Longest title of a ticket.
pub const TITLE: usize = 120;
/// Longest value inside a line of facts.
pub const VALUE: usize = 400;
/// Longest comment or question; the page shows the rest.
pub const COMMENT: usize = 2_000;

/// One line: line ends and tabs become spaces, runs of spaces become one, anything past `max`
/// characters becomes an ellipsis.
#[must_use]
pub fn line(text: &str, max: usize) -> String {
    let mut kept = String::new();
    for c in text.chars() {
        let c = if is_break(c) { ' ' } else { c };
        if !is_dangerous(c) && !(c == ' ' && (kept.is_empty() || kept.ends_with(' '))) {
            kept.push(c);
        }
    }
    shorten(&unlinked(kept.trim_end()), max)
}

/// Several lines: the same, keeping line ends, without empty lines and at most `max` characters.
#[must_use]
pub fn lines(text: &str, max: usize) -> Vec<String> {
    let mut left = max;
    let mut out = Vec::new();
    for part in text.split(is_line_end) {
        let part = line(part, left);
        if part.is_empty() {
            continue;
        }
        left = left.saturating_sub(part.chars().count());
        out.push(part);
        if left == 0 {
            break;
        }
    }
    out
}

/// At most `max` characters; what is cut is cut between words where one ends near, and shows as an
/// ellipsis.
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let head: String = text.chars().take(max.saturating_sub(1)).collect();
    let cut = match head.rfind(' ') {
        Some(at) if at * 2 > head.len() => &head[..at],
        _ => &head,
    };
    format!(
        "{}…",
        cut.trim_end_matches([' ', '\u{a0}', '\u{202f}', ',', '(', '«', '—', '-'])
    )
}

fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn is_break(c: char) -> bool {
    is_line_end(c) || c == '\t'
}

/// Controls (C0, C1), marks that reorder what is read, marks that show nothing, tag characters.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A letter holds one link. An address typed by somebody stays legible and stops being clickable.
fn unlinked(text: &str) -> String {
    let text = text.replace("://", "[:]//");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest
        .as_bytes()
        .windows(4)
        .position(|it| it.eq_ignore_ascii_case(b"www."))
    {
        out.push_str(&rest[..at + 3]);
        out.push_str("[.]");
        rest = &rest[at + 4..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_line_end_and_no_control() {
        assert_eq!(
            line("Paul\r\nBcc: x@y\u{0}\u{1b}[31m\u{85}Dupont\t!", NAME),
            "Paul Bcc: x@y[31m Dupont !"
        );
        assert_eq!(
            line(
                "\u{202e}lruaP\u{202c} \u{2066}a\u{2069}\u{200f}\u{feff}",
                NAME
            ),
            "lruaP a"
        );
        assert_eq!(
            line("L’œuvre «\u{a0}Ça\u{a0}»\u{202f}!", NAME),
            "L’œuvre «\u{a0}Ça\u{a0}»\u{202f}!"
        );
    }

    #[test]
    fn an_address_somebody_typed_is_no_link() {
        assert_eq!(
            line("voir HTTPS://evil.example/v/1", NAME),
            "voir HTTPS[:]//evil.example/v/1"
        );
        assert_eq!(line("é WWW.evil.example", NAME), "é WWW[.]evil.example");
    }

    #[test]
    fn long_words_are_cut_with_an_ellipsis() {
        assert_eq!(
            shorten("modifier les valeurs du nodepool", 20),
            "modifier les…"
        );
        assert_eq!(
            shorten("modifier les valeurs du nodepool", 22),
            "modifier les valeurs…"
        );
        assert_eq!(shorten(&"x".repeat(50), 10).chars().count(), 10);
        assert_eq!(shorten("court", 10), "court");
    }

    #[test]
    fn a_comment_keeps_its_lines_within_bounds() {
        assert_eq!(
            lines("un\r\n\r\ndeux\ntrois", COMMENT),
            ["un", "deux", "trois"]
        );
        let long: usize = lines(&"mot\n".repeat(9_000), 100)
            .iter()
            .map(|it| it.chars().count())
            .sum();
        assert!(long <= 100);
    }
}
