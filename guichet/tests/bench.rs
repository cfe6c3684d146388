//! Every workload runs, at a size that says nothing about speed, and says what it must: its name,
//! anchors before and after, a positive figure, and how that stands to what is promised.

mod bench {
    use serde_json::Value;
    use std::process::{Command, Output};

    const TINY: [&str; 6] = [
        "--tickets",
        "8",
        "--anchor-seconds",
        "0.02",
        "--in-flight",
        "4",
    ];

    fn bench(args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_guichet"))
            .args(["--lang", "en", "bench", "--clients", "2"])
            .args(args)
            .env_remove("GUICHET_DATABASE_URL")
            .env_remove("GUICHET_DATA")
            .output()
            .expect("the program starts")
    }

    fn line(output: &Output) -> Value {
        let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        let mut lines = text.lines();
        let line = lines.next().unwrap_or_else(|| {
            panic!("no line; {}", String::from_utf8_lossy(&output.stderr));
        });
        assert_eq!(lines.next(), None, "one line a workload");
        serde_json::from_str(line).expect("JSON")
    }

    #[track_caller]
    fn positive(line: &Value, pointer: &str) {
        let figure = line.pointer(pointer).and_then(Value::as_f64);
        let good = figure.is_some_and(|it| it.is_finite() && it > 0.0);
        assert!(good, "{pointer}: {line}");
    }

    #[track_caller]
    fn measured_with(name: &str, args: &[&str], figures: &[&str]) -> Value {
        let mut all = vec![name];
        all.extend(args);
        let output = bench(&all);
        let line = line(&output);
        assert_eq!(line["name"], name);
        assert!(line.get("blocked").is_none(), "{line}");
        assert!(output.status.success(), "{line}");
        for end in ["before", "after"] {
            positive(&line, &format!("/anchors/{end}/fsync_p50_ms"));
            positive(&line, &format!("/anchors/{end}/commits_per_s"));
        }
        assert!(line["disturbed"].is_boolean(), "{line}");
        assert!(
            line["goals"].as_object().is_some_and(|it| !it.is_empty()),
            "{line}"
        );
        for figure in figures {
            positive(&line, &format!("/{figure}"));
        }
        line
    }

    #[track_caller]
    fn measured(name: &str, figures: &[&str]) -> Value {
        measured_with(name, &TINY, figures)
    }

    /// Where a server is named, the figures; else the reason why there are none.
    fn on_a_server(name: &str, figures: &[&str]) {
        if std::env::var("GUICHET_TEST_POSTGRES").is_ok() {
            measured(name, figures);
            return;
        }
        let output = bench(&[&[name][..], &TINY].concat());
        let line = line(&output);
        assert_eq!(line["name"], name);
        let why = line["blocked"].as_str().unwrap_or_default();
        assert!(why.contains("GUICHET_TEST_POSTGRES"), "{line}");
        assert_eq!(output.status.code(), Some(1));
    }

    /// A claim of its own is only needed where no hand was free.
    fn records(line: &Value) -> f64 {
        line["records_per_ticket"].as_f64().unwrap_or_default()
    }

    #[test]
    fn tickets_are_carried_to_their_end_and_compared_to_the_smallest_engine() {
        let figures = [
            "tickets_per_s",
            "ratio",
            "ratio_to_floor",
            "p50_ms",
            "p99_ms",
        ];
        let line = measured("ticket_chain", &figures);
        // Ordered, planned, agreed, five tasks proved, validated: each takes the next task with it.
        assert!((9.0..=10.0).contains(&records(&line)), "{line}");
        assert_eq!(line["double_executions"], 0);
    }

    #[test]
    fn tasks_with_an_effect_announce_it_and_make_it_once() {
        let args = [&TINY[..], &["--effects", "--passage"]].concat();
        let line = measured_with("ticket_chain", &args, &["tickets_per_s"]);
        // One intent a task more, and one question.
        assert!((15.0..=16.0).contains(&records(&line)), "{line}");
        assert_eq!(line["double_executions"], 0);
    }

    #[test]
    fn one_ticket_at_a_time() {
        measured("ticket_idle", &["tickets_per_s", "ratio", "p50_ms"]);
    }

    #[test]
    fn tickets_on_postgresql_by_one_replica_and_by_three() {
        on_a_server(
            "ticket_chain_pg",
            &["tickets_per_s", "ratio", "replicas3_ratio"],
        );
    }

    #[test]
    fn costs_are_counted_from_outside() {
        let line = measured("ticket_costs", &["kb_idle", "kb_loaded", "records_idle"]);
        // Either strace may look, and each step is a sync, or the line says why it may not.
        if line.get("syncs_blocked").is_none() {
            positive(&line, "/syncs_idle");
        }
    }

