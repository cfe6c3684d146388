//! The kinds of answers, and how each is read.

use super::{
    Field, Mode, accept_fields, addr,
    fault::{At, Fault, quoted},
    labels, line,
};
use crate::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// What a field accepts. Every kind also reads the plain string of an HTML form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// A cluster of the client, as named in the inventory.
    Cluster,
    /// A short name without spaces.
    Name {
        /// Anchored regular expression; by default a Kubernetes name (RFC 1123 label).
        #[serde(default = "kubernetes_name")]
        pattern: String,
        /// Names that are refused although they match.
        #[serde(default)]
        reserved: Vec<String>,
    },
    /// A whole number.
    Count {
        /// Smallest accepted.
        min: u64,
        /// Largest accepted.
        max: u64,
    },
    /// Words.
    Text {
        /// Most bytes.
        max: usize,
        /// Anchored regular expression.
        #[serde(default)]
        pattern: Option<String>,
        /// Line feeds are allowed; the text is then kept as it is.
        #[serde(default)]
        multiline: bool,
    },
    /// One of a few values.
    Choice {
        /// The values.
        options: Vec<Choice>,
    },
    /// Yes or no. `on`, `true`, `yes`, `oui`, `1` and their opposites are read; a page that shows a
    /// tick box for a flag whose default is yes must send `off` when it is not ticked.
    Flag,
    /// A duration: a number of hours, days or weeks, e.g. `36h`, `30d`, `8w`.
    Duration {
        /// Shortest, in hours.
        min_h: u32,
        /// Longest, in hours.
        max_h: u32,
    },
    /// An address of the web, without credentials in it.
    Url {
        /// Plain `http` is refused.
        #[serde(default)]
        https_only: bool,
        /// Hosts that only exist inside a machine or a cluster are refused.
        #[serde(default)]
        external: bool,
    },
    /// A host name outside the cluster.
    Host,
    /// An IP address that is neither local, link-local nor multicast.
    Ip,
    /// A path inside a repository: no `..`, no `.git`.
    Path {
        /// Folder under which it must be, e.g. `manifests/`; may be empty.
        #[serde(default)]
        prefix: String,
        /// Anchored regular expression.
        #[serde(default)]
        pattern: Option<String>,
    },
    /// `sha256:` and 64 hexadecimal digits.
    Digest,
    /// 40 hexadecimal digits: a commit.
    Sha1,
    /// A map from label names to values; also read from lines `name=value`.
    Labels {
        /// Fewest labels.
        #[serde(default)]
        min: usize,
        /// Most labels.
        max: usize,
        /// Names that are refused.
        #[serde(default)]
        reserved: Vec<String>,
        /// Whose rules the names follow.
        #[serde(default)]
        style: LabelStyle,
    },
    /// Matchers of Alertmanager, e.g. `severity="critical"`, one a line. A set that would catch
    /// every alert is refused.
    Matchers {
        /// Most matchers; at least one is needed.
        max: usize,
    },
    /// Several answers of one kind; also read from one line each.
    List {
        /// Kind of each.
        of: Box<Kind>,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
    },
    /// Several named answers together; also read from `name=value name=value`.
    Group {
        /// What to fill in.
        fields: Vec<Field>,
    },
}

/// One value of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Value in the answers.
    pub value: String,
    /// Label for people.
    pub label: Text,
}

/// Whose rules the names and values of labels follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelStyle {
    /// Prometheus: `[a-zA-Z_][a-zA-Z0-9_]*` without `__` in front; value of 1 to 256 characters.
    #[default]
    Prometheus,
    /// Kubernetes: optional DNS prefix, outside `kubernetes.io/` and `k8s.io/`; value up to 63.
    Kubernetes,
}

fn kubernetes_name() -> String {
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$".into()
}

/// Whether `text` matches an anchored expression. One that does not compile matches nothing; the
/// loader refuses such a file, so only a damaged stored form can meet this.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(pattern).is_ok_and(|it| it.is_match(text))
}

impl Kind {
    /// Reads one answer into its stored form, or says everything that is wrong with it.
    pub(crate) fn accept(
        &self,
        at: &At<'_>,
        raw: &Value,
        clusters: Option<&[String]>,
        faults: &mut Vec<Fault>,
    ) -> Option<Value> {
        let one = match self {
            Kind::Text {
                max,
                pattern,
                multiline: true,
            } => line::block(at, raw, *max)
                .and_then(|it| line::patterned(at, it, pattern.as_deref())),
            Kind::Count { min, max } => return keep(line::count(at, raw, *min..=*max), faults),
            Kind::Flag => return keep(line::flag(at, raw), faults),
            Kind::Labels {
                min,
                max,
                reserved,
                style,
            } => {
                return labels::accept_labels(at, raw, *min..=*max, reserved, *style, faults);
            }
            Kind::Matchers { max } => return labels::accept_matchers(at, raw, *max, faults),
            Kind::List { of, min, max } => {
                return accept_list(at, raw, of, *min..=*max, clusters, faults);
            }
            Kind::Group { fields } => return accept_group(at, raw, fields, clusters, faults),
            _ => line::single(at, raw, self.longest())
                .and_then(|it| self.read_line(at, it, clusters)),
        };
        keep(one.map(Value::String), faults)
    }

