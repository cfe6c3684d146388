//! The tasks of a ticket lie in blocks that copies share: whatever is changed, in whichever copy, a
//! run answers as a plain list of its tasks would.

use catalogue::Text;
use chrono::{DateTime, Utc};
use engine::{
    run::Run,
    ticket::{Status, Task},
};
use proptest::prelude::*;
use workflows::{Join, Node, Phase, Work};

const PHASES: [Phase; 5] = [
    Phase::Plan,
    Phase::Agree,
    Phase::Window,
    Phase::Act,
    Phase::Validate,
];

fn task(seq: usize, phase: Phase) -> Task {
    let node = Node {
        name: format!("t{seq}"),
        title: Text::default(),
        phase,
        after: Vec::new(),
        join: Join::All,
        when: Vec::new(),
        work: Work::Plan,
        contractual: None,
    };
    Task::new(i32::try_from(seq).expect("few"), node)
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// What a list says, task by task.
fn front(all: &[Task]) -> Option<Phase> {
    all.iter()
        .filter(|it| !it.status.is_over())
        .filter(|it| it.status != Status::Waiting || it.node.phase >= Phase::Act)
        .map(|it| it.node.phase)
        .min()
}

fn envelope_is_open(all: &[Task]) -> bool {
    let envelope = Phase::Plan..Phase::Act;
    all.iter()
        .any(|it| envelope.contains(&it.node.phase) && !it.status.is_over())
}

fn having(all: &[Task], statuses: &[Status]) -> Vec<usize> {
    let with = |at: &usize| statuses.contains(&all[*at].status);
    (0..all.len()).filter(with).collect()
}

fn step() -> impl Strategy<Value = (prop::sample::Index, Status)> {
    (
        any::<prop::sample::Index>(),
        prop::sample::select(Status::ALL.to_vec()),
    )
}

proptest! {
    #[test]
    fn a_run_answers_as_a_list_of_its_tasks(
        phases in prop::collection::vec(prop::sample::select(PHASES.to_vec()), 1..200),
        steps in prop::collection::vec(step(), 0..60),
        asked in prop::collection::vec(prop::sample::select(Status::ALL.to_vec()), 0..4),
        kept in 0..60usize,
    ) {
        let mut list: Vec<Task> =
            phases.iter().enumerate().map(|(seq, it)| task(seq, *it)).collect();
        let mut run: Run = list.iter().cloned().collect();
        let (mut then, mut touched) = ((run.clone(), list.clone()), Vec::new());
        for (nth, (at, status)) in steps.iter().enumerate() {
            if nth == kept {
                (then, touched) = ((run.clone(), list.clone()), Vec::new());
            }
            let at = at.index(list.len());
            // Asked before the change: what was worked out then must not be answered after it.
            prop_assert_eq!(run.front(), front(&list));
            run.change(at).rest(*status, now());
            list[at].rest(*status, now());
            touched.push(at);
        }
        prop_assert_eq!(run.len(), list.len());
        prop_assert!(run.iter().eq(&list));
        prop_assert_eq!(run.front(), front(&list));
        prop_assert_eq!(run.envelope_is_open(), envelope_is_open(&list));
        let found: Vec<usize> = run.having(&asked).map(|(at, _)| at).collect();
        prop_assert_eq!(found, having(&list, &asked));
        for at in 0..list.len() {
            prop_assert_eq!(run.get(at), list.get(at));
            prop_assert_eq!(run.find(&format!("t{at}")), Some(at));
        }
        prop_assert_eq!(run.get(list.len()), None);

        touched.sort_unstable();
        touched.dedup();
        let changed: Vec<usize> = run.changed(Some(&then.0)).map(|(at, _)| at).collect();
        prop_assert_eq!(changed, touched);
        prop_assert_eq!(run.changed(None).count(), list.len());
        prop_assert!(then.0.iter().eq(&then.1), "the copy stays as it was");
        prop_assert_eq!(run == then.0, list == then.1);
        prop_assert!(run.same_nodes(&then.0));
    }

    #[test]
    fn tasks_that_are_added_follow_those_that_were_there(one in 0..150usize, more in 0..150usize) {
        let tasks: Vec<Task> = (0..one + more).map(|seq| task(seq, Phase::Act)).collect();
        let (first, rest) = tasks.split_at(one);
        let mut run: Run = first.iter().cloned().collect();
        let before = run.clone();
        run.change_those(|it| it.seq % 3 == 0, |it| it.rest(Status::Ready, now()));
        run.extend(rest.iter().cloned().collect());
        prop_assert_eq!(run.len(), one + more);
        prop_assert_eq!(run.same_nodes(&before), more == 0);
        for (at, it) in tasks.iter().enumerate() {
            let ready = at < one && at % 3 == 0;
            let status = if ready { Status::Ready } else { Status::Waiting };
            prop_assert_eq!(run[at].status, status);
            prop_assert_eq!(run.find(&it.node.name), Some(at));
        }
    }
}
