//! Where the password of an address comes from: the address itself, the environment, the system's keychain, somebody
//! at a terminal. In this order: what was said last and nearest counts.
//! Writes none anywhere, but the keychain, and there only what `remember` is given.

use std::env;

use crate::base::Progress;
use crate::session::keychain;
use crate::wire::Address;
use crate::wire::Secret;

/// For scripts and machines without a keychain.
pub const PASSWORD: &str = "BOARDSIDE_PASSWORD";

/// The password for an address of a kind that has logins. `None`: there is none, and nobody to ask.
///
/// Ask when the other end does: many boards have no password. Put what came of it into the connection's address
/// (`Address::with_password`), so that nobody is asked again when the board comes back.
pub async fn password_for(address: &Address, progress: &mut dyn Progress) -> Option<Secret> {
    let place = address.place()?;
    if let Some(password) = &place.password {
        return Some(password.clone());
    }
    let given = env::var(PASSWORD).ok().filter(|password| !password.is_empty());
    if let Some(password) = given {
        return Some(Secret::new(password));
    }
    if let Some(kept) = keychain::find(address.to_string()).await {
        return Some(Secret::new(kept));
    }
    let typed = progress.ask_secret(&format!("password for {address}: "));
    typed.map(Secret::new)
}
