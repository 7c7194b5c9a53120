//! Packages for an editor: which there are, making one, and reading the one that a job is to write.
//! Disks may be slow: all of it happens apart from the desk.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::base::Silent;
use crate::package::PackageError;
use crate::package::SecretKey;
use crate::package::Signed;
use crate::server::call::Call;
use crate::server::call::Reply;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::answers;
use crate::server::desk::asking::ask;
use crate::server::desk::jobs::Task;
use crate::server::outbox::Outbox;
use crate::server::refusal::Refusal;
use crate::server::uri;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::Goal;
use crate::session::Options;
use crate::session::PackageOptions;
use crate::session::Project;
use crate::session::live::JobId;
use crate::session::live::Work;
use crate::session::packages;
use crate::session::packages::KEY_PASSWORD;
use crate::session::packages::Opened;
use crate::session::packages::PackageFileError;
use crate::sync::plan::OnConflict;

/// A folder of the workspace, as far as packages go.
struct Home {
    folder: PathBuf,
    editor: Options,
    settings: PackageOptions,
}

impl Home {
    /// Where its packages lie.
    fn place(&self) -> PathBuf {
        match &self.settings.folder {
            Some(folder) => self.folder.join(folder),
            None => self.folder.clone(),
        }
    }
}

impl Desk {
    /// `boardside/packages` and `boardside/pack`, once the folder's settings are known.
    pub(super) fn packages(&mut self, call: Call) {
        let (Call::Packages { folder, .. } | Call::Pack { folder, .. }) = &call else {
            return;
        };
        let id = self.folder_named(folder);
        let call = match id {
            Some(id) => self.park(id, call),
            None => Some(call),
        };
        let home = id.and_then(|id| {
            let folder = self.folders.get(&id)?;
            let settings = folder.settings.as_ref()?.as_ref();
            Some(settings.map_err(Clone::clone).map(|settings| Home {
                folder: folder.canonical.clone(),
                editor: folder.editor.options.clone(),
                settings: settings.settings.packages.clone(),
            }))
        });
        let refused = |folder: &str| match home.as_ref() {
            Some(Err(why)) => Refusal::Failed(why.clone()),
            _ => Refusal::folder_unknown(folder),
        };
        match call {
            Some(Call::Packages { folder, board, reply }) => {
                let Some(Ok(home)) = home else {
                    return answers::send(reply, Err(refused(&folder)));
                };
                let facts = board.and_then(|board| {
                    let board = self.boards.get(&self.resolve(&board).ok()?)?;
                    let (facts, _) = board.facts.as_ref()?;
                    Some((facts.platform.clone(), facts.version.clone()))
                });
                apart(reply, move || listed(&home, facts));
            }
            Some(Call::Pack {
                folder,
                version,
                reply,
            }) => {
                let Some(Ok(home)) = home else {
                    return answers::send(reply, Err(refused(&folder)));
                };
                let outbox = self.start.questions.then(|| self.outbox.clone());
                tokio::spawn(async move {
                    let packed = packed(home, version, outbox).await;
                    answers::send(reply, packed.map_err(|error| Refusal::of(&error)));
                });
            }
            // It waits for the settings of its folder.
            _ => {}
        }
    }

    /// The package that a job is to write.
    pub(super) fn read_package(&self, id: JobId, uri: &str) {
        let Some(job) = self.jobs.get(id) else { return };
        let folder = job.folder.and_then(|id| self.folders.get(&id));
        let settings =
            folder.and_then(|folder| Some((folder.canonical.clone(), folder.usable()?.settings.clone())));
        let (events, uri) = (self.events.clone(), uri.to_owned());
        tokio::task::spawn_blocking(move || {
            let read = match uri::path_of(&uri) {
                Some(path) => {
                    let keys = settings
                        .as_ref()
                        .map_or(&[][..], |(_, settings)| &settings.packages.keys);
                    let folder = settings.as_ref().map_or(Path::new(""), |(folder, _)| folder);
                    open(&path, keys, folder).map_err(|error| error.explained())
                }
                None => Err(PackageError::NotAPackage {
                    why: "it is no file of this machine",
                }
                .explained()),
            };
            events
                .send(Event::Package(id, read.map(Box::new)))
                .unwrap_or_default();
        });
    }

