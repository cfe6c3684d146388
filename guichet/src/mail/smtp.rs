//! Letters over SMTP, on connections of our own.
//!
//! The protocol is spoken by lettre; the connections are ours because its pool leaves Nagle's
//! algorithm on, which costs some 40 ms a letter, does not bound how many connections are open, and
//! does not tell whether a lost connection was lost before or after the letter went out.

use super::{
    Accepted, Deliver, Delivery, Leave, clean, dots::whole, message::wire, render::Rendered,
};
use async_trait::async_trait;
use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
        response::Response,
    },
};
use std::{error::Error as _, fmt, future::Future, net::IpAddr, sync::Mutex, time::Duration};
use tokio::{
    net::TcpStream,
    sync::Semaphore,
    time::{Instant, timeout},
};
use tracing::{Dispatch, instrument::WithSubscriber};

/// A connection unused for longer is not trusted to be open still.
const IDLE: Duration = Duration::from_secs(60);

/// Whether letters are encrypted on their way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// In clear, for a server on the same machine.
    Plain,
    /// Encrypted when the server offers it.
    Opportunistic,
    /// Encrypted by STARTTLS, or not sent.
    StartTls,
    /// Encrypted from the first byte (port 465). lettre opens these connections itself, so they
    /// keep Nagle's algorithm.
    Implicit,
}

/// How to reach the mail server.
#[derive(Clone)]
pub struct Settings {
    /// Name or address of the server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Name we greet with.
    pub hello: String,
    /// Encryption.
    pub security: Security,
    /// User and password. Only ever said over TLS or to this very machine.
    pub login: Option<(String, String)>,
    /// Certificate authority of the server in PEM, when the system does not know it.
    pub authority: Option<Vec<u8>>,
    /// Bound on connecting and on every command.
    pub timeout: Duration,
    /// Bound on the answer to a whole letter; long, because giving up here leaves it in doubt.
    pub answer: Duration,
    /// Most connections open at once.
    pub connections: usize,
}

impl Settings {
    /// Opportunistic encryption, no login, 30 s for a command, 5 minutes for an answer, four
    /// connections.
    pub fn new(host: impl Into<String>, port: u16, hello: impl Into<String>) -> Self {
        Settings {
            host: host.into(),
            port,
            hello: hello.into(),
            security: Security::Opportunistic,
            login: None,
            authority: None,
            timeout: Duration::from_secs(30),
            answer: Duration::from_secs(300),
            connections: 4,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("login", &self.login.is_some())
            .finish_non_exhaustive()
    }
}

/// A certificate authority that is none.
#[derive(Debug, thiserror::Error)]
#[error("mail server certificates: {0}")]
pub struct SetupError(String);

/// A mail server, and the connections to it.
pub struct Smtp {
    settings: Settings,
    tls: Option<TlsParameters>,
    places: Semaphore,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// How a conversation about one letter ended badly, and what may be done with its connection.
enum Trouble {
    /// The server refused the letter and still listens.
    Refused(Delivery),
    /// Nothing was said about the letter yet: on a connection that had been idle, worth a new one.
    Stale(Delivery),
    /// The connection is of no use any more.
    Lost(Delivery),
}

impl Smtp {
    /// A server to send through; connects at the first letter.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub fn new(settings: Settings) -> Result<Smtp, SetupError> {
        let failed = |error: Error| SetupError(words(&error));
        let tls = match settings.security {
            Security::Plain => None,
            _ => {
                let mut tls = TlsParameters::builder(settings.host.clone());
                if let Some(pem) = &settings.authority {
                    let authority = Certificate::from_pem(pem).map_err(failed)?;
                    tls = tls.add_root_certificate(authority);
                }
                Some(tls.build_rustls().map_err(failed)?)
            }
        };
        let places = Semaphore::new(settings.connections.max(1));
        Ok(Smtp {
            settings,
            tls,
            places,
            idle: Mutex::default(),
        })
    }

