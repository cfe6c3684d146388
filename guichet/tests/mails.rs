//! Every letter as people read it, and what holds for all of them.

mod letters;
#[path = "letters/safety.rs"]
mod safety;

use catalogue::Lang;
use guichet::mail::{Rendered, SUBJECT, message, render, view::*};
use letters::*;

const BOTH: [Lang; 2] = [Lang::Fr, Lang::En];

fn written(letter: &Letter, lang: Lang) -> Rendered {
    render(letter, &request(), &reader(lang), &sender(), &envelope(7)).expect("it can be written")
}

fn everything() -> Vec<(String, Letter, Rendered)> {
    let mut out = Vec::new();
    for (name, letter) in all() {
        for lang in BOTH {
            let mail = written(&letter, lang);
            let lang = if lang == Lang::Fr { "fr" } else { "en" };
            out.push((format!("{name}_{lang}"), letter.clone(), mail));
        }
    }
    out
}

fn wire(mail: &Rendered) -> String {
    String::from_utf8(message(mail).expect("it can be sent").formatted()).expect("ASCII")
}

/// Every address of the web in a part.
fn links(part: &str) -> Vec<&str> {
    part.match_indices("://")
        .map(|(i, _)| {
            let start = part[..i]
                .rfind(|c: char| !c.is_ascii_alphabetic())
                .map_or(0, |it| it + 1);
            let rest = &part[start..];
            let end = rest
                .find(|c: char| c.is_whitespace() || "<>\"".contains(c))
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

/// What a reader of the HTML part sees.
fn visible(html: &str) -> String {
    let body = html.split_once("<body").expect("a body").1;
    let mut out = String::new();
    let mut inside = true;
    for c in body.chars() {
        match c {
            '<' => {
                inside = true;
                out.push(' ');
            }
            '>' => inside = false,
            _ if inside => {}
            _ => out.push(c),
        }
    }
    let text = out
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<");
    squeezed(
        &text
            .replace("&#62;", ">")
            .replace("&nbsp;", " ")
            .replace("&#38;", "&"),
    )
}

fn squeezed(text: &str) -> String {
    text.split([' ', '\n'])
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn letters_read_as_recorded() {
    for (name, _, mail) in everything() {
        let headers: String = mail
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        insta::assert_snapshot!(
            format!("{name}_text"),
            format!(
                "Subject: {}\nReply-To: {}\n{headers}\n{}",
                mail.subject, mail.reply_to, mail.text
            )
        );
        insta::assert_snapshot!(format!("{name}_html"), mail.html);
    }
}

#[test]
fn every_notification_has_a_letter() {
    let mut numbers: Vec<_> = all().iter().map(|(_, it)| it.number()).collect();
    numbers.sort_by_key(|it| it[1..].parse::<u32>().expect("a number"));
    numbers.dedup();
    assert_eq!(numbers.len(), 13, "{numbers:?}");
}

#[test]
fn a_letter_holds_exactly_one_link_on_a_line_of_its_own() {
    for (name, letter, mail) in everything() {
        let decides = match &letter {
            Letter::Ask(_) => true,
            Letter::Reminder { reader, .. } => *reader == Reader::Decider,
            _ => false,
        };
        let url = if decides { DECISION } else { PORTAL };
        assert_eq!(links(&mail.text), [url], "{name}: text");
        assert_eq!(mail.link(), Some(url), "{name}");
        assert_eq!(
            links(&mail.html),
            [url, url],
            "{name}: the button and its address below"
        );
        assert_eq!(mail.html.matches("<a ").count(), 1, "{name}");
        assert!(mail.text.lines().any(|it| it == url), "{name}: a bare line");
        let personal = [
            "lien personnel, ne le transférez pas",
            "personal link, do not forward it",
        ];
        assert_eq!(
            squeezed(&mail.text).contains(personal[usize::from(name.ends_with("en"))]),
            decides
        );
        // Somebody who is asked to decide is told what silence does.
        let silence = ["Si vous ne faites rien", "If you do nothing"];
        assert!(
            !decides || silence.iter().any(|it| mail.text.contains(it)),
            "{name}"
        );
    }
}

#[test]
fn both_parts_say_the_same() {
    for (name, _, mail) in everything() {
        let html = visible(&mail.html);
        for paragraph in mail.text.split("\n\n").flat_map(|it| it.split("\n- ")) {
            for line in squeezed(paragraph).split(" - ") {
                for piece in line.split("\u{a0}:").flat_map(|it| it.split(": ")) {
                    let piece = piece.trim_matches([':', '-', ' ']);
                    for word in piece.split(' ') {
                        assert!(
                            html.contains(word.trim_end_matches(':')),
                            "{name}: {word} in {html}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn letters_are_small_plain_and_self_contained() {
    for (name, _, mail) in everything() {
        assert!(
            mail.subject.chars().count() <= SUBJECT,
            "{name}: {}",
            mail.subject
        );
        assert!(mail.subject.starts_with("[ACME-2026-0042] "), "{name}");
        assert!(wire(&mail).len() <= 100_000, "{name}");
        for word in [
            "<img", "<script", "<style", "<link", "url(", "src=", "@import", "<form",
        ] {
            assert!(!mail.html.contains(word), "{name}: {word}");
        }
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(!part.contains('⟦'), "{name}: a message is missing");
            // The one brace is a value of the plan, shown as it is.
            let part = part
                .replace("{\"webhook\":1}", "")
                .replace("{&#34;webhook&#34;:1}", "");
            assert!(
                !part.contains(['{', '}']),
                "{name}: a variable is missing\n{part}"
            );
        }
        let lang = if mail.lang == Lang::Fr {
            "<html lang=\"fr\">"
        } else {
            "<html lang=\"en\">"
        };
        assert!(mail.html.contains(lang), "{name}");
        assert!(
            mail.text
                .lines()
                .all(|it| it.contains("://") || it.chars().count() <= 72),
            "{name}"
        );
    }
}

#[test]
fn french_letters_follow_french_typography() {
    for (name, _, mail) in everything().into_iter().filter(|it| it.2.lang == Lang::Fr) {
        let text: String = mail.text.lines().filter(|it| !it.contains("://")).collect();
        for (part, of) in [(&mail.subject, "subject"), (&text, "text")] {
            let chars: Vec<char> = part.chars().collect();
            for (i, c) in chars.iter().enumerate() {
                let before = i.checked_sub(1).map(|it| chars[it]);
                let after = chars.get(i + 1);
                let digest = after.is_some_and(|it| it.is_ascii_hexdigit());
                let fault = match c {
                    ';' | '!' | '?' => before != Some('\u{202f}'),
                    ':' => before != Some('\u{a0}') && !digest,
                    '«' => after != Some(&'\u{a0}'),
                    '»' => before != Some('\u{a0}'),
                    '\'' => true,
                    _ => false,
                };
                assert!(!fault, "{name}, {of}: {c} in {part}");
            }
            assert!(
                !part.contains(" token")
                    || !part.contains(|c: char| c.is_ascii_digit())
                    || !chars
                        .windows(3)
                        .any(|it| it[0].is_ascii_digit() && it[1] == ' ' && it[2] == 't')
            );
        }
    }
}

#[test]
fn information_shares_one_subject_and_decisions_have_their_own() {
    let subject = |name: &str| {
        let letter = all()
            .into_iter()
            .find(|it| it.0 == name)
            .expect("a letter")
            .1;
        written(&letter, Lang::Fr).subject
    };
    for stable in ["n08_scheduled", "n11_closed", "n12_refused"] {
        assert_eq!(subject("n01_submitted"), subject(stable));
    }
    assert_eq!(subject("n04_approval"), subject("n06_reminder"));
    assert_eq!(subject("n04_approval"), subject("n06_reminder_manager"));
    assert_eq!(subject("n04_approval"), subject("n07_receipt_own"));
    assert_eq!(subject("n09_validation"), subject("n07_receipt_validated"));
    assert_ne!(subject("n04_approval"), subject("n05_plan_changed"));
}

#[test]
fn letters_of_a_ticket_thread_and_keep_their_name_when_sent_again() {
    for (name, _, mail) in everything() {
        let wire = wire(&mail);
        for header in [
            "Message-ID: <ACME-2026-0042.7@support.nuage.example>\r\n",
            "In-Reply-To: <ACME-2026-0042@support.nuage.example>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "X-Auto-Response-Suppress: OOF, AutoReply\r\n",
            "Date: Sun, 22 Nov 2026 14:50:00 +0000\r\n",
            "Reply-To: support+ACME-2026-0042@support.nuage.example\r\n",
        ] {
            assert!(wire.contains(header), "{name}: {header}\n{}", &wire[..1500]);
        }
        assert_eq!(wire, self::wire(&mail), "{name}: the same bytes");
    }
}

#[test]
fn the_invitation_is_a_calendar_file() {
    let (_, letter) = all()
        .into_iter()
        .find(|it| it.0 == "n13_call")
        .expect("a letter");
    for lang in BOTH {
        let mail = written(&letter, lang);
        let [file] = &mail.attachments[..] else {
            panic!("one file")
        };
        for line in file.body.split_terminator("\r\n") {
            assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line}");
        }
        let unfolded = file.body.replace("\r\n ", "");
        for line in [
            "METHOD:REQUEST",
            "UID:ACME-2026-0042.call@support.nuage.example",
            "DTSTART:20261124T090000Z",
            "DTEND:20261124T093000Z",
            "DTSTAMP:20261122T145000Z",
            "LOCATION:+33 1 99 00 12 34",
        ] {
            assert!(
                unfolded.lines().any(|it| it == line),
                "{line} in {unfolded}"
            );
        }
        assert_eq!(unfolded.matches("\r\nATTENDEE;").count(), 2);
        assert!(
            unfolded.contains("CN=\"Léa ’Centre’ Martin\""),
            "{unfolded}"
        );
        insta::assert_snapshot!(
            format!("n13_call_{lang:?}_ics"),
            unfolded.replace("\r\n", "\n")
        );
    }
}
