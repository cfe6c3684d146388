//! Guessing: wrong passwords and links that open nothing are counted by address, and who has had
//! too many waits (`promises.md` §3: 30 a minute). What was right is never counted, so a whole
//! company behind one address can work at its own speed.

use super::{
    House,
    address::{household, origin},
};
use axum::{
    extract::{ConnectInfo, Request},
    http::{Method, StatusCode, header},
    response::Response,
};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Mutex,
    time::{Duration, Instant},
};

/// Addresses that are remembered; beyond it those that guessed least are forgotten.
const REMEMBERED: usize = 50_000;

/// Something that can be guessed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A login and its password.
    Password,
    /// The secret of a personal link.
    Link,
}

impl Target {
    /// What a request could be a guess at.
    fn of(request: &Request) -> Option<Target> {
        let path = request.uri().path();
        let basic = |it: &axum::http::HeaderValue| {
            let scheme = it.as_bytes().get(..5);
            scheme.is_some_and(|it| it.eq_ignore_ascii_case(b"basic"))
        };
        if path.starts_with("/v/") {
            return Some(Target::Link);
        }
        let form = request.method() == Method::POST && path == "/sign-in";
        let header = request.headers().get(header::AUTHORIZATION);
        (form || header.is_some_and(basic)).then_some(Target::Password)
    }

    /// Whether the answer says that the guess was wrong.
    fn missed(self, status: StatusCode) -> bool {
        match self {
            Target::Link => status == StatusCode::GONE,
            Target::Password => {
                status == StatusCode::UNPROCESSABLE_ENTITY || status == StatusCode::UNAUTHORIZED
            }
        }
    }
}

/// How many guesses an address has left.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// How many guesses every address has left.
#[derive(Debug)]
pub struct Guesses {
    most: f64,
    buckets: Mutex<HashMap<(Target, IpAddr), Bucket>>,
}

impl Guesses {
    /// So many wrong ones a minute, from each address.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Guesses {
            most: f64::from(per_minute),
            buckets: Mutex::default(),
        }
    }

    fn now_left(&self, bucket: Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.left + since * self.most / 60.0).min(self.most)
    }

    /// Takes one guess before it is known whether it is right, so that many at once do not slip
    /// through together.
    ///
    /// # Errors
    /// How long to wait for the next one.
    pub fn take(&self, target: Target, who: IpAddr, now: Instant) -> Result<(), Duration> {
        let Ok(mut all) = self.buckets.lock() else {
            return Ok(());
        };
        if all.len() >= REMEMBERED {
            all.retain(|_, it| self.now_left(*it, now) < self.most / 2.0);
        }
        let full = Bucket {
            left: self.most,
            at: now,
        };
        let bucket = all.entry((target, household(who))).or_insert(full);
        let left = self.now_left(*bucket, now);
        if left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - left) * 60.0 / self.most));
        }
        *bucket = Bucket {
            left: left - 1.0,
            at: now,
        };
        Ok(())
    }

    /// Gives it back: it was no guess, or a right one.
    pub fn give_back(&self, target: Target, who: IpAddr) {
        let Ok(mut all) = self.buckets.lock() else {
            return;
        };
        if let Some(bucket) = all.get_mut(&(target, household(who))) {
            bucket.left = (bucket.left + 1.0).min(self.most);
        }
    }
}

/// Lets a request through unless its address has guessed too often.
///
/// # Errors
/// How long to wait.
pub async fn guard(
    house: &House,
    request: Request,
    next: axum::middleware::Next,
) -> Result<Response, Duration> {
    let Some(target) = Target::of(&request) else {
        return Ok(next.run(request).await);
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let who = peer.and_then(|it| origin(it.0.ip(), request.headers(), &house.proxies));
    // Who sits at this very machine, or speaks for people it does not name, is not held up.
    let Some(who) = who else {
        return Ok(next.run(request).await);
    };
    if let Err(wait) = house.guesses.take(target, who, Instant::now()) {
        tracing::warn!(%who, ?target, "too many wrong guesses");
        return Err(wait);
    }
    let answer = next.run(request).await;
    if !target.missed(answer.status()) {
        house.guesses.give_back(target, who);
    }
    Ok(answer)
}

/// Whole seconds to wait, at least one.
#[must_use]
pub fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000))
        .unwrap_or(60)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_wrong_guesses_a_minute_and_then_one_every_two_seconds() {
        let guesses = Guesses::new(30);
        let (who, other): (IpAddr, IpAddr) = (
            "203.0.113.7".parse().unwrap(),
            "203.0.113.8".parse().unwrap(),
        );
        let begin = Instant::now();
        for _ in 0..30 {
            assert_eq!(guesses.take(Target::Link, who, begin), Ok(()));
        }
        let wait = guesses.take(Target::Link, who, begin).unwrap_err();
        assert_eq!(seconds(wait), 2);
        assert_eq!(guesses.take(Target::Link, other, begin), Ok(()));
        assert_eq!(guesses.take(Target::Password, who, begin), Ok(()));
        let later = begin + Duration::from_secs(2);
        assert_eq!(guesses.take(Target::Link, who, later), Ok(()));
        assert!(guesses.take(Target::Link, who, later).is_err());
    }

    #[test]
    fn what_was_right_costs_nothing() {
        let guesses = Guesses::new(2);
        let (who, now) = ("203.0.113.7".parse().unwrap(), Instant::now());
        for _ in 0..1000 {
            assert_eq!(guesses.take(Target::Link, who, now), Ok(()));
            guesses.give_back(Target::Link, who);
        }
    }

    #[test]
    fn a_flood_of_addresses_is_not_remembered_for_ever() {
        let guesses = Guesses::new(30);
        let (begin, late) = (Instant::now(), Instant::now() + Duration::from_secs(120));
        for n in 0..60_000_u32 {
            let who = IpAddr::from(std::net::Ipv4Addr::from_bits(n));
            assert!(guesses.take(Target::Link, who, begin).is_ok());
        }
        assert!(
            guesses
                .take(Target::Link, "203.0.113.7".parse().unwrap(), late)
                .is_ok()
        );
        assert!(guesses.buckets.lock().unwrap().len() <= REMEMBERED);
    }
}
