use crate::{file, parse};
use workflows::{Join, LoadError, Phase, Step, Test, Workflow, Workflows, load};

/// A manual task with the given further lines.
fn task(name: &str, more: &str) -> String {
    format!(
        "[task.{name}]\ntitle = {{ fr = \"Tâche\", en = \"Task\" }}\nmanual = \"operator\"\n\
         instructions = {{ fr = \"Faire.\", en = \"Do.\" }}\n{more}\n"
    )
}

fn faults(tasks: &str) -> Vec<LoadError> {
    Workflow::check("case", &file(tasks)).unwrap_err()
}

/// The only fault of a file: line, what is wrong, what would be right.
fn fault(tasks: &str) -> LoadError {
    let mut found = faults(tasks);
    assert_eq!(found.len(), 1, "{found:#?}");
    let fault = found.remove(0);
    assert_eq!(fault.file, "case.toml");
    fault
}

#[track_caller]
fn refused(tasks: &str, line: usize, wrong: &str) {
    let fault = fault(tasks);
    assert!(fault.wrong.contains(wrong), "{fault}");
    assert_eq!(fault.line, line, "{fault}");
    assert!(!fault.right.is_empty(), "{fault}");
}

#[test]
fn a_file_becomes_its_tasks_each_after_its_predecessors() {
    let flow = parse(
        &[
            task("last", "after = [\"first\"]\nphase = \"study\""),
            task(
                "first",
                "when = [{ value = \"$form.kind\", in = [1, \"b\"] }]",
            ),
        ]
        .concat(),
    );
    let names: Vec<_> = flow.tasks.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["first", "last"]);
    assert_eq!(flow.tasks[1].phase, Phase::Study);
    assert_eq!(flow.tasks[0].phase, Phase::Act);
    assert_eq!(
        flow.tasks[0].when[0].test,
        Test::In(vec![1.into(), "b".into()])
    );
    assert!(flow.is_validated());
}

#[test]
fn a_draft_loads_but_is_not_validated_s8() {
    let text = file(&task("a", "")).replace("\"A. Roy\"", "\" \"");
    assert!(!Workflow::parse("draft", &text).unwrap().is_validated());
}

#[test]
fn a_timer_counts_seconds_and_a_join_counts_predecessors() {
    let timer = "[task.wait]\ntitle = { fr = \"Attendre\", en = \"Wait\" }\ntimer = \"7d\"\n";
    let flow = parse(&format!(
        "{timer}{}{}",
        task("a", ""),
        task("b", "after = [\"a\", \"wait\"]\njoin = 1")
    ));
    assert_eq!(
        flow.tasks[0].step,
        Step::Timer {
            after_s: Some(7 * 86_400)
        }
    );
    assert_eq!(flow.tasks[2].join, Join::Of(1));
}

#[test]
fn a_cycle_names_all_its_members() {
    let text = [
        task("start", ""),
        task("a", "after = [\"start\", \"c\"]"),
        task("b", "after = [\"a\"]"),
        task("c", "after = [\"b\"]"),
    ]
    .concat();
    refused(&text, 10, "tasks wait for each other: a, b, c");
    refused(
        &task("me", "after = [\"me\"]"),
        5,
        "wait for each other: me",
    );
}

#[test]
fn after_names_tasks_of_the_file_once() {
    let text = task("a", "") + &task("b", "after = [\n\"a\",\n\"zz\",\n]");
    refused(&text, 16, "task b: after zz, which is no task");
    refused(
        &(task("a", "") + &task("b", "after = [\"a\", \"a\"]")),
        14,
        "after a twice",
    );
}

#[test]
fn outputs_come_from_ancestors_only() {
    let late = task("a", "with = { x = \"$task.b.commit\" }") + &task("b", "after = [\"a\"]");
    refused(&late, 9, "$task.b.commit is not known by then");
    let beside = task("a", "with = { x = { y = [\"$task.b.commit\"] } }") + &task("b", "");
    refused(&beside, 9, "not known by then");
    let unknown = task("a", "with = { x = \"$task.b.commit\" }");
    refused(&unknown, 9, "names no task");
    let many = task("a", "each = \"$form.list\"")
        + &task("b", "after = [\"a\"]\nwith = { x = \"$task.a.commit\" }");
    refused(&many, 15, "has several copies");
    let guard = task("a", "when = [{ value = \"$task.b.done\", is = true }]") + &task("b", "");
    refused(&guard, 9, "not known by then");
    parse(&(task("a", "") + &task("b", "after = [\"a\"]\nwith = { x = \"$task.a.commit?\" }")));
}

