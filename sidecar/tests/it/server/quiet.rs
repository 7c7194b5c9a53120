//! What it costs while nothing happens: memory and processor time of the real process.
//! Nothing about boards.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use tempfile::tempdir;

use crate::editor::Hello;
use crate::editor::TestEditor;

/// Resident memory in bytes that is the process's own. The pages of its program file are not: a debug build has ten
/// times as many as a release build.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes * 1024
}

/// Processor time so far, in ticks of 10 ms (`utime` and `stime` of proc(5)).
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Plugs a port in or out, and waits until that was seen: one look at the ports.
async fn look(editor: &mut TestEditor, link: &Path, there: bool) {
    if there {
        symlink("/dev/null", link).unwrap();
    } else {
        fs::remove_file(link).unwrap();
    }
    let count = |boards: &Value| {
        boards["boards"]
            .as_array()
            .is_some_and(|boards| boards.is_empty() != there)
    };
    editor.told("boardside/boardsChanged", count).await;
}

#[tokio::test]
async fn idle_it_takes_little_memory_and_no_time() {
    let home = tempdir().unwrap();
    let project = tempdir().unwrap();
    fs::write(project.path().join("main.py"), "print(1)").unwrap();
    let link = home.path().join("port");
    let mut editor = TestEditor::process(home.path(), &[("BOARDSIDE_PORTS", link.to_str().unwrap())]);
    editor.greet(&[project.path()], Hello::default()).await;
    editor.told("boardside/settingsChanged", |_| true).await;
    look(&mut editor, &link, true).await;
    let (before, since) = (ticks(editor.pid()), Instant::now());
    for there in [false, true, false] {
        look(&mut editor, &link, there).await;
    }
    let used = ticks(editor.pid()) - before;
    // A loop that spins takes all of the time, on a fast machine as on a slow one.
    let passed = since.elapsed().as_millis() / 10;
    assert!(
        u128::from(used) * 10 <= passed,
        "{used} of {passed} ticks in three looks at the ports"
    );
    let memory = memory(editor.pid());
    assert!(memory < 10_000_000, "{memory} bytes");
    editor.end().await;
}
