//! When the text of a letter may go out.

use std::{future::Future, pin::Pin};

/// Asked for early and waited for late: whoever hands a letter over says everything else to the
/// server meanwhile.
pub struct Leave(Pin<Box<dyn Future<Output = bool> + Send>>);

impl Leave {
    /// Given when `asked` says true; refused when it says false.
    pub fn when(asked: impl Future<Output = bool> + Send + 'static) -> Leave {
        Leave(Box::pin(asked))
    }

    /// Given already.
    #[must_use]
    pub fn free() -> Leave {
        Leave::when(std::future::ready(true))
    }

    /// Waits for the answer.
    pub async fn given(self) -> bool {
        self.0.await
    }
}
