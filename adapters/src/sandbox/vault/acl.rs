//! What a token's policies let it read: the longest matching path of all its policies decides, and
//! there `deny` wins.

use regex_lite::Regex;
use std::{collections::BTreeMap, sync::LazyLock};

static RULE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"path\s+"([^"]+)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}"#;
    Regex::new(pattern).expect("a fixed pattern compiles")
});

/// Whether these policies let their holder use `capability` on `path`.
pub(super) fn allows<'a>(
    policies: impl Iterator<Item = &'a str>,
    (accessor, metadata): (&str, &BTreeMap<String, String>),
    path: &str,
    capability: &str,
) -> bool {
    let mut best: Option<(usize, Vec<String>)> = None;
    for policy in policies {
        let policy = filled(policy, accessor, metadata);
        for rule in RULE.captures_iter(&policy) {
            let Some(weight) = weight(&rule[1], path) else {
                continue;
            };
            let quoted = rule[2]
                .split(',')
                .map(|it| it.trim().trim_matches('"').to_owned());
            match &mut best {
                Some((longest, _)) if *longest > weight => {}
                Some((longest, can)) if *longest == weight => can.extend(quoted),
                _ => best = Some((weight, quoted.collect())),
            }
        }
    }
    best.is_some_and(|(_, can)| {
        can.iter().any(|it| it == capability) && !can.iter().any(|it| it == "deny")
    })
}

/// The policy with what is known of its holder; a name nobody knows matches no path.
fn filled(policy: &str, accessor: &str, metadata: &BTreeMap<String, String>) -> String {
    metadata
        .iter()
        .fold(policy.to_owned(), |policy, (key, value)| {
            let name = format!("{{{{identity.entity.aliases.{accessor}.metadata.{key}}}}}");
            policy.replace(&name, value)
        })
}

/// How closely the rule's path fits, if it fits.
fn weight(rule: &str, path: &str) -> Option<usize> {
    match rule.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix).then_some(2 * prefix.len()),
        None => (rule == path).then_some(2 * rule.len() + 1),
    }
}
