//! One visit: who comes, in which language, under which colours.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, header, request::Parts},
};
use engine::{
    desk::Caller,
    id::CommandId,
    people::{Actor, Person, Right, Via},
};

use super::{Portal, fail::Fail};
use crate::{
    i18n::{self, I18n},
    pages::{Theme, Ui, Viewer},
};

/// Cookie that remembers the language.
pub(super) const LANG: &str = "guichet_lang";
/// Cookie that remembers the colours.
pub(super) const THEME: &str = "guichet_theme";

/// One visit.
pub(super) struct Visit {
    /// The voice of the page.
    pub(super) ui: Ui,
    /// Who is signed in.
    pub(super) person: Option<Person>,
}

/// A visit by somebody who is signed in.
pub(super) struct Signed {
    /// The voice of the page.
    pub(super) ui: Ui,
    /// Who.
    pub(super) person: Person,
}

impl Signed {
    /// This person, sending a command under that name.
    pub(super) fn caller(&self, command: CommandId) -> Caller {
        let actor = Actor::Person(Box::new(self.person.clone()), Via::Portal);
        Caller { actor, command }
    }
}

/// The cookie of that name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='))
        .find(|it| it.0 == name)
        .map(|it| it.1)
}

/// The query parameter of that name, as it stands.
pub(super) fn query<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri.query()?.rsplit('&').filter_map(|it| it.split_once('='));
    pairs.find(|it| it.0 == name).map(|it| it.1)
}

/// Path and query without the language, the colours and what was only for once.
fn here(uri: &Uri) -> String {
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|it| !it.is_empty())
        .filter(|it| !["lang", "theme", "new"].contains(&it.split('=').next().unwrap_or_default()))
        .collect();
    if kept.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), kept.join("&"))
    }
}

impl Portal {
    /// The name of the session cookie; behind https it is bound to this host and to https.
    pub(super) fn session_cookie(&self) -> &'static str {
        if self.secure() {
            "__Host-guichet"
        } else {
            "guichet"
        }
    }

    /// Whether people reach us by https.
    pub(super) fn secure(&self) -> bool {
        self.web.provider.base_url.starts_with("https://")
    }

    /// The voice for a request, whoever sends it.
    pub(super) fn ui(&self, parts: &Parts, person: Option<&Person>) -> Ui {
        let accept = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|it| it.to_str().ok());
        let remembered = cookie(&parts.headers, LANG).or(person.map(|it| i18n::code(it.lang)));
        let lang = i18n::choose(query(&parts.uri, "lang"), remembered, accept);
        let theme = query(&parts.uri, "theme").or(cookie(&parts.headers, THEME));
        Ui {
            words: I18n::get(lang),
            now: self.web.desk.clock.now(),
            theme: Theme::named(theme.unwrap_or_default()),
            here: here(&parts.uri),
            viewer: None,
            provider: self.web.provider.name.clone(),
            demo: self.web.demo,
        }
    }

    /// Who is signed in, if anybody is.
    pub(super) async fn person(&self, headers: &HeaderMap) -> Result<Option<Person>, Fail> {
        match cookie(headers, self.session_cookie()) {
            Some(secret) => Ok(self.web.desk.session(secret).await?),
            None => Ok(None),
        }
    }

    /// One visit.
    pub(super) async fn visit(&self, parts: &Parts) -> Result<Visit, Fail> {
        let person = self.person(&parts.headers).await?;
        let mut ui = self.ui(parts, person.as_ref());
        if let Some(person) = &person {
            ui.viewer = Some(self.viewer(&ui, person).await?);
        }
        Ok(Visit { ui, person })
    }

    async fn viewer(&self, ui: &Ui, person: &Person) -> Result<Viewer, Fail> {
        let contracts = self.web.desk.contracts(person.client.as_deref()).await?;
        let only = match &contracts[..] {
            [one] => Some(one.code.clone()),
            _ => None,
        };
        let house = match &person.client {
            Some(code) => contracts.first().map_or(code, |it| &it.client_name).clone(),
            None => self.web.provider.name.clone(),
        };
        Ok(Viewer {
            name: person.name.clone(),
            role: ui.t(role(person)),
            house,
            contract: only,
            todo: self.todo(person).await?,
            orders: person.client.is_some() && person.may(Right::Request),
        })
    }

    /// How many things wait for this person; counted again only after something was committed.
    async fn todo(&self, person: &Person) -> Result<u32, Fail> {
        let rung = *self.web.desk.bell.listen().borrow();
        if let Ok(known) = self.todo.lock()
            && let Some((at, count)) = known.get(&person.id)
            && *at == rung
        {
            return Ok(*count);
        }
        let waiting = self.web.desk.inbox(person).await?;
        let count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        if let Ok(mut known) = self.todo.lock() {
            known.insert(person.id, (rung, count));
        }
        Ok(count)
    }
}

/// Message id of what a person is here for.
pub(super) fn role(person: &Person) -> &'static str {
    let roles = [
        (Right::Steer, "role-manager"),
        (Right::Operate, "role-operator"),
        (Right::Support, "role-agent"),
        (Right::Commit, "role-approver"),
        (Right::Validate, "role-approver"),
        (Right::Request, "role-requester"),
        (Right::Administer, "role-admin"),
    ];
    roles
        .iter()
        .find(|it| person.rights.contains(&it.0))
        .map_or("role-auditor", |it| it.1)
}

impl FromRequestParts<Portal> for Visit {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Fail> {
        portal.visit(parts).await
    }
}

impl FromRequestParts<Portal> for Signed {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Fail> {
        let Visit { ui, person } = portal.visit(parts).await?;
        match person {
            Some(person) => Ok(Signed { ui, person }),
            None if parts.method.is_safe() => Err(Fail::SignIn(here(&parts.uri))),
            None => Err(Fail::Forbidden),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_lead_back_to_the_same_page_without_what_was_only_for_once() {
        let uri: Uri = "/tickets/A-1?new=1&lang=en&detail=1&theme=dark"
            .parse()
            .unwrap();
        assert_eq!(here(&uri), "/tickets/A-1?detail=1");
        assert_eq!(query(&uri, "theme"), Some("dark"));
        assert_eq!(here(&"/inbox?lang=fr".parse().unwrap()), "/inbox");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=1; guichet_lang=en;b=2".parse().unwrap());
        assert_eq!(cookie(&headers, LANG), Some("en"));
        assert_eq!(cookie(&headers, "guichet"), None);
    }
}
