//! What makes a file a depositable Kubernetes manifest.

use super::yaml;
use serde_json::{Value, json};
use workflows::Proof;

/// Whether a path is taken to hold manifests.
pub(super) fn is_manifest(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// One claim per rule and document; all hold exactly when the file may be deposited.
pub(super) fn proofs(content: &[u8]) -> Vec<Proof> {
    let documents = match yaml::documents(content) {
        Ok(documents) => documents,
        Err(error) => {
            let claim = "The file is readable as YAML.";
            return vec![Proof::equal(claim, json!("YAML"), json!(error.to_string()))];
        }
    };
    if documents.is_empty() {
        let claim = "The file holds at least one object.";
        return vec![Proof::equal(claim, json!(true), json!(false))];
    }
    let mut proofs = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let nth = index + 1;
        let absent: Vec<&str> = ["/apiVersion", "/kind", "/metadata/name"]
            .into_iter()
            .filter(|it| !document.pointer(it).is_some_and(filled))
            .collect();
        proofs.push(Proof::equal(
            format!("Document {nth} has apiVersion, kind and metadata.name."),
            json!([]),
            json!(absent),
        ));
        proofs.push(Proof::equal(
            format!("Document {nth} carries no secret values."),
            json!(false),
            json!(reveals(document)),
        ));
    }
    proofs
}

fn filled(value: &Value) -> bool {
    value.as_str().is_some_and(|it| !it.trim().is_empty())
}

/// Whether a Secret with values is anywhere in the document; a `List` may wrap one.
pub(super) fn reveals(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            let holds = |key: &str| match map.get(key) {
                None | Some(Value::Null) => false,
                Some(Value::Object(values)) => !values.is_empty(),
                Some(_) => true,
            };
            let secret = map.get("kind").and_then(Value::as_str) == Some("Secret");
            secret && (holds("data") || holds("stringData")) || map.values().any(reveals)
        }
        Value::Array(list) => list.iter().any(reveals),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str) -> bool {
        proofs(text.as_bytes()).iter().all(|it| it.ok)
    }

    #[test]
    fn every_document_names_what_it_is() {
        let good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        assert!(ok(good));
        assert!(ok(&format!("---\n{good}---\n{good}")));
        assert!(!ok(&format!(
            "{good}---\nkind: ConfigMap\nmetadata: {{name: b}}\n"
        )));
        assert!(!ok("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n"));
        assert!(!ok("# nothing\n"));
        assert!(!ok("a: [1\n"));
    }

    #[test]
    fn a_secret_with_values_is_refused_even_inside_a_list() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
        assert!(ok(secret));
        assert!(!ok(&format!("{secret}data: {{a: YQ==}}\n")));
        assert!(!ok(&format!("{secret}stringData: {{a: b}}\n")));
        let list = "apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems:\n- kind: Secret\n";
        assert!(!ok(&format!("{list}  data: {{a: YQ==}}\n")));
    }

    #[test]
    fn anchors_and_bombs_are_refused_before_they_cost_anything() {
        assert!(!ok(
            "a: &x 1\nb: *x\napiVersion: v1\nkind: A\nmetadata: {name: a}\n"
        ));
        let many = "- 1\n".repeat(6000);
        assert!(!ok(&many));
    }
}