    #[test]
    fn late_tickets_are_compared_to_early_ones() {
        measured_with(
            "growth",
            &["--tickets", "20", "--anchor-seconds", "0.02"],
            &["early_tickets_per_s", "late_tickets_per_s", "ratio"],
        );
    }

    #[test]
    fn graphs_run_to_their_end() {
        for (name, tasks) in [
            ("dag_layers", "30"),
            ("dag_montage_1k", "40"),
            ("dag_montage_10k", "40"),
        ] {
            let args = ["--tickets", tasks, "--anchor-seconds", "0.02"];
            let line = measured_with(name, &args, &["tasks_per_s", "floor_tasks_per_s", "ratio"]);
            assert_eq!(line["finished"], true, "{line}");
            assert_eq!(line["tasks_done"].as_f64(), line["n"].as_f64());
        }
    }

    /// P1: what was acknowledged is there after a kill.
    #[test]
    fn a_killed_process_loses_nothing_that_it_acknowledged() {
        let line = measured("recovery", &["open_tickets", "seconds"]);
        assert_eq!(line["lost_steps"], 0);
    }

    #[test]
    fn memory_is_that_of_the_served_program() {
        measured("memory", &["idle_rss_mb", "open_rss_mb"]);
    }

    #[test]
    fn records_are_appended_by_many_at_once() {
        measured(
            "audit_append",
            &["records_per_s", "raw_links_per_s", "ratio"],
        );
    }

    #[test]
    fn records_are_proved_to_be_in_journals_of_growing_length() {
        let args = ["--tickets", "30000", "--anchor-seconds", "0.02"];
        let figures = ["proof_us", "lookup_us", "newest_us", "ratio", "growth"];
        let line = measured_with("audit_proof", &args, &figures);
        assert_eq!(
            (line["n_small"].as_u64(), line["n"].as_u64()),
            (Some(300), Some(30_000))
        );
    }

    #[test]
    fn the_journal_is_asked_at_two_sizes() {
        let args = ["--tickets", "20000", "--anchor-seconds", "0.02"];
        measured_with("audit_query_10m", &args, &["client_us", "ratio", "growth"]);
    }

    #[test]
    fn a_deep_page_is_compared_to_the_first() {
        let args = ["--tickets", "2000", "--anchor-seconds", "0.02"];
        measured_with("list_pages", &args, &["first_us", "deep_us", "ratio"]);
    }

    #[test]
    fn each_task_is_claimed_once() {
        on_a_server("claim", &["c1_claims_per_s", "c32_claims_per_s", "ratio"]);
    }

    #[test]
    fn the_ledger_balances_under_load() {
        let line = measured("ledger_hot", &["hot_per_s", "spread_per_s", "ratio"]);
        assert_eq!(line["balanced"], true);
    }

    /// « maximum de 6 par an »
    #[test]
    fn six_accelerated_requests_a_year_are_accepted_however_many_come_at_once() {
        let line = measured("quota_race", &["requests_per_s", "ratio"]);
        assert_eq!(line["six_each"], true, "{line}");
        let accepted: Vec<u64> = serde_json::from_value(line["accepted"].clone()).unwrap();
        assert_eq!(accepted, [6, 6, 0, 6, 0, 6, 0, 6]);
    }

    #[test]
    fn every_letter_arrives_once() {
        let line = measured(
            "mail_outbox",
            &["letters_per_s", "plain_client_per_s", "ratio"],
        );
        assert_eq!(line["lost"], 0.0);
        assert_eq!(line["double"], 0);
    }

    #[test]
    fn the_library_is_compared_to_the_plain_driver() {
        measured(
            "orm_tax",
            &["batch1_ratio", "batch16_ratio", "batch64_ratio"],
        );
    }

    #[test]
    fn names_are_those_that_are_promised() {
        let output = bench(&["--help"]);
        let help = String::from_utf8(output.stdout).unwrap();
        for name in [
            "all",
            "ticket_chain",
            "ticket_idle",
            "ticket_chain_pg",
            "ticket_costs",
            "growth",
            "dag_layers",
            "dag_montage_1k",
            "dag_montage_10k",
            "audit_append",
            "audit_proof",
            "audit_query_10m",
            "list_pages",
            "claim",
            "ledger_hot",
            "quota_race",
            "mail_outbox",
            "orm_tax",
            "recovery",
            "memory",
        ] {
            assert!(help.contains(name), "{name}: {help}");
        }
    }
}
