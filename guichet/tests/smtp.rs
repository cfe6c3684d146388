//! Letters over a real conversation with a real mail server (aiosmtpd, run by Python).

mod letters;
#[path = "letters/outbox.rs"]
mod outbox;
#[path = "letters/sink.rs"]
mod sink;

use catalogue::Lang;
use guichet::mail::{
    Deliver, Delivery, Rendered, render,
    smtp::{Security, Settings, Smtp},
    view::*,
};
use letters::*;
use serde_json::Value;
use sink::{Sink, certificate};
use std::{
    fs,
    time::{Duration, Instant},
};

fn mail(letter: &str, to: &str, n: u32) -> Rendered {
    let (_, letter) = all()
        .into_iter()
        .find(|it| it.0 == letter)
        .expect("a letter");
    let to = Addressee {
        mail: to.into(),
        ..reader(Lang::Fr)
    };
    render(&letter, &request(), &to, &sender(), &envelope(n)).expect("written")
}

#[tokio::test]
async fn an_accepted_letter_arrives_whole() {
    let sink = Sink::start();
    let sent = mail("n04_approval", "paul.dupont@acme.example", 7);
    let accepted = sink.smtp().deliver(&sent).await.expect("accepted");
    assert_eq!(
        accepted.reply, "250 2.0.0 queued as <ACME-2026-0042.7@support.nuage.example>",
        "the server's own words are kept"
    );
    let [got] = &sink.received()[..] else {
        panic!("one letter")
    };
    assert_eq!(got["type"], "multipart/alternative");
    assert_eq!(got["defects"], Value::Array(vec![]));
    assert_eq!(got["rcpt"][0], "paul.dupont@acme.example");
    assert_eq!(got["mail_from"], "guichet@support.nuage.example");
    assert_eq!(got["from"][0][0], "Guichet — Nuage Sûr");
    assert_eq!(got["to"][0][0], "Paul Dupont");
    assert_eq!(got["headers"]["Subject"], sent.subject.as_str());
    assert_eq!(
        got["headers"]["Message-ID"],
        "<ACME-2026-0042.7@support.nuage.example>"
    );
    assert_eq!(
        got["headers"]["References"],
        "<ACME-2026-0042@support.nuage.example> <ACME-2026-0042.6@support.nuage.example>"
    );
    let same = |i: usize, kind: &str, text: &str| {
        let part = &got["parts"][i];
        assert_eq!(part["type"], kind);
        assert_eq!(part["defects"], Value::Array(vec![]));
        let content = part["content"]
            .as_str()
            .expect("text")
            .replace("\r\n", "\n");
        assert_eq!(content.trim_end(), text.trim_end());
    };
    same(0, "text/plain", &sent.text);
    same(1, "text/html", &sent.html);
}

#[tokio::test]
async fn an_invitation_arrives_beside_the_letter() {
    let sink = Sink::start();
    let sent = mail("n13_call", "paul.dupont@acme.example", 1);
    sink.smtp().deliver(&sent).await.expect("accepted");
    let [got] = &sink.received()[..] else {
        panic!("one letter")
    };
    assert_eq!(got["type"], "multipart/mixed");
    let kinds: Vec<_> = (0..3)
        .map(|i| got["parts"][i]["type"].as_str().expect("a type"))
        .collect();
    assert_eq!(kinds, ["text/plain", "text/html", "text/calendar"]);
    let file = &got["parts"][2];
    assert_eq!(file["params"]["method"], "REQUEST");
    assert_eq!(file["file"], "invite.ics");
    assert_eq!(file["content"], sent.attachments[0].body.as_str());
}

#[tokio::test]
async fn every_letter_is_read_without_a_defect() {
    let sink = Sink::start();
    let smtp = sink.smtp();
    for (i, (name, _)) in all().iter().enumerate() {
        let sent = mail(name, "paul.dupont@acme.example", i as u32);
        smtp.deliver(&sent)
            .await
            .unwrap_or_else(|it| panic!("{name}: {it}"));
    }
    let received = sink.received();
    assert_eq!(received.len(), all().len());
    for got in &received {
        assert_eq!(
            got["defects"],
            Value::Array(vec![]),
            "{}",
            got["headers"]["Subject"]
        );
        assert_eq!(
            got["peer"], received[0]["peer"],
            "one connection carries them all"
        );
    }
}

