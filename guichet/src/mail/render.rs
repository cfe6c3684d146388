//! A letter made ready to send: subject, both parts, headers, invitation.

use super::{
    MailError, clean,
    compose::{self, Body, Fact},
    invite,
    view::{Addressee, Envelope, Heading, Letter, Link, Reader, Request, Sender},
};
use crate::{
    format,
    i18n::{self, I18n},
};
use askama::Template;
use catalogue::Lang;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest subject, in characters.
pub const SUBJECT: usize = 120;
/// Longest share of the title in a subject, so that what is expected stays visible on a telephone.
const SUBJECT_TITLE: usize = 60;
/// Column at which text is wrapped.
const WIDTH: usize = 72;
/// Longest reference of a ticket.
const REFERENCE: usize = 40;

/// A name and an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Name shown, cleaned.
    pub name: String,
    /// Address.
    pub mail: String,
}

/// A file that travels with a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Media type with its parameters.
    pub mime: String,
    /// Content.
    pub body: String,
}

/// A letter ready to send, whole: the outbox keeps it, the sender needs nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// Name of the message for ever, `{reference}.{n}`; left part of its Message-ID.
    pub id: String,
    /// Number in the list of notifications, e.g. `N4`.
    pub notification: String,
    /// Reference of the ticket.
    pub reference: String,
    /// Language.
    pub lang: Lang,
    /// From whom.
    pub from: Mailbox,
    /// To whom.
    pub to: Mailbox,
    /// Where answers go.
    pub reply_to: String,
    /// Subject.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
    /// Headers that mail programs and robots read: identity, thread, language, automation.
    pub headers: Vec<(String, String)>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// `Date`.
    pub date: DateTime<Utc>,
}

impl Rendered {
    /// The one address the letter asks to open.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        // It stands on a line of its own, and nothing anybody typed looks like an address.
        self.text
            .lines()
            .find(|it| it.starts_with("https://") || it.starts_with("http://"))
    }
}

impl fmt::Debug for Rendered {
    /// Names the letter and keeps quiet about its content, which holds a personal link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("id", &self.id)
            .field("notification", &self.notification)
            .finish_non_exhaustive()
    }
}

/// Writes `letter` about `request` in the language of `to`.
///
/// # Errors
/// `Reference` and `Address` when the envelope, an address or a link cannot be part of a mail:
/// nothing that could break out of its header is ever written.
pub fn render(
    letter: &Letter,
    request: &Request,
    to: &Addressee,
    from: &Sender,
    envelope: &Envelope,
) -> Result<Rendered, MailError> {
    check(to, from, envelope)?;
    let body = compose::body(letter, request, to, from, envelope);
    check_link(letter, &body.button.url)?;
    let words = I18n::get(to.lang);
    let provider = clean::line(&from.provider, clean::NAME);
    let sender = words
        .say("mail-from")
        .with("provider", provider)
        .to_string();
    let subject = subject(letter.heading(), request, to.lang, &envelope.reference);
    let text = Text { body: &body }
        .render()
        .map_err(|_| MailError::Template)?;
    let html = Html {
        body: &body,
        subject: &subject,
        sender: &sender,
    }
    .render()
    .map_err(|_| MailError::Template)?;
    let attachments = match letter {
        Letter::Call(call) => vec![invite::attachment(call, request, to, from, envelope)],
        _ => Vec::new(),
    };
    Ok(Rendered {
        id: format!("{}.{}", envelope.reference, envelope.n),
        notification: letter.number().to_owned(),
        reference: envelope.reference.clone(),
        lang: to.lang,
        from: Mailbox {
            name: sender,
            mail: from.address.clone(),
        },
        to: Mailbox {
            name: clean::line(&to.name, clean::NAME),
            mail: to.mail.clone(),
        },
        reply_to: reply_to(from, envelope)?,
        subject,
        text,
        html,
        headers: headers(to.lang, from, envelope),
        attachments,
        date: envelope.date,
    })
}

fn check(to: &Addressee, from: &Sender, envelope: &Envelope) -> Result<(), MailError> {
    for reference in [&envelope.reference, &envelope.root] {
        let fits = (1..=REFERENCE).contains(&reference.len())
            && reference
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-');
        if !fits {
            return Err(MailError::Reference);
        }
    }
    let host = |it: &str| {
        !it.is_empty()
            && it
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"-.".contains(&it))
    };
    if !host(&from.domain) {
        return Err(MailError::Address("domain of the sender"));
    }
    super::message::address(&to.mail, "recipient")?;
    super::message::address(&from.address, "sender")?;
    super::message::address(&from.support_mail, "support centre").map(drop)
}

