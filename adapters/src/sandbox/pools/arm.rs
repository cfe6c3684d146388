//! The resource manager's REST interface over the provider's state.

use super::{
    PROVIDER_TOKEN, Provider,
    state::{Doing, Pool, State as Known},
};
use crate::{
    pools::Size,
    sandbox::fault::{Trouble, hang_up},
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::Response,
};
use serde_json::{Value, json};
use url::form_urlencoded;

const LOCATION: &str = "francecentral";
const KNOWN: [&str; 11] = [
    "count",
    "minCount",
    "maxCount",
    "enableAutoScaling",
    "mode",
    "vmSize",
    "osType",
    "type",
    "nodeLabels",
    "nodeTaints",
    "powerState",
];

pub(super) fn router(provider: Provider) -> Router {
    Router::new().fallback(serve).with_state(provider)
}

/// A refusal: status, code, words.
type Refusal = (u16, &'static str, String);

struct Accepted {
    status: u16,
    body: Value,
    operation: Option<usize>,
}

struct Asked {
    method: Method,
    path: String,
    query: String,
    if_match: Option<String>,
    key: String,
    body: Bytes,
    host: String,
}

async fn serve(
    State(provider): State<Provider>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .map(str::to_owned)
    };
    let asked = Asked {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        if_match: text(header::IF_MATCH),
        key: text(header::HeaderName::from_static("x-ms-client-request-id")).unwrap_or_default(),
        body,
        host: text(header::HOST).unwrap_or_default(),
    };
    if text(header::AUTHORIZATION) != Some(format!("Bearer {PROVIDER_TOKEN}")) {
        let words = "the access token is missing or invalid".to_owned();
        return write(&asked, &provider, Err((401, "AuthenticationFailed", words)));
    }
    if asked.method == Method::GET {
        let answer = read(&provider, &asked);
        return write(&asked, &provider, answer);
    }
    match provider.mischief.meet() {
        Some(Trouble::Drop) => hang_up(),
        Some(Trouble::DropThenDo) => {
            tokio::spawn(async move { change(&provider, &asked, false).is_ok() });
            hang_up()
        }
        Some(Trouble::DoThenDrop) => {
            let _ = change(&provider, &asked, false);
            hang_up()
        }
        Some(Trouble::Error500) => {
            let words = "an internal error occurred".to_owned();
            write(&asked, &provider, Err((500, "InternalServerError", words)))
        }
        Some(Trouble::Busy) => {
            let words = "try again later".to_owned();
            write(&asked, &provider, Err((503, "ServerBusy", words)))
        }
        None => {
            let answer = change(&provider, &asked, provider.mischief.lying());
            write(&asked, &provider, answer)
        }
    }
}

fn write(asked: &Asked, provider: &Provider, answer: Result<Accepted, Refusal>) -> Response {
    let (status, body, operation) = match answer {
        Ok(it) => (it.status, it.body, it.operation),
        Err((status, code, words)) => (
            status,
            json!({"error": {"code": code, "message": words}}),
            None,
        ),
    };
    let mut response = Response::builder()
        .status(StatusCode::from_u16(status).expect("every status here is a fixed one"))
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    if status == 503 {
        response = response.header(header::RETRY_AFTER, "1");
    }
    if let Some(number) = operation {
        let path = format!(
            "http://{}/subscriptions/{}/providers/Microsoft.ContainerService/locations/{LOCATION}\
             /operations/{number}?api-version=2026-08-01",
            asked.host, provider.id.subscription
        );
        response = response.header("Azure-AsyncOperation", path);
    }
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    response
        .body(body)
        .expect("headers of our own making are valid")
}

/// What is below the cluster's own path.
fn below<'a>(provider: &Provider, asked: &'a Asked) -> Result<&'a str, Refusal> {
    let versioned = form_urlencoded::parse(asked.query.as_bytes())
        .any(|(name, value)| name == "api-version" && !value.is_empty());
    if !versioned {
        let words = "the api-version query parameter is required".to_owned();
        return Err((400, "MissingApiVersionParameter", words));
    }
    asked.path.strip_prefix(&provider.id.path()).ok_or_else(|| {
        (
            404,
            "ResourceNotFound",
            format!("the resource {} was not found", asked.path),
        )
    })
}

fn read(provider: &Provider, asked: &Asked) -> Result<Accepted, Refusal> {
    let ok = |body| {
        Ok(Accepted {
            status: 200,
            body,
            operation: None,
        })
    };
    let mut state = provider.lock();
    if let Some((_, number)) = asked.path.split_once("/operations/") {
        state.look(&provider.nodes);
        let found = number
            .parse()
            .ok()
            .and_then(|it: usize| state.operations.get(it).cloned());
        let operation = found.ok_or_else(|| unknown(&asked.path))?;
        let body = match (&operation.failure, operation.over) {
            (_, false) => json!({"status": "InProgress"}),
            (None, true) => json!({"status": "Succeeded"}),
            (Some(why), true) => json!({
                "status": "Failed", "error": {"code": "OperationFailed", "message": why},
            }),
        };
        return ok(body);
    }
    let below = below(provider, asked)?;
    match below.strip_prefix("/agentPools") {
        None if below.is_empty() => {
            state.look(&provider.nodes);
            ok(cluster(provider, &state))
        }
        Some("") => {
            let pools = state.pools.iter().map(|(name, it)| pool(&state, name, it));
            ok(json!({"value": pools.collect::<Vec<_>>()}))
        }
        Some(name) => {
            let name = name.trim_start_matches('/');
            let found = state.pools.get(name).ok_or_else(|| unknown(name))?;
            ok(pool(&state, name, found))
        }
        None => Err(unknown(below)),
    }
}

