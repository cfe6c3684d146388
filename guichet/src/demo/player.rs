//! Plays the people of the stories: orders and works at the desk, decides on link pages as a
//! person with a browser would.

use super::{Scene, seed};
use anyhow::{Context as _, bail};
use catalogue::Speed;
use engine::{
    approval::Gate,
    desk::DeskError,
    people::{Actor, Person, Via},
    store::Known,
    ticket::{Command, Order, Refusal, Start, Ticket},
};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::time;
use workflows::Purpose;

/// How long a story waits for the next thing to happen.
const PATIENCE: Duration = Duration::from_secs(45);
/// A person takes at least this long to read a page; an answer that comes faster is asked again.
const READING: Duration = Duration::from_millis(2_200);

/// Plays everybody.
#[derive(Clone, Copy)]
pub(crate) struct Player<'a> {
    scene: &'a Scene,
}

impl<'a> Player<'a> {
    pub(crate) fn new(scene: &'a Scene) -> Self {
        Player { scene }
    }

    async fn person(&self, login: &str) -> anyhow::Result<Person> {
        let found = self.scene.app.desk.person(login).await?;
        found.with_context(|| format!("nobody is called {login}"))
    }

    /// A command that makes a ticket, by a person.
    pub(crate) async fn create(
        &self,
        login: &str,
        contract: &str,
        command: Command,
    ) -> anyhow::Result<Ticket> {
        let desk = &self.scene.app.desk;
        let person = self.person(login).await?;
        let contract = desk
            .contract(contract, None)
            .await?
            .context("no such contract")?;
        let caller = desk.caller(Actor::Person(Box::new(person), Via::Portal));
        match desk
            .create(&contract.client, &contract.code, command, caller)
            .await
        {
            Ok(ticket) => Ok(ticket),
            Err(DeskError::Refused(refusal)) => {
                let sentence = refusal.sentence();
                Err(anyhow::Error::new(refusal).context(sentence.fr))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Orders a line.
    pub(crate) async fn order(
        &self,
        login: &str,
        contract: &str,
        code: &str,
        answers: &Value,
        accelerated: bool,
    ) -> anyhow::Result<Ticket> {
        let entry = self
            .scene
            .app
            .desk
            .catalogue
            .get(code)
            .context("no such line")?
            .clone();
        let order = Order {
            entry,
            answers: answers.as_object().cloned().unwrap_or_else(Map::new),
            speed: if accelerated {
                Speed::Accelerated
            } else {
                Speed::Normal
            },
            start: Start::Asap,
            why: None,
            on_behalf_of: None,
        };
        self.create(login, contract, Command::Order(Box::new(order)))
            .await
    }

    /// The code of the refusal, when that is how it ended.
    pub(crate) fn refusal(error: &anyhow::Error) -> Option<&Refusal> {
        error.downcast_ref::<Refusal>()
    }

    /// A command on a ticket, by a person.
    pub(crate) async fn act(
        &self,
        login: &str,
        ticket: &Ticket,
        command: Command,
    ) -> anyhow::Result<Ticket> {
        let desk = &self.scene.app.desk;
        let person = self.person(login).await?;
        let caller = desk.caller(Actor::Person(Box::new(person), Via::Portal));
        Ok(desk.handle(&Known::from(ticket), command, caller).await?)
    }

    /// Waits until the ticket is as wanted.
    pub(crate) async fn until(
        &self,
        ticket: &Ticket,
        what: &str,
        wanted: impl Fn(&Ticket) -> bool,
    ) -> anyhow::Result<Ticket> {
        let desk = &self.scene.app.desk;
        let mut bell = desk.bell.listen();
        let look = async {
            loop {
                let now = desk
                    .ticket_at(&Known::from(ticket))
                    .await?
                    .context("ticket gone")?;
                if wanted(&now) {
                    return anyhow::Ok(now);
                }
                // A ring can be missed between two looks; a short pause bounds what that costs.
                let _ = time::timeout(Duration::from_millis(200), bell.changed()).await;
            }
        };
        match time::timeout(PATIENCE, look).await {
            Ok(found) => found,
            Err(_) => {
                let now = desk
                    .ticket_at(&Known::from(ticket))
                    .await?
                    .context("ticket gone")?;
                let why = now
                    .cause
                    .or(now.standstill.map(|it| it.why))
                    .unwrap_or_default();
                bail!(
                    "{} is {} instead of {what}. {why}",
                    now.reference,
                    now.state.word()
                )
            }
        }
    }

    /// Answers the open question of that purpose, through the link in the person's mail.
    pub(crate) async fn answer(
        &self,
        login: &str,
        ticket: &Ticket,
        purpose: Purpose,
        approve: bool,
    ) -> anyhow::Result<Ticket> {
        let asked = format!("asking for {purpose:?}");
        let now = self
            .until(ticket, &asked, |it| {
                it.open_gates().any(|gate| gate.purpose == purpose)
            })
            .await?;
        let gate = now.open_gates().find(|it| it.purpose == purpose).cloned();
        let gate = gate.context("the gate closed")?;
        let url = self.link(login, &now, &gate).await?;
        self.decide(&url, approve).await?;
        self.until(ticket, "answered", |it| {
            it.gate(gate.id).is_some_and(|it| !it.decisions.is_empty())
        })
        .await
    }

    /// The link in the mail that asks this person.
    async fn link(&self, login: &str, ticket: &Ticket, gate: &Gate) -> anyhow::Result<String> {
        let person = self.person(login).await?;
        let to = seed::mail(login, person.client.as_deref());
        let look = async {
            loop {
                for kept in self.scene.outbox.list().into_iter().rev() {
                    let url = kept.mail.link().filter(|it| it.contains("/v/"));
                    let mine = kept.mail.reference == ticket.reference && kept.mail.to.mail == to;
                    let Some(url) = url.filter(|_| mine).map(str::to_owned) else {
                        continue;
                    };
                    let token = url.rsplit('/').next().unwrap_or_default();
                    let link = self.scene.app.desk.link(token).await?;
                    if link.is_some_and(|it| it.gate.id == gate.id) {
                        return anyhow::Ok(url);
                    }
                }
                time::sleep(Duration::from_millis(50)).await;
            }
        };
        time::timeout(PATIENCE, look)
            .await
            .map_err(|_| anyhow::anyhow!("no mail asked {login} about {}", ticket.reference))?
    }

    /// Opens the page, reads it, chooses, sends.
    async fn decide(&self, url: &str, approve: bool) -> anyhow::Result<()> {
        let browser = browser()?;
        let page = browser
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?;
        let mut fields = hidden(&page);
        let choices = radios(&page);
        let wanted = if approve {
            choices.first()
        } else {
            choices.last()
        };
        fields.push(wanted.cloned().context("the page offers no choice")?);
        if !approve {
            fields.push((
                "comment".into(),
                "Ce n’est pas ce qui était convenu.".into(),
            ));
        }
        time::sleep(READING).await;
        let answer = browser
            .post(url)
            .header("Origin", self.scene.base_url.as_str());
        let answer = answer.form(&fields).send().await?;
        let status = answer.status();
        if !status.is_success() && !status.is_redirection() {
            bail!("the link page answered {status}");
        }
        Ok(())
    }
}

/// A browser without memory that follows redirections by hand.
pub(super) fn browser() -> anyhow::Result<reqwest::Client> {
    let none = reqwest::redirect::Policy::none();
    Ok(reqwest::Client::builder()
        .no_proxy()
        .redirect(none)
        .build()?)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let until = tag[from..].find('"')? + from;
    Some(tag[from..until].to_owned())
}

fn inputs<'p>(page: &'p str, kind: &str) -> Vec<&'p str> {
    let kind = format!("type=\"{kind}\"");
    page.split("<input")
        .skip(1)
        .filter_map(|it| it.split('>').next())
        .filter(|it| it.contains(&kind))
        .collect()
}

/// Name and value of the hidden fields.
pub(super) fn hidden(page: &str) -> Vec<(String, String)> {
    let pair = |it: &&str| Some((attribute(it, "name")?, attribute(it, "value")?));
    inputs(page, "hidden").iter().filter_map(pair).collect()
}

/// Name and value of the radio buttons, in order: yes first.
fn radios(page: &str) -> Vec<(String, String)> {
    let pair = |it: &&str| Some((attribute(it, "name")?, attribute(it, "value")?));
    inputs(page, "radio").iter().filter_map(pair).collect()
}
