//! `boardside login` and `boardside logout`: the password of a board into the system's keychain, and out of it.
//! Talks to no board: one that is off can be logged in, and the next verb says if the password is wrong.

use std::io::BufRead as _;
use std::io::IsTerminal as _;

use clap::Args;
use serde_json::json;

use crate::base::redacted_address;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::session::Address;
use crate::session::Exit;
use crate::session::drop_recent;
use crate::session::keychain;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The password is asked at the terminal, or read from the first line of stdin. Without a keychain the \
    environment variable BOARDSIDE_PASSWORD does it. What is used: a password in the address, then BOARDSIDE_PASSWORD, \
    then the keychain, then what is typed. Pycom's boards come with the user micro and the password python, at \
    192.168.4.1: boardside login telnet://micro@192.168.4.1"
)]
pub(super) struct LoginArgs {
    /// As for -d: telnet://USER@host, ws://host, ftp://USER@host
    #[arg(value_name = "ADDRESS")]
    address: String,
}

#[derive(Args, Clone, Debug)]
pub(super) struct LogoutArgs {
    /// As for -d: telnet://USER@host, ws://host, ftp://USER@host
    #[arg(value_name = "ADDRESS")]
    address: String,
}

pub(super) async fn login(args: &LoginArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let address = with_login(&args.address)?;
    let given = address.place().and_then(|place| place.password.clone());
    let password = match given {
        Some(given) => Some(given.reveal().to_owned()),
        None if std::io::stdin().is_terminal() => screen.ask_secret(&format!("password for {address}")),
        None => std::io::stdin().lock().lines().next().and_then(Result::ok),
    };
    let password = password.filter(|password| !password.is_empty()).ok_or_else(|| {
        let help = "type it at the terminal, or write it to stdin";
        Failure::usage(format!("no password was given for {address}"), help)
    })?;
    keychain::remember(address.to_string(), password).await?;
    screen.event(&json!({"event": "login", "address": address.to_string()}));
    screen.say(&format!("the password for {address} is in the keychain"));
    Ok(Exit::Done)
}

pub(super) async fn logout(args: &LogoutArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let address = with_login(&args.address)?;
    drop_recent(&address);
    let forgotten = keychain::forget(address.to_string()).await?;
    screen.event(&json!({"event": "logout", "address": address.to_string(), "forgotten": forgotten}));
    screen.say(&if forgotten {
        format!("the password for {address} is forgotten")
    } else {
        format!("no password was kept for {address}")
    });
    Ok(Exit::Done)
}

fn with_login(text: &str) -> Result<Address, Failure> {
    let address: Address = text.parse()?;
    let has_login = address.place().is_some() && !matches!(address, Address::Rfc2217(_));
    if has_login {
        return Ok(address);
    }
    let shown = redacted_address(text);
    let help = "name a board that asks for a password: telnet://USER@host, ws://host, ftp://USER@host";
    Err(Failure::usage(
        format!("{shown} is reached without a password"),
        help,
    ))
}
