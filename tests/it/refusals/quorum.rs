//! Where the contract wants several persons to agree, one does not do for two.

use super::refused_whole;
use catalogue::Speed;
use engine::{
    approval::Verdict,
    contract::Terms,
    ticket::{State, Ticket},
};
use tests::{
    World,
    play::{open_gate, order_of},
    world::Setup,
};
use workflows::Purpose;

async fn world(quorum: u32) -> World {
    let terms = Terms {
        agreement_quorum: quorum,
        ..Terms::default()
    };
    World::with(Setup {
        terms,
        ..Setup::default()
    })
    .await
}

fn said(ticket: &Ticket) -> usize {
    open_gate(ticket, Purpose::Agreement).decisions.len()
}

#[tokio::test]
async fn two_different_persons_have_to_agree_where_the_contract_says_two() {
    let world = world(2).await;
    let ticket = world.settled(&world.order("C01").await).await;
    let once = world.approve("paul", &ticket, Purpose::Agreement).await;
    assert_eq!(
        (once.state, said(&once)),
        (State::Agreeing, 1),
        "one of two changes nothing"
    );
    let again = World::decision(&once, Purpose::Agreement, Verdict::Approve);
    refused_whole(&world, "gate.decided", world.ask("paul", &once, again)).await;
    let agreed = world.approve("ines", &once, Purpose::Agreement).await;
    assert_eq!(agreed.state, State::Running);
}

#[tokio::test]
async fn one_refusal_refuses_whatever_the_others_said() {
    let world = world(2).await;
    let ticket = world.settled(&world.order("C01").await).await;
    let once = world.approve("paul", &ticket, Purpose::Agreement).await;
    let no = world
        .decide_as("ines", &once, Purpose::Agreement, Verdict::Reject)
        .await;
    assert_eq!(no.state, State::Closed);
    assert_eq!(no.held().0, 0);
}

#[tokio::test]
async fn an_order_that_too_few_could_agree_to_is_refused() {
    let world = world(3).await;
    let order = order_of(&world.entry("C01"), Speed::Normal);
    refused_whole(&world, "gate.nobody", world.send("camille", order)).await;
}
