//! Addresses, paths, durations and digests.

use super::refused;
use serde_json::json;

#[test]
fn addresses() {
    for wrong in [
        "acme.fr",
        "ftp://acme.fr/",
        "javascript:alert(1)",
        "https://",
        "http://a b/",
    ] {
        refused("K13", json!({ "url": wrong }), &[("/url", "form.url")]);
    }
    let secret = json!({ "url": "https://me:secret@acme.fr/" });
    refused("K13", secret, &[("/url", "form.url.credentials")]);
    refused(
        "K12",
        json!({ "url": "http://am.acme.fr" }),
        &[("/url", "form.url")],
    );
    for inside in [
        "https://localhost/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://169.254.169.254/",
        "https://am.monitoring.svc/",
        "https://am.monitoring.svc.cluster.local:9093/",
    ] {
        refused(
            "K12",
            json!({ "url": inside }),
            &[("/url", "form.host.internal")],
        );
    }
    for wrong in [
        "127.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
    ] {
        refused(
            "K10",
            json!({ "ip": wrong }),
            &[("/ip", "form.ip.reserved")],
        );
    }
    refused("K10", json!({ "ip": "10.0.0" }), &[("/ip", "form.ip")]);
    for wrong in ["single", "a..fr", "-a.fr", "a b.fr", "10.0.0.1"] {
        refused(
            "K10",
            json!({ "hostnames": [wrong] }),
            &[("/hostnames/0", "form.host")],
        );
    }
    let internal = json!({ "hostnames": ["db.shop.svc"] });
    refused("K10", internal, &[("/hostnames/0", "form.host.internal")]);
}

#[test]
fn paths_of_a_repository() {
    for wrong in [
        "/manifests/a",
        "manifests/../a",
        "manifests/a..b",
        "manifests/.git/config",
        "manifests/.GIT/config",
        "manifests//a",
        "manifests/./a",
        "manifests/a b",
        "manifests/",
        "manifests",
        "docker/a",
        "manifests/é",
        "manifests\\a",
    ] {
        refused("C01", json!({ "path": wrong }), &[("/path", "form.path")]);
    }
    let long = format!("manifests/{}", "a".repeat(300));
    refused("C01", json!({ "path": long }), &[("/path", "form.length")]);
    for wrong in ["app", "../app", "acme/..", "acme/app/more"] {
        refused(
            "C01",
            json!({ "repo": wrong }),
            &[("/repo", "form.pattern")],
        );
    }
}

#[test]
fn durations_and_digests() {
    refused(
        "K08",
        json!({ "period": "30" }),
        &[("/period", "form.duration")],
    );
    refused(
        "K08",
        json!({ "period": "23h" }),
        &[("/period", "form.range")],
    );
    refused(
        "K08",
        json!({ "period": "1096d" }),
        &[("/period", "form.range")],
    );
    refused(
        "K09",
        json!({ "five_min": "20d" }),
        &[("/raw", "form.order")],
    );
    let reference = json!({ "script_ref": "main" });
    refused("K07", reference, &[("/script_ref", "form.digest")]);
}
