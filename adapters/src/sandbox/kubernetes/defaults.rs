//! What the server fills in when a body leaves it out.

use serde_json::{Value, json};

/// Fills in the defaults of a built-in kind.
pub(super) fn fill(kind: &str, object: &mut Value) {
    match kind {
        "Pod" => {
            pod_spec(&mut object["spec"]);
            or(&mut object["spec"], "serviceAccountName", json!("default"));
            or(&mut object["spec"], "enableServiceLinks", json!(true));
        }
        "Deployment" => deployment(&mut object["spec"]),
        "ReplicaSet" => {
            or(&mut object["spec"], "replicas", json!(1));
            pod_spec(&mut object["spec"]["template"]["spec"]);
        }
        "Job" => job(&mut object["spec"]),
        "Secret" => secret(object),
        "Service" => service(&mut object["spec"]),
        "Node" => drop_false(&mut object["spec"], "unschedulable"),
        "MutatingWebhookConfiguration" => webhooks(object),
        "RoleBinding" | "ClusterRoleBinding" => subjects(object),
        "Namespace" => {
            object["spec"]["finalizers"] = json!(["kubernetes"]);
            let name = object["metadata"]["name"].clone();
            if name.is_string() {
                object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            }
        }
        _ => {}
    }
}

fn or(object: &mut Value, name: &str, default: Value) {
    if object[name].is_null() {
        object[name] = default;
    }
}

/// A plain boolean that is false has no place in the stored form.
fn drop_false(object: &mut Value, name: &str) {
    if object[name] == false
        && let Some(map) = object.as_object_mut()
    {
        map.remove(name);
    }
    if object.is_null() {
        *object = json!({});
    } else if object[name].is_null()
        && let Some(map) = object.as_object_mut()
    {
        map.remove(name);
    }
}

fn list<'a>(object: &'a mut Value, name: &str) -> std::slice::IterMut<'a, Value> {
    match object.get_mut(name) {
        Some(Value::Array(list)) => list.iter_mut(),
        _ => [].iter_mut(),
    }
}

fn deployment(spec: &mut Value) {
    or(spec, "replicas", json!(1));
    or(spec, "revisionHistoryLimit", json!(10));
    or(spec, "progressDeadlineSeconds", json!(600));
    or(&mut spec["strategy"], "type", json!("RollingUpdate"));
    if spec["strategy"]["type"] == "RollingUpdate" {
        or(
            &mut spec["strategy"]["rollingUpdate"],
            "maxUnavailable",
            json!("25%"),
        );
        or(
            &mut spec["strategy"]["rollingUpdate"],
            "maxSurge",
            json!("25%"),
        );
    }
    or(
        &mut spec["template"]["spec"],
        "restartPolicy",
        json!("Always"),
    );
    pod_spec(&mut spec["template"]["spec"]);
}

fn job(spec: &mut Value) {
    or(spec, "parallelism", json!(1));
    or(spec, "completions", json!(1));
    or(spec, "backoffLimit", json!(6));
    or(spec, "completionMode", json!("NonIndexed"));
    or(spec, "suspend", json!(false));
    or(spec, "podReplacementPolicy", json!("TerminatingOrFailed"));
    let unset = spec["template"]["spec"]["restartPolicy"].is_null();
    pod_spec(&mut spec["template"]["spec"]);
    // For a Job the general default is no choice; leaving it out is an error.
    if unset && let Some(map) = spec["template"]["spec"].as_object_mut() {
        map.remove("restartPolicy");
    }
}

fn pod_spec(spec: &mut Value) {
    or(spec, "restartPolicy", json!("Always"));
    or(spec, "terminationGracePeriodSeconds", json!(30));
    or(spec, "dnsPolicy", json!("ClusterFirst"));
    or(spec, "securityContext", json!({}));
    or(spec, "schedulerName", json!("default-scheduler"));
    for name in ["hostPID", "hostIPC", "hostNetwork"] {
        if spec[name] == false
            && let Some(map) = spec.as_object_mut()
        {
            map.remove(name);
        }
    }
    if let Some(map) = spec.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    for name in ["containers", "initContainers"] {
        list(spec, name).for_each(container);
    }
    for volume in list(spec, "volumes") {
        for name in ["configMap", "secret"] {
            if volume[name].is_object() {
                or(&mut volume[name], "defaultMode", json!(420));
            }
        }
        if let Some(map) = volume.as_object_mut() {
            map.retain(|_, value| !value.is_null());
        }
    }
}

fn container(it: &mut Value) {
    or(it, "resources", json!({}));
    or(it, "terminationMessagePath", json!("/dev/termination-log"));
    or(it, "terminationMessagePolicy", json!("File"));
    let image = it["image"].as_str().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    let moving = !image.contains('@') && (!last.contains(':') || last.ends_with(":latest"));
    or(
        it,
        "imagePullPolicy",
        json!(if moving { "Always" } else { "IfNotPresent" }),
    );
    for port in list(it, "ports") {
        or(port, "protocol", json!("TCP"));
    }
    for variable in list(it, "env") {
        if variable["valueFrom"]["fieldRef"].is_object() {
            or(
                &mut variable["valueFrom"]["fieldRef"],
                "apiVersion",
                json!("v1"),
            );
        } else if let Some(map) = variable.as_object_mut() {
            map.retain(|_, value| !value.is_null());
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = it.get_mut(name).filter(|it| it.is_object()) else {
            continue;
        };
        or(probe, "timeoutSeconds", json!(1));
        or(probe, "periodSeconds", json!(10));
        or(probe, "successThreshold", json!(1));
        or(probe, "failureThreshold", json!(3));
        if let Some(get) = probe.get_mut("httpGet") {
            or(get, "scheme", json!("HTTP"));
        }
    }
}

fn secret(object: &mut Value) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    or(object, "type", json!("Opaque"));
    let Some(map) = object.as_object_mut() else {
        return;
    };
    if let Some(Value::Object(plain)) = map.remove("stringData") {
        for (name, text) in plain {
            let encoded = STANDARD.encode(text.as_str().unwrap_or_default());
            object["data"][name] = json!(encoded);
        }
    }
}

fn service(spec: &mut Value) {
    or(spec, "type", json!("ClusterIP"));
    or(spec, "sessionAffinity", json!("None"));
    or(spec, "internalTrafficPolicy", json!("Cluster"));
    for port in list(spec, "ports") {
        or(port, "protocol", json!("TCP"));
        let number = port["port"].clone();
        or(port, "targetPort", number);
    }
}

fn webhooks(object: &mut Value) {
    for hook in list(object, "webhooks") {
        or(hook, "failurePolicy", json!("Fail"));
        or(hook, "matchPolicy", json!("Equivalent"));
        or(hook, "namespaceSelector", json!({}));
        or(hook, "objectSelector", json!({}));
        or(hook, "timeoutSeconds", json!(10));
        or(hook, "reinvocationPolicy", json!("Never"));
        if let Some(service) = hook["clientConfig"].get_mut("service") {
            or(service, "port", json!(443));
        }
        for rule in list(hook, "rules") {
            or(rule, "scope", json!("*"));
        }
    }
}

fn subjects(object: &mut Value) {
    for subject in list(object, "subjects") {
        if subject["kind"] != "ServiceAccount" {
            or(subject, "apiGroup", json!("rbac.authorization.k8s.io"));
        }
    }
}
