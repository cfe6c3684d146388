//! What is not a ticket: clients, contracts, persons, grants of tokens, expiry of lots. Each
//! change leaves its record in the same transaction.

use crate::{
    audit::source::Head,
    contract::Contract,
    desk::{Caller, Desk, DeskError},
    id::{LotId, PersonId},
    journal::{Entry, Place},
    ledger::{self, Lot, Move},
    people::{Actor, Person, Right},
    quota,
    store::{NewPerson, Seal, StoreError, Tx, load, people},
    ticket::Refusal,
    window,
};
use catalogue::Tokens;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

/// How long a signed-in browser stays signed in.
const SESSION_HOURS: i64 = 12;
/// The largest grant; beyond it a slip of the finger is more likely.
const LARGEST_GRANT: u32 = 1_000_000;

impl Desk {
    /// Makes a client known, with an empty log.
    ///
    /// # Errors
    /// The code is taken, or the database failed.
    pub async fn add_client(&self, code: &str, name: &str) -> Result<(), DeskError> {
        let tx = self.store.begin().await?;
        tx.add_client(code, name).await?;
        tx.end().await?;
        Ok(())
    }

    /// Makes a contract known.
    ///
    /// # Errors
    /// The code is taken, its window cannot be understood, or the database failed.
    pub async fn add_contract(&self, contract: &Contract) -> Result<(), DeskError> {
        if let Some(window) = &contract.terms.window {
            window.check().map_err(|_| Refusal::BadStart)?;
        }
        let tx = self.store.begin().await?;
        tx.put_contract(contract, true).await?;
        let mut entry = Entry::new("contract.signed", None, "in-force");
        entry.words.insert("contract", contract.code.clone());
        let caller = self.caller(Actor::Engine("office"));
        let now = tx.now(self.clock.as_ref()).await?;
        let about = (contract.client.as_str(), contract.code.as_str());
        self.note(&tx, about, &entry, (&caller, now)).await?;
        tx.end().await?;
        Ok(())
    }

    /// Makes a person known. One registered address is one person.
    ///
    /// # Errors
    /// Login or address is taken, or the database failed.
    pub async fn add_person(&self, new: &NewPerson) -> Result<PersonId, DeskError> {
        let id = PersonId(self.ids.id());
        let pseudonym = hex::encode(&self.ids.secret()[..12]);
        let tx = self.store.begin().await?;
        tx.add_person(id, &pseudonym, new).await?;
        tx.end().await?;
        Ok(id)
    }

    /// Grants a lot of tokens to a contract (S11, A39).
    ///
    /// # Errors
    /// The person is not the managed-services manager, or the number is out of range.
    pub async fn grant(
        &self,
        contract: &Contract,
        tokens: Tokens,
        expires_at: Option<DateTime<Utc>>,
        caller: Caller,
    ) -> Result<Lot, DeskError> {
        let entitled = caller.actor.person().is_none_or(|it| it.may(Right::Steer));
        if !entitled {
            return Err(Refusal::NotEntitled.into());
        }
        let out_of_range = Refusal::OutOfRange { field: "tokens" };
        if tokens.0 == 0 || tokens.0 > LARGEST_GRANT {
            return Err(out_of_range.into());
        }
        let mut entry = Entry::new("tokens.granted", None, "granted");
        entry.tokens.insert("granted", tokens.0);
        let (desk, contract) = (self.clone(), contract.clone());
        let granted = self
            .store
            .unit(async move {
                let tx = desk.store.begin().await?;
                let now = tx.now(desk.clock.as_ref()).await?;
                if expires_at.is_some_and(|it| it <= now) {
                    return Ok(None);
                }
                let lot = Lot {
                    id: LotId(desk.ids.id()),
                    granted: tokens,
                    held: Tokens(0),
                    spent: Tokens(0),
                    expired: Tokens(0),
                    granted_at: now,
                    expires_at,
                };
                let moves = [Move::Grant(lot.clone())];
                desk.note_moves(&tx, &contract, &entry, &moves, (&caller, now))
                    .await?;
                tx.end().await?;
                Ok(Some(lot))
            })
            .await?;
        let lot = granted.ok_or(out_of_range)?;
        self.bell.ring();
        Ok(lot)
    }

