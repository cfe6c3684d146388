//! Clients, persons, accounts and sessions as rows.

use super::{
    StoreError, Tx, codec,
    entity::{account, client, contract, log_head, person, session},
};
use crate::{
    contract::Contract,
    id::PersonId,
    people::{Person, Right},
};
use catalogue::Lang;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};
use std::collections::BTreeSet;

/// A person to be made known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// The client's code, or `None` for the provider's staff.
    pub client: Option<String>,
    /// Full name.
    pub name: String,
    /// The one registered address.
    pub mail: String,
    /// Login of the local account.
    pub login: String,
    /// Language.
    pub lang: Lang,
    /// Entitlements.
    pub rights: BTreeSet<Right>,
    /// Hash of the password, if the person has a local account.
    pub password: Option<String>,
}

pub(super) fn person_of(row: person::Model) -> Result<Person, StoreError> {
    Ok(Person {
        id: codec::name(&row.id)?,
        client: Some(row.client).filter(|it| !it.is_empty()),
        name: row.name,
        mail: row.mail,
        login: row.login,
        lang: codec::from_word("language", &row.lang)?,
        rights: codec::from_json("rights", &row.rights)?,
        pseudonym: row.pseudonym,
        active: row.active,
    })
}

/// The client's persons and the provider's staff, by name.
pub(crate) async fn around(
    db: &impl ConnectionTrait,
    client: &str,
) -> Result<Vec<Person>, StoreError> {
    let rows = person::Entity::find()
        .filter(person::Column::Client.is_in([client, ""]))
        .order_by_asc(person::Column::Name)
        .order_by_asc(person::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(person_of).collect()
}

/// All persons.
pub(crate) async fn everybody(db: &impl ConnectionTrait) -> Result<Vec<Person>, StoreError> {
    let rows = person::Entity::find()
        .order_by_asc(person::Column::Client)
        .order_by_asc(person::Column::Name)
        .all(db)
        .await?;
    rows.into_iter().map(person_of).collect()
}

/// The person with that login.
pub(crate) async fn by_login(
    db: &impl ConnectionTrait,
    login: &str,
) -> Result<Option<Person>, StoreError> {
    let row = person::Entity::find()
        .filter(person::Column::Login.eq(login))
        .one(db)
        .await?;
    row.map(person_of).transpose()
}

/// The person of that name.
pub(crate) async fn by_id(
    db: &impl ConnectionTrait,
    id: PersonId,
) -> Result<Option<Person>, StoreError> {
    let row = person::Entity::find()
        .filter(person::Column::Id.eq(id.to_string()))
        .one(db)
        .await?;
    row.map(person_of).transpose()
}

/// Those of these persons that exist.
pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    mut ids: Vec<String>,
) -> Result<Vec<Person>, StoreError> {
    pad(&mut ids);
    let rows = person::Entity::find()
        .filter(person::Column::Id.is_in(ids))
        .all(db)
        .await?;
    rows.into_iter().map(person_of).collect()
}

/// Repeats the last one until there are a power of two: so the same few statements serve all.
fn pad(names: &mut Vec<String>) {
    names.sort_unstable();
    names.dedup();
    if let Some(last) = names.last().cloned() {
        names.resize(names.len().next_power_of_two(), last);
    }
}

/// Hash of the password of that login.
pub(crate) async fn password(
    db: &impl ConnectionTrait,
    login: &str,
) -> Result<Option<String>, StoreError> {
    Ok(account::Entity::find_by_id(login.to_owned())
        .one(db)
        .await?
        .map(|it| it.password))
}

/// The person behind a session that has not expired.
pub(crate) async fn by_session(
    db: &impl ConnectionTrait,
    id_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Person>, StoreError> {
    let row = session::Entity::find_by_id(id_hash.to_owned())
        .filter(session::Column::ExpiresAt.gt(codec::micros(now)))
        .one(db)
        .await?;
    match row {
        Some(it) => by_id(db, codec::name(&it.person)?).await,
        None => Ok(None),
    }
}

impl Tx {
    pub(crate) async fn add_client(&self, code: &str, name: &str) -> Result<(), StoreError> {
        let row = client::Model {
            client: code.into(),
            name: name.into(),
            next_number: 1,
        };
        row.into_active_model().insert(&self.tx).await?;
        let head = log_head::Model {
            client: code.into(),
            size: 0,
            frontier: String::new(),
            signed_size: 0,
            signed_root: None,
        };
        head.into_active_model().insert(&self.tx).await?;
        Ok(())
    }

    pub(crate) async fn put_contract(&self, it: &Contract, new: bool) -> Result<(), StoreError> {
        let row = contract::Model {
            client: it.client.clone(),
            code: it.code.clone(),
            body: codec::json(it)?,
        };
        let row = row.into_active_model();
        if new {
            row.insert(&self.tx).await?;
        } else {
            row.reset_all().update(&self.tx).await?;
        }
        Ok(())
    }

    pub(crate) async fn add_person(
        &self,
        id: PersonId,
        pseudonym: &str,
        it: &NewPerson,
    ) -> Result<(), StoreError> {
        let client = it.client.clone().unwrap_or_default();
        let row = person::Model {
            client: client.clone(),
            id: id.to_string(),
            name: it.name.clone(),
            // However it is written, one address is one person.
            mail: it.mail.trim().to_lowercase(),
            login: it.login.clone(),
            lang: codec::word(&it.lang)?,
            rights: codec::json(&it.rights)?,
            pseudonym: pseudonym.to_owned(),
            active: true,
        };
        row.into_active_model().insert(&self.tx).await?;
        if let Some(password) = &it.password {
            let row = account::Model {
                login: it.login.clone(),
                client,
                person: id.to_string(),
                password: password.clone(),
            };
            row.into_active_model().insert(&self.tx).await?;
        }
        Ok(())
    }

    pub(crate) async fn open_session(
        &self,
        id_hash: &str,
        it: &Person,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let row = session::Model {
            id_hash: id_hash.to_owned(),
            client: it.client.clone().unwrap_or_default(),
            person: it.id.to_string(),
            created_at: codec::micros(now),
            expires_at: codec::micros(until),
        };
        row.into_active_model().insert(&self.tx).await?;
        Ok(())
    }

    pub(crate) async fn end_session(&self, id_hash: &str) -> Result<(), StoreError> {
        session::Entity::delete_by_id(id_hash.to_owned())
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
