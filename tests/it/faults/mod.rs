//! Misfortunes that are nobody's fault: answers that come late, clocks that jump, callers that go
//! away, disks that are full, systems that hang (P13–P17, P20).

mod cancel;
mod clock;
mod disk;
mod hung;
mod late;
mod mail;
mod numbers;
mod year;