    /// Posts what expired lots still had left. Returns how many tokens expired.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expire_lots(&self, contract: &Contract) -> Result<Tokens, DeskError> {
        let tx = self.store.begin().await?;
        // Every replica keeps the house: who comes second reads what the first one wrote.
        load::lock(tx.db(), &contract.client).await?;
        let now = tx.now(self.clock.as_ref()).await?;
        let lots = load::lots(tx.db(), &contract.client, &contract.code).await?;
        let moves = ledger::expiries(&lots, now);
        let sum: u32 = moves
            .iter()
            .map(|it| match it {
                Move::Expire { tokens, .. } => tokens.0,
                Move::Grant(_) | Move::Hold(_) | Move::Settle { .. } => 0,
            })
            .sum();
        if sum > 0 {
            let mut entry = Entry::new("tokens.expired", None, "expired");
            entry.tokens.insert("expired", sum);
            let caller = self.caller(Actor::Engine("scheduler"));
            self.note_moves(&tx, contract, &entry, &moves, (&caller, now))
                .await?;
            tx.end().await?;
        }
        Ok(Tokens(sum))
    }

    /// Notes, once a year and contract, that six accelerated changes are free again (S14). Returns
    /// whether this call did.
    ///
    /// # Errors
    /// The database failed.
    pub async fn renew_quota(&self, contract: &Contract) -> Result<bool, DeskError> {
        let tx = self.store.begin().await?;
        load::lock(tx.db(), &contract.client).await?;
        let now = tx.now(self.clock.as_ref()).await?;
        let from = window::midnight(quota::year(contract, now).from);
        let kind = "quota.renewed";
        let about = (contract.client.as_str(), contract.code.as_str());
        if from > now || load::noted_since(tx.db(), about, kind, from).await? {
            return Ok(false);
        }
        let mut entry = Entry::new(kind, None, "renewed");
        entry.tokens.insert("slots", u32::from(quota::PER_YEAR));
        let caller = self.caller(Actor::Engine("scheduler"));
        self.note(&tx, about, &entry, (&caller, now)).await?;
        tx.end().await?;
        Ok(true)
    }

    /// Puts on record that the provider goes on with a database that does not hold what was
    /// published of this client's log (P32). `found` is where the log ends now, before the record.
    ///
    /// # Errors
    /// The person does not administer, or the database failed.
    pub async fn accept_rollback(
        &self,
        published: &Head,
        found: &Head,
        reason: &str,
        caller: Caller,
    ) -> Result<(), DeskError> {
        let entitled = caller
            .actor
            .person()
            .is_some_and(|it| it.is_staff() && it.may(Right::Administer));
        if !entitled {
            return Err(Refusal::NotEntitled.into());
        }
        let mut entry = Entry::new("journal.rollback-accepted", None, "accepted");
        let side = |it: &Head| format!("{}:{}", it.size, it.root);
        entry.subject = Some(format!(
            "published {} found {}",
            side(published),
            side(found)
        ));
        entry.words.insert("reason", reason.to_owned());
        let (desk, client) = (self.clone(), found.client.clone());
        self.store
            .unit(async move {
                let tx = desk.store.begin().await?;
                let now = tx.now(desk.clock.as_ref()).await?;
                let about = (client.as_str(), "journal");
                desk.note(&tx, about, &entry, (&caller, now)).await?;
                tx.end().await
            })
            .await?;
        self.bell.ring();
        Ok(())
    }

    async fn note_moves(
        &self,
        tx: &Tx,
        contract: &Contract,
        entry: &Entry,
        moves: &[Move],
        (caller, now): (&Caller, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        let (client, code) = (contract.client.as_str(), contract.code.as_str());
        let seq = self.note(tx, (client, code), entry, (caller, now)).await?;
        tx.write_moves(client, code, moves, seq, now).await
    }

    async fn note(
        &self,
        tx: &Tx,
        (client, contract): (&str, &str),
        entry: &Entry,
        (caller, now): (&Caller, DateTime<Utc>),
    ) -> Result<i64, StoreError> {
        let salt = || self.ids.secret();
        let fresh = || self.ids.id();
        let mut entry = entry.clone();
        if let Some(person) = caller.actor.person() {
            entry.role = "provider";
            entry.words.insert("actor", person.name.clone());
        }
        let about = format!("{client}/{contract}");
        let place = Place {
            index: 0,
            id: self.ids.id().to_string(),
            at: now,
            about: &about,
            actor: crate::store::pseudonym(&caller.actor),
            via: caller.actor.via().word(),
        };
        let seal = Seal {
            now,
            actor: &caller.actor,
            command: caller.command,
            digest: String::new(),
            salt: &salt,
            name: &fresh,
        };
        tx.append(client, &entry, place, &seal).await
    }

    /// The person with that login, and the hash of their password.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(&self, login: &str) -> Result<Option<(Person, String)>, StoreError> {
        let db = self.store.reading();
        let Some(person) = people::by_login(db, login).await?.filter(|it| it.active) else {
            return Ok(None);
        };
        Ok(people::password(db, login).await?.map(|it| (person, it)))
    }

    /// Opens a session and returns its secret; only its digest is kept.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_session(&self, person: &Person) -> Result<String, StoreError> {
        let secret = hex::encode(self.ids.secret());
        let now = self.clock.now();
        let tx = self.store.begin_apart().await?;
        let until = now + Duration::hours(SESSION_HOURS);
        tx.open_session(&digest(&secret), person, now, until)
            .await?;
        tx.end().await?;
        Ok(secret)
    }

    /// The person behind a session secret.
    ///
    /// # Errors
    /// The database failed.
    pub async fn session(&self, secret: &str) -> Result<Option<Person>, StoreError> {
        let db = self.store.reading();
        let found = people::by_session(db, &digest(secret), self.clock.now()).await?;
        Ok(found.filter(|it| it.active))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_session(&self, secret: &str) -> Result<(), StoreError> {
        let tx = self.store.begin_apart().await?;
        tx.end_session(&digest(secret)).await?;
        tx.end().await
    }
}

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
