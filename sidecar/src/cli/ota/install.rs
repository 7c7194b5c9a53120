//! `boardside ota install`: the safe client on a board, with its settings, by any kind of connection.
//! What it does there is `sidecar/device/ota/`'s.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use serde_json::json;

use crate::base::BoardPath;
use crate::board::Lies;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::ls::count;
use crate::cli::ota::At;
use crate::cli::screen::Screen;
use crate::ota::Client;
use crate::ota::certificate;
use crate::ota::device_keys;
use crate::ota::with_client;
use crate::session::Exit;
use crate::session::Fetched;
use crate::session::Settings;
use crate::session::releases::Said;
use crate::session::releases::layout_of;
use crate::session::releases::login;
use crate::session::releases::name_of;
use crate::session::releases::url_of;
use crate::sync::Content;
use crate::sync::Delivery;

pub(super) const ABOUT: &str = "Puts /lib/ota/, /ota.json, /ota.pub and, for https, /ota.ca on the board, and the \
client's lines at the end of its boot.py. What runs is not touched: it is the version to return to until the first release \
is confirmed. Project, URL and layout come from boardside.toml ([ota] project, url, layout) or from here; a login from \
BOARDSIDE_OTA_USER and BOARDSIDE_OTA_PASSWORD: the board keeps it in plain text. `boardside ota snippet` prints what the \
app has to call.";

#[derive(Args, Clone, Debug)]
pub(super) struct InstallArgs {
    /// Where the board asks [default: `ota.url` of the settings]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// flat or folder [default: `ota.layout` of the settings, else flat]
    #[arg(long, value_name = "LAYOUT")]
    layout: Option<String>,
    /// Whose releases it takes: the file of `ota keygen` that ends with .pub [default: that of `ota.key`]
    #[arg(long = "pub", value_name = "FILE")]
    keys: Option<PathBuf>,
    /// For https: the certificate that signed the server's, PEM or DER
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// What the server's log calls this board [default: machine.unique_id()]
    #[arg(long, value_name = "NAME")]
    device_name: Option<String>,
    /// For which boards' releases it is, instead of sys.platform
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Boots without confirm() until the version before returns [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..100))]
    tries: Option<u32>,
    /// Seconds until a trial without confirm() ends; 0: never [default: 600]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(0..1_000_000))]
    trial: Option<u32>,
    /// Milliseconds of a watchdog during the trial, which the app feeds by ota.feed() [default: none]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(100..600_000))]
    watchdog: Option<u32>,
    #[command(flatten)]
    at: At,
}

impl InstallArgs {
    fn client(&self, settings: &Settings, folder: &Path) -> Result<Client, Failure> {
        let said = Said {
            url: self.url.clone(),
            layout: self.layout.clone(),
            ..self.at.place().said()
        };
        let Some(url) = url_of(settings, &said)? else {
            let help = "say it by --url http://HOST:PORT, or as url in [ota] of boardside.toml";
            return Err(Failure::usage(
                "it is not said where the board asks".to_owned(),
                help,
            ));
        };
        let secret = said.key.clone();
        let secret = secret.or_else(|| settings.ota.key.as_ref().map(|key| folder.join(key)));
        let keys = self.keys.clone().or(secret.map(|key| key.with_extension("pub")));
        let Some(keys) = keys else {
            let help = "say it by --pub FILE; `boardside ota keygen` makes one";
            return Err(Failure::usage(
                "it is not said whose releases it takes".to_owned(),
                help,
            ));
        };
        if url.url.starts_with("https:") && self.ca.is_none() {
            let help = "say by --ca FILE which certificate the server's is signed with";
            return Err(Failure::usage(
                "https is for a server that the board can know".to_owned(),
                help,
            ));
        }
        let text = |value: &Option<String>| value.clone().map(Value::from);
        let number = |value: Option<u32>| value.map(Value::from);
        Ok(Client {
            host: url.url,
            project: name_of(settings, &said)?.project().clone(),
            layout: layout_of(settings, &said)?,
            keys: device_keys(&String::from_utf8_lossy(&read(&keys)?)).map_err(|why| {
                let help = "give the file of `boardside ota keygen` that ends with .pub";
                Failure::usage(format!("{}: {why}", keys.display()), help)
            })?,
            ca: self.ca.as_deref().map(authority).transpose()?,
            login: login(),
            more: vec![
                ("device", text(&self.device_name)),
                ("target", text(&self.target)),
                ("tries", number(self.tries)),
                ("trial_s", number(self.trial)),
                ("wdt_ms", number(self.watchdog)),
            ],
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::io(&format!("reading {}", file.display()), &error))
}

fn authority(file: &Path) -> Result<Vec<u8>, Failure> {
    certificate(&read(file)?).ok_or_else(|| {
        let text = format!("{} is no certificate", file.display());
        Failure::usage(text, "give the one that signed the server's, in PEM or DER")
    })
}

fn path(text: &str) -> BoardPath {
    BoardPath::new(text).expect("a plain constant")
}

pub(super) async fn run(global: &Global, args: &InstallArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let place = args.at.place();
    let project = place.project(screen)?;
    let client = args.client(&project.goal.settings, &project.goal.folder)?;
    let mut files: BTreeMap<BoardPath, Content> = client
        .files()
        .into_iter()
        .map(|(name, content)| (path(&name), Content::Bytes(content)))
        .collect();
    let target = link::target_here(global);
    let boot = path("/boot.py");
    let put = link::with_files(&target, screen, async |board, screen| {
        let own = match board.lies_at(std::slice::from_ref(&boot)).await?[0] {
            Lies::Nothing => Vec::new(),
            _ => board.fetch(&mut Fetched::default(), &boot, screen).await?,
        };
        let with = with_client(&own);
        if with != own {
            files.insert(boot, Content::Bytes(with));
        }
        let delivery = Delivery {
            files,
            ..Delivery::default()
        };
        board.put(&delivery, screen).await?;
        Ok::<_, Failure>(delivery)
    });
    let put = put.await?;
    for name in put.files.keys() {
        screen.event(&json!({"event": "file", "path": name.as_str()}));
    }
    screen.event(&json!({
        "event": "installed", "files": put.files.len(), "host": client.host, "project": client.project.as_str(),
    }));
    // Put there by a sync, it would be without them again.
    if fs::read(project.goal.root().join("boot.py")).is_ok_and(|own| with_client(&own) != own) {
        screen.warn(
            "the project's boot.py lacks the lines that the board's has now: add them (boardside ota snippet), or the next \
             sync stops at a boot.py that was changed",
        );
    }
    screen.say(&format!(
        "{}; at its next reset the board asks {}/{}/version whenever its program calls ota.update()",
        count(put.files.len(), "file"),
        client.host,
        client.project.as_str()
    ));
    Ok(Exit::Done)
}
