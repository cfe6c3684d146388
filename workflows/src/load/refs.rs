//! References of a flow file: known roots, and outputs of tasks that ended before only.

use super::{Report, raw::Spots};
use crate::{
    graph::Graph,
    reference::{Reference, Root, strings},
    workflow::{Step, TaskDef},
};

struct At<'a> {
    tasks: &'a [TaskDef],
    place: usize,
    graph: &'a Graph<'a>,
}

pub(super) fn check(
    tasks: &[TaskDef],
    place: usize,
    graph: &Graph,
    spots: &Spots,
    report: &mut Report,
) {
    let (at, task) = (
        At {
            tasks,
            place,
            graph,
        },
        &tasks[place],
    );
    if let Step::Action { with, .. } | Step::Manual { with, .. } = &task.step {
        for value in with.values() {
            strings(value, &mut |text| at.check(text, spots.with, report));
        }
    }
    for (guard, spot) in task.when.iter().zip(&spots.when) {
        at.check(&guard.value, *spot, report);
        at.must_be_reference(&guard.value, "when", *spot, report);
    }
    let Some(each) = &task.each else {
        if task.each_sequential {
            let wrong = format!("task {}: each_sequential without each", task.name);
            report.say(spots.each, wrong, "name the list: each = \"$form.nodes\"");
        }
        return;
    };
    at.check(each, spots.each, report);
    at.must_be_reference(each, "each", spots.each, report);
    if let Ok(Some(Reference {
        root: Root::Each | Root::Ticket | Root::Task(_),
        ..
    })) = Reference::parse(each)
    {
        let wrong = format!("task {}: each = {each:?}", task.name);
        report.say(spots.each, wrong, "expand over a list of $form or $given");
    }
}

impl At<'_> {
    fn must_be_reference(&self, text: &str, what: &str, spot: usize, report: &mut Report) {
        if let Ok(None) = Reference::parse(text) {
            let wrong = format!(
                "task {}: {what} looks at {text:?}",
                self.tasks[self.place].name
            );
            report.say(spot, wrong, "name a reference such as $form.action");
        }
    }

    fn check(&self, text: &str, spot: usize, report: &mut Report) {
        let task = &self.tasks[self.place];
        let wanted = match Reference::parse(text) {
            Ok(None) => return,
            Ok(Some(wanted)) => wanted,
            Err(e) => {
                let right = "use $form.x, $given.x, $each, $ticket.x or $task.name.x";
                return report.say(spot, format!("task {}: {e}", task.name), right);
            }
        };
        match &wanted.root {
            Root::Each if task.each.is_none() => {
                let wrong = format!("task {}: {text} without each", task.name);
                report.say(spot, wrong, "name the list: each = \"$form.nodes\"");
            }
            Root::Task(name) => self.output_of(name, text, spot, report),
            Root::Form | Root::Given | Root::Each | Root::Ticket => {}
        }
    }

    fn output_of(&self, name: &str, text: &str, spot: usize, report: &mut Report) {
        let task = &self.tasks[self.place].name;
        let Some(source) = self.graph.place(name) else {
            let right = "name a task of this file that comes before";
            return report.say(spot, format!("task {task}: {text} names no task"), right);
        };
        if !self.graph.ancestors(self.place).contains(&source) {
            let right = format!("put {name} before it with after");
            report.say(
                spot,
                format!("task {task}: {text} is not known by then"),
                right,
            );
        }
        if self.tasks[source].each.is_some() {
            let right = "take the output of a task without each";
            report.say(
                spot,
                format!("task {task}: {text} has several copies"),
                right,
            );
        }
    }
}
