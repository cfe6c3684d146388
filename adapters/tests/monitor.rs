//! Monitoring: what the actions do to Prometheus and Alertmanager, shown on the real programs and
//! on their stand-ins alike. The real ones must be installed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "monitor/alertmanager.rs"]
mod alertmanager;
#[path = "monitor/bench.rs"]
mod bench;
#[path = "monitor/prometheus.rs"]
mod prometheus;
#[path = "monitor/router.rs"]
mod router;
#[path = "monitor/trouble.rs"]
mod trouble;

use adapters::sandbox::monitoring::Programs;

/// Runs each scenario once on the real programs and once on the stand-ins.
macro_rules! on_both {
    ($real:ident, $sim:ident, $scenario:path) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $real() {
            $scenario(bench::Bench::start(Programs::Real).await).await;
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $sim() {
            $scenario(bench::Bench::start(Programs::StandIn).await).await;
        }
    };
}

on_both!(
    real_prometheus_external_label_is_delivered_proved_and_undone,
    sim_prometheus_external_label_is_delivered_proved_and_undone,
    prometheus::external_label
);
on_both!(
    real_prometheus_bad_file_is_refused_and_the_old_one_is_restored,
    sim_prometheus_bad_file_is_refused_and_the_old_one_is_restored,
    prometheus::bad_file
);
on_both!(
    real_prometheus_foreign_changes_move_the_digest_and_stop_the_loading,
    sim_prometheus_foreign_changes_move_the_digest_and_stop_the_loading,
    prometheus::foreign_changes
);
on_both!(
    real_alertmanager_new_route_is_delivered_proved_by_a_notification_and_undone,
    sim_alertmanager_new_route_is_delivered_proved_by_a_notification_and_undone,
    alertmanager::new_route
);
on_both!(
    real_alertmanager_bad_file_is_refused_and_the_old_one_is_restored,
    sim_alertmanager_bad_file_is_refused_and_the_old_one_is_restored,
    alertmanager::bad_file
);
on_both!(
    real_alertmanager_refused_notifications_are_no_proof,
    sim_alertmanager_refused_notifications_are_no_proof,
    alertmanager::refused_notifications
);
on_both!(
    real_alertmanager_silenced_probe_is_no_proof,
    sim_alertmanager_silenced_probe_is_no_proof,
    alertmanager::silenced
);
