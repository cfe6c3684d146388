//! The invitation to the call of a study, as calendars read it (RFC 5545).

use super::{
    clean,
    render::Attachment,
    view::{Addressee, Call, Envelope, Request, Sender},
};
use crate::i18n::I18n;
use chrono::{DateTime, Utc};

/// Longest line in octets, its end not counted.
const FOLD: usize = 75;
/// What is asked of everybody who is invited.
const INVITED: &str = "ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE";

pub(super) fn attachment(
    call: &Call,
    request: &Request,
    to: &Addressee,
    from: &Sender,
    envelope: &Envelope,
) -> Attachment {
    Attachment {
        name: "invite.ics".to_owned(),
        mime: "text/calendar; charset=utf-8; method=REQUEST".to_owned(),
        body: calendar(call, request, to, from, envelope),
    }
}

/// The identifier names the call of that study, so a moved call replaces the earlier entry.
fn calendar(
    call: &Call,
    request: &Request,
    to: &Addressee,
    from: &Sender,
    envelope: &Envelope,
) -> String {
    let all = I18n::get(to.lang);
    let title = clean::line(request.title.get(to.lang), clean::TITLE);
    let title = all
        .say("mail-subject-call")
        .with("title", title)
        .to_string();
    let provider = clean::line(&from.provider, clean::NAME);
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Guichet//EN".to_owned(),
        "METHOD:REQUEST".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}.call@{}", envelope.reference, from.domain),
        format!("SEQUENCE:{}", call.moved),
        format!("DTSTAMP:{}", stamp(envelope.date)),
        format!("DTSTART:{}", stamp(call.from)),
        format!("DTEND:{}", stamp(call.to)),
        format!(
            "SUMMARY:{}",
            escaped(&format!("[{}] {title}", envelope.reference))
        ),
        format!(
            "LOCATION:{}",
            escaped(&clean::line(&call.place, clean::VALUE))
        ),
        format!("DESCRIPTION:{}", escaped(&all.t("mail-call-free"))),
        format!(
            "ORGANIZER;CN={}:mailto:{}",
            quoted(&provider),
            from.support_mail
        ),
    ];
    for (name, mail) in &call.attendees {
        // An address that cannot be one is left out; the letter names the person all the same.
        if super::message::address(mail, "attendee").is_ok() {
            let name = quoted(&clean::line(name, clean::NAME));
            lines.push(format!("ATTENDEE;CN={name};{INVITED}:mailto:{mail}"));
        }
    }
    lines.extend(["STATUS:CONFIRMED", "END:VEVENT", "END:VCALENDAR"].map(str::to_owned));
    lines.iter().map(|it| folded(it) + "\r\n").collect()
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
}

/// A parameter value has no way to hold a double quote.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "’"))
}

/// A continuation begins with a space, which counts.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > FOLD {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out
}
