//! `boardside ota keygen`: a key that signs releases.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::pack::write_new;
use crate::cli::screen::Screen;
use crate::ota::ReleaseKey;
use crate::session::Exit;

pub(super) const ABOUT: &str = "RSA, 3072 bits: what a board can verify without help of its firmware. FILE is the secret \
key (PKCS#8, as openssl's), for whoever publishes; the one that ends with .pem is the public one for openssl, the one \
that ends with .pub goes to devices: `boardside ota install`. Who has the secret key can publish to every device that \
trusts it: keep it off servers and boards. Never over a file that is there.";

#[derive(Args, Clone, Debug)]
pub(super) struct KeygenArgs {
    /// The secret key's file
    #[arg(default_value = "ota.key")]
    file: PathBuf,
}

pub(super) fn run(args: &KeygenArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let (public, device) = (args.file.with_extension("pem"), args.file.with_extension("pub"));
    if public == args.file || device == args.file {
        let text = format!("{} would be two keys", args.file.display());
        let help = "give the secret key another name: boardside ota keygen ota.key";
        return Err(Failure::usage(text, help));
    }
    let files = [&args.file, &public, &device];
    if let Some(there) = files.iter().find(|path| path.exists()) {
        let why = std::io::ErrorKind::AlreadyExists.into();
        return Err(Failure::io(&format!("writing {}", there.display()), &why));
    }
    let key = ReleaseKey::generate()?;
    let texts = key.texts()?;
    write_new(&args.file, &texts.secret, 0o600)?;
    write_new(&public, &texts.public, 0o644)?;
    write_new(&device, &texts.device, 0o644)?;
    screen.event(&json!({
        "event": "key", "secret_file": args.file.to_string_lossy(), "public_file": public.to_string_lossy(),
        "device_file": device.to_string_lossy(), "modulus": key.modulus(),
    }));
    screen.say(&format!(
        "{} (secret), {}, {} (for devices)",
        args.file.display(),
        public.display(),
        device.display()
    ));
    screen.say(&format!("ota = {{ key = \"{}\" }}", args.file.display()));
    Ok(Exit::Done)
}
