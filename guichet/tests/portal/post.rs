//! The mailer at work on a real desk, with a way out that misbehaves as it is told.

use crate::{orders::order_by_hand, town::Town};
use async_trait::async_trait;
use catalogue::Lang;
use engine::{desk::Desk, outbox::Message, people::Right, store::NewPerson};
use guichet::{
    mail::{Accepted, Deliver, Delivery, Leave, Rendered, view::Sender},
    post::Post,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

/// Takes letters; recipients choose what goes wrong.
struct WayOut {
    got: Mutex<Vec<Rendered>>,
    begun: Semaphore,
    go_on: Semaphore,
}

impl WayOut {
    fn open() -> Arc<WayOut> {
        Arc::new(WayOut {
            got: Mutex::default(),
            begun: Semaphore::new(0),
            go_on: Semaphore::new(0),
        })
    }

    fn names(&self) -> Vec<String> {
        let got = self.got.lock().unwrap();
        got.iter().map(|it| it.id.clone()).collect()
    }
}

#[async_trait]
impl Deliver for WayOut {
    async fn hand_over(&self, mail: &Rendered, leave: Leave) -> Result<Accepted, Delivery> {
        if !leave.given().await {
            return Err(Delivery::Held);
        }
        let name = mail
            .to
            .mail
            .split('@')
            .next()
            .unwrap_or_default()
            .to_owned();
        assert_ne!(name, "poison", "the library gives up");
        match name.as_str() {
            "nobody" => return Err(Delivery::Permanent(550, "no such mailbox".into())),
            "cut" => return Err(Delivery::Unknown("connection lost".into())),
            "slow" => {
                self.begun.add_permits(1);
                self.go_on.acquire().await.unwrap().forget();
            }
            _ => {}
        }
        self.got.lock().unwrap().push(mail.clone());
        Ok(Accepted {
            reply: format!("250 took {}", mail.id),
        })
    }
}

/// Takes letters, and looks at what the database says of each when it is let go, and of all that
/// were taken before.
struct Watchman {
    desk: Desk,
    taken: Mutex<Vec<String>>,
    wrong: Mutex<Vec<String>>,
}

#[async_trait]
impl Deliver for Watchman {
    async fn hand_over(&self, mail: &Rendered, leave: Leave) -> Result<Accepted, Delivery> {
        if !leave.given().await {
            return Err(Delivery::Held);
        }
        // Before the database is asked: what is taken meanwhile is not in its answer.
        let taken = self.taken.lock().unwrap().clone();
        let all = self.desk.messages(None, None, 1_000).await.unwrap();
        let state = |id: &str| {
            let number = id.rsplit('.').next().unwrap_or_default();
            let named =
                |it: &&Message| (it.key.record * 100 + i64::from(it.key.n)).to_string() == number;
            all.iter().find(named).unwrap()
        };
        let own = state(&mail.id);
        let begun = own.answer.as_deref() == Some("in doubt: its text was on its way");
        let unsaid = taken.iter().filter(|it| state(it).state != "sent").count();
        if !begun || own.attempts != 1 || unsaid > 3 {
            let mut wrong = self.wrong.lock().unwrap();
            wrong.push(format!("{unsaid} unsaid, own {own:?}"));
        }
        self.taken.lock().unwrap().push(mail.id.clone());
        let reply = format!("250 took {}", mail.id);
        Ok(Accepted { reply })
    }
}

fn post<D: Deliver + 'static>(town: &Town, out: &Arc<D>) -> Post {
    let sender = Sender {
        provider: "Nuage Sûr".into(),
        address: "guichet@nuage.example".into(),
        domain: "nuage.example".into(),
        support_phone: String::new(),
        support_mail: "support@nuage.example".into(),
        inbound: false,
    };
    let url = "http://127.0.0.1:8080".to_owned();
    Post::new(town.desk.clone(), out.clone(), sender, url)
}

async fn approver(town: &Town, login: &str, name: &str) {
    let new = NewPerson {
        client: Some("ACME".into()),
        name: name.into(),
        mail: format!("{login}@town.example"),
        login: login.into(),
        lang: Lang::En,
        rights: [Right::Commit, Right::Validate].into(),
        password: None,
    };
    town.desk.add_person(&new).await.unwrap();
}

async fn messages(town: &Town) -> Vec<Message> {
    town.desk.messages(None, None, 1_000).await.unwrap()
}

async fn states(town: &Town, state: &str) -> usize {
    let all = messages(town).await;
    all.iter().filter(|it| it.state == state).count()
}

