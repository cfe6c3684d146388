//! Every letter as people read it, and what holds for all of them.

mod letters;

use catalogue::{Lang, Text};
use guichet::mail::{MailError, Rendered, SUBJECT, message, render, view::*};
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

/// Words that tried to break out of a header somewhere.
const HOSTILE: [&str; 9] = [
    "Paul\r\nBcc: victim@example.org",
    "Paul\nSubject: autre",
    "Paul\rX-Evil: 1",
    "Paul\u{0}\u{8}\u{7f}\u{85}\u{9b}",
    "\u{202e}gnp.exe\u{202c}\u{2066}\u{200b}",
    "\r\n\r\n<script>alert(1)</script>",
    "\"><a href=https://evil.example/v/1>ici</a>",
    "voir https://evil.example/v/1 ou www.evil.example",
    "{ $name } =?utf-8?q?x?= \u{2028}Cc: a@b",
];

#[test]
fn words_of_people_never_leave_their_place() {
    for hostile in HOSTILE {
        let both = Text::new(hostile, hostile);
        let to = Addressee {
            name: hostile.into(),
            ..reader(Lang::Fr)
        };
        let from = Sender {
            provider: hostile.into(),
            support_phone: hostile.into(),
            ..sender()
        };
        let request = Request {
            title: both.clone(),
            requester: hostile.into(),
            cluster: Some(hostile.into()),
        };
        let letters = [
            Letter::Receipt(Receipt {
                heading: Heading::Validation,
                decided: Decided::Contested,
                at: at("2026-11-22T15:03:00Z"),
                decider: hostile.into(),
                own: false,
                comment: Some(hostile.into()),
                price: None,
                digest: Some(hostile.into()),
                record: 1,
                page: PORTAL.into(),
            }),
            Letter::Question {
                asker: hostile.into(),
                question: hostile.into(),
                page: PORTAL.into(),
            },
            Letter::Call(Call {
                from: at("2026-11-24T09:00:00Z"),
                to: at("2026-11-24T09:30:00Z"),
                place: hostile.into(),
                attendees: vec![
                    (hostile.into(), "a@b.example".into()),
                    ("x".into(), hostile.into()),
                ],
                moved: 1,
                page: PORTAL.into(),
            }),
        ];
        for letter in letters {
            let mail = render(&letter, &request, &to, &from, &envelope(3)).expect("written");
            let wire = wire(&mail);
            let head = wire.split_once("\r\n\r\n").expect("a body").0;
            let names: Vec<_> = head
                .split("\r\n")
                .filter(|it| !it.starts_with([' ', '\t']))
                .map(|it| it.split_once(':').expect("a header").0)
                .collect();
            assert_eq!(
                names,
                [
                    "Date",
                    "From",
                    "Reply-To",
                    "To",
                    "Subject",
                    "Message-ID",
                    "In-Reply-To",
                    "References",
                    "Auto-Submitted",
                    "X-Auto-Response-Suppress",
                    "Content-Language",
                    "MIME-Version",
                    "Content-Type"
                ],
                "{hostile:?}"
            );
            assert!(!head.contains(['\u{0}', '\u{8}', '\u{7f}']));
            assert_eq!(links(&mail.text), [PORTAL], "{hostile:?}");
            assert_eq!(mail.html.matches("<a ").count(), 1, "{hostile:?}");
            assert!(!mail.html.contains("<script"), "{hostile:?}");
            assert!(!mail.text.contains("www.evil"), "{hostile:?}");
            for part in [
                &mail.subject,
                &mail.text,
                &mail.html,
                &mail.to.name,
                &mail.from.name,
            ] {
                let odd = |c: char| {
                    c.is_control() && c != '\n'
                        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                };
                assert!(!part.contains(odd), "{hostile:?} in {part:?}");
            }
            for file in &mail.attachments {
                assert!(file.body.split("\r\n").all(|it| !it.contains(['\r', '\n'])));
                assert_eq!(
                    file.body.matches("\r\nATTENDEE").count(),
                    1,
                    "a false address is left out"
                );
                assert_eq!(file.body.matches("BEGIN:").count(), 2);
            }
        }
    }
}

