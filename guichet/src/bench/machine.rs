//! What the process and the machine say of themselves.

use std::{fs, path::Path};

fn status(key: &str) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|it| it.starts_with(key))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Resident memory now, in MiB; `None` where the system does not say.
pub(super) fn resident() -> Option<f64> {
    status("VmRSS:")
}

/// The most that was resident at once, in MiB.
pub(super) fn peak() -> Option<f64> {
    status("VmHWM:")
}

/// Load average of the last minute.
pub(super) fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Processors this process may use.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Kind of the file system that holds `path`: a database in memory would make syncs free.
pub(super) fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let text = fs::read_to_string("/proc/self/mounts").ok()?;
    text.lines()
        .filter_map(|it| {
            let mut words = it.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(at, _)| path.starts_with(at))
        .max_by_key(|(at, _)| at.len())
        .map(|(_, kind)| kind.to_owned())
}

/// Bytes that this process has made the disk write so far.
pub(super) fn written() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/io").ok()?;
    let line = text
        .lines()
        .find_map(|it| it.strip_prefix("write_bytes: "))?;
    line.parse().ok()
}

/// Resident memory of another process, in MiB.
pub(super) fn resident_of(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|it| it.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
