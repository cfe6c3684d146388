//! The content of a letter as it stands in the conversation with a server.

/// A message with its dots doubled and its end (RFC 5321 §4.5.2), to go out in one write: lettre
/// sends the end by itself, and looks at each byte. `None` if it is no text.
pub(super) fn whole(message: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(message).ok()?;
    let mut whole = String::with_capacity(text.len() + 64);
    let mut rest = text;
    if text.starts_with('.') {
        whole.push('.');
    }
    while let Some(at) = rest.find("\r\n.") {
        let (line, next) = rest.split_at(at + 3);
        whole.push_str(line);
        whole.push('.');
        rest = next;
    }
    whole.push_str(rest);
    whole.push_str("\r\n.\r\n");
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_dot_at_the_beginning_of_a_line_is_doubled_and_the_end_stands_alone() {
        let all = [
            ("a\r\nb\r\n", "a\r\nb\r\n\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            (".a\r\n.\r\n..b.c", "..a\r\n..\r\n...b.c\r\n.\r\n"),
            ("a\n.b\r.c", "a\n.b\r.c\r\n.\r\n"),
        ];
        for (said, sent) in all {
            assert_eq!(whole(said.as_bytes()).as_deref(), Some(sent), "{said:?}");
        }
        assert_eq!(whole(&[0xff]), None);
    }
}
