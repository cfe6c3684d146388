//! The API server's refusals, word for word: `Status` objects.

use serde_json::{Map, Value, json};

/// One reason among several.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cause {
    reason: String,
    message: String,
    field: String,
}

impl Cause {
    pub fn new(reason: &str, message: impl Into<String>, field: impl Into<String>) -> Cause {
        Cause {
            reason: reason.into(),
            message: message.into(),
            field: field.into(),
        }
    }
    pub fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Cause {
        Cause::new(
            "FieldValueInvalid",
            format!("Invalid value: {value}: {why}"),
            field,
        )
    }
    pub fn required(field: impl Into<String>, why: &str) -> Cause {
        let message = if why.is_empty() {
            "Required value".into()
        } else {
            format!("Required value: {why}")
        };
        Cause::new("FieldValueRequired", message, field)
    }
    pub fn forbidden(field: impl Into<String>, why: &str) -> Cause {
        Cause::new("FieldValueForbidden", format!("Forbidden: {why}"), field)
    }
    pub fn unsupported(field: &str, value: &str, supported: &str) -> Cause {
        let message = format!("Unsupported value: {value}: supported values: {supported}");
        Cause::new("FieldValueNotSupported", message, field)
    }
    fn words(&self) -> String {
        format!("{}: {}", self.field, self.message)
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub code: u16,
    pub message: String,
    reason: Option<&'static str>,
    details: Map<String, Value>,
    pub retry_after: Option<u32>,
    /// A few paths are not served by the API machinery and answer plain text.
    pub plain: bool,
}

/// What a refusal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub group: String,
    pub kind: String,
    pub plural: String,
    pub name: String,
}

impl Subject {
    fn resource(&self) -> String {
        dotted(&self.plural, &self.group)
    }
    fn details(&self, kind: &str) -> Value {
        let mut details = json!({"kind": kind});
        if !self.name.is_empty() {
            details["name"] = json!(self.name);
        }
        if !self.group.is_empty() {
            details["group"] = json!(self.group);
        }
        details
    }
}

fn dotted(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{group}")
    }
}

impl Failure {
    pub fn new(code: u16, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
            reason: None,
            details: Map::new(),
            retry_after: None,
            plain: false,
        }
    }
    pub fn reason(mut self, reason: &'static str) -> Failure {
        self.reason = Some(reason);
        self
    }
    pub fn causes(mut self, causes: Vec<Cause>) -> Failure {
        let causes = causes.into_iter().map(|it| {
            let mut cause = json!({"message": it.message});
            for (name, text) in [("reason", it.reason), ("field", it.field)] {
                if !text.is_empty() {
                    cause[name] = json!(text);
                }
            }
            cause
        });
        self.details
            .insert("causes".into(), Value::Array(causes.collect()));
        self
    }
    pub fn about(mut self, details: &Value) -> Failure {
        self.details
            .extend(details.as_object().cloned().unwrap_or_default());
        self
    }
    pub fn retry_after(mut self, seconds: u32) -> Failure {
        self.retry_after = Some(seconds);
        self.details
            .insert("retryAfterSeconds".into(), json!(seconds));
        self
    }

    pub fn no_page() -> Failure {
        Failure {
            plain: true,
            ..Failure::new(404, "404 page not found\n")
        }
    }
    pub fn no_resource() -> Failure {
        Failure::new(404, "the server could not find the requested resource").reason("NotFound")
    }
    pub fn bad_request(message: impl Into<String>) -> Failure {
        Failure::new(400, message).reason("BadRequest")
    }
    pub fn unauthorized() -> Failure {
        Failure::new(401, "Unauthorized").reason("Unauthorized")
    }
    pub fn not_allowed() -> Failure {
        let message = "the server does not allow this method on the requested resource";
        Failure::new(405, message).reason("MethodNotAllowed")
    }
    pub fn not_acceptable() -> Failure {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, \
                       application/yaml, application/vnd.kubernetes.protobuf";
        Failure::new(406, message).reason("NotAcceptable")
    }
    pub fn media_type() -> Failure {
        Failure::new(415, "415: Unsupported Media Type").reason("UnsupportedMediaType")
    }
    pub fn not_found(it: &Subject) -> Failure {
        let message = format!("{} {:?} not found", it.resource(), it.name);
        Failure::new(404, message)
            .reason("NotFound")
            .about(&it.details(&it.plural))
    }
    pub fn exists(it: &Subject) -> Failure {
        let message = format!("{} {:?} already exists", it.resource(), it.name);
        Failure::new(409, message)
            .reason("AlreadyExists")
            .about(&it.details(&it.plural))
    }
    pub fn moved(it: &Subject) -> Failure {
        let message = format!(
            "Operation cannot be fulfilled on {} {:?}: the object has been modified; please apply \
             your changes to the latest version and try again",
            it.resource(),
            it.name
        );
        Failure::new(409, message)
            .reason("Conflict")
            .about(&it.details(&it.plural))
    }
    pub fn precondition(it: &Subject, what: &str, asked: &str, found: &str) -> Failure {
        let end = match what {
            "UID" => "The object might have been deleted and then recreated",
            _ => "The object might have been modified",
        };
        let message = format!(
            "Operation cannot be fulfilled on {} {:?}: the {what} in the precondition ({asked}) \
             does not match the {what} in record ({found}). {end}",
            dotted(&it.kind, &it.group),
            it.name
        );
        Failure::new(409, message)
            .reason("Conflict")
            .about(&it.details(&it.kind))
    }
    pub fn forbidden(it: &Subject, why: &str) -> Failure {
        let message = match it.name.as_str() {
            "" => format!("{} is forbidden: {why}", it.resource()),
            name => format!("{} {name:?} is forbidden: {why}", it.resource()),
        };
        Failure::new(403, message)
            .reason("Forbidden")
            .about(&it.details(&it.plural))
    }
    pub fn invalid(it: &Subject, causes: Vec<Cause>) -> Failure {
        let mut words: Vec<String> = Vec::new();
        for cause in &causes {
            let text = cause.words();
            if !words.contains(&text) {
                words.push(text);
            }
        }
        let words = match words.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let message = format!(
            "{} {:?} is invalid: {words}",
            dotted(&it.kind, &it.group),
            it.name
        );
        let failure = Failure::new(422, message).reason("Invalid").causes(causes);
        if it.kind.is_empty() {
            failure
        } else {
            failure.about(&it.details(&it.kind))
        }
    }
    /// A refusal of the request's own options, e.g. `PatchOptions`.
    pub fn options(kind: &str, cause: Cause) -> Failure {
        let group = "meta.k8s.io".to_owned();
        let it = Subject {
            group,
            kind: kind.into(),
            plural: String::new(),
            name: String::new(),
        };
        Failure::invalid(&it, vec![cause])
    }

    /// The `Status` object.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if let Some(reason) = self.reason {
            body["reason"] = json!(reason);
        }
        if !self.details.is_empty() {
            body["details"] = Value::Object(self.details.clone());
        }
        body
    }
}
