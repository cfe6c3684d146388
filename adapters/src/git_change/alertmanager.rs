//! A receiver and its route in an Alertmanager configuration, added without taking any alert away
//! from anyone.

use super::{
    condition,
    revision::{Revision, change, refuse},
    yaml,
};
use crate::monitor::{Matcher, Router};
use serde_json::{Map, Value, json};
use std::str::FromStr;
use workflows::{Fault, Verb};
use yaml_edit::{
    Document, Mapping, MappingBuilder, Sequence, SequenceBuilder, YamlValue, path::YamlPath,
};

/// The receiver and route that a ticket asks for.
pub(super) struct Asked<'a> {
    pub(super) receiver: &'a str,
    pub(super) url: &'a str,
    pub(super) matchers: &'a [String],
    pub(super) goes_on: bool,
    pub(super) send_resolved: bool,
}

/// A mapping whose keys keep the order in which people write them.
type Pairs = Vec<(&'static str, Value)>;

impl Asked<'_> {
    fn receiver(&self) -> Pairs {
        let webhook = json!({"url": self.url, "send_resolved": self.send_resolved});
        vec![
            ("name", json!(self.receiver)),
            ("webhook_configs", json!([webhook])),
        ]
    }
    fn route(&self) -> Pairs {
        let mut route = vec![
            ("receiver", json!(self.receiver)),
            ("matchers", json!(self.matchers)),
        ];
        if self.goes_on {
            route.push(("continue", json!(true)));
        }
        route
    }
    /// Without it, an alert that matched no route and so reached `fallback` would reach only the
    /// new receiver.
    fn keeper(&self, fallback: &str) -> Pairs {
        let mut route = vec![
            ("receiver", json!(fallback)),
            ("matchers", json!(self.matchers)),
        ];
        if !self.goes_on {
            route.push(("continue", json!(true)));
        }
        route
    }
}

fn object(pairs: &Pairs) -> Value {
    Value::Object(
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone()))
            .collect(),
    )
}

pub(super) fn revise(path: &str, asked: &Asked<'_>, now: &[u8]) -> Result<Revision, Fault> {
    let wrong = |why: String| refuse(format!("{path}: {why}"));
    let config = yaml::document(now).map_err(|e| wrong(e.to_string()))?;
    Router::of(&config).map_err(|e| wrong(e.to_string()))?;
    let list = |pointer: &str| match config.pointer(pointer) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list.clone()),
        Some(_) => Err(wrong(format!("{pointer} is not a list"))),
    };
    let (receivers, routes) = (list("/receivers")?, list("/route/routes")?);
    let fallback = config
        .pointer("/route/receiver")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let (receiver, route) = (asked.receiver(), asked.route());
    let keeper = asked.keeper(fallback);
    let named = |it: &&Value| it.get("name").and_then(Value::as_str) == Some(asked.receiver);
    if let Some(existing) = receivers.iter().find(named) {
        let same = *existing == object(&receiver) && routes.contains(&object(&route));
        return if same {
            Ok(Revision::none(Some(now)))
        } else {
            Err(wrong(format!(
                "the receiver {} exists already",
                asked.receiver
            )))
        };
    }
    let mut wanted_routes: Vec<Value> = routes.clone();
    if asked.goes_on {
        wanted_routes.insert(0, object(&route));
        wanted_routes.push(object(&keeper));
    } else {
        wanted_routes.extend([object(&keeper), object(&route)]);
    }
    let mut wanted = config.clone();
    wanted["receivers"] = json!([receivers, vec![object(&receiver)]].concat());
    wanted["route"]["routes"] = json!(wanted_routes);
    let text = String::from_utf8_lossy(now);
    let text = edited(&text, asked, &receiver, &route, &keeper).map_err(wrong)?;
    if yaml::document(text.as_bytes()) != Ok(wanted) {
        return Err(wrong(
            "the edited file would not say what was asked".to_owned(),
        ));
    }
    let address = |index: usize| format!("{path}/route/routes/{index}");
    let (route_at, keeper_at) = if asked.goes_on {
        (0, routes.len() + 1)
    } else {
        (routes.len() + 1, routes.len())
    };
    let create = |at: String, after: Value| change(at, Verb::Create, Value::Null, after);
    let changes = vec![
        create(
            format!("{path}/receivers/{}", asked.receiver),
            object(&receiver),
        ),
        create(address(route_at), object(&route)),
        create(address(keeper_at), object(&keeper)),
    ];
    let mut warnings = vec![format!(
        "The route to {fallback} with the same matchers keeps the alerts that reach {fallback} \
         today."
    )];
    if !asked.goes_on {
        warnings.extend(shadows(asked, &routes));
    }
    Ok(Revision {
        content: Some(text.into_bytes()),
        changes,
        warnings,
    })
}

