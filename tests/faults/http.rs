//! One request per connection, by hand: the point is to know, when no answer came, whether the
//! request may have been read.

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nobody listened: nothing was sent.
    Unheard,
    /// The request was sent, and the answer did not come whole: it may or may not have happened.
    Lost,
}

/// Sends and waits for the whole answer, at most for `patience`.
pub async fn ask(at: SocketAddr, ask: &Ask, patience: Duration) -> Result<Answer, Silence> {
    let connected = timeout(patience, TcpStream::connect(at)).await;
    let Ok(Ok(mut stream)) = connected else {
        return Err(Silence::Unheard);
    };
    let mut text = format!("{} {} HTTP/1.1\r\nhost: {at}\r\n", ask.method, ask.path);
    for (name, value) in &ask.headers {
        text += &format!("{name}: {value}\r\n");
    }
    let length = ask.body.len();
    text += &format!(
        "content-length: {length}\r\nconnection: close\r\n\r\n{}",
        ask.body
    );
    let exchange = async {
        stream.write_all(text.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        // A connection that breaks after a whole answer has still answered.
        let _ = stream.read_to_end(&mut bytes).await;
        whole(&bytes)
    };
    match timeout(patience, exchange).await {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) | Err(_) => Err(Silence::Lost),
    }
}

/// The answer, if it is all there.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = bytes[end + 4..].to_vec();
    let announced = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let ours = name.eq_ignore_ascii_case("content-length");
        ours.then(|| value.trim().parse::<usize>().ok()).flatten()
    })?;
    (body.len() == announced).then_some(Answer { status, head, body })
}

#[test]
fn half_an_answer_is_no_answer() {
    let answer = b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nabcd";
    assert_eq!(whole(answer).map(|it| it.status), Some(201));
    for cut in 0..answer.len() {
        assert!(whole(&answer[..cut]).is_none(), "{cut}");
    }
}
