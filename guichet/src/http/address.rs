//! From which address a request really comes, with and without proxies in front.

use axum::http::HeaderMap;
use serde::Deserialize;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A network, e.g. `10.0.0.0/8`; one address is a network too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

impl TryFrom<String> for Net {
    type Error = String;

    fn try_from(text: String) -> Result<Net, String> {
        let wrong = || format!("“{text}” is not a network; write 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text.as_str(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        Ok(Net { address, bits })
    }
}

impl Net {
    /// Whether the address lies in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let (own, other, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let rest = width - u32::from(self.bits);
        (own ^ other).checked_shr(rest).unwrap_or(0) == 0
    }
}

/// Whether that neighbour speaks for others: a proxy on this machine, or one that was named.
#[must_use]
pub fn is_proxy(peer: IpAddr, proxies: &[Net]) -> bool {
    peer.is_loopback() || proxies.iter().any(|it| it.holds(peer))
}

/// The address a request comes from; `None` when a proxy does not say for whom it speaks. Each
/// proxy adds whom it heard from at the end, so the last one that is no proxy of ours is the
/// stranger; whatever stands before it is the stranger's own talk.
#[must_use]
pub fn origin(peer: IpAddr, headers: &HeaderMap, proxies: &[Net]) -> Option<IpAddr> {
    if !is_proxy(peer, proxies) {
        return Some(peer.to_canonical());
    }
    let said = headers.get_all("x-forwarded-for").iter().rev();
    said.filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.rsplit(','))
        .map_while(|it| named(it.trim()))
        .find(|it| !is_proxy(*it, proxies))
}

/// An address as proxies write it, some of them with a port.
fn named(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let found = bare.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    found.map(|it| it.to_canonical())
}

/// Whom a limit counts together: one address, or the network that one household gets on IPv6.
#[must_use]
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Net {
        Net::try_from(text.to_owned()).unwrap()
    }

    fn from(peer: &str, said: &[&str], proxies: &[Net]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for it in said {
            headers.append("x-forwarded-for", it.parse().unwrap());
        }
        origin(peer.parse().unwrap(), &headers, proxies).map(|it| it.to_string())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let it = net("10.1.0.0/16");
        assert!(it.holds("10.1.255.3".parse().unwrap()));
        assert!(it.holds("::ffff:10.1.0.9".parse().unwrap()));
        assert!(!it.holds("10.2.0.1".parse().unwrap()));
        assert!(!it.holds("fd00::1".parse().unwrap()));
        assert!(net("fd00::/8").holds("fd12::1".parse().unwrap()));
        assert!(net("0.0.0.0/0").holds("203.0.113.7".parse().unwrap()));
        assert!(net("192.0.2.1").holds("192.0.2.1".parse().unwrap()));
        for wrong in ["10.0.0.0/33", "10.0.0/8", "fd00::/129", "", "x/8"] {
            assert!(Net::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stranger_cannot_choose_the_address_they_are_counted_under() {
        let inside = [net("10.0.0.0/8")];
        let stranger = "203.0.113.7";
        assert_eq!(
            from(stranger, &["198.51.100.1"], &inside).unwrap(),
            stranger
        );
        let chain = ["198.51.100.1, 203.0.113.7, 10.0.0.5"];
        assert_eq!(from("10.0.0.9", &chain, &inside).unwrap(), stranger);
        let lines = ["198.51.100.1", "203.0.113.7"];
        assert_eq!(from("127.0.0.1", &lines, &[]).unwrap(), stranger);
        assert_eq!(
            from("127.0.0.1", &["203.0.113.7:4711"], &[]).unwrap(),
            stranger
        );
        assert_eq!(from("127.0.0.1", &[], &[]), None, "this machine itself");
        assert_eq!(from("127.0.0.1", &["198.51.100.1, junk"], &[]), None);
    }

    #[test]
    fn one_household_on_ipv6_is_one() {
        let of = |text: &str| household(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