#[test]
fn references_have_known_roots() {
    for (text, wrong) in [
        ("$from.x", "begins with $form"),
        ("$form", "write $form.field"),
        ("$task.a", "$task.name.field"),
        ("$ticket.price", "reference, cluster, actor and client"),
        ("$form.a..b", "words joined by dots"),
        ("$each.name", "without each"),
    ] {
        refused(
            &task("a", &format!("with = {{ x = \"{text}\" }}")),
            9,
            wrong,
        );
    }
    parse(&task(
        "a",
        "with = { x = \"$$from.x\", y = \"$ticket.client\" }",
    ));
    refused(
        &task("a", "when = [{ value = \"wake\", is = \"wake\" }]"),
        9,
        "when looks at \"wake\"",
    );
}

#[test]
fn a_flow_says_which_fields_it_reads_and_which_it_needs() {
    let flow = parse(&task(
        "a",
        "each = \"$form.nodes\"\nwhen = [{ value = \"$form.kind?\", is = 1 }]\n\
         with = { x = { y = [\"$form.pool.name\", \"$form.kind?\"] }, z = \"$given.form\" }",
    ));
    let fields: Vec<_> = flow.fields().into_iter().collect();
    assert_eq!(
        fields,
        [
            ("kind".into(), false),
            ("nodes".into(), true),
            ("pool".to_string(), true)
        ]
    );
}

#[test]
fn each_expands_over_a_list_of_the_form() {
    refused(
        &task("a", "each = \"$ticket.client\""),
        9,
        "each = \"$ticket.client\"",
    );
    refused(&task("a", "each = \"nodes\""), 9, "each looks at \"nodes\"");
    refused(
        &task("a", "each_sequential = true"),
        5,
        "each_sequential without each",
    );
}

#[test]
fn a_task_does_exactly_one_thing() {
    let gate = "gate = { party = \"client\", purpose = \"passage\" }";
    refused(
        &task("a", "action = \"git.change\""),
        5,
        "task a has action and manual",
    );
    let both = format!(
        "[task.a]\ntitle = {{ fr = \"T\", en = \"T\" }}\naction = \"git.change\"\n{gate}\n"
    );
    refused(&both, 5, "task a has action and gate");
    refused(
        "[task.a]\ntitle = { fr = \"T\", en = \"T\" }\n",
        5,
        "task a has nothing to do",
    );
    let waits =
        format!("[task.a]\ntitle = {{ fr = \"T\", en = \"T\" }}\n{gate}\nwith = {{ x = 1 }}\n");
    refused(&waits, 5, "only waits");
}

#[test]
fn a_gate_asks_at_least_one_known_party() {
    let gate = |it: &str| format!("[task.a]\ntitle = {{ fr = \"T\", en = \"T\" }}\ngate = {it}\n");
    refused(
        &gate("{ party = \"client\", purpose = \"passage\", quorum = 0 }"),
        7,
        "quorum 0",
    );
    refused(
        &gate("{ party = \"boss\", purpose = \"passage\" }"),
        7,
        "unknown variant `boss`",
    );
}

#[test]
fn a_join_asks_no_more_than_there_are_predecessors() {
    let two = task("a", "") + &task("b", "");
    refused(
        &(two.clone() + &task("c", "after = [\"a\", \"b\"]\njoin = 3")),
        20,
        "join = 3 of 2",
    );
    refused(
        &(two + &task("c", "after = [\"a\"]\njoin = \"some\"")),
        20,
        "join = \"some\"",
    );
    let many = task("a", "each = \"$form.list\"") + &task("c", "after = [\"a\"]\njoin = 1");
    refused(&many, 15, "join = 1 over a");
}

#[test]
fn a_person_who_stands_in_has_instructions() {
    let bare = "[task.a]\ntitle = { fr = \"T\", en = \"T\" }\n";
    refused(
        &format!("{bare}manual = \"operator\"\n"),
        5,
        "by hand without instructions",
    );
    refused(
        &format!("{bare}action = \"pool.scale\"\n"),
        7,
        "action pool.scale is not automated",
    );
    Workflow::parse("case", &file(&format!("{bare}action = \"git.change\"\n"))).unwrap();
    let half = "instructions = { fr = \"Faire.\", en = \" \" }\n";
    refused(
        &format!("{bare}manual = \"operator\"\n{half}"),
        8,
        "blank in a language",
    );
}

