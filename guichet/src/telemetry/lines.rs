//! Lines of the log on their way to standard error. Whoever says something does not wait until it
//! is read: a reader that has fallen asleep holds up no commit, and costs lines, which are counted.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait.
const WAITING: usize = 16_384;

/// Takes lines, each whole.
#[derive(Clone)]
pub(super) struct Lines {
    way: SyncSender<Vec<u8>>,
    lost: Arc<AtomicU64>,
}

/// Whoever carries the lines; it ends once nobody can say anything any more, or [`Porter::end`].
pub(super) struct Porter {
    way: SyncSender<Vec<u8>>,
    thread: JoinHandle<()>,
}

/// An empty line is the sign to end: no line of a log is.
pub(super) fn lines(to: impl Write + Send + 'static) -> io::Result<(Lines, Porter)> {
    let (way, come) = sync_channel(WAITING);
    let lost = Arc::<AtomicU64>::default();
    let counted = lost.clone();
    let carry = move || carry(&come, &counted, to);
    let thread = std::thread::Builder::new()
        .name("log".into())
        .spawn(carry)?;
    let lines = Lines {
        way: way.clone(),
        lost,
    };
    Ok((lines, Porter { way, thread }))
}

fn carry(come: &Receiver<Vec<u8>>, lost: &AtomicU64, mut to: impl Write) {
    for line in come.iter().take_while(|it| !it.is_empty()) {
        // Nobody is left to tell when standard error is closed.
        let _ = to.write_all(&line);
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            n => {
                let _ = writeln!(
                    to,
                    "{{\"level\":\"WARN\",\"message\":\"log lost lines\",\"n\":{n}}}"
                );
            }
        }
    }
}

impl Porter {
    /// Carries what was said so far, and ends.
    pub(super) fn end(self) {
        // An error means that the thread has ended already.
        if self.way.send(Vec::new()).is_ok() {
            let _ = self.thread.join();
        }
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(TrySendError::Full(_)) = self.way.try_send(line.to_vec()) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Condvar, Mutex};

    #[derive(Default)]
    struct Bed {
        awake_and_read: Mutex<(bool, Vec<u8>)>,
        bell: Condvar,
    }

    /// A reader that sleeps until it is woken.
    #[derive(Clone, Default)]
    struct Sleeper(Arc<Bed>);

    impl Write for Sleeper {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let state = self.0.awake_and_read.lock().unwrap();
            let mut state = self.0.bell.wait_while(state, |it| !it.0).unwrap();
            state.1.extend_from_slice(line);
            Ok(line.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_sleeps_costs_lines_and_holds_nobody_up() {
        let sleeper = Sleeper::default();
        let (lines, porter) = lines(sleeper.clone()).unwrap();
        let said = WAITING + 1_000;
        for n in 0..said {
            let line = format!("line {n}\n");
            (&lines).write_all(line.as_bytes()).unwrap();
        }
        sleeper.0.awake_and_read.lock().unwrap().0 = true;
        sleeper.0.bell.notify_all();
        porter.end();
        let text = sleeper.0.awake_and_read.lock().unwrap().1.clone();
        let text = String::from_utf8(text).unwrap();
        let kept = text.lines().filter(|it| it.starts_with("line ")).count();
        let lost = text.split("\"n\":").nth(1).unwrap();
        let lost: usize = lost.split('}').next().unwrap().parse().unwrap();
        assert_eq!(kept + lost, said);
        assert!(lost > 0 && text.starts_with("line 0\n"), "{lost}");
    }
}
