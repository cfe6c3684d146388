//! Text as quoted-printable (RFC 2045 §6.7), run by run instead of letter by letter.

/// Longest line, without the sign that it goes on.
const WIDTH: usize = 75;
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// The text with its lines ended as mail wants them.
pub(super) fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        match lines.peek() {
            Some(_) => {
                one(line.strip_suffix('\r').unwrap_or(line).as_bytes(), &mut out);
                out.extend_from_slice(b"\r\n");
            }
            None => one(line.as_bytes(), &mut out),
        }
    }
    out
}

/// One line, broken where it is too long.
fn one(line: &[u8], out: &mut Vec<u8>) {
    let mut column = 0;
    let mut rest = line;
    while !rest.is_empty() {
        let run = rest.iter().take_while(|it| is_plain(**it)).count();
        // White space at the end of a line would be lost on the way.
        let ends = run == rest.len() && matches!(rest[run - 1], b' ' | b'\t');
        let mut plain = &rest[..run - usize::from(ends)];
        while !plain.is_empty() {
            if column == WIDTH {
                go_on(&mut column, out);
            }
            let (fits, more) = plain.split_at(plain.len().min(WIDTH - column));
            out.extend_from_slice(fits);
            column += fits.len();
            plain = more;
        }
        let Some(odd) = rest.get(run - usize::from(ends)) else {
            return;
        };
        if column + 3 > WIDTH {
            go_on(&mut column, out);
        }
        let (high, low) = (usize::from(odd >> 4), usize::from(odd & 15));
        out.extend_from_slice(&[b'=', DIGITS[high], DIGITS[low]]);
        column += 3;
        rest = &rest[run - usize::from(ends) + 1..];
    }
}

fn go_on(column: &mut usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"=\r\n");
    *column = 0;
}

fn is_plain(it: u8) -> bool {
    matches!(it, b' '..=b'<' | b'>'..=b'~' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, quoted};

    fn said(text: &str) -> String {
        String::from_utf8(quoted(text)).expect("ASCII")
    }

    #[test]
    fn what_is_not_plain_is_written_in_digits() {
        let all = [
            ("", ""),
            ("a = b\tc", "a =3D b\tc"),
            ("été\nà\r\n", "=C3=A9t=C3=A9\r\n=C3=A0\r\n"),
            ("end \nend\t", "end=20\r\nend=09"),
            (" ", "=20"),
            ("\0\r|\u{7f}", "=00=0D|=7F"),
        ];
        for (text, wanted) in all {
            assert_eq!(said(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_long_line_goes_on_in_the_next_and_no_letter_is_torn() {
        let long = format!("{}é{} x", "a".repeat(74), "b".repeat(200));
        for line in said(&long).split("\r\n") {
            assert!(line.len() <= WIDTH + 1, "{line}");
            let digits = line.split('=').skip(1).filter(|it| !it.is_empty());
            assert!(digits.into_iter().all(|it| it.len() >= 2), "{line}");
        }
        let whole = said(&long).replace("=\r\n", "");
        assert_eq!(whole, long.replace('é', "=C3=A9"));
    }
}
