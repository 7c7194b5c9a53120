//! Gets a release once more as devices get it: over HTTP/1.0, unescaped, without following anything.
//! Not a client for anything else.

use std::time::Duration;

use reqwest::Client;
use reqwest::StatusCode;
use reqwest::Version;
use reqwest::header::CONTENT_ENCODING;
use reqwest::header::CONTENT_LENGTH;
use reqwest::header::TRANSFER_ENCODING;
use reqwest::redirect::Policy;

use crate::ota::Entry;
use crate::ota::OtaError;

/// For one file; micropython-ota waits 5 s for each piece.
const PATIENCE: Duration = Duration::from_secs(20);

/// The `host` of devices: `http://host:port/path`, and the login that they use.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Without a slash at its end.
    pub url: String,
    /// User and password.
    pub login: Option<(String, String)>,
}

impl Address {
    /// Reads what the user wrote.
    pub fn new(url: &str, login: Option<(String, String)>) -> Result<Self, OtaError> {
        let refused = |why| OtaError::Target {
            text: url.to_owned(),
            why,
        };
        let host = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"));
        let host = host.ok_or_else(|| refused("devices ask http:// or https://"))?;
        if host.contains('@') {
            return Err(refused("a password in it would be kept with it"));
        }
        if host.starts_with('/')
            || host.is_empty()
            || host.contains(['?', '#', ' ', '"', '\\'])
            || host.chars().any(char::is_control)
        {
            return Err(refused("write it as http://HOST:PORT/PATH"));
        }
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { url, login })
    }
}

/// Gets these files of a release from where devices get them: by their keys in the store.
pub(super) async fn check_by_http(address: &Address, files: &[(String, Entry)]) -> Result<(), OtaError> {
    let client = Client::builder()
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
        .build();
    let client = client.map_err(|error| not_back(&address.url, &told(&error)))?;
    for (key, entry) in files {
        let url = format!("{}/{key}", address.url);
        let request = client.get(&url).version(Version::HTTP_10);
        let request = match &address.login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        };
        let answer = request
            .send()
            .await
            .map_err(|error| not_back(&url, &told(&error)))?;
        if answer.status() != StatusCode::OK {
            return Err(not_back(&url, &format!("the answer is {}", answer.status())));
        }
        for header in [CONTENT_ENCODING, TRANSFER_ENCODING] {
            if let Some(value) = answer.headers().get(&header) {
                let value = value.to_str().unwrap_or_default();
                return Err(not_back(
                    &url,
                    &format!("it comes with {header}: {value}, which devices do not understand"),
                ));
            }
        }
        if !answer.headers().contains_key(CONTENT_LENGTH) {
            return Err(not_back(
                &url,
                "it comes without Content-Length, and devices could not tell that it was cut short",
            ));
        }
        let bytes = answer
            .bytes()
            .await
            .map_err(|error| not_back(&url, &told(&error)))?;
        if Entry::of(&bytes) != *entry {
            return Err(not_back(&url, &format!("{} bytes with another sum", bytes.len())));
        }
    }
    Ok(())
}

fn not_back(what: &str, why: &str) -> OtaError {
    OtaError::NotBack {
        what: what.to_owned(),
        why: why.to_owned(),
    }
}

fn told(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = if text.is_empty() {
                more
            } else {
                format!("{text}: {more}")
            };
        }
        cause = error.source();
    }
    text
}
