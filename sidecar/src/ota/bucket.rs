//! A bucket of S3, Google Cloud Storage or Azure, or of any service that speaks as they do.
//! Credentials and endpoints are the environment's: this room asks for none and keeps none.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use futures::TryStreamExt as _;
use object_store::Attribute;
use object_store::Attributes;
use object_store::BackoffConfig;
use object_store::Error;
use object_store::ObjectStore;
use object_store::ObjectStoreExt as _;
use object_store::PutMode;
use object_store::PutOptions;
use object_store::RetryConfig;
use object_store::UpdateVersion;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;

use crate::ota::OtaError;
use crate::ota::store::Before;
use crate::ota::store::Doing;
use crate::ota::store::Found;
use crate::ota::store::LARGEST;
use crate::ota::store::Listed;
use crate::ota::store::Lock;
use crate::ota::store::Store;

/// A service that cannot be reached is asked again for so long.
const PATIENCE: Duration = Duration::from_secs(20);
const TRIES: usize = 4;

/// Any of these names credentials. Without one, object_store would ask an address of the network that nobody named
/// whether this machine is one in a cloud.
const S3: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_METADATA_ENDPOINT",
    "AWS_SKIP_SIGNATURE",
];
const GOOGLE: [&str; 5] = [
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SKIP_SIGNATURE",
];
const AZURE: [&str; 11] = [
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_TOKEN",
    "AZURE_STORAGE_CLIENT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_MSI_ENDPOINT",
    "AZURE_USE_AZURE_CLI",
    "AZURE_SKIP_SIGNATURE",
];

/// A bucket, and what stands before every key.
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    place: String,
}

impl Bucket {
    /// `s3://bucket/prefix`, `gs://…`, `az://…`, with what the environment says of each.
    pub fn open(place: &str) -> Result<Self, OtaError> {
        let refused = |why| OtaError::Target {
            text: place.to_owned(),
            why,
        };
        let (kind, rest) = place
            .split_once("://")
            .ok_or_else(|| refused("it is no address of a bucket"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_matches('/');
        if bucket.is_empty() || rest.contains(['?', '#', '@']) {
            return Err(refused(
                "write s3://BUCKET/PREFIX; credentials and endpoint are taken from the environment",
            ));
        }
        Path::parse(prefix).map_err(|_| refused("its prefix has empty parts or odd characters"))?;
        let credentials = match kind {
            "s3" => &S3[..],
            "gs" => &GOOGLE,
            "az" => &AZURE,
            _ => return Err(refused("it is a folder, or begins with s3://, gs:// or az://")),
        };
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !credentials.iter().any(is_set) {
            let why = "no credentials for it are in the environment".to_owned();
            let what = place.to_owned();
            return Err(OtaError::Bucket { what, why });
        }
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: TRIES,
            retry_timeout: PATIENCE,
        };
        let store: Result<Arc<dyn ObjectStore>, Error> = match kind {
            "s3" => {
                let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
                builder
                    .with_retry(retry)
                    .build()
                    .map(|store| Arc::new(store) as _)
            }
            "gs" => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
                builder
                    .with_retry(retry)
                    .build()
                    .map(|store| Arc::new(store) as _)
            }
            _ => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(bucket);
                builder
                    .with_retry(retry)
                    .build()
                    .map(|store| Arc::new(store) as _)
            }
        };
        let store = store.map_err(|error| OtaError::Bucket {
            what: place.to_owned(),
            why: told(&error),
        })?;
        Ok(Self::of(store, prefix, place))
    }

    fn of(store: Arc<dyn ObjectStore>, prefix: &str, place: &str) -> Self {
        Self {
            store,
            prefix: prefix.to_owned(),
            place: place.trim_end_matches('/').to_owned(),
        }
    }

    /// In memory, as object_store models one.
    #[cfg(test)]
    pub(super) fn in_memory() -> Self {
        Self::of(
            Arc::new(object_store::memory::InMemory::new()),
            "fleet/a",
            "memory",
        )
    }

    fn path(&self, key: &str) -> Result<Path, OtaError> {
        let key = if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}/{key}", self.prefix)
        };
        // As it is: `from` would escape what devices do not.
        Path::parse(&key).map_err(|error| OtaError::Bucket {
            what: key,
            why: error.to_string(),
        })
    }

    fn wrong(&self, key: &str, error: &Error) -> OtaError {
        OtaError::Bucket {
            what: format!("{}/{key}", self.place),
            why: told(error),
        }
    }

    async fn put(&self, key: &str, bytes: &[u8], mode: PutMode) -> Result<bool, OtaError> {
        let options = PutOptions {
            mode,
            attributes: attributes(key),
            ..PutOptions::default()
        };
        let path = self.path(key)?;
        let done = self.store.put_opts(&path, bytes.to_vec().into(), options);
        match done.await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.wrong(key, &error)),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Found>, OtaError> {
        let got = match self.store.get(&self.path(key)?).await {
            Ok(got) => got,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.wrong(key, &error)),
        };
        let revision = Before::Named(got.meta.e_tag.clone(), got.meta.version.clone());
        if got.meta.size > LARGEST {
            return Err(OtaError::Bucket {
                what: format!("{}/{key}", self.place),
                why: format!("it has {} bytes, which no release has", got.meta.size),
            });
        }
        let bytes = got.bytes().await.map_err(|error| self.wrong(key, &error))?;
        let bytes = bytes.to_vec();
        Ok(Some(Found { bytes, revision }))
    }
}

