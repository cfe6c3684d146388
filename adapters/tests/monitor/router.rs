//! The offline router against the router of the real program.

use adapters::monitor::{Router, document};
use std::{collections::BTreeMap, process::Command};

/// A small generator of numbers; the same seed gives the same trees everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const NAMES: [&str; 4] = ["team", "env", "severity", "alertname"];
const VALUES: [&str; 5] = ["a", "b", "prod", "page", "x y"];

fn routes(dice: &mut Dice, depth: usize, indent: &str, out: &mut String) {
    for _ in 0..1 + dice.roll(3) {
        out.push_str(&format!("{indent}- continue: {}\n", dice.roll(3) == 0));
        if dice.roll(4) > 0 {
            out.push_str(&format!("{indent}  receiver: r{}\n", dice.roll(6)));
        }
        let (name, value) = (dice.pick(&NAMES), dice.pick(&VALUES));
        out.push_str(&match dice.roll(5) {
            0 => format!("{indent}  match: {{{name}: '{value}'}}\n"),
            1 => format!("{indent}  match_re: {{{name}: '{value}|p.*'}}\n"),
            2 => format!("{indent}  matchers: ['{name}!=\"{value}\"']\n"),
            3 => format!("{indent}  matchers: ['{name}=~\"{value}|.?\", env!~\"p.+\"']\n"),
            _ => format!("{indent}  matchers: ['{{{name}=\"{value}\"}}']\n"),
        });
        if depth > 0 && dice.roll(2) == 0 {
            out.push_str(&format!("{indent}  routes:\n"));
            routes(dice, depth - 1, &format!("{indent}  "), out);
        }
    }
}

#[test]
fn real_alertmanager_routes_as_our_router_does_on_generated_trees() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("alertmanager.yml");
    let (mut dice, mut cases, mut branched) = (Dice(2026), 0, 0);
    for _ in 0..20 {
        let mut text = String::from("route:\n  receiver: r0\n  routes:\n");
        routes(&mut dice, 2, "  ", &mut text);
        text.push_str("receivers:\n");
        for number in 0..6 {
            text.push_str(&format!("- name: r{number}\n"));
        }
        std::fs::write(&file, &text).unwrap();
        let router = Router::of(&document::parse(&text).unwrap()).unwrap();
        for _ in 0..3 {
            let labels: BTreeMap<String, String> = (0..dice.roll(4))
                .map(|_| (dice.pick(&NAMES).to_owned(), dice.pick(&VALUES).to_owned()))
                .collect();
            let output = Command::new("amtool")
                .args(["config", "routes", "test"])
                .arg(format!("--config.file={}", file.display()))
                .args(labels.iter().map(|(name, value)| format!("{name}={value}")))
                .output()
                .expect("amtool is installed with Alertmanager");
            assert!(output.status.success(), "{output:?}\n{text}");
            let real = String::from_utf8(output.stdout).unwrap();
            let ours = router.receivers(&labels);
            assert_eq!(ours.join(","), real.trim(), "{labels:?}\n{text}");
            cases += 1;
            branched += usize::from(ours != ["r0"]);
        }
    }
    assert_eq!(cases, 60);
    assert!(branched > 20, "most alerts leave the root: {branched}");
}
