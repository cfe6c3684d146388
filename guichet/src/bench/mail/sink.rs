//! A mail server that takes everything at once, and a client that does no more than it must.

use super::super::stats::rate;
use anyhow::Context as _;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
    task::{AbortHandle, JoinSet},
};

/// Bytes of a letter of the plain client: about as many as a real one's.
const BODY: usize = 4000;

/// The server.
pub(super) struct Sink {
    port: u16,
    seen: Arc<Seen>,
    hand: AbortHandle,
}

#[derive(Default)]
struct Seen {
    letters: AtomicUsize,
    names: Mutex<HashMap<String, u32>>,
}

impl Sink {
    /// Listens on a port of its own.
    pub(super) async fn open() -> anyhow::Result<Sink> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let seen = Arc::new(Seen::default());
        let known = seen.clone();
        let hand = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, known.clone()));
            }
        });
        Ok(Sink {
            port,
            seen,
            hand: hand.abort_handle(),
        })
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Letters taken so far.
    pub(super) fn received(&self) -> usize {
        self.seen.letters.load(Ordering::Relaxed)
    }

    /// Letters that came more than once under one Message-ID.
    pub(super) fn doubled(&self) -> usize {
        let names = self.seen.names.lock().unwrap_or_else(|it| it.into_inner());
        names.values().filter(|it| **it > 1).count()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.hand.abort();
    }
}

async fn serve(stream: TcpStream, seen: Arc<Seen>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let (mut line, mut in_letter, mut name) = (String::new(), false, None);
    write.write_all(b"220 sink ESMTP\r\n").await?;
    loop {
        line.clear();
        if read.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if in_letter {
            if line == ".\r\n" {
                in_letter = false;
                if let Some(name) = name.take() {
                    let mut names = seen.names.lock().unwrap_or_else(|it| it.into_inner());
                    *names.entry(name).or_default() += 1;
                }
                seen.letters.fetch_add(1, Ordering::Relaxed);
                write.write_all(b"250 2.0.0 taken\r\n").await?;
            } else if let Some(it) = line.strip_prefix("Message-ID:") {
                name = Some(it.trim().to_owned());
            }
            continue;
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" => b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "DATA" => {
                in_letter = true;
                b"354 go on\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 2.0.0 ok\r\n",
        };
        write.write_all(answer).await?;
    }
}

/// Sends that many letters over that many connections; returns letters a second.
pub(super) async fn plain(sink: &Sink, letters: usize, connections: usize) -> anyhow::Result<f64> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut hands = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..connections {
        hands.spawn(send(sink.port, next.clone(), letters));
    }
    while let Some(done) = hands.join_next().await {
        done.context("a connection broke off")??;
    }
    Ok(rate(letters, begun.elapsed().as_secs_f64()))
}

async fn send(port: u16, next: Arc<AtomicUsize>, letters: usize) -> anyhow::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    answer(&mut read).await?;
    write.write_all(b"EHLO bench\r\n").await?;
    answer(&mut read).await?;
    let body = "Plain words, one line of them.\r\n".repeat(BODY / 32);
    loop {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= letters {
            write.write_all(b"QUIT\r\n").await?;
            return answer(&mut read).await;
        }
        for said in [
            "MAIL FROM:<guichet@bench.example>\r\n".to_owned(),
            format!("RCPT TO:<to-{nth}@bench.example>\r\n"),
            "DATA\r\n".to_owned(),
            format!("From: guichet@bench.example\r\nSubject: {nth}\r\n\r\n{body}.\r\n"),
        ] {
            write.write_all(said.as_bytes()).await?;
            answer(&mut read).await?;
        }
    }
}

/// Waits for the last line of an answer.
async fn answer(read: &mut BufReader<OwnedReadHalf>) -> anyhow::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        read.read_line(&mut line).await?;
        anyhow::ensure!(!line.starts_with(['4', '5']), "the server refuses: {line}");
        match line.as_bytes().get(3) {
            Some(b'-') => {}
            Some(_) => return Ok(()),
            None => anyhow::bail!("the server is gone"),
        }
    }
}
