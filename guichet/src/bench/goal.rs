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
    /// Where we want to go, where that is elsewhere.
    pub aim: Option<f64>,
}

const fn least(workload: &'static str, key: &'static str, must: f64, aim: Option<f64>) -> Goal {
    let sense = Sense::AtLeast;
    Goal {
        workload,
        key,
        sense,
        must,
        aim,
    }
}

const fn most(workload: &'static str, key: &'static str, must: f64, aim: Option<f64>) -> Goal {
    Goal {
        sense: Sense::AtMost,
        ..least(workload, key, must, aim)
    }
}

impl Goal {
    /// Every goal there is.
    pub const ALL: &'static [Goal] = &[
        least("ticket_chain", "ratio", 0.20, Some(0.40)),
        least("ticket_chain", "ratio_to_floor", 0.4, Some(0.7)),
        most("ticket_idle", "ratio", 6.0, Some(3.0)),
        most("ticket_idle", "p50_ms", 4.4, None),
        least("ticket_chain_pg", "ratio", 0.16, Some(0.35)),
        least("ticket_chain_pg", "replicas3_ratio", 1.0, None),
        most("ticket_chain_pg", "double_executions", 0.0, None),
        most("ticket_costs", "syncs_idle", 8.0, None),
        least("ticket_costs", "syncs_per_step_idle", 1.0, None),
        most("ticket_costs", "syncs_loaded", 0.7, Some(0.35)),
        most("ticket_costs", "kb_loaded", 40.0, Some(20.0)),
        most("ticket_costs", "pg_commits_idle", 9.0, None),
        least("growth", "ratio", 0.9, Some(0.97)),
        least("growth", "pg_ratio", 0.9, Some(0.97)),
        least("dag_layers", "ratio", 0.35, Some(0.6)),
        least("dag_layers", "tasks_per_s", 3000.0, Some(5000.0)),
        least("dag_montage_1k", "ratio", 0.35, Some(0.6)),
        least("dag_montage_1k", "tasks_per_s", 3000.0, Some(5000.0)),
        least("dag_montage_10k", "ratio", 0.35, Some(0.6)),
        least("dag_montage_10k", "tasks_per_s", 3000.0, Some(5000.0)),
        most("recovery", "seconds", 2.0, None),
        most("recovery", "lost_steps", 0.0, None),
        most("memory", "idle_rss_mb", 30.0, None),
        most("memory", "open_rss_mb", 120.0, None),
        least("audit_append", "ratio", 0.6, Some(0.9)),
        most("audit_proof", "ratio", 1.5, None),
        most("audit_proof", "growth", 2.2, None),
        most("audit_query_10m", "ratio", 25.0, Some(10.0)),
        most("audit_query_10m", "growth", 1.5, Some(1.2)),
        most("list_pages", "ratio", 1.3, None),
        least("claim", "ratio", 2.5, Some(4.0)),
        least("ledger_hot", "ratio", 0.7, Some(0.9)),
        least("quota_race", "ratio", 0.5, None),
        most("quota_race", "wrong_years", 0.0, None),
        least("mail_outbox", "ratio", 0.3, Some(0.5)),
        most("mail_outbox", "lost", 0.0, None),
        most("mail_outbox", "double", 0.0, None),
        least("orm_tax", "batch64_ratio", 0.5, None),
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