#[test]
fn a_contractual_task_is_work_and_one_chain_s4_s5() {
    let gate = "[task.a]\ntitle = { fr = \"T\", en = \"T\" }\ncontractual = \"x\"\n\
                gate = { party = \"client\", purpose = \"passage\" }\n";
    refused(gate, 7, "waits, so it is no contractual task");
    let beside = task("a", "contractual = \"x\"") + &task("b", "contractual = \"x\"");
    refused(
        &beside,
        14,
        "share contractual task x, but neither follows the other",
    );
    let chained =
        task("a", "contractual = \"x\"") + &task("b", "after = [\"a\"]\ncontractual = \"x\"");
    assert_eq!(parse(&chained).contractual().len(), 1);
    let either =
        |is: &str| format!("contractual = \"x\"\nwhen = [{{ value = \"$form.a\", {is} }}]");
    parse(&(task("a", &either("is = 1")) + &task("b", &either("not = 1"))));
}

#[test]
fn a_task_whose_conditions_exclude_each_other_is_dead() {
    let when = |tests: &str| format!("when = [{tests}]");
    let wake = "{ value = \"$form.a\", is = \"wake\" }";
    let sleep = "{ value = \"$form.a\", is = \"sleep\" }";
    refused(
        &task("a", &when(&format!("{wake}, {sleep}"))),
        5,
        "task a can never start",
    );
    refused(
        &task("a", &when("{ value = \"$form.a\", in = [] }")),
        5,
        "can never start",
    );
    let few = "{ value = \"$form.a\", in = [1, 2] }, { value = \"$form.a\", at_least = 3 }";
    refused(&task("a", &when(few)), 5, "can never start");
    let behind = task("a", &when(wake)) + &task("b", &format!("after = [\"a\"]\n{}", when(sleep)));
    refused(&behind, 10, "task b can never start");
    let joined = task("a", &when(wake))
        + &task("b", &when(sleep))
        + &task("c", &format!("after = [\"a\", \"b\"]\n{}", when(sleep)));
    parse(&joined);
}

#[test]
fn a_condition_makes_exactly_one_test() {
    let two = "when = [{ value = \"$form.a\", is = 1, not = 2 }]";
    refused(&task("a", two), 9, "a condition without a test");
    refused(
        &task("a", "when = [{ value = \"$form.a\" }]"),
        9,
        "a condition without a test",
    );
}

#[test]
fn names_words_and_numbers_are_checked() {
    refused(&task("Bad_Name", ""), 5, "task name \"Bad_Name\"");
    refused(&task("a", "colour = 1"), 9, "unknown field `colour`");
    refused(&task("a", "with = { x = 2026-01-01 }"), 9, "no JSON form");
    let timer = "[task.a]\ntitle = { fr = \"T\", en = \"T\" }\ntimer = ";
    for wrong in ["7 jours", "0d", "9999d", "d", "", "99999999999999999999d"] {
        refused(&format!("{timer}\"{wrong}\"\n"), 7, "timer");
    }
    let zero = file(&task("a", "")).replace("version = 1", "version = 0");
    assert_eq!(Workflow::parse("case", &zero).unwrap_err().line, 2);
}

#[test]
fn sizes_are_bounded() {
    let long = format!("# {}", "x".repeat(load::MAX_BYTES));
    assert!(fault(&long).right.contains("at most 262144"));
    let many: String = (0..=load::MAX_TASKS)
        .map(|i| task(&format!("t{i}"), ""))
        .collect();
    assert!(fault(&many).wrong.contains("201 tasks"));
    let after = |i: usize| {
        if i > 0 {
            format!("after = [\"t{}\"]", i - 1)
        } else {
            String::new()
        }
    };
    let chain: String = (0..=load::MAX_DEPTH)
        .map(|i| task(&format!("t{i}"), &after(i)))
        .collect();
    assert!(fault(&chain).wrong.contains("a chain of more than 64"));
    assert!(faults("").iter().any(|it| it.wrong.contains("0 tasks")));
}

#[test]
fn everything_wrong_is_reported_at_once_with_file_and_line() {
    let text = file(&(task("a", "after = [\"x\"]") + &task("b", "after = [\"y\"]")));
    let found = Workflows::load([("one", text.as_str()), ("two", "title = 1")]).unwrap_err();
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 3, "{shown:#?}");
    assert_eq!(
        shown[0],
        "one.toml:9: task a: after x, which is no task; name one of b"
    );
    assert!(shown[1].starts_with("one.toml:14: "), "{shown:#?}");
    assert!(shown[2].starts_with("two.toml:1: "), "{shown:#?}");
}

#[test]
fn nesting_is_refused_and_not_followed() {
    for deep in [
        format!("x = {}", "[".repeat(100_000)),
        "a.".repeat(100_000) + "b = 1",
    ] {
        assert!(Workflow::check("deep", &deep).is_err());
        assert!(Workflow::check("deep", &file(&task("a", &format!("with.{deep}")))).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "(\\PC|\n){0,400}") {
        let _ = Workflow::check("any", &text);
    }
}
