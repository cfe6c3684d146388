//! Which receivers an alert reaches: the route tree of Alertmanager, walked offline.

use super::matcher::{Comparison, Matcher, MatcherError};
use serde_json::Value;
use std::collections::BTreeMap;
use thiserror::Error;

/// A route tree that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RouterError {
    /// The configuration has no `route`.
    #[error("the configuration has no route")]
    NoRoute,
    /// The root names no receiver.
    #[error("root route must specify a default receiver")]
    NoDefault,
    /// A part of the tree has an unexpected shape.
    #[error("unexpected shape of {0} in a route")]
    Shape(&'static str),
    /// A matcher cannot be read.
    #[error(transparent)]
    Matcher(#[from] MatcherError),
}

/// The route tree of one configuration.
#[derive(Clone, Debug)]
pub struct Router {
    root: Route,
}

#[derive(Clone, Debug)]
struct Route {
    receiver: String,
    matchers: Vec<Matcher>,
    goes_on: bool,
    children: Vec<Route>,
    address: Vec<usize>,
}

impl Router {
    /// Reads `route` of a whole Alertmanager configuration.
    ///
    /// # Errors
    /// When there is none, or part of it cannot be read.
    pub fn of(config: &Value) -> Result<Self, RouterError> {
        let route = config
            .get("route")
            .filter(|it| !it.is_null())
            .ok_or(RouterError::NoRoute)?;
        let root = Route::read(route, "", Vec::new())?;
        if root.receiver.is_empty() {
            return Err(RouterError::NoDefault);
        }
        Ok(Router { root })
    }

    /// Receivers in the order of the tree, as `amtool config routes test` prints them.
    #[must_use]
    pub fn receivers(&self, labels: &BTreeMap<String, String>) -> Vec<String> {
        self.matches(labels)
            .into_iter()
            .map(|(_, receiver)| receiver)
            .collect()
    }

    /// The routes taken, each as its address in the tree (indexes of `routes`, from the root) and
    /// its receiver.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> Vec<(Vec<usize>, String)> {
        let mut taken = Vec::new();
        self.root.walk(labels, &mut taken);
        taken
    }

    /// Every receiver that some route names.
    #[must_use]
    pub fn named(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.root.name(&mut names);
        names
    }
}

impl Route {
    fn read(value: &Value, inherited: &str, address: Vec<usize>) -> Result<Self, RouterError> {
        let map = value.as_object().ok_or(RouterError::Shape("route"))?;
        let receiver = match map.get("receiver") {
            None | Some(Value::Null) => inherited.to_owned(),
            Some(Value::String(name)) if name.is_empty() => inherited.to_owned(),
            Some(Value::String(name)) => name.clone(),
            Some(_) => return Err(RouterError::Shape("receiver")),
        };
        let mut matchers = Vec::new();
        for (key, comparison) in [("match", Comparison::Equal), ("match_re", Comparison::Like)] {
            let Some(pairs) = map.get(key).filter(|it| !it.is_null()) else {
                continue;
            };
            for (name, value) in pairs.as_object().ok_or(RouterError::Shape("match"))? {
                matchers.push(Matcher::new(name, comparison, &scalar(value))?);
            }
        }
        for line in list(map.get("matchers"), "matchers")? {
            let line = line.as_str().ok_or(RouterError::Shape("matchers"))?;
            matchers.extend(Matcher::parse_all(line)?);
        }
        let children = list(map.get("routes"), "routes")?
            .iter()
            .enumerate()
            .map(|(at, child)| {
                let address = address.iter().copied().chain([at]).collect();
                Route::read(child, &receiver, address)
            })
            .collect::<Result<_, _>>()?;
        let goes_on = map
            .get("continue")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        Ok(Route {
            receiver,
            matchers,
            goes_on,
            children,
            address,
        })
    }

    /// Whether this route or one below it took the alert.
    fn walk(
        &self,
        labels: &BTreeMap<String, String>,
        taken: &mut Vec<(Vec<usize>, String)>,
    ) -> bool {
        if !self.matchers.iter().all(|it| it.holds(labels)) {
            return false;
        }
        let before = taken.len();
        for child in &self.children {
            if child.walk(labels, taken) && !child.goes_on {
                break;
            }
        }
        if taken.len() == before {
            taken.push((self.address.clone(), self.receiver.clone()));
        }
        true
    }

    fn name(&self, names: &mut Vec<String>) {
        if !names.contains(&self.receiver) {
            names.push(self.receiver.clone());
        }
        self.children.iter().for_each(|it| it.name(names));
    }
}

fn list<'a>(value: Option<&'a Value>, what: &'static str) -> Result<&'a [Value], RouterError> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(RouterError::Shape(what)),
    }
}

fn scalar(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
