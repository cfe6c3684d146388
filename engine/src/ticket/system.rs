//! The system that a task goes to, and how many hands one system may hold: those of one that hangs
//! must not be all of them (P14).

use std::collections::HashMap;
use workflows::Work;

/// Calls that hang together, as far as the engine can tell: those of one family of actions in one
/// zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct System {
    /// Which zone; empty for tickets about none.
    pub zone: String,
    /// What the names of its actions begin with; `None` for planning, which asks several.
    pub family: Option<String>,
}

impl System {
    /// Where that work goes, on a ticket about that zone.
    #[must_use]
    pub fn of(zone: Option<&str>, work: &Work) -> System {
        System {
            zone: zone.unwrap_or_default().to_owned(),
            family: family(work).map(str::to_owned),
        }
    }
}

/// What the name of that work begins with.
pub(crate) fn family(work: &Work) -> Option<&str> {
    match work {
        Work::Action { name, .. } => name.split('.').next(),
        Work::Plan | Work::Manual { .. } | Work::Gate(_) | Work::Timer { .. } => None,
    }
}

/// The hands of a runner: how many are free, and how many each system holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    free: usize,
    held: HashMap<System, usize>,
}

impl Shares {
    /// That many hands, all free.
    #[must_use]
    pub fn of(hands: usize) -> Shares {
        Shares {
            free: hands,
            held: HashMap::new(),
        }
    }

    /// How many are free.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free
    }

    /// Gives that system one hand more, while more are free than it holds: so one system holds at
    /// most half of all, the next one at most half of what it left, and so on.
    #[must_use]
    pub fn give(&mut self, system: &System) -> bool {
        let held = self.held.get(system).copied().unwrap_or_default();
        if held >= self.free {
            return false;
        }
        self.free -= 1;
        self.note(system);
        true
    }

    /// Sets hands aside for whichever system turns out to need them, at most `most`; how many.
    pub(crate) fn set_aside(&mut self, most: usize) -> usize {
        let aside = self.free.min(most);
        self.free -= aside;
        aside
    }

    /// So many of those that were set aside, or held by nobody any more, are free again.
    pub(crate) fn free_again(&mut self, hands: usize) {
        self.free += hands;
    }

    /// A hand that was set aside is that system's from now on.
    pub(crate) fn note(&mut self, system: &System) {
        *self.held.entry(system.clone()).or_default() += 1;
    }

    /// That system holds one hand less; the hand is as if set aside.
    pub(crate) fn let_go(&mut self, system: &System) {
        if let Some(held) = self.held.get_mut(system) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(system);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(zone: &str) -> System {
        System {
            zone: zone.into(),
            family: Some("git".into()),
        }
    }

    fn takes(shares: &mut Shares, zone: &str) -> usize {
        let it = system(zone);
        std::iter::repeat_with(|| shares.give(&it))
            .take_while(|given| *given)
            .count()
    }

    #[test]
    fn one_that_takes_all_it_gets_leaves_half_and_the_next_half_of_that() {
        let mut shares = Shares::of(64);
        assert_eq!(takes(&mut shares, "a"), 32);
        assert_eq!(takes(&mut shares, "b"), 16);
        assert_eq!(takes(&mut shares, "a"), 0);
        assert_eq!(shares.free(), 16);
    }

    #[test]
    fn what_is_let_go_is_given_again() {
        let mut shares = Shares::of(4);
        assert_eq!(takes(&mut shares, "a"), 2);
        shares.let_go(&system("a"));
        shares.free_again(1);
        assert_eq!(takes(&mut shares, "b"), 2);
        assert_eq!(shares.free(), 1);
        assert_eq!(takes(&mut shares, "a"), 0, "it holds as many as are free");
        shares.let_go(&system("b"));
        shares.free_again(1);
        assert_eq!(takes(&mut shares, "a"), 1);
    }

    #[test]
    fn hands_set_aside_are_nobodys_until_they_are_given() {
        let mut shares = Shares::of(3);
        assert_eq!(shares.set_aside(16), 3);
        assert_eq!(takes(&mut shares, "a"), 0);
        shares.note(&system("a"));
        shares.free_again(2);
        assert_eq!(takes(&mut shares, "a"), 1);
    }
}
