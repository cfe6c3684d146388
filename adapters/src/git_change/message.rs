//! What a commit says about the ticket it was made for.

use workflows::Cx;

/// Carries the key of the effect; by it a commit is found again after a crash.
pub(super) const TASK: &str = "Guichet-Task";
/// Carries the key of the effect that a commit takes back.
pub(super) const UNDO: &str = "Guichet-Undo";

/// The message of the commit that applies the change.
pub(super) fn apply(cx: &Cx) -> String {
    let (title, ticket) = (line(&cx.title), line(&cx.ticket));
    let plan = line(&cx.plan_digest);
    let idem = cx.idem;
    format!(
        "guichet: {title} ({ticket})\n\n\
         Guichet-Ticket: {ticket}\n{TASK}: {idem}\nGuichet-Plan: {plan}\n"
    )
}

/// The message of the commit that takes `commit` back.
pub(super) fn undo(cx: &Cx, commit: &str) -> String {
    let (title, ticket) = (line(&cx.title), line(&cx.ticket));
    let idem = cx.idem;
    format!(
        "guichet: undo {title} ({ticket})\n\n\
         This reverts commit {commit}.\n\n\
         Guichet-Ticket: {ticket}\n{UNDO}: {idem}\n"
    )
}

/// The person the commit is made for, as Git can store a name.
pub(super) fn author(cx: &Cx) -> String {
    let name = line(&cx.actor).replace(['<', '>'], "");
    if name.trim().is_empty() {
        "Guichet".to_owned()
    } else {
        name.trim().to_owned()
    }
}

/// One line of bounded length: a title cannot forge a trailer.
fn line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|it| !it.is_empty()).collect();
    words.join(" ").chars().take(200).collect()
}
