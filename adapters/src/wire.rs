//! The one way out: an HTTP client that keeps to its configured origin, notes what was exchanged,
//! hides secrets, and says of every failure what the engine may do about it.

mod call;
mod classify;
mod ear;
mod evidence;
mod secret;

pub use call::{Call, Reply, segment};
pub use classify::standard;
pub(crate) use ear::Heard;
pub use ear::{Answered, Ear};
pub use secret::{Secret, SecretError};

use reqwest::{Certificate, Client, redirect::Policy};
use std::{sync::Arc, time::Duration};
use thiserror::Error;
use url::Url;
use workflows::{Cx, Fault, FaultClass};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Largest answer that is read; anything longer is a fault, not a reason to fill the memory.
const LARGEST_ANSWER: usize = 16 << 20;

/// How a system recognises us.
#[derive(Clone)]
pub enum Auth {
    /// It does not.
    Open,
    /// `Authorization: Bearer …`
    Bearer(Secret),
    /// `Authorization: <scheme> …`, e.g. Gitea's `token`.
    Scheme(&'static str, Secret),
    /// A header of its own, e.g. `X-Vault-Token`.
    Header(&'static str, Secret),
}

/// A system that cannot be spoken to as configured.
#[derive(Debug, Error)]
pub enum WireError {
    /// The address is no URL, or carries a user, a query or a fragment.
    #[error("{system}: the address must be scheme, host, port and path only")]
    Address {
        /// System, e.g. `gitea`.
        system: &'static str,
    },
    /// Plain HTTP to another machine.
    #[error("{system}: plain http is allowed to this machine only; use https")]
    Plain {
        /// System.
        system: &'static str,
    },
    /// The certificate or the TLS setup is unusable.
    #[error("{system}: {source}")]
    Tls {
        /// System.
        system: &'static str,
        /// What the TLS library says.
        source: reqwest::Error,
    },
}

/// Says what a refusal of a particular system means; `None` leaves it to [`standard`].
pub type Classifier = fn(&Reply) -> Option<FaultClass>;

/// A client of one system at one configured address. Cheap to clone.
#[derive(Clone)]
pub struct Wire {
    client: Client,
    system: &'static str,
    base: Arc<Url>,
    auth: Auth,
    classifier: Classifier,
    heard: Heard,
}

impl Wire {
    /// A client of `system` at `base`; `root_pem` replaces the public roots when given.
    ///
    /// # Errors
    /// When the address is unusable or unsafe, or the certificate cannot be read.
    pub fn new(
        system: &'static str,
        base: &str,
        auth: Auth,
        root_pem: Option<&[u8]>,
    ) -> Result<Wire, WireError> {
        let base = origin(system, base)?;
        // A provider may already be installed by the program; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = |source| WireError::Tls { system, source };
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_WITHIN);
        if let Some(pem) = root_pem {
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(pem).map_err(tls)?);
        } else if base.scheme() == "http" {
            // No certificate is ever looked at; reading the system's store would only cost time.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(tls)?;
        Ok(Wire {
            client,
            system,
            base: Arc::new(base),
            auth,
            classifier: |_| None,
            heard: Heard::default(),
        })
    }

    /// The same client with a system's own reading of refusals.
    #[must_use]
    pub fn classified_by(self, classifier: Classifier) -> Wire {
        Wire { classifier, ..self }
    }

    /// The same client, with somebody who hears of every exchange.
    #[must_use]
    pub fn heard_by(self, ear: Option<Arc<dyn Ear>>) -> Wire {
        let heard = Heard(ear);
        Wire { heard, ..self }
    }

    /// The same client, recognised otherwise; for a token that was just obtained.
    #[must_use]
    pub fn recognised_by(&self, auth: Auth) -> Wire {
        Wire {
            auth,
            ..self.clone()
        }
    }

    /// The configured address, for messages and for what must name it.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Sends the call and hands back whatever status was answered.
    ///
    /// # Errors
    /// `Transient` when nothing was sent or a read got no answer, `Ambiguous` when a mutating call
    /// got none, `Guard` when the call would leave the configured address.
    pub async fn send(&self, cx: &Cx, call: Call) -> Result<Reply, Fault> {
        let url = self.address(&call)?;
        let mut request = self
            .client
            .request(call.method.clone(), url)
            .timeout(call.within.unwrap_or(ANSWER_WITHIN));
        request = match &self.auth {
            Auth::Open => request,
            Auth::Bearer(secret) => request.bearer_auth(secret.expose()),
            Auth::Scheme(scheme, secret) => {
                request.header("authorization", format!("{scheme} {}", secret.expose()))
            }
            Auth::Header(name, secret) => request.header(*name, secret.expose()),
        };
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &call.body {
            request = request.body(body.clone());
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.silent(cx, &call, &error)),
        };
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = match bounded(answer).await {
            Ok(body) => body,
            Err(Cut::TooLong) => {
                self.heard.tell(self.system, Answered::Nothing);
                evidence::note(
                    cx,
                    self.system,
                    &call,
                    &Reply::new(status, headers, Vec::new()),
                );
                let size = LARGEST_ANSWER >> 20;
                let message = format!("{} answered more than {size} MiB", self.system);
                return Err(Fault::new(FaultClass::Guard, message));
            }
            Err(Cut::Lost(error)) => return Err(self.silent(cx, &call, &error)),
        };
        self.heard.tell(self.system, Answered::Status(status));
        let reply = Reply::new(status, headers, body);
        evidence::note(cx, self.system, &call, &reply);
        Ok(reply)
    }

