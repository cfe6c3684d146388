//! Every page in both languages: valid enough, accessible enough, and nothing a page must not do.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its scene has failed"
)]

mod decision_samples;
mod order_samples;
mod samples;
mod ticket_samples;
mod words;

use catalogue::Lang;
use samples::{Page, pages};
use std::collections::BTreeSet;

/// Values of the attribute `name` in the order they occur.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\""))
        .skip(1)
        .filter_map(|it| it.split('"').next())
        .collect()
}

/// The opening tags of element `name`.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split('<')
        .skip(1)
        .filter(|it| {
            it.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with([' ', '>', '\n']))
        })
        .filter_map(|it| it.split('>').next())
        .collect()
}

fn every_page(look: impl Fn(&Page)) {
    for lang in [Lang::Fr, Lang::En] {
        for page in pages(lang) {
            look(&page);
        }
    }
}

#[test]
fn a_page_has_one_title_one_main_and_its_language() {
    every_page(
        |Page {
             name, lang, html, ..
         }| {
            assert_eq!(tags(html, "h1").len(), 1, "{name}: one h1");
            assert_eq!(tags(html, "main").len(), 1, "{name}: one main");
            assert!(html.starts_with("<!doctype html>\n<html lang=\""), "{name}");
            assert_eq!(attributes(html, "lang")[0], *lang, "{name}: language");
            let title = html
                .split("<title>")
                .nth(1)
                .and_then(|it| it.split("</title>").next());
            assert!(
                title.is_some_and(|it| it.ends_with(" — Guichet") && it.len() > 14),
                "{name}"
            );
        },
    );
}

#[test]
fn every_control_has_a_label_and_every_reference_an_end() {
    every_page(|Page { name, html, .. }| {
        let ids: Vec<&str> = attributes(html, "id");
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "{name}: ids are unique in {ids:?}");
        let labelled: BTreeSet<&str> = attributes(html, "for").into_iter().collect();
        for element in ["input", "select", "textarea"] {
            for tag in tags(html, element) {
                if tag.contains(r#"type="hidden""#) {
                    continue;
                }
                let id = attributes(tag, "id");
                assert!(
                    id.first().is_some_and(|it| labelled.contains(it)),
                    "{name}: {tag}"
                );
            }
        }
        for reference in ["aria-describedby", "aria-labelledby", "for"] {
            for id in attributes(html, reference)
                .into_iter()
                .flat_map(str::split_whitespace)
            {
                assert!(
                    known.contains(id),
                    "{name}: {reference} leads to {id}, which is not there"
                );
            }
        }
        for target in attributes(html, "href")
            .into_iter()
            .filter_map(|it| it.strip_prefix('#'))
        {
            assert!(known.contains(target), "{name}: #{target} leads nowhere");
        }
    });
}

#[test]
fn no_page_carries_script_or_style_of_its_own() {
    every_page(|Page { name, html, .. }| {
        for banned in [
            "<script",
            "<style",
            " style=",
            " onclick=",
            " onload=",
            "javascript:",
        ] {
            assert!(!html.contains(banned), "{name}: {banned}");
        }
        assert!(
            !html.contains("http://") && !html.contains("https://"),
            "{name}: third party"
        );
    });
}

#[test]
fn no_page_shows_a_message_id_or_a_hole() {
    every_page(|Page { name, html, .. }| {
        assert!(
            !html.contains('⟦'),
            "{name}: {}",
            html.split('⟦').nth(1).unwrap_or_default()
        );
        let words = text(html);
        for hole in ["{ $", "{$", "{{", "{%"] {
            assert!(!words.contains(hole), "{name}: {hole}");
        }
    });
}

