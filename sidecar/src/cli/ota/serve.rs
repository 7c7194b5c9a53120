//! `boardside ota serve`: a web server for releases on a bench or in a LAN, and who asks it for what.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio::sync::mpsc;

use crate::base::size_text;
use crate::base::visible;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::cli::stop::Stop;
use crate::ota;
use crate::ota::Device;
use crate::ota::Logins;
use crate::ota::Served;
use crate::ota::Serving;
use crate::ota::Tls;
use crate::session::Exit;

pub(super) const ABOUT: &str = "For a bench or a LAN: in production nginx (`boardside ota nginx`) or an object store does \
this. Devices with pins get their versions by the name that they log in with, or by http://HOST/d/DEVICE. With --user \
the password is taken from BOARDSIDE_OTA_PASSWORD, or asked for at a terminal. Ctrl-C ends it.";

/// Requests that are not shown yet; a terminal that stands still costs no more.
const WAITING: usize = 1000;

const PASSWORD: &str = "BOARDSIDE_OTA_PASSWORD";

#[derive(Args, Clone, Debug)]
pub(super) struct ServeArgs {
    /// The folder that `boardside ota publish` puts releases into
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Speak TLS, with this certificate and key in PEM
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    /// Devices must log in by this name; more than one with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    user: Vec<Device>,
    /// Port to listen at; 0: any that is free
    #[arg(long, value_name = "N", default_value_t = 8000)]
    port: u16,
    /// Address to listen at; 127.0.0.1: only this machine
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0")]
    host: IpAddr,
}

pub(super) async fn run(args: &ServeArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    if !args.folder.is_dir() {
        let why = std::io::ErrorKind::NotFound.into();
        return Err(Failure::io(&format!("serving {}", args.folder.display()), &why));
    }
    let tls = args
        .tls
        .as_ref()
        .map(|pair| Tls::read(&pair[0], &pair[1]))
        .transpose()?;
    let kind = if tls.is_some() { "https" } else { "http" };
    let logins = logins(&args.user, screen)?;
    let mut stop = Stop::new()?;
    let listener = ota::listen(SocketAddr::new(args.host, args.port)).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::io("listening", &error))?;
    let url = format!("{kind}://{address}");
    screen.event(&json!({"event": "serving", "url": url, "folder": args.folder.to_string_lossy()}));
    screen.say(&format!("{} at {url}", args.folder.display()));
    let serving = Serving {
        root: args.folder.clone(),
        logins,
        tls,
    };
    let (sender, mut served) = mpsc::channel(WAITING);
    // Devices do not wait for a terminal.
    let tell = Arc::new(move |one| drop(sender.try_send(one)));
    let serving = ota::serve(listener, serving, tell);
    let mut serving = std::pin::pin!(serving);
    loop {
        tokio::select! {
            never = &mut serving => match never {},
            Some(one) = served.recv() => show(&one, screen),
            () = stop.asked() => return Ok(Exit::Done),
        }
    }
}

fn logins(users: &[Device], screen: &mut Screen) -> Result<Option<Logins>, Failure> {
    if users.is_empty() {
        return Ok(None);
    }
    let password = std::env::var(PASSWORD).ok();
    let password = password.or_else(|| screen.ask_password("password of the devices: "));
    let password = password.filter(|password| !password.is_empty()).ok_or_else(|| {
        let help = "put it into the environment variable BOARDSIDE_OTA_PASSWORD";
        Failure::usage("--user needs a password".to_owned(), help)
    })?;
    let mut logins = Logins::default();
    for user in users {
        logins.add(user.as_str(), &password);
    }
    Ok(Some(logins))
}

fn show(one: &Served, screen: &mut Screen) {
    screen.event(&json!({
        "event": "request", "device": one.device, "running": one.running, "peer": one.peer.to_string(), "project": one.project,
        "version": one.version, "path": one.path, "status": one.status, "bytes": one.bytes, "result": one.result,
    }));
    let device = one.device.clone().unwrap_or_else(|| one.peer.ip().to_string());
    let what = match (&one.version, one.result) {
        (Some(version), "told") => match &one.running {
            Some(running) => format!("told {version}, it runs {running}"),
            None => format!("told {version}"),
        },
        (_, result) => format!("{result} {}, {}", visible(&one.path), size_text(one.bytes)),
    };
    let colour = match one.result {
        "told" | "sent" => "32",
        _ => "33",
    };
    let status = screen.paint(colour, &one.status.to_string());
    screen.say(&format!("{device:<16} {status} {what}"));
}
