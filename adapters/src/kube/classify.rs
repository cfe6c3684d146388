//! What a refusal of the API server means. The status alone is not enough: a wrong field and a dead
//! webhook are both 500, a moved version and a foreign field are both 409.

use serde_json::Value;
use workflows::FaultClass;

const DEAD_WEBHOOK: &str = "Internal error occurred: failed calling webhook";

/// The class of a refusal, from its status and its `Status` body; `mutates` when the refused call
/// may have changed something.
#[must_use]
pub fn classify(status: u16, body: &Value, mutates: bool) -> FaultClass {
    let reason = body["reason"].as_str();
    let message = body["message"].as_str().unwrap_or_default();
    match status {
        409 => FaultClass::Conflict,
        410 => FaultClass::Conflict,
        404 => FaultClass::Missing,
        403 if has_cause(body, "NamespaceTerminating") => FaultClass::Conflict,
        403 if message.contains("violates PodSecurity") => FaultClass::Rejected,
        401 | 403 => FaultClass::Denied,
        429 => FaultClass::Transient,
        500 if message.starts_with(DEAD_WEBHOOK) => FaultClass::Transient,
        // Without a reason it is the server's own verdict on the request: an unknown field, a wrong
        // type, two budgets on one pod. Repeating it changes nothing.
        500 if reason.is_none() && body["kind"] == "Status" => FaultClass::Rejected,
        // The server stopped waiting; its store may have gone on.
        500 | 504 if mutates => FaultClass::Ambiguous,
        500 | 502..=504 => FaultClass::Transient,
        _ => FaultClass::Rejected,
    }
}

fn has_cause(body: &Value, reason: &str) -> bool {
    let causes = body["details"]["causes"].as_array();
    causes.is_some_and(|all| all.iter().any(|it| it["reason"] == reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    /// Every refusal of the recorded server, with the class that our reaction needs.
    #[test]
    fn every_recorded_refusal_has_the_class_that_its_cause_deserves() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kubernetes");
        let mut seen = 0;
        for file in fs::read_dir(folder).expect("the transcripts are in the repository") {
            let path = file.expect("readable folder").path();
            let text = fs::read_to_string(&path).expect("readable transcript");
            let transcript: Value = serde_json::from_str(&text).expect("a transcript is JSON");
            for step in transcript["steps"]
                .as_array()
                .expect("a transcript has steps")
            {
                let (body, method) = (&step["response"]["body"], &step["request"]["method"]);
                if body["status"] != "Failure" {
                    continue;
                }
                let status = step["response"]["status"].as_u64().expect("a number") as u16;
                let class = classify(status, body, method != "GET");
                assert_eq!(class, expected(body), "{path:?}: {}", body["message"]);
                seen += 1;
            }
        }
        assert!(seen > 60, "only {seen} refusals were found");
    }

    fn expected(body: &Value) -> FaultClass {
        let message = body["message"].as_str().expect("a refusal has words");
        match body["reason"].as_str() {
            Some("Conflict" | "AlreadyExists") => FaultClass::Conflict,
            Some("NotFound") => FaultClass::Missing,
            Some("Forbidden") if message.contains("being terminated") => FaultClass::Conflict,
            Some("Forbidden") if message.contains("PodSecurity") => FaultClass::Rejected,
            Some("Unauthorized" | "Forbidden") => FaultClass::Denied,
            Some("TooManyRequests" | "InternalError" | "Timeout") => FaultClass::Transient,
            _ => FaultClass::Rejected,
        }
    }

    #[test]
    fn a_change_that_timed_out_inside_the_server_is_ambiguous() {
        let body = serde_json::json!({"kind": "Status", "reason": "Timeout", "message": "Timeout"});
        assert_eq!(classify(504, &body, true), FaultClass::Ambiguous);
        assert_eq!(classify(504, &body, false), FaultClass::Transient);
    }

    #[test]
    fn a_proxy_without_a_body_is_read_by_its_status() {
        assert_eq!(classify(503, &Value::Null, true), FaultClass::Transient);
        assert_eq!(classify(502, &Value::Null, true), FaultClass::Transient);
        assert_eq!(classify(500, &Value::Null, true), FaultClass::Ambiguous);
    }
}
