//! A mail scanner: opens every link of every letter, as often and as rudely as such programs do.

use super::{Scene, player};
use anyhow::ensure;

/// What a scan did.
pub(crate) struct Scan {
    /// Links opened.
    pub(crate) links: usize,
}

/// Opens every decision link with HEAD, OPTIONS and GET, twice in a row, with its end altered, and
/// sends every form back without having chosen anything. None of it may decide.
pub(crate) async fn scan(scene: &Scene, reference: &str) -> anyhow::Result<Scan> {
    let browser = player::browser()?;
    let mut links = 0;
    for kept in scene.outbox.list() {
        let Some(url) = kept.mail.link().filter(|it| it.contains("/v/")) else {
            continue;
        };
        if kept.mail.reference != reference {
            continue;
        }
        links += 1;
        browser.head(url).send().await?;
        browser
            .request(reqwest::Method::OPTIONS, url)
            .send()
            .await?;
        let page = browser.get(url).send().await?.text().await?;
        browser
            .get(url)
            .header("Sec-Purpose", "prefetch")
            .send()
            .await?;
        browser.get(format!("{url}0")).send().await?;
        let fields = player::hidden(&page);
        let sent = browser
            .post(url)
            .header("Origin", scene.base_url.as_str())
            .form(&fields)
            .send()
            .await?;
        ensure!(
            sent.status().as_u16() != 303,
            "a form without a choice was taken for an answer"
        );
    }
    Ok(Scan { links })
}