    /// It was read: whole, and signed as it has to be.
    pub(super) fn package_read(&mut self, id: JobId, read: Result<Box<Opened>, Explained>) {
        let Some(job) = self.jobs.get(id) else { return };
        let opened = match read {
            Ok(opened) => *opened,
            Err(why) => return self.done(id, &Err(why.into())),
        };
        let Task::Write {
            conflict, downgrade, ..
        } = &job.task
        else {
            return;
        };
        let (conflict, downgrade) = (*conflict, *downgrade);
        let folder = job.folder.and_then(|id| self.folders.get(&id)?.usable());
        let said = folder.map(|folder| (folder.settings.conflict, folder.settings.turbo));
        let (otherwise, turbo) = said.unwrap_or((OnConflict::Stop, false));
        let head = Box::new(opened.package.head.clone());
        if let Some(job) = self.jobs.get_mut(id) {
            job.signed_by = match &opened.signed {
                Ok(Signed::By { key, .. }) => Some(key.clone()),
                _ => None,
            };
        }
        let (goal, scan) = Goal::of_package(opened.package, conflict.unwrap_or(otherwise), turbo);
        let (goal, scan) = (goal.into(), scan.into());
        self.work(
            id,
            Work::Write {
                goal,
                scan,
                head,
                downgrade,
            },
        );
    }
}

fn apart(reply: Reply, work: impl FnOnce() -> Result<Value, PackageFileError> + Send + 'static) {
    tokio::task::spawn_blocking(move || {
        answers::send(reply, work().map_err(|error| Refusal::of(&error)));
    });
}

fn open(path: &Path, keys: &[String], folder: &Path) -> Result<Opened, PackageFileError> {
    let opened = packages::open(path, &packages::trusted(keys, folder)?)?;
    opened.clone().trusted()?;
    Ok(opened)
}

fn listed(home: &Home, facts: Option<(String, String)>) -> Result<Value, PackageFileError> {
    let keys = packages::trusted(&home.settings.keys, &home.folder)?;
    let place = home.place();
    let (mut found, bad) = if place.is_dir() {
        packages::list(&place, &keys)?
    } else {
        Default::default()
    };
    if let Some((platform, version)) = facts {
        found.retain(|opened| opened.package.head.target.check(&platform, &version).is_ok());
    }
    let shown = found.iter().map(|opened| {
        let head = &opened.package.head;
        json!({
            "uri": uri::uri_of(&opened.path), "name": head.name, "version": head.version.as_str(),
            "bytes": opened.size, "signature": opened.signature(), "signer": opened.signer(),
        })
    });
    let bad: Vec<String> = bad.iter().map(|error| error.explained().message).collect();
    Ok(json!({"packages": shown.collect::<Vec<_>>(), "unreadable": bad}))
}

async fn packed(home: Home, version: String, outbox: Option<Outbox>) -> Result<Value, PackageFileError> {
    let version = version.parse()?;
    let target = packages::target(&[], None, &home.settings)?;
    let key = match &home.settings.sign {
        Some(path) => Some(secret_key(home.folder.join(path), outbox).await?),
        None => None,
    };
    blocking(move || {
        let mut project = Project::open(&home.folder, &home.editor)?;
        let packed = packages::pack_project(&mut project, version, target, &mut Silent)?;
        let path = packages::save(&home.place(), &packed, key.as_ref())?;
        Ok(json!({
            "uri": uri::uri_of(&path), "name": packed.head.name, "version": packed.head.version.as_str(),
            "bytes": packed.bytes.len(), "files": packed.scan.files.len(), "signed": key.is_some(),
        }))
    })
    .await
}

/// The key that signs. Its password is that of the environment, or asked for; a wrong one once more.
async fn secret_key(path: PathBuf, outbox: Option<Outbox>) -> Result<SecretKey, PackageFileError> {
    let given = std::env::var(KEY_PASSWORD).ok();
    let file = path.clone();
    let asks = given.is_none() && blocking(move || packages::has_password(&file)).await?;
    let Some(outbox) = outbox.filter(|_| asks) else {
        return blocking(move || packages::secret_key(&path, given)).await;
    };
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut prompt = format!("password of the key {name}");
    let mut again = true;
    loop {
        let password = ask(&outbox, &prompt, true).await.ok().flatten();
        let (file, given) = (path.clone(), password.is_some());
        match blocking(move || packages::secret_key(&file, password)).await {
            Err(error) if given && again => {
                prompt = format!("{}; password of the key {name}", error.explained().message);
                again = false;
            }
            done => return done,
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("nothing in it panics")
}
