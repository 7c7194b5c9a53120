//! `boardside pack` and `boardside keygen`: a project as one file, signed; and the keys for that.
//! Asks no board: what goes into a package is what a sync would put on one.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::base::size_text;
use crate::cli::failure::Failure;
use crate::cli::ls::count;
use crate::cli::screen::Screen;
use crate::cli::sync::warn;
use crate::package::PublicKey;
use crate::package::SecretKey;
use crate::session::Exit;
use crate::session::Options;
use crate::session::Project;
use crate::session::packages;
use crate::session::packages::KEY_PASSWORD;

#[derive(Args, Clone, Debug)]
#[command(disable_version_flag = true)] // of Boardside itself
#[command(
    after_help = "NAME-VERSION.bsp is a zip file: manifest.json, and the files that `boardside sync` would put on a \
    board. The same project gives the same bytes on every system. With --sign its signature lies beside it, in \
    NAME-VERSION.bsp.minisig; `minisign -Vm NAME-VERSION.bsp -P RW...` checks it, too. The password of a key is taken \
    from BOARDSIDE_KEY_PASSWORD, or asked for at a terminal."
)]
pub(super) struct PackArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Its version: 1.2.0, 1.2.0-rc.1, 2026.11.21
    #[arg(long, value_name = "V", required = true)]
    version: String,
    /// Sign it with this secret key of minisign or `boardside keygen` [default: `packages.sign` of the settings]
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// Only for boards with this sys.platform (rp2, esp32, microbit; unix for computers); more than one with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    platform: Vec<String>,
    /// Only for these versions of MicroPython, such as ">=1.20" or ">=1.20,<2"
    #[arg(long, value_name = "RANGE")]
    firmware: Option<String>,
    /// Folder to put it into [default: `packages.folder` of the settings, else this one]
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(super) fn pack(args: &PackArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let version = args.version.parse()?;
    let mut project = Project::open(&args.project, &Options::default())?;
    warn(&project, screen);
    let settings = project.goal.settings.packages.clone();
    let target = packages::target(&args.platform, args.firmware.as_deref(), &settings)?;
    // Before the work: a password may have to be typed.
    let of_settings = settings.sign.as_ref().map(|path| args.project.join(path));
    let key = args.sign.clone().or(of_settings);
    let key = key.map(|path| secret_key(&path, screen)).transpose()?;
    let packed = packages::pack_project(&mut project, version, target, screen)?;
    screen.finish();
    for warning in &packed.scan.warnings {
        screen.warn(&warning.to_string());
    }
    let folder = args.output.clone().unwrap_or_else(|| match &settings.folder {
        Some(folder) if args.project.as_os_str() == "." => folder.clone(),
        Some(folder) => args.project.join(folder),
        None => PathBuf::new(),
    });
    let path = packages::save(&folder, &packed, key.as_ref())?;
    let signed = if key.is_some() { ", signed" } else { "" };
    screen.event(&json!({
        "event": "packed", "package": path.to_string_lossy(), "name": packed.head.name,
        "version": packed.head.version.as_str(), "files": packed.scan.files.len(),
        "bytes": packed.bytes.len(), "sha256": crate::base::Digest::of(&packed.bytes).to_string(),
        "signature": key.as_ref().map(|_| packages::signature_path(&path).to_string_lossy().into_owned()),
    }));
    screen.say(&format!(
        "{}: {}, {}{signed}",
        path.display(),
        count(packed.scan.files.len(), "file"),
        size_text(packed.bytes.len() as u64),
    ));
    Ok(Exit::Done)
}

fn secret_key(path: &Path, screen: &mut Screen) -> Result<SecretKey, Failure> {
    let mut password = std::env::var(KEY_PASSWORD).ok();
    if password.is_none() && packages::has_password(path)? {
        password = screen.ask_password("password of the key: ");
    }
    Ok(packages::secret_key(path, password)?)
}

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The files are those of `minisign -G`, which makes keys for --sign as well. The secret one gets the \
    password that is in BOARDSIDE_KEY_PASSWORD or typed at a terminal; without one everybody who can read the file can \
    sign. Give the public one to those who write packages: `packages.keys` in their boardside.toml, or --key."
)]
pub(super) struct KeygenArgs {
    /// The secret key's file; the public one ends with .pub
    #[arg(default_value = "boardside.key")]
    file: PathBuf,
}

pub(super) fn keygen(args: &KeygenArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let public = args.file.with_extension("pub");
    if public == args.file {
        let text = format!("{} would be both keys", public.display());
        return Err(Failure::usage(
            text,
            "give the secret key another name: boardside keygen boardside.key",
        ));
    }
    if public.exists() {
        let why = std::io::ErrorKind::AlreadyExists.into();
        return Err(Failure::io(&format!("writing {}", public.display()), &why));
    }
    let password = std::env::var(KEY_PASSWORD).ok();
    let password = password.or_else(|| screen.ask_password("password for the new key (empty: none): "));
    let password = password.filter(|password| !password.is_empty());
    let has_password = password.is_some();
    let (secret, open) = SecretKey::generate(password)?;
    write_new(&args.file, &secret, 0o600)?;
    write_new(&public, &open, 0o644)?;
    let key = PublicKey::parse(&open)?;
    let base64 = open.lines().last().unwrap_or_default();
    if !has_password {
        screen.warn("the key has no password: who can read its file can sign");
    }
    screen.event(&json!({
        "event": "key", "id": key.id(), "public": base64, "secret_file": args.file.to_string_lossy(),
        "public_file": public.to_string_lossy(), "password": has_password,
    }));
    screen.say(&format!("{} (secret), {}", args.file.display(), public.display()));
    screen.say(&format!("packages = {{ keys = [\"{base64}\"] }}"));
    Ok(Exit::Done)
}

/// Never over a key that is there.
pub(super) fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::io(&format!("writing {}", path.display()), &error))
}
