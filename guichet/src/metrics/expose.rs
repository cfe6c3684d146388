//! The text of the figures, in the two forms that scrapers ask for.

use prometheus_client::{encoding::text, registry::Registry};
use std::fmt::{self, Write};

/// A form of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    Open,
    /// The older text format of Prometheus, 0.0.4.
    Classic,
}

impl Format {
    /// The form that a scraper asks for in its `Accept`; the classic one when it does not say.
    #[must_use]
    pub fn asked(accept: &str) -> Format {
        match accept.contains("application/openmetrics-text") {
            true => Format::Open,
            false => Format::Classic,
        }
    }

    /// The media type.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Format::Open => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    pub(super) fn text(self, registry: &Registry) -> Result<String, fmt::Error> {
        let mut open = String::new();
        text::encode(&mut open, registry)?;
        match self {
            Format::Open => Ok(open),
            Format::Classic => classic(&open),
        }
    }
}

/// The same figures in the older format. There a family bears the very name of its samples, while
/// OpenMetrics leaves `_total` and `_info` out of it; units and the end mark are unknown.
fn classic(open: &str) -> Result<String, fmt::Error> {
    let mut out = String::with_capacity(open.len());
    let mut help = None;
    for line in open.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|it| it.split_once(' '))
        {
            let (ending, kind) = match kind {
                "counter" => ("_total", kind),
                "info" => ("_info", "gauge"),
                _ => ("", kind),
            };
            if let Some((_, words)) = help.take().filter(|it| it.0 == name) {
                writeln!(out, "# HELP {name}{ending} {words}")?;
            }
            writeln!(out, "# TYPE {name}{ending} {kind}")?;
        } else if !line.starts_with('#') {
            writeln!(out, "{line}")?;
        }
    }
    Ok(out)
}
