//! Addresses on the network, and those that must never be one's target.

use super::fault::{At, Fault};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Addresses that point back at the machine, at its link, where clouds keep credentials, or at
/// nobody in particular.
fn is_reserved(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_reserved_v4(ip),
        IpAddr::V6(ip) => ip
            .to_ipv4_mapped()
            .map_or_else(|| is_reserved_v6(ip), is_reserved_v4),
    }
}

fn is_reserved_v4(ip: Ipv4Addr) -> bool {
    ip.is_loopback()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.octets()[0] == 0
}

fn is_reserved_v6(ip: Ipv6Addr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local()
}

/// Names that only mean something inside a machine or a cluster.
fn is_internal(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost"
        || [
            ".localhost",
            ".svc",
            ".cluster.local",
            ".internal",
            ".local",
        ]
        .iter()
        .any(|it| host.ends_with(it))
}

fn internal(at: &At<'_>) -> Fault {
    at.fault(
        "form.host.internal",
        "cette adresse n’existe que dans une machine ou un cluster, indiquez une adresse externe",
        "this address only exists inside a machine or a cluster, give an external one",
    )
}

pub(super) fn url(
    at: &At<'_>,
    text: String,
    https_only: bool,
    external: bool,
) -> Result<String, Fault> {
    let (fr, en) = if https_only {
        (
            "une adresse https://… est attendue",
            "an address https://… is expected",
        )
    } else {
        (
            "une adresse http://… ou https://… est attendue",
            "an address http://… or https://… is expected",
        )
    };
    let wrong = || at.fault("form.url", fr, en);
    if text.contains([' ', '"', '\'', '\\', '<', '>', '`']) {
        return Err(wrong());
    }
    let url = Url::parse(&text).map_err(|_| wrong())?;
    let scheme_fits = url.scheme() == "https" || (!https_only && url.scheme() == "http");
    let host = url.host().filter(|_| scheme_fits).ok_or_else(wrong)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(at.fault(
            "form.url.credentials",
            "un identifiant ou un mot de passe n’a pas sa place dans une adresse",
            "a login or a password has no place in an address",
        ));
    }
    let inside = match host {
        Host::Domain(name) => is_internal(name),
        Host::Ipv4(ip) => is_reserved(ip.into()),
        Host::Ipv6(ip) => is_reserved(ip.into()),
    };
    if external && inside {
        Err(internal(at))
    } else {
        Ok(text)
    }
}

pub(super) fn host(at: &At<'_>, text: String) -> Result<String, Fault> {
    let is_label = |label: &str| {
        matches!(label.len(), 1..=63)
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    // A last label of digits only would be an IP address.
    let named = labels
        .last()
        .is_some_and(|it| it.bytes().any(|b| b.is_ascii_alphabetic()));
    if labels.len() < 2 || !named || !labels.iter().all(|it| is_label(it)) {
        return Err(at.fault(
            "form.host",
            "un nom d’hôte complet est attendu, par exemple api.exemple.fr",
            "a full host name is expected, for example api.example.org",
        ));
    }
    if is_internal(&text) {
        Err(internal(at))
    } else {
        Ok(text.to_ascii_lowercase())
    }
}

pub(super) fn ip(at: &At<'_>, text: String) -> Result<String, Fault> {
    let ip: IpAddr = text.parse().map_err(|_| {
        at.fault(
            "form.ip",
            "une adresse IP est attendue, par exemple 10.1.2.3",
            "an IP address is expected, for example 10.1.2.3",
        )
    })?;
    if is_reserved(ip) {
        return Err(at.fault(
            "form.ip.reserved",
            "une adresse locale, de lien, de métadonnées ou de multidiffusion est refusée",
            "a local, link-local, metadata or multicast address is refused",
        ));
    }
    Ok(ip.to_string())
}
