use super::*;
use serde_json::{Value, json};

fn config(zone: Value) -> Result<SystemsConfig, serde_json::Error> {
    serde_json::from_value(json!({"zones": {"zone-a": zone}}))
}

fn connect(zone: Value) -> Result<Systems, SystemsError> {
    Systems::connect(&config(zone).expect("a configuration"))
}

fn refused(zone: Value) -> String {
    connect(zone).err().expect("a refusal").to_string()
}

#[test]
fn a_zone_has_the_systems_that_its_offer_names_and_no_others() {
    let systems = connect(json!({
        "kube": {"url": "http://127.0.0.1:1"}, "vault": {"url": "http://127.0.0.1:2"},
    }))
    .expect("a zone");
    let zone = systems.zone("zone-a").expect("the zone");
    assert!(zone.kube().is_ok() && zone.vault().is_ok());
    assert_eq!(
        zone.cluster_link().map(|it| it.host.as_str()),
        Ok("http://127.0.0.1:1")
    );
    assert_eq!(
        zone.forge().err().map(|it| it.class),
        Some(FaultClass::Guard)
    );
    assert_eq!(
        systems.zone("zone-b").err().map(|it| it.class),
        Some(FaultClass::Guard)
    );
    assert_eq!(systems.names().collect::<Vec<_>>(), ["zone-a"]);
}

/// A secret written into the configuration by mistake is refused, and not repeated in the message.
#[test]
fn a_configuration_holds_references_and_known_words_only() {
    let said = refused(json!({"forge": {"url": "https://git.invalid", "token": "canary-9"}}));
    assert!(
        said.starts_with("zone zone-a: ") && !said.contains("canary-9"),
        "{said}"
    );
    let said = refused(json!({"forge": {"url": "http://git.invalid"}}));
    assert!(said.contains("https"), "{said}");
    let said = refused(json!({"vault": {"url": "https://vault.invalid"}}));
    assert!(said.contains("address of the cluster"), "{said}");
    let absent = json!({"url": "https://git.invalid", "ca_file": "/nonexistent/ca.pem"});
    let said = refused(json!({"forge": absent}));
    assert!(said.contains("/nonexistent/ca.pem"), "{said}");
    assert!(config(json!({"forge": {"url": "https://git.invalid", "password": "x"}})).is_err());
    assert!(config(json!({"forgery": {}})).is_err());
}

#[test]
fn every_action_has_its_own_name() {
    let mut registry = Registry::default();
    register(&mut registry, Arc::default());
    for name in ["git.change", "git.manifest", "vault.ensure", "vault.login"] {
        assert!(registry.get(name).is_some(), "{name}");
    }
}
