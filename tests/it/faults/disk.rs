//! P15: a full disk refuses writes cleanly, answers reads, and heals by itself.

use engine::{approval::Verdict, store::Store};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command as Program,
};
use tests::{World, audit, play::order_of, world::Setup};
use workflows::Purpose;

/// A small disk of its own, gone at the end.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None` where nobody may mount one.
    fn of_megabytes(size: u32) -> Option<Disk> {
        let dir = tempfile::tempdir().expect("a folder");
        let mounted = Program::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size}m"),
                "guichet-test",
            ])
            .arg(dir.path())
            .output();
        let done = mounted.is_ok_and(|it| it.status.success());
        done.then_some(Disk(dir))
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
    /// Takes all the room that is left.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).expect("a file");
        for size in [64 * 1024, 4096, 512, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let gone = Program::new("umount").arg("-l").arg(self.path()).status();
        assert!(gone.is_ok_and(|it| it.success()), "the disk is let go");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_answers_reads_and_heals() {
    if std::env::var("GUICHET_TEST_POSTGRES").is_ok() {
        // The disk is the server's; it is the file of SQLite that is meant here.
        return;
    }
    let Some(disk) = Disk::of_megabytes(8) else {
        eprintln!("SKIPPED: only root may mount a small disk; P15 was not tried");
        return;
    };
    let world = World::with(Setup {
        tokens: 1_000,
        folder: Some(disk.path().to_owned()),
        ..Setup::default()
    })
    .await;
    let mut made = vec![world.order("C01").await];
    let filler = disk.fill();
    let mut refused = None;
    for _ in 0..200 {
        let order = order_of(&world.entry("C01"), catalogue::Speed::Normal);
        match world.send("camille", order).await {
            Ok(ticket) => made.push(ticket),
            Err(engine::desk::DeskError::Store(error)) => {
                refused = Some(error);
                break;
            }
            Err(other) => panic!("no refusal of the rules: {other}"),
        }
    }
    let refused = refused.expect("a full disk cannot be written to for ever");
    let known = world.desk.tickets(&Default::default()).await;
    assert_eq!(known.expect("reads answer").len(), made.len(), "{refused}");
    for ticket in &made {
        assert_eq!(&world.reload(ticket).await, ticket, "{refused}");
    }
    std::fs::remove_file(filler).expect("room again");
    let begun = std::time::Instant::now();
    let ticket = loop {
        let order = order_of(&world.entry("C01"), catalogue::Speed::Normal);
        match world.send("camille", order).await {
            Ok(ticket) => break ticket,
            Err(error) => assert!(begun.elapsed().as_secs() < 10, "not healed: {error}"),
        }
    };
    made.push(ticket);
    let rows = audit::rows(world.desk.store.connection(), "PRAGMA integrity_check").await;
    let said: String = rows[0].try_get_by_index(0).expect("a word");
    assert_eq!(said, "ok");
    let there = world.number("SELECT count(*) FROM ticket").await;
    assert_eq!(
        usize::try_from(there),
        Ok(made.len()),
        "no more and no less"
    );
    // What is answered from now on is seen by everybody.
    let agreeing = world.settled(&made[0]).await;
    let yes = World::decision(&agreeing, Purpose::Agreement, Verdict::Approve);
    let agreed = world.act("paul", &agreeing, yes).await;
    let sql = format!("SELECT version FROM ticket WHERE id = '{}'", agreed.id);
    let stranger = Store::open(world.url()).await.expect("the database opens");
    assert_eq!(
        audit::number(stranger.connection(), &sql).await,
        agreed.version
    );
    assert_eq!(world.number(&sql).await, agreed.version, "by the writer");
    assert_eq!(world.reload(&agreed).await, agreed, "by the readers");
    world.carry(&agreed).await;
    drop(stranger);
    drop(world);
    drop(disk);
}
