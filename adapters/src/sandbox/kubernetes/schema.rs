//! What the server knows of each type: which fields there are, and what of them can be owned.

use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc, sync::OnceLock};

/// A type, as far as applying needs it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Schema {
    Str,
    Int,
    Bool,
    IntOrStr,
    Any,
    /// Owned key by key.
    Map(Arc<Schema>),
    /// Owned field by field.
    Object(Arc<BTreeMap<String, Schema>>),
    /// A type by its name in the table.
    Named(String),
    /// Owned as a whole, whatever it is made of.
    Atomic(Arc<Schema>),
    /// Owned as a whole.
    List(Arc<Schema>),
    /// Owned value by value.
    Set(Arc<Schema>),
    /// Owned item by item, told apart by keys.
    Keyed(Arc<Schema>, Arc<[ListKey]>),
}

/// A key that tells items of a list apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListKey {
    pub name: String,
    pub default: Option<String>,
}

type Table = BTreeMap<String, Arc<BTreeMap<String, Schema>>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: BTreeMap<String, BTreeMap<String, Schema>> = BTreeMap::new();
        let mut current = String::new();
        for line in include_str!("schema.txt").lines() {
            let bare = line.trim();
            if bare.is_empty() || bare.starts_with('#') {
                continue;
            }
            let (name, rest) = bare
                .split_once(' ')
                .expect("a line of the table has two words");
            if name == "type" && !line.starts_with(' ') {
                current = rest.to_owned();
                table.entry(current.clone()).or_default();
            } else {
                let fields = table.get_mut(&current).expect("fields follow their type");
                fields.insert(name.to_owned(), parse(rest));
            }
        }
        table
            .into_iter()
            .map(|(name, fields)| (name, Arc::new(fields)))
            .collect()
    })
}

fn parse(text: &str) -> Schema {
    if let Some(whole) = text.strip_prefix('!') {
        return Schema::Atomic(Arc::new(parse(whole)));
    }
    if let Some(map) = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
        return Schema::Map(Arc::new(parse(map)));
    }
    if let Some(list) = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        if let Some(item) = list.strip_suffix(" set") {
            return Schema::Set(Arc::new(parse(item)));
        }
        if let Some((item, keys)) = list.split_once(" by ") {
            let keys = keys.split(',').map(|key| match key.split_once('=') {
                Some((name, default)) => ListKey {
                    name: name.to_owned(),
                    default: Some(default.to_owned()),
                },
                None => ListKey {
                    name: key.to_owned(),
                    default: None,
                },
            });
            return Schema::Keyed(Arc::new(parse(item)), keys.collect());
        }
        return Schema::List(Arc::new(parse(list)));
    }
    match text {
        "str" => Schema::Str,
        "int" => Schema::Int,
        "bool" => Schema::Bool,
        "intstr" => Schema::IntOrStr,
        "any" => Schema::Any,
        name => Schema::Named(name.to_owned()),
    }
}

impl Schema {
    /// The whole object of a built-in kind: its own fields and what every object has.
    pub fn of_kind(kind: &str) -> Schema {
        let fields = table()
            .get(kind)
            .expect("every kind served has a type in the table");
        Schema::with_envelope((**fields).clone())
    }
    /// The whole object of a custom kind, from its definition's OpenAPI schema.
    pub fn of_definition(open_api: &Value) -> Schema {
        let mut fields = properties(open_api);
        fields.retain(|name, _| !["apiVersion", "kind", "metadata"].contains(&name.as_str()));
        Schema::with_envelope(fields)
    }
    fn with_envelope(mut fields: BTreeMap<String, Schema>) -> Schema {
        fields.insert("apiVersion".into(), Schema::Str);
        fields.insert("kind".into(), Schema::Str);
        fields.insert("metadata".into(), Schema::Named("ObjectMeta".into()));
        Schema::Object(Arc::new(fields))
    }
    /// The type itself, with its name looked up.
    pub fn resolved(&self) -> Schema {
        match self {
            Schema::Named(name) => {
                let fields = table()
                    .get(name)
                    .expect("every name used in the table is in it");
                Schema::Object(fields.clone())
            }
            other => other.clone(),
        }
    }
    /// The type of a field or of a map's value; `None` when there is no such field.
    pub fn field(&self, name: &str) -> Option<Schema> {
        match self {
            Schema::Object(fields) => fields.get(name).map(Schema::resolved),
            Schema::Map(value) => Some(value.resolved()),
            Schema::Any => Some(Schema::Any),
            _ => None,
        }
    }
}

fn properties(open_api: &Value) -> BTreeMap<String, Schema> {
    let none = Map::new();
    let properties = open_api["properties"].as_object().unwrap_or(&none);
    properties
        .iter()
        .map(|(name, it)| (name.clone(), from_open_api(it)))
        .collect()
}

fn from_open_api(it: &Value) -> Schema {
    if it["x-kubernetes-int-or-string"] == true {
        return Schema::IntOrStr;
    }
    if it["x-kubernetes-preserve-unknown-fields"] == true {
        return Schema::Any;
    }
    let inner = match it["type"].as_str() {
        Some("string") => return Schema::Str,
        Some("integer" | "number") => return Schema::Int,
        Some("boolean") => return Schema::Bool,
        Some("array") => return list(it),
        Some("object") if it["additionalProperties"].is_object() => {
            Schema::Map(Arc::new(from_open_api(&it["additionalProperties"])))
        }
        Some("object") => Schema::Object(Arc::new(properties(it))),
        _ => return Schema::Any,
    };
    match it["x-kubernetes-map-type"].as_str() {
        Some("atomic") => Schema::Atomic(Arc::new(inner)),
        _ => inner,
    }
}

fn list(it: &Value) -> Schema {
    let item = Arc::new(from_open_api(&it["items"]));
    match it["x-kubernetes-list-type"].as_str() {
        Some("set") => Schema::Set(item),
        Some("map") => {
            let keys = it["x-kubernetes-list-map-keys"]
                .as_array()
                .into_iter()
                .flatten();
            let keys = keys.filter_map(Value::as_str);
            let keys = keys.map(|name| ListKey {
                name: name.to_owned(),
                default: None,
            });
            Schema::Keyed(item, keys.collect())
        }
        _ => Schema::List(item),
    }
}
