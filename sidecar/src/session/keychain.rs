//! The system's keychain: macOS Keychain, Windows Credential Manager, Secret Service (GNOME Keyring, KWallet) elsewhere.
//! A machine without one is no error for who looks for a password, only for who wants to keep one.

use std::time::Duration;

use keyring::Entry;
use keyring::Error;

/// The name under which people find their passwords there.
const SERVICE: &str = "boardside";
/// Somebody may have to unlock it first; a keychain that does not answer must not keep a sync.
const LIMIT: Duration = Duration::from_secs(60);

/// A password cannot be kept or forgotten.
#[derive(Debug, thiserror::Error)]
pub enum KeychainError {
    /// There is none, or it is locked, or it refuses.
    #[error("the system's keychain cannot be used: {why}")]
    Unusable {
        /// What it says.
        why: String,
    },
}

/// The password of this address, if it is known there.
pub(super) async fn find(address: String) -> Option<String> {
    with(address, Entry::get_password).await.ok().flatten()
}

/// Is there one that could keep something? Nothing is unlocked for that.
pub async fn is_there() -> bool {
    let asked = tokio::task::spawn_blocking(|| Entry::store_status().is_ok());
    matches!(tokio::time::timeout(LIMIT, asked).await, Ok(Ok(true)))
}

/// Keeps the password of this address.
pub async fn remember(address: String, password: String) -> Result<(), KeychainError> {
    with(address, move |entry| entry.set_password(&password))
        .await
        .map(drop)
}

/// Forgets it; was there one?
pub async fn forget(address: String) -> Result<bool, KeychainError> {
    let forgotten = with(address, Entry::delete_credential).await?;
    Ok(forgotten.is_some())
}

/// `None`: it knows no such address.
async fn with<T: Send + 'static>(
    address: String,
    deed: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<Option<T>, KeychainError> {
    let unusable = |why: String| KeychainError::Unusable { why };
    let work = tokio::task::spawn_blocking(move || {
        if let Err(error) = Entry::store_status() {
            return Err(unusable(error.to_string()));
        }
        match Entry::new(SERVICE, &address).and_then(|entry| deed(&entry)) {
            Ok(done) => Ok(Some(done)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(unusable(error.to_string())),
        }
    });
    match tokio::time::timeout(LIMIT, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(stopped)) => Err(unusable(stopped.to_string())),
        Err(_) => Err(unusable(format!("no answer within {} s", LIMIT.as_secs()))),
    }
}
