//! Programs that do not want to be disturbed: each file of `fixtures/hostile/` lies on a board as its main.py, or
//! as its boot.py if its name says so, and a sync ends as its second line says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use boardside::virtual_board::Profile;

use crate::boards;
use crate::workspace::Workspace;

#[test]
fn explore() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hostile");
    let only = std::env::var("ONLY").unwrap_or_default();
    let more = std::env::var("MORE").unwrap_or_default();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if !name.contains(&only) {
            continue;
        }
        let text = fs::read(&file).unwrap();
        let place = if name.starts_with("boot_") {
            "/boot.py"
        } else {
            "/main.py"
        };
        let board = boards::start(&Profile {
            files: BTreeMap::from([(place.to_owned(), text)]),
            ..boards::fast()
        });
        std::thread::sleep(Duration::from_millis(300));
        let workspace = Workspace::new(&[("x.py", b"1"), ("lib/y.py", b"2")]);
        let args: Vec<&str> = more.split_whitespace().collect();
        let start = std::time::Instant::now();
        let ran = workspace.sync(board.address(), &args);
        let took = start.elapsed().as_millis();
        let files = board.files();
        let right = files.as_ref().is_ok_and(|f| {
            f.get("/x.py").is_some_and(|x| x == b"1") && f.get("/lib/y.py").is_some_and(|x| x == b"2")
        });
        let alive = Workspace::new(&[]);
        eprintln!(
            "{name:40} {} {} {took} ms right={right} rt={} {}",
            ran.exit,
            ran.code(),
            ran.last()["round_trips"],
            ran.last()["message"]
        );
        if std::env::var("FULL").is_ok() {
            eprintln!("{ran:#?} {:?}", board.status());
        }
        let _ = alive;
    }
}
