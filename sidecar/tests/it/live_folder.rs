//! A folder that is watched for an editor: what it tells, in which order.
//! No board takes part.

use std::fs;
use std::path::Path;
use std::time::Duration;

use boardside::session::After;
use boardside::session::Look;
use boardside::session::Options;
use boardside::session::live::FolderTold;
use boardside::session::live::LiveFolder;
use tempfile::TempDir;
use tokio::sync::mpsc;

struct Told(mpsc::UnboundedReceiver<FolderTold>);

impl Told {
    fn of(folder: &Path, options: Options) -> (LiveFolder, Self) {
        let (send, told) = mpsc::unbounded_channel();
        let folder = LiveFolder::spawn(folder.to_owned(), options, move |told| {
            send.send(told).unwrap_or_default();
        });
        (folder, Self(told))
    }

    /// The next thing that fits; others in between do not count.
    async fn next<T>(&mut self, what: &str, mut fits: impl FnMut(FolderTold) -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(found) = fits(self.0.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, wait)
            .await
            .unwrap_or_else(|_| panic!("{what} never came"))
    }

    async fn settings(&mut self) -> Result<String, String> {
        let show = |told| match told {
            FolderTold::Settings(Ok(settings)) => {
                Some(Ok(format!("{} {:?}", settings.settings.after, settings.imported)))
            }
            FolderTold::Settings(Err(error)) => Some(Err(error.code.to_owned())),
            _ => None,
        };
        self.next("settings", show).await
    }

    async fn prepared(&mut self) -> Result<usize, String> {
        let show = |told| match told {
            FolderTold::Prepared(_, Ok((_, scan))) => Some(Ok(scan.files.len())),
            FolderTold::Prepared(_, Err(error)) => Some(Err(error.code.to_owned())),
            _ => None,
        };
        self.next("a scan", show).await
    }

    async fn changed(&mut self) {
        let show = |told| matches!(told, FolderTold::Changed(_)).then_some(());
        self.next("a change", show).await;
    }
}

#[tokio::test]
async fn a_folder_tells_its_settings_its_changes_and_its_files() {
    let project = TempDir::new().unwrap();
    fs::write(project.path().join("main.py"), "print(1)").unwrap();
    let (folder, mut told) = Told::of(project.path(), Options::default());
    assert_eq!(told.settings().await.as_deref(), Ok("restore []"));
    folder.prepare(1, Look::Everywhere);
    assert_eq!(told.prepared().await, Ok(1));
    fs::write(project.path().join("other.py"), "print(2)").unwrap();
    told.changed().await;
    folder.prepare(2, Look::WhereChanged(Vec::new()));
    assert_eq!(told.prepared().await, Ok(2));
    folder.configure(Options {
        after: Some(After::Reset),
        ..Options::default()
    });
    assert_eq!(told.settings().await.as_deref(), Ok("reset []"));
}

#[tokio::test]
async fn settings_that_are_wrong_are_told_and_those_that_come_after_hold() {
    let project = TempDir::new().unwrap();
    fs::write(project.path().join("main.py"), "print(1)").unwrap();
    fs::write(project.path().join("boardside.toml"), "afetr = 'none'").unwrap();
    let (folder, mut told) = Told::of(project.path(), Options::default());
    assert_eq!(told.settings().await, Err("settings.bad".to_owned()));
    folder.prepare(1, Look::Everywhere);
    assert_eq!(told.prepared().await, Err("settings.bad".to_owned()));
    fs::write(project.path().join("boardside.toml"), "after = 'none'").unwrap();
    assert_eq!(told.settings().await.as_deref(), Ok("none []"));
    folder.prepare(2, Look::WhereChanged(Vec::new()));
    assert_eq!(told.prepared().await, Ok(1));
}

#[tokio::test]
async fn what_was_taken_from_pymakr_is_told() {
    let project = TempDir::new().unwrap();
    let conf = r#"{"sync_folder": "src", "reboot_after_upload": true}"#;
    fs::create_dir(project.path().join("src")).unwrap();
    fs::write(project.path().join("pymakr.conf"), conf).unwrap();
    let (_folder, mut told) = Told::of(project.path(), Options::default());
    let settings = told.settings().await.unwrap();
    assert!(
        settings.contains("sync_folder") && settings.starts_with("reset"),
        "{settings}"
    );
}
