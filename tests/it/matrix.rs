//! The transition matrix: what can be asked of a ticket, state by state.

use engine::{
    ticket::verb::admits,
    ticket::{State, Verb},
};
use std::fmt::Write;

fn table() -> String {
    let mut text = format!("{:<11}", "");
    for verb in Verb::ALL {
        let _ = write!(text, "{:>10}", verb.word());
    }
    text.push('\n');
    for state in State::ALL {
        let _ = write!(text, "{:<11}", state.word());
        for verb in Verb::ALL {
            let _ = write!(
                text,
                "{:>10}",
                if admits(state, verb) { "yes" } else { "." }
            );
        }
        let _ = writeln!(text, "   step {}", state.public_step());
    }
    text
}

#[test]
fn the_transition_matrix() {
    insta::assert_snapshot!(table());
}

#[test]
fn every_verb_is_possible_somewhere_and_every_open_state_can_be_left() {
    for verb in Verb::ALL {
        assert!(
            State::ALL.iter().any(|it| admits(*it, verb)),
            "{}",
            verb.word()
        );
    }
    for state in State::ALL {
        let some = Verb::ALL.iter().any(|it| admits(state, *it));
        assert_eq!(some, state != State::Closed, "{}", state.word());
    }
}

/// Zammad's lesson (experience §2): no state in which a ticket vanishes from the client's list.
#[test]
fn every_state_has_one_of_the_six_public_steps_and_every_step_a_state() {
    let steps: std::collections::BTreeSet<u8> =
        State::ALL.iter().map(|it| it.public_step()).collect();
    assert_eq!(steps, (1..=6).collect());
}

#[test]
fn words_that_are_stored_are_read_back() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.word()), Some(state));
    }
    for status in engine::ticket::Status::ALL {
        assert_eq!(
            engine::ticket::Status::from_word(status.word()),
            Some(status)
        );
    }
}