    /// Most bytes of an answer on one line.
    fn longest(&self) -> usize {
        match self {
            Kind::Text { max, .. } => *max,
            Kind::Url { .. } => 2000,
            Kind::Path { .. } => 300,
            _ => 253,
        }
    }

    fn read_line(
        &self,
        at: &At<'_>,
        text: String,
        clusters: Option<&[String]>,
    ) -> Result<String, Fault> {
        match self {
            Kind::Cluster => line::cluster(at, text, clusters),
            Kind::Name { pattern, reserved } => line::name(at, text, pattern, reserved),
            Kind::Text { pattern, .. } => line::patterned(at, text, pattern.as_deref()),
            Kind::Choice { options } => choose(at, text, options),
            Kind::Duration { min_h, max_h } => line::duration(at, text, *min_h..=*max_h),
            Kind::Url {
                https_only,
                external,
            } => addr::url(at, text, *https_only, *external),
            Kind::Host => addr::host(at, text),
            Kind::Ip => addr::ip(at, text),
            Kind::Path { prefix, pattern } => line::path(at, text, prefix, pattern.as_deref()),
            Kind::Digest => line::hex(at, text, "sha256:", 64),
            Kind::Sha1 => line::hex(at, text, "", 40),
            // These never come as one line: `accept` reads them itself.
            Kind::Count { .. }
            | Kind::Flag
            | Kind::Labels { .. }
            | Kind::Matchers { .. }
            | Kind::List { .. }
            | Kind::Group { .. } => Ok(text),
        }
    }

    /// Whether a comma can only separate answers, so that `a,b` means two of them.
    fn comma_separates(&self) -> bool {
        !matches!(
            self,
            Kind::Text { .. } | Kind::Url { .. } | Kind::Group { .. } | Kind::Matchers { .. }
        )
    }
}

fn keep<T: Into<Value>>(read: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<Value> {
    read.map(Into::into)
        .map_err(|fault| faults.push(fault))
        .ok()
}

fn choose(at: &At<'_>, text: String, options: &[Choice]) -> Result<String, Fault> {
    if options.iter().any(|it| it.value == text) {
        return Ok(text);
    }
    let possible: Vec<&str> = options.iter().map(|it| it.value.as_str()).collect();
    let (possible, text) = (possible.join(", "), quoted(&text));
    Err(at.fault(
        "form.choice",
        format!("«\u{a0}{text}\u{a0}» n’est pas proposé, choisissez parmi {possible}"),
        format!("“{text}” is not offered, choose among {possible}"),
    ))
}

/// The items of a list as they were given: an array, JSON text of one, or lines.
pub(crate) fn items(raw: &Value, comma: bool) -> Option<Vec<Value>> {
    match raw {
        Value::Array(items) => Some(items.clone()),
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).ok()
        }
        Value::String(text) => Some(
            text.split(|c| c == '\n' || (comma && c == ','))
                .map(|it| it.trim_matches([' ', '\r', '\t']))
                .filter(|it| !it.is_empty())
                .map(Value::from)
                .collect(),
        ),
        _ => None,
    }
}

fn accept_list(
    at: &At<'_>,
    raw: &Value,
    of: &Kind,
    size: RangeInclusive<usize>,
    clusters: Option<&[String]>,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    let Some(items) = items(raw, of.comma_separates()) else {
        faults.push(at.wrong_type(
            "une liste, un élément par ligne,",
            "a list, one item a line,",
        ));
        return None;
    };
    if !size.contains(&items.len()) {
        faults.push(at.wrong_count(*size.start(), *size.end()));
        return None;
    }
    let read: Vec<Option<Value>> = items
        .iter()
        .enumerate()
        .map(|(i, item)| of.accept(&at.inside(i), item, clusters, faults))
        .collect();
    read.into_iter()
        .collect::<Option<Vec<_>>>()
        .map(Value::Array)
}

fn accept_group(
    at: &At<'_>,
    raw: &Value,
    fields: &[Field],
    clusters: Option<&[String]>,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    let Some(given) = members(raw) else {
        faults.push(at.wrong_type(
            "une suite «\u{a0}nom=valeur\u{a0}»",
            "a series “name=value”",
        ));
        return None;
    };
    let mut inner = Vec::new();
    let mode = Mode {
        whole: true,
        clusters,
    };
    let answers = accept_fields(fields, &given, &mode, &mut inner);
    if inner.is_empty() {
        return Some(Value::Object(answers));
    }
    faults.extend(inner.into_iter().map(|it| Fault {
        pointer: format!("{}{}", at.pointer, it.pointer),
        ..it
    }));
    None
}

/// The members of a group as they were given: an object, JSON text of one, or `name=value` pairs.
fn members(raw: &Value) -> Option<Map<String, Value>> {
    match raw {
        Value::Object(map) => Some(map.clone()),
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).ok()
        }
        Value::String(text) => text
            .split_whitespace()
            .map(|it| {
                it.split_once('=')
                    .map(|(name, v)| (name.to_owned(), Value::from(v)))
            })
            .collect(),
        _ => None,
    }
}