fn edited(
    text: &str,
    asked: &Asked<'_>,
    receiver: &Pairs,
    route: &Pairs,
    keeper: &Pairs,
) -> Result<String, String> {
    let document = Document::from_str(text).map_err(|e| e.to_string())?;
    let said = |e: yaml_edit::path::PathError| e.to_string();
    match document.get_sequence("receivers") {
        Some(receivers) => receivers.push(yaml(receiver)),
        None => {
            document
                .try_set_path("receivers", sequence(&[receiver]))
                .map_err(said)?;
        }
    }
    let routes: Option<Sequence> = document
        .get_mapping("route")
        .and_then(|it| it.get_sequence("routes"));
    match routes {
        Some(routes) if asked.goes_on => {
            routes.insert(0, yaml(route));
            routes.push(yaml(keeper));
        }
        Some(routes) => {
            routes.push(yaml(keeper));
            routes.push(yaml(route));
        }
        None => {
            let both = if asked.goes_on {
                [route, keeper]
            } else {
                [keeper, route]
            };
            document
                .try_set_path("route.routes", sequence(&both))
                .map_err(said)?;
        }
    }
    Ok(document.to_string())
}

/// A mapping with its keys in the order given.
fn yaml(pairs: &Pairs) -> Mapping {
    let built = pairs
        .iter()
        .fold(MappingBuilder::new(), |built, (key, value)| {
            built.pair(*key, written(value))
        });
    built
        .build_document()
        .as_mapping()
        .expect("a builder of mappings builds one")
}

fn sequence(items: &[&Pairs]) -> Sequence {
    let built = items
        .iter()
        .fold(SequenceBuilder::new(), |built, it| built.item(yaml(it)));
    built
        .build_document()
        .as_sequence()
        .expect("a builder of sequences builds one")
}

fn written(value: &Value) -> YamlValue {
    match value {
        Value::Object(map) => {
            YamlValue::Mapping(map.iter().map(|(k, v)| (k.clone(), written(v))).collect())
        }
        Value::Array(list) => YamlValue::Sequence(list.iter().map(written).collect()),
        Value::Bool(it) => YamlValue::scalar(*it),
        Value::String(text) => YamlValue::scalar(text.as_str()),
        other => YamlValue::scalar(other.to_string().as_str()),
    }
}

/// Existing routes that stop alerts before they reach a route placed last.
fn shadows(asked: &Asked<'_>, routes: &[Value]) -> Vec<String> {
    let ours: Vec<Matcher> = asked
        .matchers
        .iter()
        .filter_map(|it| Matcher::parse(it).ok())
        .collect();
    let mut warnings = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        if route
            .get("continue")
            .and_then(Value::as_bool)
            .unwrap_or_default()
        {
            continue;
        }
        let theirs = matchers_of(route);
        let to = route
            .get("receiver")
            .and_then(Value::as_str)
            .unwrap_or("its parent’s receiver");
        let place = index + 1;
        if theirs.iter().all(|it| ours.contains(it)) {
            warnings.push(format!(
                "Route {place} (to {to}) takes every alert of the new route: {} would receive \
                 nothing.",
                asked.receiver
            ));
        } else if !theirs
            .iter()
            .any(|it| ours.iter().any(|our| condition::exclude(our, it)))
        {
            warnings.push(format!(
                "Alerts that also match route {place} (to {to}) stop there and do not reach {}.",
                asked.receiver
            ));
        }
    }
    warnings
}

fn matchers_of(route: &Value) -> Vec<Matcher> {
    let lines = route
        .get("matchers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut found: Vec<Matcher> = lines
        .filter_map(Value::as_str)
        .filter_map(|it| Matcher::parse_all(it).ok())
        .flatten()
        .collect();
    let none = Map::new();
    for (key, comparison) in [("match", "="), ("match_re", "=~")] {
        let old = route.get(key).and_then(Value::as_object).unwrap_or(&none);
        for (name, value) in old {
            let value = value.as_str().unwrap_or_default();
            found.extend(Matcher::parse(&format!("{name}{comparison}{value:?}")).ok());
        }
    }
    found
}
#[cfg(test)]
mod tests {
    use super::*;

    /// Files in flow style, and files without routes yet, are edited in their own style.
    #[test]
    fn the_style_of_the_file_is_kept() {
        let matchers = vec!["team=\"orders\"".to_owned()];
        let (receiver, url) = ("orders", "https://a.invalid/b");
        let (goes_on, send_resolved) = (false, true);
        let asked = Asked {
            receiver,
            url,
            matchers: &matchers,
            goes_on,
            send_resolved,
        };
        let edit = |text: &str| {
            let revision = revise("am.yml", &asked, text.as_bytes()).expect("an edit");
            String::from_utf8(revision.content.expect("a content")).expect("text")
        };
        let flow = edit("route: {receiver: all}\nreceivers: [{name: all}]\n");
        assert_eq!(flow.lines().count(), 2, "{flow}");
        let block = edit("route:\n  receiver: all # nobody else\nreceivers:\n  - name: all\n");
        assert!(
            block.starts_with("route:\n  receiver: all # nobody else\n  routes:\n"),
            "{block}"
        );
        assert!(
            block.contains("receivers:\n  - name: all\n  - name: orders\n"),
            "{block}"
        );
    }
}