#[test]
fn addresses_references_and_links_that_are_none_are_refused() {
    let (_, letter) = all().remove(0);
    let refused = |to: &str, from: &Sender, envelope: &Envelope, letter: &Letter| {
        let to = Addressee {
            mail: to.into(),
            ..reader(Lang::Fr)
        };
        render(letter, &request(), &to, from, envelope).expect_err("refused")
    };
    let good = "paul@acme.example";
    for bad in [
        "",
        "paul",
        "a@b\r\nRCPT TO:<x@y>",
        "a b@c.d",
        "<a@b.c>",
        "a@b.c, d@e.f",
        "\"a\"@b.c",
        "a@",
    ] {
        assert_eq!(
            refused(bad, &sender(), &envelope(1), &letter),
            MailError::Address("recipient"),
            "{bad:?}"
        );
    }
    let from = Sender {
        address: "x\n@y".into(),
        ..sender()
    };
    assert_eq!(
        refused(good, &from, &envelope(1), &letter),
        MailError::Address("sender")
    );
    let from = Sender {
        domain: "nuage.example>\r\n".into(),
        ..sender()
    };
    assert_eq!(
        refused(good, &from, &envelope(1), &letter),
        MailError::Address("domain of the sender")
    );
    for bad in ["", "A 1", "A-1>\r\nBcc: x", "A/../1", &"A".repeat(41)] {
        let bad = Envelope {
            reference: bad.into(),
            ..envelope(1)
        };
        assert_eq!(
            refused(good, &sender(), &bad, &letter),
            MailError::Reference
        );
    }
    for bad in [
        "https://x/v/a b",
        "https://x/\r\n",
        "https://x/\"onclick=",
        "https://x/é",
    ] {
        let letter = Letter::Question {
            asker: "L".into(),
            question: "?".into(),
            page: bad.into(),
        };
        assert_eq!(
            refused(good, &sender(), &envelope(1), &letter),
            MailError::Link
        );
    }
}

#[test]
fn a_rendered_letter_that_was_tampered_with_is_refused_without_a_panic() {
    let good = written(&all()[0].1, Lang::Fr);
    let tampered: [fn(&mut Rendered); 5] = [
        |it| it.to.name = "Paul\r\nBcc: x".into(),
        |it| it.from.name = "G\n".into(),
        |it| it.subject = "a\r\nb".into(),
        |it| it.headers.push(("X-A\r\n".into(), "b".into())),
        |it| it.headers.push(("X-A".into(), "b\r\nBcc: c".into())),
    ];
    for tamper in tampered {
        let mut mail = good.clone();
        tamper(&mut mail);
        assert_eq!(message(&mail).map(drop), Err(MailError::Header));
    }
}

#[test]
fn a_huge_letter_stays_small() {
    let long = "é".repeat(200_000);
    let letter = Letter::Question {
        asker: long.clone(),
        question: long.clone(),
        page: PORTAL.into(),
    };
    let request = Request {
        title: Text::new(&*long, &*long),
        requester: long.clone(),
        cluster: Some(long),
    };
    let mail = render(
        &letter,
        &request,
        &reader(Lang::Fr),
        &sender(),
        &envelope(1),
    )
    .expect("ok");
    assert!(mail.subject.chars().count() <= SUBJECT);
    assert!(wire(&mail).len() <= 100_000, "{}", wire(&mail).len());
}

#[test]
fn personal_links_do_not_show_in_logs() {
    let mail = written(&Letter::Ask(Ask::Approval(approval())), Lang::Fr);
    assert!(!format!("{mail:?} {:?}", approval()).contains("gch1_"));
}
