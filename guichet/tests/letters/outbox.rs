//! The outbox of the demo.

use super::mail;
use guichet::mail::{Deliver, Delivery, Outbox};
use std::fs;

#[tokio::test]
async fn the_outbox_keeps_letters_across_a_restart_and_each_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let outbox = Outbox::open(dir.path().join("outbox")).expect("opened");
    let (first, second) = (
        mail("n01_submitted", "paul@acme.example", 1),
        mail("n04_approval", "paul@acme.example", 2),
    );
    outbox.deliver(&first).await.expect("kept");
    outbox.deliver(&second).await.expect("kept");
    outbox
        .deliver(&first)
        .await
        .expect("kept again, under the same name");
    let mut bad = first.clone();
    bad.to.mail = "nobody".into();
    assert!(matches!(
        outbox.deliver(&bad).await,
        Err(Delivery::Permanent(553, _))
    ));

    let again = Outbox::open(dir.path().join("outbox")).expect("opened again");
    assert_eq!(again.list(), outbox.list());
    let ids: Vec<_> = again
        .list()
        .iter()
        .map(|it| (it.position, it.mail.id.clone()))
        .collect();
    assert_eq!(
        ids,
        [
            (1, "ACME-2026-0042.1".to_owned()),
            (2, "ACME-2026-0042.2".to_owned())
        ]
    );
    assert_eq!(again.get("ACME-2026-0042.2").expect("there").mail, second);
    assert_eq!(again.get("ACME-2026-0042.9"), None);

    fs::write(dir.path().join("outbox/x.json"), "{").expect("written");
    assert!(
        Outbox::open(dir.path().join("outbox")).is_err(),
        "a broken letter is not passed over"
    );
}
