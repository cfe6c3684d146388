//! The drill: the program at work with changes in flight, a copy taken meanwhile, the power cut,
//! and everything carried on elsewhere from the copy (P36).

use crate::place::{Place, until};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

/// Carries tickets on, one act after the other, until told to stop.
fn carry(here: &Place, all: &[String], stop: &AtomicBool) -> usize {
    let mut acts = 0;
    while !stop.load(Ordering::Relaxed) {
        for it in all {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            acts += usize::from(here.step(it));
        }
    }
    acts
}

#[tokio::test]
async fn a_copy_taken_at_work_carries_on_elsewhere_after_a_kill_p36() {
    let here = Place::new();
    let old = here.backup("old.copy");
    let serving = here.serve();
    let all: Vec<String> = (0..3).map(|_| here.order()).collect();
    let stop = AtomicBool::new(false);
    let (copy, taken, at_copy) = std::thread::scope(|it| {
        let hands = it.spawn(|| carry(&here, &all, &stop));
        let grown = here.records() + 6;
        until("the tickets move", || here.records() > grown);
        let taken = Instant::now();
        let copy = here.backup("new.copy");
        let at_copy = here.records();
        until("the tickets move on", || here.records() > at_copy + 3);
        stop.store(true, Ordering::Relaxed);
        assert!(hands.join().unwrap() > 0);
        (copy, taken, at_copy)
    });
    let out = here.json(&["journal", "publish"]);
    assert!(out["published"]["heads"][0]["size"].as_u64() > Some(at_copy));
    let lost = here.records();
    serving.kill();
    let (cut, window) = (Instant::now(), taken.elapsed());

    let there = Place::empty();
    there.restore(&copy).ends(0, &["ACME"]);
    there.run(&["db", "verify"]).ends(0, &["Rien à redire"]);
    let back = there.records();
    assert!(back < lost, "what came after the copy is not in it");
    let again = there.serve();
    let outage = cut.elapsed();
    there.finish(&all);
    drop(again);
    assert_eq!(
        tests::audit::faults(there.url()).await,
        Vec::<String>::new()
    );
    there.run(&["db", "verify"]).ends(0, &["Rien à redire"]);
    // What ran until the power was cut is sound too: nothing was torn.
    assert_eq!(tests::audit::faults(here.url()).await, Vec::<String>::new());

    let wrong = Place::empty();
    wrong.restore(&old).ends(0, &[]);
    let published = here.heads();
    let heads = published.to_str().unwrap();
    wrong
        .run(&["--heads", heads, "serve"])
        .ends(1, &["journal.rolled-back"]);
    println!(
        "lost with the power: {} records of {lost}, all after the copy, taken {:.1} s before \
         (RPO); from the cut to the program at work elsewhere: {:.1} s (RTO)",
        lost - back,
        window.as_secs_f64(),
        outage.as_secs_f64()
    );
}