/// What a reader sees: no tags, no code blocks.
fn text(html: &str) -> String {
    html.split('<')
        .filter_map(|it| it.split_once('>'))
        .map(|it| it.1)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn nothing_is_preselected_where_a_person_decides() {
    let mut seen = 0;
    every_page(
        |Page {
             name,
             html,
             decides,
             ..
         }| {
            if *decides {
                assert_eq!(
                    tags(html, "input")
                        .iter()
                        .filter(|it| it.contains("checked"))
                        .count(),
                    0
                );
                let radios = tags(html, "input")
                    .iter()
                    .filter(|it| it.contains("radio"))
                    .count();
                assert_eq!(radios, 2, "{name}: two choices on one page");
                assert_eq!(
                    tags(html, "button").len() - usize::from(html.contains("sign-out")),
                    1
                );
            }
        },
    );
    for page in pages(Lang::Fr) {
        seen += usize::from(page.decides);
    }
    assert!(seen >= 3, "decision pages were looked at");
}

#[test]
fn what_a_link_opens_is_light() {
    every_page(|Page { name, html, .. }| {
        if ["link", "link-error", "receipt", "gone", "renewed"].contains(name) {
            assert!(html.len() <= 10_000, "{name} is {} bytes", html.len());
            assert!(
                !html.contains("/sign-out"),
                "{name}: no session is needed or shown"
            );
        }
        assert!(html.len() <= 60_000, "{name} is {} bytes", html.len());
    });
}

#[test]
fn a_link_about_very_many_objects_stays_light_and_says_what_it_leaves_out() {
    let html = askama::Template::render(&decision_samples::heavy_link(Lang::Fr)).unwrap();
    assert!(html.len() <= 10_000, "{} bytes", html.len());
    assert!(html.contains("object-19") && html.contains("180 autres chemins changent"));
}

#[test]
fn what_people_wrote_is_never_markup() {
    every_page(|Page { name, html, .. }| {
        assert!(
            !html.contains("<b>frontaux"),
            "{name}: a title was taken for HTML"
        );
    });
    let ticket = pages(Lang::Fr)
        .into_iter()
        .find(|it| it.name == "ticket")
        .unwrap();
    assert!(
        ticket.html.contains("&#60;b&#62;frontaux"),
        "the sample does contain markup"
    );
}

#[test]
fn a_wrong_form_says_so_in_title_summary_and_field_and_keeps_the_values() {
    for (lang, word) in [(Lang::Fr, "Erreur\u{a0}: "), (Lang::En, "Error: ")] {
        let page = pages(lang)
            .into_iter()
            .find(|it| it.name == "order-error")
            .unwrap();
        assert!(page.html.contains(&format!("<title>{word}")), "title");
        assert!(page.html.contains(r#"role="alert""#) && page.html.contains("href=\"#f-max\""));
        assert!(page.html.contains(r#"id="f-max-e""#) && page.html.contains("f-max-h f-max-e"));
        assert!(
            page.html.contains(r#"value="30""#),
            "what was typed is kept"
        );
    }
}

#[test]
fn both_prices_are_printed_beside_the_choice() {
    let page = pages(Lang::Fr)
        .into_iter()
        .find(|it| it.name == "order")
        .unwrap();
    let words = text(&page.html);
    assert!(
        words.contains("2\u{a0}tokens") && words.contains("4\u{a0}tokens"),
        "S7, S13"
    );
    assert!(
        words.contains("2 utilisés sur 6"),
        "S14: the counter is visible before ordering"
    );
}

#[test]
fn secrets_are_masked_on_the_ticket_page() {
    for page in pages(Lang::Fr).into_iter().filter(|it| it.name == "ticket") {
        assert!(
            page.html
                .contains("valeur masquée, empreinte sha256:77e1a9…"),
            "shown as digest"
        );
        assert!(!page.html.contains("s3cr3t"));
    }
}

#[test]
fn unknown_and_forbidden_are_the_same_page() {
    let page = pages(Lang::Fr)
        .into_iter()
        .find(|it| it.name == "not-found")
        .unwrap();
    assert!(text(&page.html).contains("Introuvable ou non accessible avec votre compte"));
}

/// `PAGES_DIR=/somewhere cargo test -p guichet --test pages -- --ignored` to look at them.
#[test]
#[ignore = "writes files for a person to look at"]
fn write_the_pages_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("PAGES_DIR").expect("PAGES_DIR is set"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("guichet.css"), guichet::pages::assets::CSS).unwrap();
    every_page(
        |Page {
             name, lang, html, ..
         }| {
            let html = html.replace(guichet::pages::assets::css_path(), "guichet.css");
            std::fs::write(folder.join(format!("{name}-{lang}.html")), html).unwrap();
        },
    );
}
