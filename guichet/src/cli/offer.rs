//! `catalogue` and `price`: what can be ordered. Needs no database.

use super::{
    args::{Catalogue as Verb, PriceOf},
    end::{OK, Stop, UNVERIFIED},
    here,
    print::{Printer, facts, line, table, wrap},
};
use crate::{
    app, format,
    http::api::views::{
        catalogue::{Item, Line},
        quote::Quote,
    },
};
use adapters::systems::Systems;
use catalogue::{Catalogue, Lang, Speed};
use engine::ticket::Refusal;
use serde_json::json;
use std::sync::Arc;
use workflows::{Registry, Workflows, draw};

/// The rules built into the program.
struct Rules {
    catalogue: Catalogue,
    workflows: Workflows,
    registry: Registry,
}

fn rules() -> Result<Rules, Stop> {
    // Only the names of the actions matter here: no system is needed to know them.
    let (catalogue, workflows, registry) = app::rules(Arc::new(Systems::default()))?;
    Ok(Rules {
        catalogue,
        workflows,
        registry,
    })
}

/// Runs `catalogue …`.
///
/// # Errors
/// An unknown line, or rules with faults.
pub fn catalogue(verb: &Verb, out: &Printer) -> Result<u8, Stop> {
    if let Verb::Lint = verb {
        return lint(out);
    }
    let rules = rules()?;
    match verb {
        Verb::List { words } => list(&rules, &words.join(" "), out)?,
        Verb::Show { line } => show(&rules, line, out)?,
        Verb::Graph { line, svg, mermaid } => graph(&rules, line, *svg, *mermaid, out)?,
        Verb::Lint => {}
    }
    Ok(OK)
}

fn price_of(item: &Item, out: &Printer) -> String {
    match (item.pricing, item.tokens) {
        ("tranche", Some(tokens)) => {
            let each = out.pick("par tranche", "a tranche");
            format!("{} {each}", format::tokens(out.lang, i64::from(tokens)))
        }
        (_, Some(tokens)) => format::tokens(out.lang, i64::from(tokens)),
        ("time_and_materials", None) => out.pick("au temps passé", "time spent").to_owned(),
        (_, None) => out.pick("sur devis", "on quote").to_owned(),
    }
}

fn list(rules: &Rules, words: &str, out: &Printer) -> Result<(), Stop> {
    let found = rules.catalogue.search(words);
    let item = |it: &&catalogue::Entry| Item::of(it, &rules.workflows, &rules.registry);
    let mut items: Vec<Item> = found.iter().map(item).collect();
    if words.is_empty() {
        let place = |code: &str| rules.catalogue.iter().position(|it| it.code == code);
        items.sort_by_key(|it| place(&it.code));
    }
    out.show(&items, || {
        let head = match out.lang {
            Lang::Fr => ["CODE", "PRIX", "TITRE"],
            Lang::En => ["CODE", "PRICE", "TITLE"],
        };
        let rows: Vec<Vec<String>> = items
            .iter()
            .map(|it| {
                let title = out.pick(&it.title, &it.title_en);
                vec![it.code.clone(), price_of(it, out), title.to_owned()]
            })
            .collect();
        table(&head, &rows)
    })
}

fn entry<'r>(rules: &'r Rules, line: &str) -> Result<&'r catalogue::Entry, Stop> {
    let found = rules.catalogue.get(line);
    found.ok_or_else(|| Stop::from(Refusal::UnknownLine(line.to_owned())))
}

fn show(rules: &Rules, code: &str, out: &Printer) -> Result<(), Stop> {
    let entry = entry(rules, code)?;
    let it = Line::of(entry, &rules.workflows, &rules.registry, out.lang);
    out.show(&it, || {
        let class = match (it.item.class.as_str(), out.lang) {
            ("simple", Lang::Fr) => "changement simple",
            (_, Lang::Fr) => "changement complexe",
            ("simple", Lang::En) => "simple change",
            (_, Lang::En) => "complex change",
        };
        let title = out.pick(&it.item.title, &it.item.title_en);
        let mut text = wrap(&format!("{}  {title}", it.item.code), "");
        text += &wrap(&it.summary, "");
        text.push('\n');
        let hand = match it.item.automated {
            true => out.pick("automatisé", "automated"),
            false => out.pick(
                "avec des étapes faites à la main",
                "with steps done by hand",
            ),
        };
        text += &facts(&[
            (out.pick("Nom", "Name"), it.item.key.clone()),
            (
                out.pick("Prix", "Price"),
                format!("{}, {class}", price_of(&it.item, out)),
            ),
            (out.pick("Réalisation", "Done"), hand.to_owned()),
        ]);
        text += &format!("\n{}\n", out.pick("À renseigner", "To fill in"));
        for field in &it.fields {
            let need = match (field.required, &field.default) {
                (true, _) => out.pick("obligatoire", "required").to_owned(),
                (false, Some(value)) => format!("{} {value}", out.pick("par défaut", "default")),
                (false, None) => out.pick("facultatif", "optional").to_owned(),
            };
            text += &wrap(
                &format!("--set {}=…  {} ({need})", field.name, field.label),
                "  ",
            );
            if !field.hint.is_empty() {
                text += &wrap(&field.hint, "      ");
            }
        }
        if !it.notes.is_empty() {
            text += &format!("\n{}\n", out.pick("À savoir", "To know"));
            it.notes.iter().for_each(|note| text += &wrap(note, "  "));
        }
        text += &format!("\n{}\n", out.pick("Déroulé", "Steps"));
        for (n, task) in it.tasks.iter().enumerate() {
            text += &wrap(&format!("{}. {}", n + 1, task.title), "  ");
        }
        text
    })
}

