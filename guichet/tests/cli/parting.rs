//! Told to stop, the program at work begins nothing and ends what it has begun.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set its scene has failed"
)]

use crate::counter::Counter;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The program at work, and where it answers.
struct Serve {
    child: Child,
    address: String,
}

impl Serve {
    fn start(it: &Counter, config: &str) -> Serve {
        let file = it.path().join("guichet.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = it.program();
        command
            .arg("--config")
            .arg(file)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("it says where it answers").unwrap();
            if let Some((_, address)) = line.split_once("http://") {
                break address.trim().to_owned();
            }
        };
        // Whatever else it says is read, or it would wait for its reader.
        thread::spawn(move || lines.for_each(drop));
        Serve { child, address }
    }

    fn told(&self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        assert!(told.unwrap().success());
    }

    /// A request whose body is still to come, once the program waits for it.
    fn half_asked(&self, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {}\r\nOrigin: http://{}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\n\r\n",
            self.address,
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // It asks for the body once somebody is there to read it.
        let mut asked = [0; 12];
        stream.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100");
        stream
    }

    fn refuses_within(&self, bound: Duration) {
        let begun = Instant::now();
        while TcpStream::connect(&self.address).is_ok() {
            assert!(begun.elapsed() < bound, "still open");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn ends_within(&mut self, bound: Duration) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < bound, "still at work");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const OUTBOX: &str = "[mail]\ntransport = \"outbox\"\n";
const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_request_under_way_is_answered_and_no_other_is_taken() {
    let it = Counter::open();
    let mut serve = Serve::start(&it, OUTBOX);
    let body = "login=camille&password=wrong";
    let mut stream = serve.half_asked(body);
    serve.told();
    serve.refuses_within(SOON);
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 422"), "{answer}");
    assert_eq!(serve.ends_within(SOON), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let it = Counter::open();
    let mut serve = Serve::start(&it, OUTBOX);
    let _never_ends = serve.half_asked("login=camille");
    serve.told();
    serve.refuses_within(SOON);
    let begun = Instant::now();
    serve.told();
    assert_eq!(serve.ends_within(SOON), Some(0));
    let answers_would_have_had = Duration::from_secs(10);
    assert!(begun.elapsed() < answers_would_have_had);
}

/// A mail server that answers to its first letter when it is told to, and takes no other.
fn slow_mail_server() -> (u16, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (begun, has_letter) = mpsc::channel();
    let (answer, go_on) = mpsc::channel::<()>();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        thread::spawn(move || listener.incoming().for_each(drop));
        let mut writer = stream.try_clone().unwrap();
        let mut say = |words: &str| writer.write_all(format!("{words}\r\n").as_bytes());
        say("220 slow").unwrap();
        let mut in_letter = false;
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let said = match line.split(' ').next().unwrap_or_default() {
                "." if in_letter => {
                    begun.send(()).unwrap();
                    go_on.recv().unwrap();
                    in_letter = false;
                    say("250 kept at last")
                }
                _ if in_letter => Ok(()),
                "DATA" => {
                    in_letter = true;
                    say("354 go on")
                }
                "QUIT" => say("221 bye"),
                _ => say("250 fine"),
            };
            if said.is_err() {
                return;
            }
        }
    });
    (port, has_letter, answer)
}

#[test]
fn a_letter_under_way_is_ended_and_noted() {
    let it = Counter::open();
    let (port, has_letter, answer) = slow_mail_server();
    let config = format!("[mail]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n");
    let mut serve = Serve::start(&it, &config);
    it.order();
    has_letter.recv_timeout(SOON).expect("a letter");
    serve.told();
    serve.refuses_within(SOON);
    answer.send(()).unwrap();
    assert_eq!(serve.ends_within(SOON), Some(0));
    let all = it.json(&["mail", "list"]);
    let all = all.as_array().unwrap();
    let is = |state: &str| all.iter().filter(|it| it["state"] == state).count();
    assert_eq!((is("sent"), is("sending")), (1, 0), "{all:#?}");
    let answers: Vec<&Value> = all.iter().map(|it| &it["answer"]).collect();
    assert!(
        answers.iter().any(|it| **it == "250 kept at last"),
        "{answers:?}"
    );
}
