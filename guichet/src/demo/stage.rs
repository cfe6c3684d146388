//! Telling stories side by side.

use super::stories::Told;
use std::{future::poll_fn, task::Poll};

/// Runs futures side by side in one task and returns their results in order.
pub(super) async fn together<F: Future<Output = Told>>(all: Vec<F>) -> Vec<Told> {
    let mut waiting: Vec<_> = all.into_iter().map(|it| (Box::pin(it), None)).collect();
    poll_fn(move |cx| {
        let mut open = false;
        for (story, told) in &mut waiting {
            if told.is_none() {
                match story.as_mut().poll(cx) {
                    Poll::Ready(end) => *told = Some(end),
                    Poll::Pending => open = true,
                }
            }
        }
        if open {
            return Poll::Pending;
        }
        Poll::Ready(
            waiting
                .iter_mut()
                .filter_map(|(_, told)| told.take())
                .collect(),
        )
    })
    .await
}
