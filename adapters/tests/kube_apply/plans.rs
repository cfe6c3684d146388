//! The plans of K05 on the cluster as both parties read them (S16).

use super::{house, injector, reviewer};
use insta::assert_snapshot;

#[path = "../shown/mod.rs"]
mod shown;
use shown::shown;

#[tokio::test]
async fn sim_kubernetes_the_plan_of_the_reviewer_lists_every_object() {
    let house = house().await;
    assert_snapshot!(shown(&house.plan(&reviewer()).await));
}

/// The namespace is made by the task before it: the plan is a prediction then, and its digest is
/// the one of the plan that is computed once the namespace is there.
#[tokio::test]
async fn sim_kubernetes_a_prediction_that_comes_true_has_the_same_digest() {
    let house = house().await;
    let early = house.plan(&injector()).await;
    assert_snapshot!(shown(&early));
    house.apply(&reviewer()).await;
    assert_eq!(house.plan(&injector()).await.digest(), early.digest());
}