    /// Sends the call and accepts only a 2xx.
    ///
    /// # Errors
    /// As [`Wire::send`], and the classified refusal.
    pub async fn ask(&self, cx: &Cx, call: Call) -> Result<Reply, Fault> {
        let reply = self.send(cx, call.clone()).await?;
        if reply.is_success() {
            Ok(reply)
        } else {
            Err(self.refusal(&call, &reply))
        }
    }

    /// Sends the call and reads 404 as "there is none".
    ///
    /// # Errors
    /// As [`Wire::ask`], except for 404.
    pub async fn find(&self, cx: &Cx, call: Call) -> Result<Option<Reply>, Fault> {
        let reply = self.send(cx, call.clone()).await?;
        match reply.status {
            404 => Ok(None),
            _ if reply.is_success() => Ok(Some(reply)),
            _ => Err(self.refusal(&call, &reply)),
        }
    }

    /// The fault that a refused call amounts to, with the system's own words.
    #[must_use]
    pub fn refusal(&self, call: &Call, reply: &Reply) -> Fault {
        let class = (self.classifier)(reply).unwrap_or_else(|| standard(reply.status));
        let words = self.hide(call, &reply.words());
        let mut fault = Fault::new(
            class,
            format!(
                "{} answered {} to {}: {words}",
                self.system,
                reply.status,
                call.line()
            ),
        );
        fault.retry_after_s = reply.header("retry-after").and_then(|it| it.parse().ok());
        fault
    }

    fn silent(&self, cx: &Cx, call: &Call, error: &reqwest::Error) -> Fault {
        self.heard.tell(self.system, Answered::Nothing);
        evidence::note_silence(cx, self.system, call);
        let (class, why) = classify::silence(error, call.mutates);
        Fault::new(class, format!("{}: {why} ({})", self.system, call.line()))
    }

    fn hide(&self, call: &Call, words: &str) -> String {
        let own = match &self.auth {
            Auth::Open => None,
            Auth::Bearer(it) | Auth::Scheme(_, it) | Auth::Header(_, it) => Some(it),
        };
        own.into_iter()
            .chain(&call.hidden)
            .fold(words.to_owned(), |words, secret| secret.hide_in(&words))
    }

    fn address(&self, call: &Call) -> Result<Url, Fault> {
        let astray = || {
            let message = format!("{}: the path leaves the configured address", self.system);
            Fault::new(FaultClass::Guard, message)
        };
        let path = call.path.strip_prefix('/').ok_or_else(astray)?;
        let base = self.base.as_str();
        let url = Url::parse(&format!("{base}{path}")).map_err(|_| astray())?;
        // `..` is resolved while parsing, so what is compared is where the call would really go.
        let inside = url.origin() == self.base.origin() && url.as_str().starts_with(base);
        if inside { Ok(url) } else { Err(astray()) }
    }
}

fn origin(system: &'static str, base: &str) -> Result<Url, WireError> {
    let mut url = Url::parse(base).map_err(|_| WireError::Address { system })?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !bare || url.host().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(WireError::Address { system });
    }
    let here = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "http" && !here {
        return Err(WireError::Plain { system });
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

enum Cut {
    TooLong,
    Lost(reqwest::Error),
}

async fn bounded(mut answer: reqwest::Response) -> Result<Vec<u8>, Cut> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(Cut::Lost)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Cut::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
