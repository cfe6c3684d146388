//! What may happen next.

use proptest::prelude::*;
use tests::How;
use workflows::FaultClass;

/// One step of a schedule. Numbers choose among what there is at that moment.
#[derive(Clone, Debug)]
pub enum Step {
    /// A client orders a line.
    Order(u8),
    /// A runner does what is due.
    Work,
    /// Two runners of two processes do, at the same time.
    WorkTwice,
    /// The clock's side looks.
    Look,
    /// A runner dies after so many commits.
    DieAfter(u8),
    /// A runner works until it hangs inside a call, and dies there.
    DieInside,
    /// Time passes, in seconds, or the clock goes back.
    Wait(i64),
    /// Somebody answers a question of a ticket.
    Answer(u8, bool),
    /// Somebody of the provider or of the client does something to a ticket.
    Act(u8, Deed),
    /// What was said last is said again, under the same name.
    Again,
    /// An attempt that lost its claim reports.
    Stale(u8),
    /// Somebody asks for something and goes away after so many polls.
    GoAway(u8, u8),
    /// A misfortune waits for its victim.
    Plant(&'static str, How),
    /// Somebody else changes a target.
    Meddle(u8),
    /// All misfortunes are taken away.
    Mend,
}

/// What people do outside questions.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// The requester takes it back.
    Cancel,
    /// An operator stops it.
    Suspend,
    /// An operator lets it go on.
    Resume,
    /// An operator tries a blocked task again.
    Retry,
    /// An operator says that it is not needed.
    Skip,
    /// An operator does it by hand from now on.
    TakeOver,
    /// The provider gives up.
    GiveUp,
    /// Whoever has something to do by hand does it.
    ByHand(bool),
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::Cancel),
        2 => Just(Deed::Suspend),
        3 => Just(Deed::Resume),
        2 => Just(Deed::Retry),
        1 => Just(Deed::Skip),
        1 => Just(Deed::TakeOver),
        2 => Just(Deed::GiveUp),
        3 => any::<bool>().prop_map(Deed::ByHand),
    ]
}

fn misfortunes() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        3 => Just(FaultClass::Transient),
        2 => Just(FaultClass::Ambiguous),
        1 => Just(FaultClass::Rejected),
        1 => Just(FaultClass::Denied),
        1 => Just(FaultClass::Conflict),
    ];
    let fault = fault.prop_map(How::Fail);
    let on = |method: &'static str, how: How| Step::Plant(method, how);
    let some = |method: &'static str, all: Vec<How>| {
        prop::sample::select(all).prop_map(move |how| on(method, how))
    };
    let apply = vec![
        How::DoThenDrop,
        How::DropThenDo,
        How::Gateway,
        How::Twice,
        How::Lie,
        How::HangBefore,
        How::HangAfter,
        How::Moved,
    ];
    let methods = prop::sample::select(vec!["plan", "apply", "recover", "verify", "undo"]);
    prop_oneof![
        3 => some("apply", apply),
        1 => some("recover", vec![How::Partial, How::HangBefore]),
        1 => some("verify", vec![How::Lie, How::HangBefore]),
        2 => some("undo", vec![
            How::DoThenDrop, How::Twice, How::HangBefore, How::HangAfter, How::Impossible,
        ]),
        2 => (methods, fault).prop_map(move |(method, how)| on(method, how)),
    ]
}

fn waits() -> impl Strategy<Value = i64> {
    const DAY: i64 = 86_400;
    prop_oneof![
        4 => Just(20),
        3 => 1..60i64,
        2 => 60..DAY,
        1 => DAY..8 * DAY,
        1 => Just(400 * DAY),
        1 => -3 * DAY..0,
    ]
}

/// A schedule of at most so many steps.
pub fn steps(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let any = any::<u8>;
    let step = prop_oneof![
        5 => any().prop_map(Step::Order),
        8 => Just(Step::Work),
        2 => Just(Step::WorkTwice),
        2 => Just(Step::Look),
        3 => (1..6u8).prop_map(Step::DieAfter),
        2 => Just(Step::DieInside),
        4 => waits().prop_map(Step::Wait),
        10 => (any(), prop::bool::weighted(0.85)).prop_map(|(at, yes)| Step::Answer(at, yes)),
        4 => (any(), deeds()).prop_map(|(at, deed)| Step::Act(at, deed)),
        2 => Just(Step::Again),
        2 => any().prop_map(Step::Stale),
        2 => (any(), 0..12u8).prop_map(|(at, polls)| Step::GoAway(at, polls)),
        5 => misfortunes(),
        1 => any().prop_map(Step::Meddle),
        1 => Just(Step::Mend),
    ];
    prop::collection::vec(step, 1..=longest)
}
