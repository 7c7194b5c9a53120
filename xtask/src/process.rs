//! What a process has used so far, as proc(5) says. Starts nothing.

use std::fs;
use std::path::Path;

/// Of all its threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Resident memory in bytes.
    pub(crate) memory: u64,
    /// Processor time in ticks of 10 ms.
    pub(crate) ticks: u64,
    /// How often a thread slept: woke up, that is.
    pub(crate) wakes: u64,
    /// Threads.
    pub(crate) threads: u64,
    /// Open file descriptors.
    pub(crate) handles: u64,
}

/// Reads them.
pub(crate) fn usage(pid: u32) -> Result<Usage, String> {
    let folder = format!("/proc/{pid}");
    let status = text(folder.as_ref(), "status")?;
    let stat = text(folder.as_ref(), "stat")?;
    // After the program's name, which may have blanks: utime and stime are fields 14 and 15.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2);
    let mut wakes = 0;
    let tasks = format!("{folder}/task");
    for task in fs::read_dir(&tasks).map_err(|error| format!("{tasks}: {error}"))? {
        let task = task.map_err(|error| format!("{tasks}: {error}"))?.path();
        // `status` of a process counts those of its first thread only.
        wakes += field(&text(&task, "status")?, "voluntary_ctxt_switches:")?;
    }
    let handles = format!("{folder}/fd");
    let handles = fs::read_dir(&handles).map_err(|error| format!("{handles}: {error}"))?;
    Ok(Usage {
        memory: field(&status, "VmRSS:")? * 1024,
        ticks: ticks.filter_map(|field| field.parse::<u64>().ok()).sum(),
        wakes,
        threads: field(&status, "Threads:")?,
        handles: handles.count() as u64,
    })
}

fn text(folder: &Path, name: &str) -> Result<String, String> {
    let file = folder.join(name);
    fs::read_to_string(&file).map_err(|error| format!("reading {}: {error}", file.display()))
}

fn field(status: &str, name: &str) -> Result<u64, String> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| format!("proc(5) has no {name}"))
}
