//! Nothing anybody typed breaks out of its place, and what cannot be sent is refused whole.

use super::{letters::*, links, wire, written};
use catalogue::{Lang, Text};
use guichet::mail::{MailError, Rendered, SUBJECT, message, render, view::*};

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
                        || ['\u{200b}', '\u{202e}', '\u{202c}', '\u{2028}', '\u{2066}'].contains(&c)
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
        "javascript:alert(1)",
        "",
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
fn a_personal_link_never_goes_to_the_manager() {
    let letter = Letter::Reminder {
        ask: Ask::Approval(approval()),
        nth: 2,
        of: 2,
        left: None,
        reader: Reader::Manager {
            decider: "Paul Dupont".into(),
        },
    };
    let refused = render(
        &letter,
        &request(),
        &reader(Lang::Fr),
        &sender(),
        &envelope(1),
    );
    assert_eq!(refused.map(drop), Err(MailError::Link));
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
