//! `journal proof` and `journal consistency`: what whoever doubts can verify alone.

use super::{
    args::Tree,
    end::{OK, Stop},
    here::Here,
    print::facts,
};
use catalogue::Lang;
use engine::audit::proof::{Consistency, Inclusion};

/// Runs `journal proof`.
///
/// # Errors
/// There is no such record among so many, or it is another client's.
pub async fn inclusion(here: &Here, seq: u64, of: &Tree) -> Result<u8, Stop> {
    let client = client(here, of).await?;
    let found = here.desk().inclusion(&client, seq, of.size).await?;
    let it = found.ok_or_else(|| missing(&client, seq, of))?;
    here.out.show(&it, || included(here, &it))?;
    Ok(OK)
}

/// Runs `journal consistency`.
///
/// # Errors
/// There never were so many records, or they are another client's.
pub async fn consistency(here: &Here, from: u64, of: &Tree) -> Result<u8, Stop> {
    let client = client(here, of).await?;
    let found = here.desk().consistency(&client, from, of.size).await?;
    let it = found.ok_or_else(|| missing(&client, from, of))?;
    here.out.show(&it, || grown(here, &it))?;
    Ok(OK)
}

async fn client(here: &Here, of: &Tree) -> Result<String, Stop> {
    let own = here.viewer().await?.and_then(|it| it.client);
    match (own, &of.client) {
        (Some(own), Some(other)) if own != *other => Err(Stop::missing(other)),
        (Some(own), _) => Ok(own),
        (None, Some(client)) => Ok(client.clone()),
        (None, None) => Err(Stop::usage(
            "Nommez le client dont c’est le journal.",
            "Name the client whose journal it is.",
        )
        .hint("guichet journal proof N --client CODE")),
    }
}

fn missing(client: &str, number: u64, of: &Tree) -> Stop {
    let among = of.size.map_or(String::new(), |it| format!(" / {it}"));
    Stop::missing(&format!("{client} {number}{among}")).hint("guichet journal heads")
}

fn words(lang: Lang, fr: String, en: String) -> String {
    match lang {
        Lang::Fr => fr,
        Lang::En => en,
    }
}

fn included(here: &Here, it: &Inclusion) -> String {
    let out = &here.out;
    let (client, seq, size) = (&it.client, it.seq, it.size);
    let head = words(
        out.lang,
        format!("L’enregistrement {client} {seq} est parmi les {size} premiers.\n"),
        format!("Record {client} {seq} is among the first {size}.\n"),
    );
    head + &facts(&[
        (out.pick("Feuille", "Leaf"), it.leaf.clone()),
        (out.pick("Empreinte", "Hash"), it.leaf_hash.clone()),
        (out.pick("Chemin", "Path"), it.path.join(" ")),
        (out.pick("Racine", "Root"), it.root.clone()),
    ])
}

fn grown(here: &Here, it: &Consistency) -> String {
    let out = &here.out;
    let (client, from, size) = (&it.client, it.from, it.size);
    let head = words(
        out.lang,
        format!("Les {size} enregistrements de {client} continuent les {from} premiers.\n"),
        format!("The {size} records of {client} go on from the first {from}.\n"),
    );
    head + &facts(&[
        (
            out.pick("Racine avant", "Root before"),
            it.from_root.clone(),
        ),
        (out.pick("Chemin", "Path"), it.path.join(" ")),
        (out.pick("Racine", "Root"), it.root.clone()),
    ])
}
