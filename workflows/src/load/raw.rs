//! The shape of a flow file, before its meaning is checked.

use super::{AUTOMATED, MAX_BYTES, MAX_TASKS, Report};
use crate::{
    task::{GateSpec, Guard, Join, Phase, Role, Test},
    workflow::{Step, TaskDef, Workflow},
};
use catalogue::Text;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Spanned<Text>,
    version: Spanned<u32>,
    #[serde(default)]
    validated_by: String,
    #[serde(default)]
    task: BTreeMap<Spanned<String>, Task>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    title: Spanned<Text>,
    action: Option<Spanned<String>>,
    manual: Option<Role>,
    gate: Option<Spanned<GateSpec>>,
    timer: Option<Spanned<String>>,
    instructions: Option<Spanned<Text>>,
    #[serde(default)]
    after: Vec<Spanned<String>>,
    with: Option<Spanned<toml::Table>>,
    join: Option<Spanned<toml::Value>>,
    #[serde(default)]
    when: Vec<Spanned<When>>,
    each: Option<Spanned<String>>,
    #[serde(default)]
    each_sequential: bool,
    contractual: Option<Spanned<String>>,
    phase: Option<Phase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    value: String,
    is: Option<toml::Value>,
    not: Option<toml::Value>,
    r#in: Option<Vec<toml::Value>>,
    at_least: Option<i64>,
}

/// Byte offsets of what later checks may complain about.
#[derive(Clone, Debug, Default)]
pub(super) struct Spots {
    pub task: usize,
    pub after: Vec<usize>,
    pub with: usize,
    pub join: usize,
    pub when: Vec<usize>,
    pub each: usize,
    pub contractual: usize,
}

/// The file's tasks in the order they are written, with their places; `None` after a fault that
/// leaves nothing to check.
pub(super) fn read(name: &str, text: &str, report: &mut Report) -> Option<(Workflow, Vec<Spots>)> {
    if text.len() > MAX_BYTES {
        report.say(
            0,
            format!("{} bytes", text.len()),
            format!("at most {MAX_BYTES}"),
        );
        return None;
    }
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(e) => {
            let at = e.span().map_or(0, |it| it.start);
            report.say(
                at,
                e.message(),
                "see the head of workflows/src/load.rs for the format",
            );
            return None;
        }
    };
    if *file.version.get_ref() == 0 {
        report.say(
            file.version.span().start,
            "version 0",
            "count versions from 1",
        );
    }
    words(&file.title, "title", report);
    if file.task.is_empty() || file.task.len() > MAX_TASKS {
        let right = format!("write between 1 and {MAX_TASKS} [task.<name>] tables");
        report.say(0, format!("{} tasks", file.task.len()), right);
        return None;
    }
    let mut tasks: Vec<_> = file.task.into_iter().collect();
    tasks.sort_by_key(|it| it.0.span().start);
    let read: Vec<_> = tasks
        .into_iter()
        .map(|(name, it)| task(name, it, report))
        .collect();
    let (tasks, spots) = read.into_iter().flatten().unzip();
    let flow = Workflow {
        name: name.to_string(),
        version: file.version.into_inner(),
        title: file.title.into_inner(),
        validated_by: file.validated_by,
        tasks,
    };
    Some((flow, spots))
}

fn words(text: &Spanned<Text>, what: &str, report: &mut Report) {
    if [&text.get_ref().fr, &text.get_ref().en]
        .iter()
        .any(|it| it.trim().is_empty())
    {
        let right = format!("give {what} = {{ fr = \"…\", en = \"…\" }}");
        report.say(
            text.span().start,
            format!("{what} is blank in a language"),
            right,
        );
    }
}

fn task(name: Spanned<String>, raw: Task, report: &mut Report) -> Option<(TaskDef, Spots)> {
    let at = name.span().start;
    let name = name.into_inner();
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !first || !name.chars().all(word) || name.len() > 64 {
        let right = "use at most 64 of a-z, 0-9 and -, a letter first";
        report.say(at, format!("task name {name:?}"), right);
    }
    words(&raw.title, "title", report);
    let start = |it: &Spanned<String>| it.span().start;
    let spots = Spots {
        task: at,
        after: raw.after.iter().map(start).collect(),
        with: raw.with.as_ref().map_or(at, |it| it.span().start),
        join: raw.join.as_ref().map_or(at, |it| it.span().start),
        when: raw.when.iter().map(|it| it.span().start).collect(),
        each: raw.each.as_ref().map_or(at, start),
        contractual: raw.contractual.as_ref().map_or(at, start),
    };
    let join = join(raw.join.as_ref(), report);
    let when = raw
        .when
        .iter()
        .filter_map(|it| guard(it, &name, report))
        .collect();
    let step = step(&name, at, &raw, report)?;
    let task = TaskDef {
        title: raw.title.into_inner(),
        step,
        after: raw.after.into_iter().map(Spanned::into_inner).collect(),
        join,
        when,
        each: raw.each.map(Spanned::into_inner),
        each_sequential: raw.each_sequential,
        contractual: raw.contractual.map(Spanned::into_inner),
        phase: raw.phase.unwrap_or(Phase::Act),
        name,
    };
    Some((task, spots))
}

