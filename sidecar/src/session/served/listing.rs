//! The boards of this machine as another one sees them: which are there, how each is, and what it last said of itself.
//! Opens none, unless it is asked to.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::base::Silent;
use crate::host::words::Boards;
use crate::host::words::Firmware;
use crate::host::words::There;
use crate::host::words::Why;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::Found;
use crate::session::Target;
use crate::session::connect;
use crate::session::served::Allowed;
use crate::session::served::name_of;
use crate::wire::WireError;
use crate::wire::holder;

/// A board that says nothing for so long is told as one that does not answer.
const PROBE: Duration = Duration::from_secs(8);

/// Those that may be used. With `probe` each free one is opened and asked; a program that runs is stopped for that, and
/// started again.
pub async fn boards(allowed: &Allowed, probe: bool) -> Boards {
    let look = {
        let allowed = allowed.clone();
        tokio::task::spawn_blocking(move || {
            let remembered = remembered();
            let found = allowed.found().into_iter();
            let seen = found.map(|found| {
                let there = look(&found, &remembered);
                (found, there)
            });
            seen.collect::<Vec<_>>()
        })
    };
    let mut asked = Vec::new();
    for (found, there) in look.await.unwrap_or_default() {
        let ask = probe && there.state == "free";
        asked.push(tokio::spawn(async move {
            if ask {
                ask_board(&found, there).await
            } else {
                there
            }
        }));
    }
    let mut boards = Vec::new();
    for there in asked {
        boards.extend(there.await.ok());
    }
    if probe {
        remember(&boards);
    }
    Boards {
        boards,
        read_only: allowed.read_only,
    }
}

fn look(found: &Found, remembered: &BTreeMap<String, Firmware>) -> There {
    let error = refusal(&found.address).map(|error| error.explained());
    let state = match &error {
        None => "free",
        Some(why) if why.code == "wire.busy" => "busy",
        Some(_) => "refused",
    };
    There {
        address: found.address.clone(),
        name: name_of(found).to_owned(),
        id: found.id.clone(),
        product: found.product.clone(),
        state: state.to_owned(),
        firmware: remembered.get(key(found)).cloned(),
        error: error.map(Why::from),
    }
}

/// Why a port could not be opened now, as far as that is seen without opening it.
fn refusal(path: &str) -> Option<WireError> {
    #[cfg(unix)]
    {
        let both = rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK;
        if let Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) = rustix::fs::access(path, both) {
            return Some(WireError::Permission {
                path: path.into(),
                group: holder::missing_group(path),
            });
        }
    }
    let holder = holder::locker(path).or_else(|| holder::of(path));
    let address = path.to_owned();
    holder.map(|holder| WireError::Busy {
        address,
        holder: Some(holder),
    })
}

async fn ask_board(found: &Found, mut there: There) -> There {
    let target = Target {
        device: Some(found.address.clone()),
        baud: 115_200,
        force_boot: false,
    };
    let asked = async {
        let mut connection = connect(&target, &mut Silent)
            .await
            .map_err(|error| error.explained())?;
        let facts = async {
            connection.enter(false, &mut Silent).await?;
            let facts = connection.board.facts().await?;
            connection.board.restore().await?;
            Ok::<_, crate::board::BoardError>(facts)
        };
        facts.await.map_err(|error| error.explained())
    };
    match tokio::time::timeout(PROBE, asked).await {
        Ok(Ok(facts)) => {
            there.firmware = Some(Firmware {
                name: facts.name,
                version: facts.version,
                unique_id: facts.unique_id,
            });
        }
        Ok(Err(why)) => there.refuse(why),
        Err(_) => there.refuse(
            WireError::Timeout {
                address: found.address.clone(),
                seconds: PROBE.as_secs(),
            }
            .explained(),
        ),
    }
    there
}

impl There {
    fn refuse(&mut self, why: Explained) {
        "refused".clone_into(&mut self.state);
        self.error = Some(why.into());
    }
}

impl From<Explained> for Why {
    fn from(why: Explained) -> Self {
        Self {
            code: why.code.to_owned(),
            message: why.message,
            help: why.help,
        }
    }
}

/// What stays the same of a board.
fn key(found: &Found) -> &str {
    found.id.as_deref().unwrap_or(&found.address)
}

/// Where it is kept what boards said of themselves.
fn file() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("boardside/firmware.json"))
}

fn remembered() -> BTreeMap<String, Firmware> {
    let text = file().and_then(|file| fs::read_to_string(file).ok());
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// What cannot be kept is asked again.
fn remember(boards: &[There]) {
    let mut all = remembered();
    for there in boards {
        if let Some(firmware) = &there.firmware {
            let key = there.id.as_ref().unwrap_or(&there.address);
            all.insert(key.clone(), firmware.clone());
        }
    }
    let text = serde_json::to_string(&all).unwrap_or_default();
    if let Some(file) = file() {
        crate::sync::replace_cache(&file, text.as_bytes()).unwrap_or_default();
    }
}