    /// Sends one message as it is, once it is let go.
    ///
    /// # Errors
    /// See [`Delivery`]. `Unknown` only once the server had asked for the content.
    async fn send(
        &self,
        envelope: &Envelope,
        message: &[u8],
        leave: Leave,
    ) -> Result<Accepted, Delivery> {
        let _place = self
            .places
            .acquire()
            .await
            .map_err(|it| Delivery::Transient(it.to_string()))?;
        let (mut connection, greeted) = match self.take() {
            Some(kept) => (kept, false),
            None => (quietly(self.connect()).await?, true),
        };
        let mut addressed = quietly(self.address(&mut connection, envelope)).await;
        if let (Err(Trouble::Stale(_)), false) = (&addressed, greeted) {
            // The server hung up while nobody was talking: the letter never left.
            connection = quietly(self.connect()).await?;
            addressed = quietly(self.address(&mut connection, envelope)).await;
        }
        let ended = match addressed {
            Ok(()) if !leave.given().await => Err(Trouble::Refused(Delivery::Held)),
            Ok(()) => quietly(self.say(&mut connection, message)).await,
            Err(trouble) => Err(trouble),
        };
        self.settle(connection, ended).await
    }

    async fn settle(
        &self,
        mut connection: AsyncSmtpConnection,
        ended: Result<Accepted, Trouble>,
    ) -> Result<Accepted, Delivery> {
        match ended {
            Ok(accepted) => {
                self.keep(connection);
                Ok(accepted)
            }
            Err(Trouble::Refused(delivery)) => {
                // Forget this letter; the next one starts from nothing.
                let forgotten = timeout(self.settings.timeout, connection.command(Rset));
                if let Ok(Ok(_)) = quietly(forgotten).await {
                    self.keep(connection);
                }
                Err(delivery)
            }
            Err(Trouble::Stale(delivery) | Trouble::Lost(delivery)) => Err(delivery),
        }
    }

    fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().ok()?;
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push((connection, Instant::now()));
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Delivery> {
        let Settings {
            host,
            port,
            security,
            login,
            timeout: bound,
            ..
        } = &self.settings;
        let hello = ClientId::Domain(self.settings.hello.clone());
        let unreachable = |why: String| Delivery::Transient(format!("{host}:{port}: {why}"));
        let opening = async {
            if *security == Security::Implicit {
                let address = (host.as_str(), *port);
                let tls = self.tls.clone();
                return AsyncSmtpConnection::connect_tokio1(
                    address,
                    Some(*bound),
                    &hello,
                    tls,
                    None,
                )
                .await
                .map_err(|error| unreachable(words(&error)));
            }
            let stream = TcpStream::connect((host.as_str(), *port))
                .await
                .and_then(|it| it.set_nodelay(true).map(|()| it))
                .map_err(|error| unreachable(error.to_string()))?;
            let local = stream.peer_addr().map(|it| it.ip());
            let local = local.as_ref().is_ok_and(IpAddr::is_loopback);
            let mut connection =
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
                    .await
                    .map_err(|error| unreachable(words(&error)))?;
            match (&self.tls, security) {
                (Some(tls), Security::StartTls) => connection.starttls(tls.clone(), &hello).await,
                (Some(tls), Security::Opportunistic) if connection.can_starttls() => {
                    connection.starttls(tls.clone(), &hello).await
                }
                _ => Ok(()),
            }
            .map_err(|error| unreachable(words(&error)))?;
            if login.is_some() && !local && !connection.is_encrypted() {
                return Err(unreachable(
                    "no encryption, so the password stays here".to_owned(),
                ));
            }
            Ok(connection)
        };
        let mut connection = timeout(*bound, opening)
            .await
            .unwrap_or_else(|_| Err(unreachable("no answer in time".to_owned())))?;
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.clone(), password.clone());
            let signing_in = connection.auth(DEFAULT_MECHANISMS, &credentials);
            timeout(*bound, signing_in)
                .await
                .map_err(|_| unreachable("no answer in time".to_owned()))?
                // Our own settings are wrong, not the letter: it waits until they are mended.
                .map_err(|error| unreachable(format!("sign-in refused: {}", words(&error))))?;
        }
        Ok(connection)
    }

    /// Says from whom and to whom.
    async fn address(
        &self,
        connection: &mut AsyncSmtpConnection,
        envelope: &Envelope,
    ) -> Result<(), Trouble> {
        let mut parameters = Vec::new();
        let addresses = envelope.to().iter().chain(envelope.from());
        if !addresses
            .into_iter()
            .all(|it| AsRef::<str>::as_ref(it).is_ascii())
        {
            if !connection
                .server_info()
                .supports_feature(Extension::SmtpUtfEight)
            {
                let why = "the server takes no address outside ASCII".to_owned();
                return Err(Trouble::Refused(Delivery::Permanent(553, why)));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let sender = envelope.from().cloned();
        self.step(connection.command(Mail::new(sender, parameters)))
            .await
            .map_err(|it| match it {
                Trouble::Lost(delivery) => Trouble::Stale(delivery),
                other => other,
            })?;
        for recipient in envelope.to() {
            self.step(connection.command(Rcpt::new(recipient.clone(), Vec::new())))
                .await?;
        }
        Ok(())
    }

    /// Says the text, and hears whether it is taken.
    async fn say(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &[u8],
    ) -> Result<Accepted, Trouble> {
        self.step(connection.command(Data)).await?;
        let unknown = |why: String| Trouble::Lost(Delivery::Unknown(why));
        let sending = async {
            match whole(message) {
                Some(whole) => connection.command(whole).await,
                None => connection.message(message).await,
            }
        };
        match timeout(self.settings.answer, sending).await {
            Ok(Ok(response)) => Ok(Accepted {
                reply: reply(&response),
            }),
            Ok(Err(error)) if error.status().is_some() => Err(trouble(&error)),
            Ok(Err(error)) => Err(unknown(words(&error))),
            Err(_) => Err(unknown("no answer in time".to_owned())),
        }
    }

    async fn step(
        &self,
        exchange: impl Future<Output = Result<Response, Error>>,
    ) -> Result<Response, Trouble> {
        match timeout(self.settings.timeout, exchange).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(trouble(&error)),
            Err(_) => Err(Trouble::Lost(Delivery::Transient(
                "no answer in time".to_owned(),
            ))),
        }
    }
}

#[async_trait]
impl Deliver for Smtp {
    async fn hand_over(&self, mail: &Rendered, leave: Leave) -> Result<Accepted, Delivery> {
        let (envelope, message) = wire(mail)?;
        self.send(&envelope, &message, leave).await
    }
}

/// lettre logs every line it writes: personal links, codes and the password. To make a subscriber
/// of one's own for it would have all of the program ask anew what is logged.
fn quietly<F: Future>(conversation: F) -> impl Future<Output = F::Output> {
    conversation.with_subscriber(Dispatch::none())
}

fn trouble(error: &Error) -> Trouble {
    let Some(code) = error.status().map(u16::from) else {
        return Trouble::Lost(Delivery::Transient(words(error)));
    };
    match code {
        421 => Trouble::Lost(Delivery::Transient(format!("{code} {}", words(error)))),
        // Sign-in wanted or refused: a matter of our settings, never of this letter.
        530 | 534 | 535 | 538 => {
            Trouble::Refused(Delivery::Transient(format!("{code} {}", words(error))))
        }
        500.. => Trouble::Refused(Delivery::Permanent(code, words(error))),
        _ => Trouble::Refused(Delivery::Transient(format!("{code} {}", words(error)))),
    }
}

/// What the server or the system said, without the classes lettre puts in front.
fn words(error: &Error) -> String {
    let said = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    clean::line(&said, clean::VALUE)
}

fn reply(response: &Response) -> String {
    let said: Vec<&str> = response.message().collect();
    clean::line(
        &format!("{} {}", response.code(), said.join(" ")),
        clean::VALUE,
    )
}
