//! Lists of objects: selected, in order, page by page.

use super::{
    request::{Answer, Request, Target},
    selectors::{FieldSelector, Labels, cursor, read_cursor},
    status::{Cause, Failure},
    store::{Store, Stored},
};
use serde_json::{Value, json};

/// Answers a list.
pub(super) fn answer(store: &Store, request: &Request, target: &Target) -> Result<Answer, Failure> {
    let kind = &target.kind;
    let labels = Labels::parse(request.option("labelSelector"))?;
    let fields = FieldSelector::parse(kind, request.option("fieldSelector"))?;
    let version = store.version();
    let asked = request.option("resourceVersion");
    if !asked.is_empty() {
        in_reach(asked, version)?;
    }
    let after = match request.option("continue") {
        "" => None,
        text => Some(read_cursor(text)?),
    };
    let place = |it: &Stored| (it.namespace().to_owned(), it.name().to_owned());
    let found: Vec<&Stored> = store
        .of_kind(kind)
        .filter(|it| target.namespace.is_empty() || it.namespace() == target.namespace)
        .filter(|it| labels.fit(&it.value) && fields.fit(&it.value))
        .filter(|it| after.as_ref().is_none_or(|after| place(it) > *after))
        .collect();
    let limit = request.option("limit").parse().unwrap_or(0);
    let page = if limit == 0 {
        found.len()
    } else {
        limit.min(found.len())
    };
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if let Some(last) = found
        .get(page.wrapping_sub(1))
        .filter(|_| page < found.len())
    {
        metadata["continue"] = json!(cursor(&version.to_string(), last.namespace(), last.name()));
        metadata["remainingItemCount"] = json!(found.len() - page);
    }
    let items: Vec<Value> = found[..page].iter().map(|it| item(it)).collect();
    let body = json!({
        "kind": format!("{}List", kind.kind), "apiVersion": kind.api_version(),
        "metadata": metadata, "items": items,
    });
    Ok(Answer::new(200, body))
}

/// Items of a list do not repeat their kind.
fn item(stored: &Stored) -> Value {
    let mut value = stored.shown();
    if stored.kind.open_api.is_none()
        && let Some(map) = value.as_object_mut()
    {
        map.remove("kind");
        map.remove("apiVersion");
    }
    value
}

/// Refuses a version that is no number, or that this server has not reached.
pub(super) fn in_reach(asked: &str, version: u64) -> Result<u64, Failure> {
    let number: u64 = asked.parse().map_err(|_| {
        Failure::new(
            500,
            format!(
                "resourceVersion: Invalid value: {asked:?}: strconv.ParseUint: parsing {asked:?}: \
                 invalid syntax"
            ),
        )
    })?;
    if number <= version {
        return Ok(number);
    }
    let message = format!("Timeout: Too large resource version: {number}, current: {version}");
    let cause = Cause::new("ResourceVersionTooLarge", "Too large resource version", "");
    Err(Failure::new(504, message)
        .reason("Timeout")
        .causes(vec![cause])
        .retry_after(1))
}
