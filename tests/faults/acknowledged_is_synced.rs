//! P11: « 2xx ⇒ durable against power loss »: between the last write to the journal file of the
//! database and the answer, the disk was told to keep it, and said that it had.

use crate::{
    player::{Player, Seen, Told},
    postgres::Postgres,
    report,
    stage::Stage,
};
use serde_json::json;
use std::{fs, process::Command, sync::Arc, time::Duration};
use tests::dice::Dice;

/// Commands under the tracer.
fn writes() -> usize {
    report::number("GUICHET_SYNCED", 60)
}

/// How the journal files of a database are told from all others, in what `strace -y` prints.
const SQLITE: &str = "-wal>";
const POSTGRES: &str = "/pg_wal/";

/// What matters in the order in which it ended, or for a write in which it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// A request that writes was read.
    Asked,
    /// Bytes were given to the database's journal file.
    Written,
    /// A sync of that file began.
    Syncing,
    /// It came back without an error.
    Synced,
    /// A success was sent.
    Answered,
}

/// Reads `strace -f -y`: a call that is interrupted in the listing ends where it is resumed.
fn events(trace: &str, journal: &str) -> Vec<Event> {
    let (mut all, mut syncing) = (Vec::new(), Vec::new());
    for line in trace.lines() {
        let Some((thread, call)) = line.trim_start().split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        let whole = !call.ends_with("<unfinished ...>");
        let ok = call.ends_with("= 0");
        let sync = call.starts_with("fdatasync(") || call.starts_with("fsync(");
        let sends = ["write(", "writev(", "sendto(", "sendmsg("];
        if sync && call.contains(journal) {
            all.push(Event::Syncing);
            if whole && ok {
                all.push(Event::Synced);
            } else if !whole {
                syncing.push(thread);
            }
        } else if call.starts_with("<... fdatasync resumed")
            || call.starts_with("<... fsync resumed")
        {
            // Other files are synced as well; theirs were not noted.
            if let Some(at) = syncing.iter().position(|it| *it == thread) {
                syncing.remove(at);
                if ok {
                    all.push(Event::Synced);
                }
            }
        } else if call.starts_with("pwrite64(") && call.contains(journal) {
            all.push(Event::Written);
        } else if call.contains("\"POST /api/v1/") {
            all.push(Event::Asked);
        } else if sends.iter().any(|it| call.starts_with(it)) && call.contains("\"HTTP/1.1 20") {
            all.push(Event::Answered);
        }
    }
    all
}

/// How many answers were given, and how many of them too early: the journal file was written to
/// since the last sync, or was not written and synced at all since the request was read. Only for
/// one client that waits for each answer.
fn judge(events: &[Event]) -> (usize, usize) {
    let (mut answers, mut early) = (0, 0);
    let (mut asked, mut written, mut dirty, mut covering, mut kept) =
        (false, false, false, false, false);
    for it in events {
        match it {
            Event::Asked => (asked, written, kept) = (true, false, false),
            Event::Written => (written, dirty, covering) = (true, true, false),
            Event::Syncing => covering = true,
            Event::Synced if covering => (dirty, kept) = (false, written),
            Event::Synced => {}
            Event::Answered if asked => {
                answers += 1;
                early += usize::from(dirty || !kept);
                asked = false;
            }
            // The answer to a question that writes nothing.
            Event::Answered => {}
        }
    }
    (answers, early)
}

#[test]
fn an_answer_before_the_sync_is_noticed() {
    let asked = "7 recvfrom(9<TCP:[x]>, \"POST /api/v1/tickets HTTP\"..., 8192, 0) = 99\n";
    let written = "8 pwrite64(5</tmp/g.db-wal>, \"\\0\"..., 4096, 32) = 4096\n";
    let synced = "8 fdatasync(5</tmp/g.db-wal>) = 0\n";
    let half = "8 fdatasync(5</tmp/g.db-wal> <unfinished ...>\n";
    let resumed = "8 <... fdatasync resumed>) = 0\n";
    let failed = "8 fdatasync(5</tmp/g.db-wal>) = -1 EIO (Input/output error)\n";
    let answered = "7 sendto(9<TCP:[x]>, \"HTTP/1.1 201 Created\"..., 99, 0, NULL, 0) = 99\n";
    let verdict = |parts: &[&str]| judge(&events(&parts.concat(), SQLITE));
    assert_eq!(verdict(&[asked, written, synced, answered]), (1, 0));
    assert_eq!(verdict(&[asked, written, half, resumed, answered]), (1, 0));
    assert_eq!(verdict(&[asked, written, half, answered, resumed]), (1, 1));
    assert_eq!(verdict(&[asked, written, failed, answered]), (1, 1));
    assert_eq!(verdict(&[asked, written, answered, synced]), (1, 1));
    assert_eq!(
        verdict(&[asked, written, synced, written, answered]),
        (1, 1)
    );
    assert_eq!(verdict(&[asked, half, written, resumed, answered]), (1, 1));
    assert_eq!(
        verdict(&[asked, answered]),
        (1, 1),
        "nothing was written at all"
    );
}

/// Whether this machine lets one process trace another one.
fn traceable() -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .output();
    tried.is_ok_and(|it| it.status.success())
}

/// System calls that matter.
const CALLS: &str = "trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg,recvfrom,read";

/// Lets one client order under the tracer, which follows these processes too, and judges.
async fn all_synced(name: &str, mut stage: Stage, others: &[u32], journal: &str) {
    let trace = stage.folder().join("trace");
    let path = trace.display().to_string();
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    let mut tracer = vec![
        "strace", "-I", "2", "-f", "-y", "-s", "32", "-e", CALLS, "-o", &path,
    ];
    tracer.extend(others.iter().flat_map(|it| ["-p", it]));
    let replica = &mut stage.replicas[0];
    replica.under(&tracer);
    // Nothing but what the client sends writes to the database.
    replica.doing(&["--role", "web"]);
    replica.start();
    replica.ready().await;
    let seen = Arc::new(Seen::default());
    let mut player = Player::new(name, &stage.door, &seen, Dice::thrown(name));
    for n in 0..writes() {
        let path = "/api/v1/tickets";
        let values = json!({ "cluster": "lyon", "action": "hibernate" });
        let body = json!({ "line": "K06", "values": values, "why": n.to_string() });
        let told = player.command("camille", path, body).await;
        assert!(matches!(told, Told::Done(_)), "{told:?}");
    }
    let end = stage.replicas[0].end(Duration::from_secs(30)).await;
    assert!(end.is_some(), "it did not end in order");
    let trace = fs::read_to_string(&trace).expect("the tracer wrote");
    let (answers, early) = judge(&events(&trace, journal));
    let words =
        format!("{name}: {answers} writes acknowledged under strace, {early} before their sync");
    report::line("synced", &words);
    assert_eq!((answers, early), (writes(), 0));
}

/// Says so where nothing can be traced.
fn skipped() -> bool {
    let skipped = !traceable();
    if skipped {
        let words = "SKIPPED: strace is missing, or may not trace here";
        report::line("synced", words);
    }
    skipped
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_every_write_is_on_the_disk_before_it_is_acknowledged() {
    if !skipped() {
        all_synced("synced", Stage::sqlite().await, &[], SQLITE).await;
    }
}

/// On PostgreSQL it is the server that tells the disk; who traces it sees both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_every_write_is_on_the_disk_of_postgres_before_it_is_acknowledged() {
    if skipped() {
        return;
    }
    let cluster = Postgres::start(true);
    let stage = Stage::postgres(&cluster, 1).await;
    all_synced("synced-postgres", stage, &cluster.processes(), POSTGRES).await;
}
