//! A rendered letter as the bytes that go over the wire.

use super::{MailError, render::Rendered};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Attachment as File, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding::QuotedPrintable, ContentType, HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::SystemTime,
};

/// Longest address, RFC 5321.
const ADDRESS: usize = 254;

/// The address written as `text`.
///
/// # Errors
/// `Address` with `whose` when it is none.
pub fn address(text: &str, whose: &'static str) -> Result<Address, MailError> {
    // The local part may be quoted in the standard and then hold spaces and angle brackets; nobody
    // has such a mailbox, and everybody would have to escape it.
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>()[]\\,;:\"".contains(c);
    if text.len() > ADDRESS || text.contains(odd) {
        return Err(MailError::Address(whose));
    }
    text.parse().map_err(|_| MailError::Address(whose))
}

/// The message to send. The same letter gives the same bytes, whenever it is asked for.
///
/// # Errors
/// When an address or a header is not fit to be sent, or the mail library fails on it; one letter
/// that cannot be written never takes the others down.
pub fn message(mail: &Rendered) -> Result<Message, MailError> {
    catch_unwind(AssertUnwindSafe(|| assemble(mail))).unwrap_or(Err(MailError::Panicked))
}

/// The message as the server gets it: from and to whom, and its bytes.
///
/// # Errors
/// As [`message`].
pub(super) fn wire(mail: &Rendered) -> Result<(Envelope, Vec<u8>), MailError> {
    catch_unwind(AssertUnwindSafe(|| {
        assemble(mail).map(|it| (it.envelope().clone(), it.formatted()))
    }))
    .unwrap_or(Err(MailError::Panicked))
}

fn assemble(mail: &Rendered) -> Result<Message, MailError> {
    for text in [&mail.subject, &mail.from.name, &mail.to.name] {
        if text.contains(char::is_control) {
            return Err(MailError::Header);
        }
    }
    let mailbox = |name: &str, mail: &str, whose| {
        let name = (!name.is_empty()).then(|| name.to_owned());
        Ok::<_, MailError>(Mailbox::new(name, address(mail, whose)?))
    };
    let mut builder = Message::builder()
        .date(SystemTime::from(mail.date))
        .from(mailbox(&mail.from.name, &mail.from.mail, "sender")?)
        .reply_to(mailbox("", &mail.reply_to, "reply")?)
        .to(mailbox(&mail.to.name, &mail.to.mail, "recipient")?)
        .subject(&mail.subject);
    for (name, value) in &mail.headers {
        // The library takes names with line ends in them as they are.
        let fits = name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && value.bytes().all(|it| it.is_ascii_graphic() || it == b' ');
        if !fits {
            return Err(MailError::Header);
        }
        let name = HeaderName::new_from_ascii(name.clone()).map_err(|_| MailError::Header)?;
        builder = builder.raw_header(HeaderValue::new(name, value.clone()));
    }
    // One encoding for all of them: none of the cheaper ones fits French.
    let body = |text: &str| {
        Body::new_with_encoding(text.to_owned(), QuotedPrintable)
            .map_err(|_| MailError::Build("a body that cannot be written".into()))
    };
    let parts = MultiPart::alternative()
        .boundary(boundary(mail, "parts"))
        .singlepart(SinglePart::plain(body(&mail.text)?))
        .singlepart(SinglePart::html(body(&mail.html)?));
    let whole = if mail.attachments.is_empty() {
        parts
    } else {
        let mut whole = MultiPart::mixed()
            .boundary(boundary(mail, "whole"))
            .multipart(parts);
        for file in &mail.attachments {
            let kind = ContentType::parse(&file.mime).map_err(|_| MailError::Header)?;
            let body = file.body.clone().into_bytes();
            whole = whole.singlepart(File::new(file.name.clone()).body(body, kind));
        }
        whole
    };
    builder
        .multipart(whole)
        .map_err(|error| MailError::Build(error.to_string()))
}

/// Between parts stands a line that nobody can have written into one of them, since it depends on
/// all of them.
fn boundary(mail: &Rendered, level: &str) -> String {
    let mut hash = Sha256::new();
    for text in [&mail.id, level, &mail.subject, &mail.text, &mail.html] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    for file in &mail.attachments {
        hash.update(&file.body);
    }
    format!("=_{}", hex::encode(&hash.finalize()[..20]))
}
