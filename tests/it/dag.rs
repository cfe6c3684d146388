//! P6: the run of tasks over random graphs: nothing starts before what it comes after, everything
//! ends, and what began is taken back in reverse order, once each.

use catalogue::Text;
use chrono::{DateTime, Utc};
use engine::{
    run::{self, Run},
    ticket::{Status, Task},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use workflows::{Guard, Join, Node, Phase, Test, UndoKind, Work};

/// One task of a random graph: after which earlier ones, how joined, under which condition.
#[derive(Clone, Debug)]
struct Sketch {
    after: Vec<prop::sample::Index>,
    join: u32,
    guarded: bool,
    only_looks: bool,
}

fn sketches() -> impl Strategy<Value = Vec<Sketch>> {
    let one = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        0..4u32,
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    );
    let sketch = one.prop_map(|(after, join, guarded, only_looks)| Sketch {
        after,
        join,
        guarded,
        only_looks,
    });
    prop::collection::vec(sketch, 1..30)
}

fn name(nth: usize) -> String {
    format!("t{nth}")
}

fn tasks(sketches: &[Sketch]) -> Run {
    let mut all = Vec::new();
    for (nth, it) in sketches.iter().enumerate() {
        let mut after: Vec<String> = it
            .after
            .iter()
            .filter(|_| nth > 0)
            .map(|at| name(at.index(nth)))
            .collect();
        after.sort();
        after.dedup();
        let many = u32::try_from(after.len()).expect("few");
        let join = match it.join {
            0 => Join::All,
            k if k <= many => Join::Of(k),
            _ => Join::All,
        };
        let guard = after.first().filter(|_| it.guarded).map(|before| Guard {
            value: format!("$task.{before}.lucky?"),
            test: Test::Is(json!(true)),
        });
        let node = Node {
            name: name(nth),
            title: Text::default(),
            work: Work::Action {
                name: "git.change".into(),
                with: Map::new(),
            },
            after,
            join,
            when: guard.into_iter().collect(),
            contractual: None,
            phase: Phase::Act,
        };
        let seq = i32::try_from(nth).expect("few");
        let mut task = Task::new(seq, node);
        task.undo = if it.only_looks {
            UndoKind::None
        } else {
            UndoKind::Automatic
        };
        all.push(task);
    }
    all.into_iter().collect()
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// Runs until nothing is ready or `steps` tasks were begun; `choices` picks who is next and who is
/// lucky. Gives the names in the order in which they began.
fn run_some(all: &mut Run, choices: &[(prop::sample::Index, bool)], steps: usize) -> Vec<i32> {
    let mut begun = Vec::new();
    let mut version = 0;
    let mut settled: Option<Run> = None;
    for nth in 0.. {
        let mut whole = all.clone();
        run::settle(&mut whole, None, now()).expect("guards can be judged");
        run::settle(all, settled.as_ref(), now()).expect("guards can be judged");
        assert_eq!(all, &whole, "what did not change needs no look");
        settled = Some(all.clone());
        let ready: Vec<usize> = (0..all.len())
            .filter(|at| all[*at].status == Status::Ready)
            .collect();
        if ready.is_empty() || nth == steps {
            break;
        }
        let (choice, lucky) = &choices[nth % choices.len()];
        let at = ready[choice.index(ready.len())];
        let over: BTreeMap<&str, bool> = all
            .iter()
            .map(|it| (it.node.name.as_str(), it.status.is_over()))
            .collect();
        if all[at].node.join == Join::All {
            assert!(
                all[at].node.after.iter().all(|it| over[it.as_str()]),
                "too early"
            );
        }
        version += 1;
        begun.push(all[at].seq);
        let task = all.change(at);
        task.begun = Some(version);
        task.receipt = Some(json!({ "lucky": lucky }));
        task.rest(Status::Done, now());
    }
    begun
}

fn choices() -> impl Strategy<Value = Vec<(prop::sample::Index, bool)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: super::laws::cases(1_000),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_graph_runs_to_its_end(sketches in sketches(), choices in choices()) {
        let mut all = tasks(&sketches);
        let begun = run_some(&mut all, &choices, usize::MAX);
        prop_assert!(all.iter().all(|it| it.status.is_over()), "{:?}", statuses(&all));
        let mut once = begun.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), begun.len(), "nothing runs twice");
        for it in &all {
            let skipped = it.status == Status::Skipped;
            if skipped && it.node.when.is_empty() && it.node.join == Join::All {
                let before = |name: &String| all.iter().find(|it| &it.node.name == name);
                let mut led = it.node.after.iter().filter_map(before);
                prop_assert!(led.all(|it| it.status != Status::Done), "something led to it");
            }
        }
    }

    #[test]
    fn what_began_is_taken_back_in_reverse_order_once_each(
        sketches in sketches(), choices in choices(), steps in 0..30usize,
    ) {
        let mut all = tasks(&sketches);
        let begun = run_some(&mut all, &choices, steps);
        run::stop(&mut all, now());
        let mut back = Vec::new();
        while run::next_undo(&mut all, now()) {
            let due: Vec<usize> =
                (0..all.len()).filter(|at| all[*at].status == Status::UndoDue).collect();
            prop_assert_eq!(due.len(), 1, "one at a time");
            back.push(all[due[0]].seq);
            all.change(due[0]).rest(Status::Undone, now());
        }
        let looks = |seq: &i32| sketches[usize::try_from(*seq).expect("few")].only_looks;
        let expected: Vec<i32> = begun.iter().rev().filter(|it| !looks(it)).copied().collect();
        prop_assert_eq!(back, expected);
        prop_assert!(all.iter().all(|it| it.status.is_over()), "{:?}", statuses(&all));
    }
}

fn statuses(all: &Run) -> Value {
    let pair = |it: &Task| json!([it.node.name, it.status, it.node.after]);
    all.iter().map(pair).collect()
}