fn step(name: &str, at: usize, raw: &Task, report: &mut Report) -> Option<Step> {
    let given = [
        ("action", raw.action.is_some()),
        ("manual", raw.manual.is_some()),
        ("gate", raw.gate.is_some()),
        ("timer", raw.timer.is_some()),
    ];
    let given: Vec<_> = given.iter().filter(|it| it.1).map(|it| it.0).collect();
    if given.len() != 1 {
        let has = if given.is_empty() {
            "nothing to do".into()
        } else {
            given.join(" and ")
        };
        let right = "give exactly one of action, manual, gate and timer";
        report.say(at, format!("task {name} has {has}"), right);
        return None;
    }
    if let Some(text) = &raw.instructions {
        words(text, "instructions", report);
    }
    let instructions = raw.instructions.as_ref().map(|it| it.get_ref().clone());
    let waits = raw.gate.is_some() || raw.timer.is_some();
    if waits && (raw.with.is_some() || instructions.is_some()) {
        let right = "leave with and instructions to tasks that act";
        report.say(
            at,
            format!("task {name} only waits, but has parameters"),
            right,
        );
    }
    let with = match &raw.with {
        None => serde_json::Map::new(),
        Some(table) => match json(&toml::Value::Table(table.get_ref().clone())) {
            Some(Value::Object(map)) => map,
            _ => {
                let right = "write dates as strings and numbers as finite";
                report.say(
                    table.span().start,
                    format!("task {name}: no JSON form"),
                    right,
                );
                return None;
            }
        },
    };
    if let Some(action) = &raw.action {
        let action_at = action.span().start;
        let action = action.get_ref().clone();
        if instructions.is_none() && !AUTOMATED.contains(&action.as_str()) {
            let right = "give instructions = { fr, en } for the person who stands in";
            report.say(
                action_at,
                format!("task {name}: action {action} is not automated"),
                right,
            );
        }
        return Some(Step::Action {
            name: action,
            with,
            instructions,
        });
    }
    if let Some(role) = raw.manual {
        let Some(instructions) = instructions else {
            let right = "give instructions = { fr, en }";
            report.say(
                at,
                format!("task {name} is done by hand without instructions"),
                right,
            );
            return None;
        };
        return Some(Step::Manual {
            role,
            instructions,
            with,
        });
    }
    if let Some(gate) = &raw.gate {
        if gate.get_ref().quorum == 0 {
            report.say(
                gate.span().start,
                format!("task {name}: quorum 0"),
                "ask at least 1",
            );
        }
        return Some(Step::Gate(gate.get_ref().clone()));
    }
    let timer = raw.timer.as_ref()?;
    if timer.get_ref() == "start" {
        return Some(Step::Timer { after_s: None });
    }
    let after_s = seconds(timer.get_ref());
    if after_s.is_none() {
        let right = "write \"90s\", \"15m\", \"24h\", \"7d\" (at most 366 days) or \"start\"";
        report.say(
            timer.span().start,
            format!("timer {:?}", timer.get_ref()),
            right,
        );
    }
    after_s.map(|it| Step::Timer { after_s: Some(it) })
}

fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u64 = text[..text.len() - 1].parse().ok()?;
    count
        .checked_mul(unit)
        .filter(|it| (1..=366 * 86_400).contains(it))
}

fn join(raw: Option<&Spanned<toml::Value>>, report: &mut Report) -> Join {
    match raw.map(|it| (it.span().start, it.get_ref())) {
        None => Join::All,
        Some((_, toml::Value::String(all))) if all == "all" => Join::All,
        Some((_, toml::Value::Integer(k))) if (1..=MAX_TASKS as i64).contains(k) => {
            Join::Of(*k as u32)
        }
        Some((at, other)) => {
            let right = "write \"all\" or how many predecessors are enough";
            report.say(at, format!("join = {other}"), right);
            Join::All
        }
    }
}

fn guard(raw: &Spanned<When>, name: &str, report: &mut Report) -> Option<Guard> {
    let when = raw.get_ref();
    let tests = [
        when.is.as_ref().and_then(json).map(Test::Is),
        when.not.as_ref().and_then(json).map(Test::Not),
        when.r#in
            .as_ref()
            .and_then(|all| all.iter().map(json).collect())
            .map(Test::In),
        when.at_least.map(Test::AtLeast),
    ];
    let mut tests: Vec<_> = tests.into_iter().flatten().collect();
    match (tests.pop(), tests.is_empty()) {
        (Some(test), true) => Some(Guard {
            value: when.value.clone(),
            test,
        }),
        _ => {
            let right = "give exactly one of is, not, in and at_least";
            report.say(
                raw.span().start,
                format!("task {name}: a condition without a test"),
                right,
            );
            None
        }
    }
}

fn json(value: &toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(it) => it.as_str().into(),
        toml::Value::Integer(it) => (*it).into(),
        toml::Value::Float(it) => serde_json::Number::from_f64(*it)?.into(),
        toml::Value::Boolean(it) => (*it).into(),
        toml::Value::Datetime(_) => return None,
        toml::Value::Array(list) => list.iter().map(json).collect::<Option<_>>()?,
        toml::Value::Table(map) => {
            let pairs: Option<_> = map
                .iter()
                .map(|(k, v)| Some((k.clone(), json(v)?)))
                .collect();
            Value::Object(pairs?)
        }
    })
}
