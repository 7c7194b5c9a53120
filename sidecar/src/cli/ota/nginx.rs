//! `boardside ota nginx`: the configuration that serves a target as devices need it.

use std::path::PathBuf;
use std::path::absolute;

use clap::Args;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::ota::Place;
use crate::cli::screen::Screen;
use crate::ota::Nginx;
use crate::session::Exit;

pub(super) const ABOUT: &str =
    "boardside ota nginx --to /srv/ota > /etc/nginx/conf.d/boardside.conf && nginx -s reload";

#[derive(Args, Clone, Debug)]
pub(super) struct NginxArgs {
    /// Port, or ADDRESS:PORT [default: 80, with --tls 443]
    #[arg(long, value_name = "PORT")]
    listen: Option<String>,
    /// Names of the host
    #[arg(long, value_name = "HOST", default_value = "_")]
    host: String,
    /// Devices must log in; the file is htpasswd's, a user is a device
    #[arg(long, value_name = "FILE")]
    users: Option<String>,
    /// Speak TLS, with this certificate and key
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<String>>,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(args: &NginxArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let project = args.place.project(screen)?;
    let folder = match (&args.place.to, &project.goal.settings.ota.target) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(folder)) => project.goal.folder.join(folder),
        (None, None) => return Err(crate::session::releases::ReleasesError::NoTarget.into()),
    };
    let help = "name a folder: a bucket is a web server already";
    let text = folder.to_string_lossy().into_owned();
    if text.contains("://") {
        return Err(Failure::usage(format!("nginx serves no {text}"), help));
    }
    // nginx would look for others beside its configuration.
    let whole = |path: &str| {
        let path = absolute(path).map_err(|error| Failure::io(path, &error))?;
        Ok::<_, Failure>(path.to_string_lossy().into_owned())
    };
    let tls = args.tls.as_ref();
    let tls = tls.map(|pair| Ok::<_, Failure>((whole(&pair[0])?, whole(&pair[1])?)));
    let port = if args.tls.is_some() { "443" } else { "80" };
    let nginx = Nginx {
        root: whole(&text)?,
        listen: args.listen.clone().unwrap_or_else(|| port.to_owned()),
        name: args.host.clone(),
        users: args.users.as_deref().map(whole).transpose()?,
        tls: tls.transpose()?,
    };
    if !nginx.is_plain() {
        let help = "name folders and files without $ and control characters";
        return Err(Failure::usage(
            "nginx cannot have these names in its configuration".to_owned(),
            help,
        ));
    }
    let text = nginx.text();
    screen.event(&json!({"event": "nginx", "text": text}));
    screen.bytes(text.as_bytes());
    Ok(Exit::Done)
}
