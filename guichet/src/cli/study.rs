//! `study …`: off-catalogue requests (S19–S30).

use super::{
    args::Study as Verb,
    end::{OK, Stop},
    here::{self, Here},
    look::show,
    ticket::on_behalf,
};
use crate::http::api::acts::{ItemBody, LineBody, conclude, reclassify};
use catalogue::Tokens;
use engine::ticket::{Command, Study};
use serde::de::DeserializeOwned;
use std::path::Path;

/// Runs `study …`.
///
/// # Errors
/// Refused whole.
pub async fn study(here: &Here, verb: &Verb) -> Result<u8, Stop> {
    let (reference, command) = match verb {
        Verb::New {
            title,
            need,
            contract,
            on_behalf_of,
        } => {
            let actor = here.person().await?;
            let (other, client) = on_behalf(here, &actor, on_behalf_of.as_deref()).await?;
            let contract = here
                .contract(contract.as_deref(), client.as_deref())
                .await?;
            let (title, need) = (title.clone(), need.clone());
            let command = Command::OpenStudy(Study {
                title,
                need,
                on_behalf_of: other.map(|it| it.id),
            });
            let caller = here.caller(&actor);
            let made = here
                .desk()
                .create(&contract.client, &contract.code, command, caller)
                .await?;
            show(here, &made, true).await?;
            return Ok(OK);
        }
        Verb::Show(it) => {
            let ticket = here.ticket(&it.reference).await?;
            if ticket.study.is_none() {
                return Err(Stop::missing(&it.reference));
            }
            show(here, &ticket, false).await?;
            return Ok(OK);
        }
        Verb::Propose { reference, slots } => {
            let slots = slots
                .iter()
                .map(|it| here::moment(it))
                .collect::<Result<_, _>>()?;
            (reference, Command::ProposeCall { slots })
        }
        Verb::Choose { reference, slot } => (
            reference,
            Command::ChooseCall {
                slot: here::moment(slot)?,
            },
        ),
        Verb::Minutes {
            reference,
            text,
            attendees,
        } => {
            let (minutes, attendees) = (text.clone(), attendees.clone());
            (reference, Command::RecordCall { minutes, attendees })
        }
        Verb::Reclassify {
            reference,
            file,
            line,
            answers,
        } => {
            let lines: Vec<LineBody> = match (file, line) {
                (Some(file), _) => json(file)?,
                (None, Some(line)) => {
                    vec![LineBody {
                        line: line.clone(),
                        values: here::answers(answers)?,
                    }]
                }
                (None, None) => Vec::new(),
            };
            (reference, reclassify(&here.desk().catalogue, lines)?)
        }
        Verb::Estimate {
            reference,
            tokens,
            effort_days,
            lead_days,
        } => {
            let (effort_days, lead_days) = (*effort_days, *lead_days);
            (
                reference,
                Command::Estimate {
                    tokens: Tokens(*tokens),
                    effort_days,
                    lead_days,
                },
            )
        }
        Verb::Conclude {
            reference,
            feasible,
            why,
            file,
            ..
        } => {
            let items: Vec<ItemBody> = file.as_deref().map(json).transpose()?.unwrap_or_default();
            (
                reference,
                conclude(&here.desk().catalogue, *feasible, why.clone(), items)?,
            )
        }
    };
    let ticket = here.send(reference, command).await?;
    show(here, &ticket, false).await?;
    Ok(OK)
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Stop> {
    serde_json::from_str(&here::read(path)?).map_err(|why| {
        let path = path.display();
        Stop::usage(format!("{path}\u{a0}: {why}"), format!("{path}: {why}"))
    })
}