#[tokio::test]
async fn a_recipient_nobody_knows_does_not_stop_the_next_letter() {
    let sink = Sink::start();
    let smtp = sink.smtp();
    let refused = smtp
        .deliver(&mail("n01_submitted", "nobody@acme.example", 1))
        .await;
    assert_eq!(
        refused,
        Err(Delivery::Permanent(550, "5.1.1 no such mailbox".into()))
    );
    let refused = smtp
        .deliver(&mail("n01_submitted", "spam@acme.example", 2))
        .await;
    assert_eq!(
        refused,
        Err(Delivery::Permanent(554, "5.7.1 refused by content".into()))
    );
    smtp.deliver(&mail("n01_submitted", "paul@acme.example", 3))
        .await
        .expect("the next goes");
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_a_connection() {
    let smtp = Smtp::new(Settings::new("127.0.0.1", 1, "guichet.test")).expect("settings");
    let mut letter = mail("n01_submitted", "paul@acme.example", 1);
    letter.to.mail = "paul@acme.example>\r\nRCPT TO:<victim@example.org".into();
    let refused = smtp.deliver(&letter).await;
    assert!(
        matches!(refused, Err(Delivery::Permanent(553, _))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_temporary_refusal_is_for_later() {
    let sink = Sink::start();
    let smtp = sink.smtp();
    for name in ["later", "closing"] {
        let refused = smtp
            .deliver(&mail("n01_submitted", &format!("{name}@acme.example"), 1))
            .await;
        assert!(
            matches!(refused, Err(Delivery::Transient(_))),
            "{name}: {refused:?}"
        );
    }
    smtp.deliver(&mail("n01_submitted", "paul@acme.example", 2))
        .await
        .expect("the next goes");
}

/// The answer after the content is lost: it may have arrived, so the outcome is in doubt and the
/// second sending carries the same name.
#[tokio::test]
async fn a_connection_cut_after_the_content_leaves_the_letter_in_doubt() {
    let sink = Sink::start();
    let smtp = sink.smtp();
    let doubt = smtp
        .deliver(&mail("n01_submitted", "cut@acme.example", 1))
        .await;
    assert!(matches!(doubt, Err(Delivery::Unknown(_))), "{doubt:?}");
    let hasty = Smtp::new(Settings {
        answer: Duration::from_millis(200),
        ..sink.settings()
    });
    let doubt = hasty
        .expect("settings")
        .deliver(&mail("n01_submitted", "mute@acme.example", 2))
        .await;
    assert!(matches!(doubt, Err(Delivery::Unknown(_))), "{doubt:?}");
    smtp.deliver(&mail("n01_submitted", "paul@acme.example", 3))
        .await
        .expect("the next goes");
}

#[tokio::test]
async fn a_server_that_is_down_is_for_later_and_letters_go_once_it_is_back() {
    let sink = Sink::start();
    let smtp = sink.smtp();
    smtp.deliver(&mail("n01_submitted", "paul@acme.example", 1))
        .await
        .expect("up");
    // The connection kept from the first letter dies with the server: the second letter finds out
    // and goes over a new one.
    let sink = sink.restart();
    smtp.deliver(&mail("n01_submitted", "paul@acme.example", 2))
        .await
        .expect("back");
    assert_eq!(sink.received().len(), 1);
    sink.stop();
    let down = smtp
        .deliver(&mail("n01_submitted", "paul@acme.example", 3))
        .await;
    assert!(matches!(down, Err(Delivery::Transient(_))), "{down:?}");
}

#[tokio::test]
async fn many_letters_at_once_share_a_bounded_number_of_connections() {
    let sink = Sink::start();
    let smtp = std::sync::Arc::new(
        Smtp::new(Settings {
            connections: 3,
            ..sink.settings()
        })
        .expect("settings"),
    );

    let sending: Vec<_> = (0..60)
        .map(|n| {
            let smtp = smtp.clone();
            tokio::spawn(async move {
                smtp.deliver(&mail("n11_closed", "paul@acme.example", n))
                    .await
                    .map(drop)
            })
        })
        .collect();
    for one in sending {
        one.await.expect("joined").expect("accepted");
    }
    let received = sink.received();
    let mut peers: Vec<_> = received
        .iter()
        .map(|it| it["peer"].as_u64().expect("a port"))
        .collect();
    peers.sort_unstable();
    peers.dedup();
    assert_eq!(received.len(), 60);
    assert!(peers.len() <= 3, "{} connections", peers.len());
}

/// With Nagle’s algorithm every letter waits some 40 ms for a delayed acknowledgement. The fastest
/// of many tells, however busy the machine is.
#[tokio::test]
async fn a_letter_does_not_wait_for_an_acknowledgement() {
    let sink = Sink::start();
    let smtp = sink.smtp();
    let mut fastest = Duration::MAX;
    for n in 0..30 {
        let letter = mail("n11_closed", "paul@acme.example", n);
        let started = Instant::now();
        smtp.deliver(&letter).await.expect("accepted");
        fastest = fastest.min(started.elapsed());
    }
    assert!(fastest < Duration::from_millis(30), "{fastest:?}");
}

/// The mail library logs every line it writes; personal links, codes and passwords are none of it.
#[tokio::test]
async fn nothing_of_a_letter_is_logged() {
    let sink = Sink::start();
    let log = tempfile::NamedTempFile::new().expect("a file");
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::sync::Arc::new(log.reopen().expect("opened")))
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::debug!("the log is on");
    let smtp = Smtp::new(Settings {
        login: Some(("guichet".into(), "secret".into())),
        ..sink.settings()
    });
    let letter = mail("n04_approval", "paul@acme.example", 1);
    smtp.expect("settings")
        .deliver(&letter)
        .await
        .expect("accepted");
    drop(guard);
    let log = fs::read_to_string(log.path()).expect("read");
    assert!(log.contains("the log is on"));
    for word in ["/v/gch1_", "AUTH", "DATA", "Bonjour"] {
        assert!(!log.contains(word), "{word} in {log}");
    }
}

#[tokio::test]
async fn letters_are_encrypted_and_signed_in_where_that_is_asked_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let (certificate, key) = certificate(dir.path());
    let authority = fs::read(&certificate).expect("a certificate");
    let sink = Sink::with(dir, 0, &[&certificate, &key]);
    let secure = Settings {
        host: "localhost".into(),
        security: Security::StartTls,
        authority: Some(authority),
        login: Some(("guichet".into(), "secret".into())),
        ..sink.settings()
    };
    let letter = mail("n01_submitted", "paul@acme.example", 1);
    let smtp = Smtp::new(secure.clone()).expect("settings");
    smtp.deliver(&letter).await.expect("accepted");
    let [got] = &sink.received()[..] else {
        panic!("one letter")
    };
    assert_eq!(
        (got["tls"].as_bool(), got["login"].as_str()),
        (Some(true), Some("guichet"))
    );

    // A wrong password is our fault: the letter waits.
    let wrong = Settings {
        login: Some(("guichet".into(), "wrong".into())),
        ..secure.clone()
    };
    let refused = Smtp::new(wrong).expect("settings").deliver(&letter).await;
    assert!(
        matches!(refused, Err(Delivery::Transient(_))),
        "{refused:?}"
    );
    // A certificate nobody vouches for: nothing is said.
    let stranger = Settings {
        authority: None,
        ..secure
    };
    let refused = Smtp::new(stranger)
        .expect("settings")
        .deliver(&letter)
        .await;
    assert!(
        matches!(refused, Err(Delivery::Transient(_))),
        "{refused:?}"
    );
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn a_server_without_encryption_gets_nothing_when_encryption_is_required() {
    let sink = Sink::start();
    let strict = Settings {
        security: Security::StartTls,
        ..sink.settings()
    };
    let letter = mail("n01_submitted", "paul@acme.example", 1);
    let refused = Smtp::new(strict).expect("settings").deliver(&letter).await;
    assert!(
        matches!(refused, Err(Delivery::Transient(_))),
        "{refused:?}"
    );
    assert!(sink.received().is_empty());
}