/// Polls until so many messages are in that state.
async fn until(town: &Town, state: &str, count: usize) {
    let there = async {
        while states(town, state).await != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if timeout(Duration::from_secs(60), there).await.is_err() {
        panic!("{:#?}", messages(town).await);
    }
}

/// F3: whatever is wrong with one letter, the others go, and a person sees which one did not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_that_poison_their_writer_do_not_stop_the_others() {
    let town = Town::demo().await;
    // A line end in a name makes the mail library panic; in an address it would be a header.
    approver(&town, "line", "Line\r\nBcc: victim@example.org").await;
    for login in ["poison", "nobody", "cut"] {
        approver(&town, login, login).await;
    }
    for _ in 0..8 {
        order_by_hand(&town).await;
    }
    let owed = messages(&town).await.len();
    let out = WayOut::open();
    let (tell, stop) = watch::channel(false);
    let hands = tokio::spawn(post(&town, &out).run(stop));
    // Each of the three is asked about each of the eight.
    until(&town, "dead", 16).await;
    until(&town, "sent", owed - 24).await;
    tell.send_replace(true);
    hands.await.unwrap();
    let all = messages(&town).await;
    let of = |login: &str, words: &str| {
        let answers = all.iter().filter_map(|it| it.answer.as_deref());
        let found = answers.filter(|it| it.contains(words)).count();
        assert_eq!(found, 8, "{login}");
    };
    of("poison", "could not be written");
    of("nobody", "550 no such mailbox");
    of("cut", "in doubt: connection lost");
    let got = out.got.lock().unwrap();
    let line: Vec<_> = got
        .iter()
        .filter(|it| it.to.mail.starts_with("line@"))
        .collect();
    assert_eq!(line.len(), 8);
    for it in line {
        assert!(!it.to.name.contains(char::is_control), "{:?}", it.to.name);
    }
}

/// A second attempt carries the same name, and a letter in doubt is sent once more, not for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_in_doubt_is_sent_once_more_and_then_shown_to_a_person() {
    let town = Town::demo().await;
    approver(&town, "cut", "Cut").await;
    order_by_hand(&town).await;
    let out = WayOut::open();
    let others = messages(&town).await.len() - 1;
    for (state, tries) in [("pending", 1), ("unknown", 2)] {
        let (tell, stop) = watch::channel(false);
        let hands = tokio::spawn(post(&town, &out).run(stop));
        until(&town, "sent", others).await;
        until(&town, "sending", 0).await;
        until(&town, state, 1).await;
        let all = messages(&town).await;
        let one = all.iter().find(|it| it.state == state).unwrap();
        assert_eq!(one.attempts, tries);
        tell.send_replace(true);
        hands.await.unwrap();
        town.wait(3_600);
    }
}

/// P13: of four hands, each with one letter, three at most may have an end that is not durable when
/// a fourth lets a letter go, and that it does is durable by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_letter_leaves_before_the_one_before_it_is_noted() {
    let town = Town::demo().await;
    for _ in 0..20 {
        order_by_hand(&town).await;
    }
    let owed = messages(&town).await.len();
    let out = Arc::new(Watchman {
        desk: town.desk.clone(),
        taken: Mutex::default(),
        wrong: Mutex::default(),
    });
    let (tell, stop) = watch::channel(false);
    let hands = tokio::spawn(post(&town, &out).run(stop));
    until(&town, "sent", owed).await;
    tell.send_replace(true);
    hands.await.unwrap();
    assert_eq!(out.taken.lock().unwrap().len(), owed);
    let wrong = out.wrong.lock().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Two mailers on one database: every letter leaves once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_mailers_send_each_letter_once() {
    let town = Town::demo().await;
    for _ in 0..20 {
        order_by_hand(&town).await;
    }
    let owed = messages(&town).await.len();
    let out = WayOut::open();
    let (tell, stop) = watch::channel(false);
    let mailers: Vec<_> = (0..2)
        .map(|_| tokio::spawn(post(&town, &out).run(stop.clone())))
        .collect();
    until(&town, "sent", owed).await;
    tell.send_replace(true);
    for it in mailers {
        it.await.unwrap();
    }
    let mut names = out.names();
    names.sort();
    names.dedup();
    assert_eq!((out.names().len(), names.len()), (owed, owed));
}

/// Told to stop, the mailer ends what it is handing over and hands the rest back untried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailer_told_to_stop_ends_what_is_under_way_and_hands_back_the_rest() {
    let town = Town::demo().await;
    approver(&town, "slow", "Slow").await;
    let slow = town.desk.person("slow").await.unwrap().unwrap().id;
    for _ in 0..12 {
        order_by_hand(&town).await;
    }
    let owed = messages(&town).await.len();
    let out = WayOut::open();
    let (tell, stop) = watch::channel(false);
    let hands = tokio::spawn(post(&town, &out).run(stop));
    // All hands are busy with somebody slow, and twelve letters are owed to them.
    let four = out.begun.acquire_many(4);
    let four = timeout(Duration::from_secs(60), four).await;
    four.expect("four letters are begun").unwrap().forget();
    tell.send_replace(true);
    out.go_on.add_permits(12);
    let ended = timeout(Duration::from_secs(60), hands).await;
    ended.expect("the mailer ends").unwrap();
    let got = out.got.lock().unwrap().len();
    let slow = |it: &&Message| it.to == slow;
    let all = messages(&town).await;
    let sent = all.iter().filter(|it| it.state == "sent");
    assert_eq!(sent.clone().count(), got, "what was handed over is noted");
    assert_eq!(sent.filter(slow).count(), 4, "nothing was begun any more");
    assert_eq!(states(&town, "pending").await, owed - got);
    // Whoever comes next begins where this one stopped, at once.
    let next = town.desk.take_notices(100).await.unwrap();
    assert_eq!(next.len(), owed - got);
    assert!(next.iter().all(|it| it.attempt == 1 && !it.doubted));
}
