//! What is promised of each figure, and what is aimed at.

/// Which side of a bound is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// The more the better.
    AtLeast,
    /// The less the better.
    AtMost,
}

/// A bound on one figure of a workload's line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// Name of the workload.
    pub workload: &'static str,
    /// Key of the figure in its line.
    pub key: &'static str,
    /// Which side is good.
    pub sense: Sense,
    /// The bound that must be met.
    pub must: f64,
    /// Where we want to go.
    pub aim: f64,
}

const fn least(workload: &'static str, key: &'static str, must: f64, aim: f64) -> Goal {
    let sense = Sense::AtLeast;
    Goal {
        workload,
        key,
        sense,
        must,
        aim,
    }
}

impl Goal {
    /// Every goal there is.
    pub const ALL: &'static [Goal] = &[
        least("ticket_chain", "ratio", 0.20, 0.40),
        least("ticket_chain", "ratio_to_floor", 0.4, 0.7),
    ];

    /// The goals of one workload.
    pub fn of(workload: &str) -> impl Iterator<Item = &'static Goal> {
        Goal::ALL.iter().filter(move |it| it.workload == workload)
    }

    /// Whether a figure keeps to a bound.
    #[must_use]
    pub fn meets(&self, figure: f64, bound: f64) -> bool {
        match self.sense {
            Sense::AtLeast => figure >= bound,
            Sense::AtMost => figure <= bound,
        }
    }
}
