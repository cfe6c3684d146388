//! Coming in: by local account, or as a person of the demonstration.

use askama::Template;

use super::{
    Ui,
    fields::{Faults, Field},
};

/// The sign-in page.
#[derive(Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage {
    /// Voice.
    pub ui: Ui,
    /// Login and password.
    pub fields: Vec<Field>,
    /// What was wrong; never says which of the two.
    pub faults: Faults,
    /// Where to go afterwards.
    pub next: String,
}

/// The persons of the demonstration.
#[derive(Template)]
#[template(path = "pages/personas.html")]
pub struct PersonasPage {
    /// Voice.
    pub ui: Ui,
    /// The persons.
    pub personas: Vec<Persona>,
    /// What to try, in order.
    pub tour: Vec<String>,
}

/// One person of the demonstration.
#[derive(Clone, Debug)]
pub struct Persona {
    /// Login.
    pub login: String,
    /// Name.
    pub name: String,
    /// What they do.
    pub role: String,
    /// For whom.
    pub house: String,
    /// What one sees as this person.
    pub sees: String,
}
