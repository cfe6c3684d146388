//! The numbers a program says about itself, in the text form of `/metrics`.

use std::collections::BTreeMap;

/// The samples of one answer of `/metrics`.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Vec<Sample>);

#[derive(Clone, Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// Reads the text form; lines that are no sample are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Metrics(text.lines().filter_map(sample).collect())
    }

    /// Sum over the samples of that name which carry these labels; `None` when there is none, since
    /// an absent counter is not a counter at zero.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut values = self
            .0
            .iter()
            .filter(|it| it.name == name)
            .filter(|it| {
                labels
                    .iter()
                    .all(|(k, v)| it.labels.get(*k).is_some_and(|have| have == v))
            })
            .map(|it| it.value);
        let first = values.next()?;
        Some(values.fold(first, |a, b| a + b))
    }

    /// Sums of the samples of that name, by the value of one label.
    #[must_use]
    pub fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for sample in self.0.iter().filter(|it| it.name == name) {
            if let Some(value) = sample.labels.get(label) {
                *sums.entry(value.clone()).or_default() += sample.value;
            }
        }
        sums
    }
}

fn sample(line: &str) -> Option<Sample> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (name, rest) = line.split_at(line.find(|c: char| c == '{' || c.is_whitespace())?);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// The labels up to the closing brace, and what follows it.
fn labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    let mut rest = text.trim_start();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                other => value.push(other),
            }
        }
        labels.insert(name.trim().to_owned(), value);
        rest = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_by_name_and_labels() {
        let metrics = Metrics::parse(
            "# HELP sent_total Sent.\nsent_total{integration=\"webhook\",to=\"a}\\\"b\"} 2\n\
             sent_total{integration=\"webhook\"} 3 1700000000\n\
             sent_total{integration=\"email\"} 7\n\
             at_seconds 1.7953391381211522e+09\n",
        );
        assert_eq!(
            metrics.sum("sent_total", &[("integration", "webhook")]),
            Some(5.0)
        );
        assert_eq!(metrics.sum("sent_total", &[]), Some(12.0));
        assert_eq!(metrics.sum("sent_total", &[("to", "a}\"b")]), Some(2.0));
        let by = metrics.by("sent_total", "integration");
        assert_eq!(by, [("email".into(), 7.0), ("webhook".into(), 5.0)].into());
        assert_eq!(
            metrics.sum("at_seconds", &[]),
            Some(1_795_339_138.121_152_2)
        );
        assert_eq!(metrics.sum("sent_total", &[("integration", "sns")]), None);
        assert_eq!(metrics.sum("absent", &[]), None);
    }
}