fn graph(rules: &Rules, line: &str, svg: bool, mermaid: bool, out: &Printer) -> Result<(), Stop> {
    let name = rules
        .catalogue
        .get(line)
        .map_or(line, |it| it.workflow.as_str());
    let flow = rules.workflows.get(name);
    let flow = flow.ok_or_else(|| Stop::from(Refusal::UnknownLine(line.to_owned())))?;
    draw_nodes(&flow.draw_nodes(out.lang), svg, mermaid, out)
}

/// Prints a drawing in the form asked for.
///
/// # Errors
/// Standard output failed.
pub fn draw_nodes(
    nodes: &[draw::DrawNode],
    svg: bool,
    mermaid: bool,
    out: &Printer,
) -> Result<(), Stop> {
    if out.json.is_some() {
        return out.show(&nodes, String::new);
    }
    line(&match (svg, mermaid) {
        (true, _) => draw::svg(nodes, out.lang),
        (_, true) => draw::mermaid(nodes),
        _ => draw::text(nodes),
    })
}

fn lint(out: &Printer) -> Result<u8, Stop> {
    let mut faults: Vec<String> = Vec::new();
    let (mut lines, mut flows) = (0, 0);
    match Catalogue::embedded() {
        Ok(it) => lines = it.iter().count(),
        Err(all) => faults.extend(all.0.iter().map(ToString::to_string)),
    }
    match Workflows::embedded() {
        Ok(it) => flows = it.iter().count(),
        Err(all) => faults.extend(all.iter().map(ToString::to_string)),
    }
    if faults.is_empty() {
        let rules = rules()?;
        for entry in rules.catalogue.iter() {
            faults.extend(disagreement(&rules, entry, out.lang));
        }
    }
    let ok = faults.is_empty() && lines > 0 && flows > 0;
    let report = json!({"ok": ok, "lines": lines, "workflows": flows, "faults": faults});
    out.show(&report, || {
        let mut text: String = faults.iter().map(|it| wrap(it, "")).collect();
        text += &match (ok, out.lang) {
            (true, Lang::Fr) => {
                format!("{lines} lignes et {flows} procédures vérifiées, aucune erreur.")
            }
            (true, Lang::En) => format!("{lines} lines and {flows} workflows checked, no fault."),
            (false, Lang::Fr) => format!("{} erreurs.", faults.len()),
            (false, Lang::En) => format!("{} faults.", faults.len()),
        };
        text
    })?;
    Ok(if ok { OK } else { UNVERIFIED })
}

/// What a line and its workflow do not agree on.
fn disagreement(rules: &Rules, entry: &catalogue::Entry, lang: Lang) -> Option<String> {
    let Some(flow) = rules.workflows.get(&entry.workflow) else {
        let (code, name) = (&entry.code, &entry.workflow);
        return Some(match lang {
            Lang::Fr => format!("{code}\u{a0}: la procédure {name} n’existe pas"),
            Lang::En => format!("{code}: there is no workflow {name}"),
        });
    };
    let tokens = entry.unit_tokens().map(|it| it.0);
    let wrong = workflows::lint_price(flow, tokens).err()?;
    Some(format!("{}: {}", entry.code, wrong.get(lang)))
}

/// Runs `price`.
///
/// # Errors
/// An unknown line, faults in the answers, or a quoted line that was to be accelerated.
pub fn price(asked: &PriceOf, out: &Printer) -> Result<u8, Stop> {
    let rules = rules()?;
    let entry = entry(&rules, &asked.line)?;
    let raw = here::answers(&asked.answers)?;
    let speed = if asked.accelerated {
        Speed::Accelerated
    } else {
        Speed::Normal
    };
    let help = || format!("guichet catalogue show {}", entry.code);
    let quote = Quote::of(entry, &raw, speed, out.lang).map_err(|it| {
        let stop = Stop::from(it);
        if stop.hint.is_some() {
            stop
        } else {
            stop.hint(help())
        }
    })?;
    out.show(&quote, || match quote.tokens {
        Some(tokens) => {
            let total = format::tokens(out.lang, i64::from(tokens));
            format!("{}  {}\n{}", entry.code, total, wrap(&quote.formula, "  "))
        }
        None => format!("{}  {}", entry.code, quote.formula),
    })?;
    Ok(OK)
}