fn unknown(what: &str) -> Refusal {
    (404, "NotFound", format!("{what} was not found"))
}

fn cluster(provider: &Provider, state: &Known) -> Value {
    let (power, doing) = match state.busy().map(|it| &it.doing) {
        Some(Doing::Stop) => ("Running", "Stopping"),
        Some(Doing::Start) => ("Stopped", "Starting"),
        Some(_) => ("Running", "Updating"),
        None if state.running => ("Running", "Succeeded"),
        None => ("Stopped", "Succeeded"),
    };
    json!({
        "id": provider.id.path(), "name": provider.id.cluster, "location": LOCATION,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "properties": {"provisioningState": doing, "powerState": {"code": power}},
    })
}

fn pool(state: &Known, name: &str, it: &Pool) -> Value {
    let busy = state.busy().is_some_and(|it| match &it.doing {
        Doing::Resize(other, _) => other == name,
        _ => true,
    });
    let mut properties = json!({
        "count": it.size.desired, "enableAutoScaling": it.autoscaled,
        "mode": if it.system { "System" } else { "User" }, "vmSize": "Standard_D4s_v5",
        "osType": "Linux", "type": "VirtualMachineScaleSets", "eTag": format!("\"{}\"", it.version),
        "provisioningState": if busy { "Updating" } else { "Succeeded" },
        "powerState": {"code": if state.running { "Running" } else { "Stopped" }},
    });
    if it.autoscaled {
        properties["minCount"] = json!(it.size.min);
        properties["maxCount"] = json!(it.size.max);
    }
    json!({"name": name, "type": "Microsoft.ContainerService/managedClusters/agentPools",
           "properties": properties})
}

fn change(provider: &Provider, asked: &Asked, lying: bool) -> Result<Accepted, Refusal> {
    let below = below(provider, asked)?;
    let mut state = provider.lock();
    if state.busy().is_some() {
        let words = "another operation on the managed cluster is in progress".to_owned();
        return Err((409, "OperationNotAllowed", words));
    }
    let not_now = |words: &str| Err((409, "PowerStateConflict", words.to_owned()));
    let (doing, status, body) = match (asked.method.as_str(), below) {
        ("POST", "/stop") if !state.running => return not_now("the cluster is stopped already"),
        ("POST", "/start") if state.running => return not_now("the cluster is running already"),
        ("POST", "/stop") => (Doing::Stop, 202, Value::Null),
        ("POST", "/start") => (Doing::Start, 202, Value::Null),
        ("PUT", path) if path.starts_with("/agentPools/") => {
            if !state.running {
                return not_now("the cluster is stopped; its pools cannot be changed");
            }
            let name = &path["/agentPools/".len()..];
            let found = state.pools.get(name).ok_or_else(|| unknown(name))?;
            if asked
                .if_match
                .as_ref()
                .is_some_and(|it| *it != format!("\"{}\"", found.version))
            {
                let words = "the entity tag does not match".to_owned();
                return Err((412, "PreconditionFailed", words));
            }
            let size = wanted(found, &asked.body)?;
            let mut changed = found.clone();
            changed.size = size;
            let body = pool(&state, name, &changed);
            (Doing::Resize(name.to_owned(), size), 200, body)
        }
        _ => {
            return Err((
                405,
                "MethodNotAllowed",
                format!("{} is not served", asked.method),
            ));
        }
    };
    let doing = if lying { Doing::Nothing } else { doing };
    let operation = Some(state.begin(doing, &asked.key));
    Ok(Accepted {
        status,
        body,
        operation,
    })
}

/// The size that a body asks for, within the provider's rules.
fn wanted(pool: &Pool, body: &[u8]) -> Result<Size, Refusal> {
    let invalid = |words: String| Err((400, "InvalidParameter", words));
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return invalid(error.to_string()),
    };
    let Some(properties) = body["properties"].as_object() else {
        return invalid("properties are required".to_owned());
    };
    if let Some(extra) = properties.keys().find(|it| !KNOWN.contains(&it.as_str())) {
        return invalid(format!("the property {extra} is unknown or read-only"));
    }
    let mode = if pool.system { "System" } else { "User" };
    let fixed = [
        ("vmSize", json!("Standard_D4s_v5")),
        ("mode", json!(mode)),
        ("enableAutoScaling", json!(pool.autoscaled)),
    ];
    for (name, value) in fixed {
        if properties.get(name) != Some(&value) {
            return Err((
                400,
                "PropertyChangeNotAllowed",
                format!("{name} may not change"),
            ));
        }
    }
    // It may be left out; another one would stop the pool, which is not played.
    let power = properties
        .get("powerState")
        .map_or("Running", |it| it["code"].as_str().unwrap_or_default());
    if power != "Running" {
        return invalid("a single pool cannot be stopped here".to_owned());
    }
    let number = |name: &str| {
        let number = properties.get(name).and_then(Value::as_u64);
        number.and_then(|it| u32::try_from(it).ok())
    };
    let Some(desired) = number("count") else {
        return invalid("count is required".to_owned());
    };
    let size = if pool.autoscaled {
        match (number("minCount"), number("maxCount")) {
            (Some(min), Some(max)) => Size { min, max, desired },
            _ => return invalid("minCount and maxCount are required".to_owned()),
        }
    } else {
        Size {
            min: desired,
            max: desired,
            desired,
        }
    };
    let least = u32::from(pool.system);
    if size.min < least || size.max > 1000 || !(size.min..=size.max).contains(&size.desired) {
        return invalid("minCount, count and maxCount must not cross".to_owned());
    }
    Ok(size)
}