/// A decision link is personal: the manager who is told about a silent decider never gets one.
fn check_link(letter: &Letter, url: &str) -> Result<(), MailError> {
    let forwarded = matches!(
        letter,
        Letter::Reminder { ask, reader: Reader::Manager { .. }, .. }
            if matches!(ask.link(), Link::Decision { .. })
    );
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = |it: u8| it.is_ascii_graphic() && !b"<>\"'`{}|\\^".contains(&it);
    if forwarded || !web || !url.bytes().all(plain) {
        return Err(MailError::Link);
    }
    Ok(())
}

fn reply_to(from: &Sender, envelope: &Envelope) -> Result<String, MailError> {
    if !from.inbound {
        return Ok(from.support_mail.clone());
    }
    let (user, host) = from
        .support_mail
        .rsplit_once('@')
        .ok_or(MailError::Address("support centre"))?;
    Ok(format!("{user}+{}@{host}", envelope.reference))
}

/// The first letter of a thread may still be underway when the next one arrives, so every letter
/// points at the root, which need not exist as a message.
fn headers(lang: Lang, from: &Sender, envelope: &Envelope) -> Vec<(String, String)> {
    let Envelope {
        reference,
        n,
        root,
        last,
        ..
    } = envelope;
    let domain = &from.domain;
    let root = format!("<{root}@{domain}>");
    let mut references = root.clone();
    if let Some(last) = last {
        references.push_str(&format!(" <{reference}.{last}@{domain}>"));
    }
    [
        ("Message-ID", format!("<{reference}.{n}@{domain}>")),
        ("In-Reply-To", root),
        ("References", references),
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()),
        ("Content-Language", i18n::code(lang).to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn subject(heading: Heading, request: &Request, lang: Lang, reference: &str) -> String {
    let worded = |title: &str| {
        let all = I18n::get(lang);
        let say = |key| all.say(key).with("title", title);
        let said = match heading {
            Heading::Stable => return format!("[{reference}] {title}"),
            Heading::Question => say("mail-subject-question"),
            Heading::Quote { tokens } => {
                say("mail-subject-quote").with("tokens", format::tokens(lang, tokens.into()))
            }
            Heading::Approval { by: None } => say("mail-subject-approval"),
            Heading::Approval { by: Some(by) } => {
                say("mail-subject-approval-by").with("by", format::date_time(lang, by))
            }
            Heading::PlanChanged => say("mail-subject-plan-changed"),
            Heading::Validation => say("mail-subject-validation"),
            Heading::Failed => say("mail-subject-failed"),
            Heading::Call => say("mail-subject-call"),
            Heading::Estimate => say("mail-subject-estimate"),
            Heading::Conclusion => say("mail-subject-conclusion"),
        };
        format!("[{reference}] {said}")
    };
    let room = SUBJECT
        .saturating_sub(worded("").chars().count())
        .min(SUBJECT_TITLE);
    worded(&clean::line(request.title.get(lang), room))
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    body: &'a Body,
}

impl Text<'_> {
    fn wrapped(&self, text: &str) -> String {
        wrap(text, "")
    }

    fn label(&self, label: &str) -> String {
        format!("{label}{}", colon(self.body.lang))
    }

    fn plain(&self, fact: &Fact) -> String {
        let label = self.label(&fact.label);
        match &fact.values[..] {
            [one] => wrap(&format!("{label} {one}"), "  "),
            many => many.iter().fold(label, |all, it| {
                format!("{all}\n{}", wrap(&format!("  - {it}"), "    "))
            }),
        }
    }
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    body: &'a Body,
    subject: &'a str,
    sender: &'a str,
}

impl Html<'_> {
    fn lang(&self) -> &'static str {
        i18n::code(self.body.lang)
    }
}

fn colon(lang: Lang) -> &'static str {
    match lang {
        Lang::Fr => "\u{a0}:",
        Lang::En => ":",
    }
}

/// Breaks at plain spaces only, so that « 4 tokens » and « 22 h 07 » stay on one line; what does
/// not fit a line by itself is left whole. Lines after the first begin with `indent`.
fn wrap(text: &str, indent: &str) -> String {
    let start = text.len() - text.trim_start_matches(' ').len();
    let mut out = text[..start].to_owned();
    let mut column = start;
    for (i, word) in text[start..].split(' ').enumerate() {
        let length = word.chars().count();
        if i > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(indent);
            column = indent.len();
        } else if i > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}