/// What a name says for good may be kept by everybody; what changes by nobody.
fn attributes(key: &str) -> Attributes {
    let changes = key.ends_with("/version") || key.contains("/.");
    let cache = if changes {
        "no-store"
    } else {
        "public, max-age=31536000, immutable"
    };
    let json = key.rsplit('.').next() == Some("json");
    let kind = if json { "application/json" } else { "text/plain" };
    Attributes::from_iter([(Attribute::CacheControl, cache), (Attribute::ContentType, kind)])
}

/// An error and its causes: what the service answered stands in the innermost.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(600)
        .collect()
}

impl Store for Bucket {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn plus_is_blank(&self) -> bool {
        true
    }

    fn needs_copies(&self) -> bool {
        true
    }

    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Doing<'a, bool> {
        Box::pin(async move {
            // Some services that speak as S3 does take the condition for nothing, and would write over it.
            match self.store.head(&self.path(key)?).await {
                Ok(_) => return Ok(false),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(self.wrong(key, &error)),
            }
            self.put(key, bytes, PutMode::Create).await
        })
    }

    fn read<'a>(&'a self, key: &'a str) -> Doing<'a, Option<Found>> {
        Box::pin(self.get(key))
    }

    fn replace<'a>(&'a self, key: &'a str, before: &'a Before, bytes: &'a [u8]) -> Doing<'a, bool> {
        let mode = match before {
            Before::Absent | Before::Content(_) => PutMode::Create,
            Before::Named(e_tag, version) => PutMode::Update(UpdateVersion {
                e_tag: e_tag.clone(),
                version: version.clone(),
            }),
        };
        Box::pin(self.put(key, bytes, mode))
    }

    fn remove<'a>(&'a self, key: &'a str) -> Doing<'a, ()> {
        Box::pin(async move {
            match self.store.delete(&self.path(key)?).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.wrong(key, &error)),
            }
        })
    }

    fn list<'a>(&'a self, project: &'a str) -> Doing<'a, Vec<Listed>> {
        Box::pin(async move {
            let path = self.path(project)?;
            let found: Vec<_> = self
                .store
                .list(Some(&path))
                .try_collect()
                .await
                .map_err(|error| self.wrong(project, &error))?;
            let skip = if self.prefix.is_empty() {
                0
            } else {
                self.prefix.len() + 1
            };
            let mut listed: Vec<Listed> = found
                .into_iter()
                .map(|meta| Listed {
                    key: meta.location.as_ref()[skip..].to_owned(),
                    size: meta.size,
                    when: SystemTime::from(meta.last_modified),
                })
                .collect();
            listed.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(listed)
        })
    }

    fn lock<'a>(&'a self, _project: &'a str) -> Doing<'a, Lock> {
        // Nothing to hold: what changes is replaced only if it is what was read, and all else is create-only.
        Box::pin(async { Ok(Lock(None)) })
    }
}
