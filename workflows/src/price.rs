//! Whether a workflow and a printed price agree: the class of a change follows from both.

use crate::workflow::Workflow;
use catalogue::Text;

/// Checks S4 and S5: one token ⇔ exactly one contractual task; more tokens ⇒ at least two; a
/// quoted line (`None`) has something to quote.
///
/// # Errors
/// Which clause is broken and what would be right.
pub fn lint_price(workflow: &Workflow, fixed_tokens: Option<u32>) -> Result<(), Text> {
    let count = workflow.contractual().len();
    let flow = &workflow.name;
    let (clause, fr, en) = match (fixed_tokens, count) {
        (Some(0), _) => (
            "S4",
            "un prix d’au moins 1 token",
            "a price of at least 1 token",
        ),
        (Some(1), n) if n != 1 => (
            "S4",
            "exactement une tâche contractuelle pour 1 token",
            "exactly one contractual task for 1 token",
        ),
        (Some(_), n) if n < 2 && fixed_tokens != Some(1) => (
            "S5",
            "au moins deux tâches contractuelles dès 2 tokens",
            "at least two contractual tasks from 2 tokens on",
        ),
        (None, 0) => (
            "S5",
            "au moins une tâche contractuelle sur devis",
            "at least one contractual task on quote",
        ),
        _ => return Ok(()),
    };
    let price = match fixed_tokens {
        Some(n) => Text::new(format!("{n} token(s)"), format!("{n} token(s)")),
        None => Text::new("sur devis", "on quote"),
    };
    Err(Text::new(
        format!(
            "{clause}\u{a0}: le workflow {flow} a {count} tâche(s) contractuelle(s), {}\u{202f}; \
             il faut {fr}.",
            price.fr
        ),
        format!(
            "{clause}: workflow {flow} has {count} contractual task(s), {}; it needs {en}.",
            price.en
        ),
    ))
}
