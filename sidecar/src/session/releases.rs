//! Releases of a project: where they go, what is in them, and who signs, as settings and command line say it.
//! What a release is and how it is published is `ota`'s.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use crate::base::Progress;
use crate::ota::Address;
use crate::ota::Keys;
use crate::ota::Layout;
use crate::ota::OtaError;
use crate::ota::Readers;
use crate::ota::Release;
use crate::ota::ReleaseKey;
use crate::ota::ReleaseWarning;
use crate::ota::Store;
use crate::ota::Tag;
use crate::session::Project;
use crate::session::ProjectError;
use crate::session::Settings;
use crate::sync::SyncError;
use crate::sync::content;
use crate::sync::read_text;

/// The largest file for micropython-ota, in bytes, if the settings do not say: it is held twice in memory, and of the
/// 100 to 200 kB that most boards have the program needs a part.
const LARGEST: u64 = 64 << 10;
/// So often a project that changes while it is read is scanned again.
const SCANS: u32 = 4;
/// The login that devices use, for the check over HTTP.
const USER: &str = "BOARDSIDE_OTA_USER";
const PASSWORD: &str = "BOARDSIDE_OTA_PASSWORD";

/// The table `ota` of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OtaOptions {
    /// A folder, relative to the project, or `s3://bucket/prefix`, `gs://…`, `az://…`.
    pub target: Option<String>,
    /// Name of the project in URLs; else that of the settings.
    pub project: Option<String>,
    /// `flat` or `folder`.
    pub layout: Option<String>,
    /// File of the secret key that signs, relative to the project.
    pub key: Option<PathBuf>,
    /// The files that devices with micropython-ota ask for.
    pub files: Option<Vec<String>>,
    /// The largest file for micropython-ota, in bytes.
    pub largest: Option<u64>,
    /// `sys.platform` or names of devices that take it; the safe client looks at that.
    pub targets: Vec<String>,
    /// What devices have as `host`.
    pub url: Option<String>,
}

/// What the command line says beside the settings.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// `--to`, relative to this folder.
    pub target: Option<String>,
    /// `--name`.
    pub name: Option<String>,
    /// `--layout`.
    pub layout: Option<String>,
    /// `--key`.
    pub key: Option<PathBuf>,
    /// `--url`.
    pub url: Option<String>,
}

/// Why nothing can be published of a project.
#[derive(Debug, thiserror::Error)]
pub enum ReleasesError {
    /// The releases, or where they lie.
    #[error(transparent)]
    Ota(#[from] OtaError),
    /// The project.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Its files.
    #[error(transparent)]
    Files(#[from] SyncError),
    /// Nobody said where to.
    #[error("it is not said where releases go")]
    NoTarget,
    /// The file of a key.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Where releases of a project lie, and how they are made.
pub struct Releases {
    /// Where.
    pub store: Box<dyn Store>,
    /// Under which names.
    pub keys: Keys,
    /// How a version stands in URLs.
    pub layout: Layout,
    /// Where devices ask.
    pub url: Option<Address>,
    /// The settings.
    pub options: OtaOptions,
    key: Option<PathBuf>,
    /// The folder that they go to, if it is one.
    folder: Option<PathBuf>,
}

/// A release that can be published.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What it is.
    pub release: Release,
    /// What is in it.
    pub contents: BTreeMap<String, Vec<u8>>,
    /// What the user should know.
    pub warnings: Vec<ReleaseWarning>,
    /// The same of the files of the project.
    pub notes: Vec<String>,
}

/// The name of a project in URLs.
pub fn name_of(settings: &Settings, said: &Said) -> Result<Keys, OtaError> {
    let name = said
        .name
        .as_ref()
        .or(settings.ota.project.as_ref())
        .unwrap_or(&settings.name);
    Ok(Keys::of(&name.parse()?))
}

/// How devices log in, if they do.
pub fn login() -> Option<(String, String)> {
    std::env::var(USER).ok().zip(std::env::var(PASSWORD).ok())
}

/// What devices have as `host`.
pub fn url_of(settings: &Settings, said: &Said) -> Result<Option<Address>, OtaError> {
    let url = said.url.as_ref().or(settings.ota.url.as_ref());
    url.map(|url| Address::new(url, login())).transpose()
}

/// How a version stands in URLs.
pub fn layout_of(settings: &Settings, said: &Said) -> Result<Layout, OtaError> {
    let layout = said.layout.as_ref().or(settings.ota.layout.as_ref());
    layout.map_or(Ok(Layout::default()), |layout| layout.parse())
}

impl Releases {
    /// Puts the words together: the command line over the settings.
    pub fn open(folder: &Path, settings: &Settings, said: &Said) -> Result<Self, ReleasesError> {
        let options = settings.ota.clone();
        let (target, base) = match (&said.target, &options.target) {
            (Some(target), _) => (target, Path::new("")),
            (None, Some(target)) => (target, folder),
            (None, None) => return Err(ReleasesError::NoTarget),
        };
        Ok(Self {
            store: crate::ota::open(target, base)?,
            keys: name_of(settings, said)?,
            layout: layout_of(settings, said)?,
            url: url_of(settings, said)?,
            key: said
                .key
                .clone()
                .or_else(|| options.key.as_ref().map(|key| folder.join(key))),
            folder: (!target.contains("://")).then(|| base.join(target)),
            options,
        })
    }

    /// The key that signs, if there is to be one.
    pub fn key(&self) -> Result<Option<ReleaseKey>, ReleasesError> {
        let Some(path) = &self.key else { return Ok(None) };
        let text = read_text(path).map_err(|source| ReleasesError::Io {
            path: path.clone(),
            source,
        })?;
        Ok(Some(ReleaseKey::parse(&text)?))
    }

    /// Are releases signed?
    pub fn signs(&self) -> bool {
        self.key.is_some()
    }

    /// Reads what a sync would put on a board, as a release.
    pub fn prepare(
        &self,
        project: &mut Project,
        version: &Tag,
        progress: &mut dyn Progress,
    ) -> Result<Prepared, ReleasesError> {
        let readers = Readers {
            old: self.options.files.clone(),
            safe: self.signs(),
            largest: self.options.largest.unwrap_or(LARGEST),
        };
        let root = project.goal.root();
        // Releases within the project are no part of the next one.
        let own = self.folder.as_ref().and_then(|folder| folder.canonicalize().ok());
        let own = own.map(|own| {
            let is_around = root.starts_with(&own);
            if is_around {
                own.join(self.keys.project().as_str())
            } else {
                own
            }
        });
        let mut scans = 1;
        loop {
            let scan = project.scan(progress)?;
            let is_own = |path| {
                let host = scan.hosts.get(path);
                own.as_ref()
                    .zip(host)
                    .is_some_and(|(own, host)| host.starts_with(own))
            };
            let files = scan.files.iter().filter(|(path, _)| !is_own(*path));
            let contents =
                files.map(|(path, print)| Ok((path.relative().to_owned(), content(&scan, path, print)?)));
            match contents.collect::<Result<BTreeMap<_, _>, SyncError>>() {
                Ok(contents) if contents.is_empty() => return Err(SyncError::Empty { root }.into()),
                Ok(contents) => {
                    let made = Release::new(version.clone(), self.layout, contents, &readers)?;
                    let (release, contents, warnings) = made;
                    return Ok(Prepared {
                        release,
                        contents,
                        warnings,
                        notes: scan.warnings.iter().map(ToString::to_string).collect(),
                    });
                }
                Err(error) if error.is_of_the_moment() && scans < SCANS => scans += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}
