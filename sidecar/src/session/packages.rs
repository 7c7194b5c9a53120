//! Packages in files of this machine: made of a project, opened, listed, and whose signature counts.
//! Opens no board: that is `writing`'s.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use unicode_normalization::UnicodeNormalization as _;

use crate::base::Progress;
use crate::package::EXTENSION;
use crate::package::Head;
use crate::package::LARGEST;
use crate::package::Package;
use crate::package::PackageError;
use crate::package::PublicKey;
use crate::package::SIGNATURE_EXTENSION;
use crate::package::SecretKey;
use crate::package::Signature;
use crate::package::Signed;
use crate::package::Target;
use crate::package::Version;
use crate::package::file_name;
use crate::package::pack;
use crate::session::PackageOptions;
use crate::session::Project;
use crate::session::ProjectError;
use crate::sync::SyncError;
use crate::sync::content;
use crate::sync::read_text;
use crate::sync::scan::Scan;

/// So often a project that changes while it is packed is scanned again.
const SCANS: u32 = 4;
/// A folder of packages is looked at so far.
const MOST: usize = 1000;

/// Why a package's file cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum PackageFileError {
    /// What is in it is wrong.
    #[error("{}: {source}", path.display())]
    Wrong {
        /// Which.
        path: PathBuf,
        /// Why.
        source: PackageError,
    },
    /// The user's words are wrong.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The project cannot be packed.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Nor its files.
    #[error(transparent)]
    Files(#[from] SyncError),
}

/// A package that was read.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its file.
    pub path: PathBuf,
    /// Of the file, in bytes.
    pub size: u64,
    /// What is in it.
    pub package: Package,
    /// By whom.
    pub signed: Result<Signed, PackageError>,
}

impl Opened {
    /// It, if its signature is what is wanted here.
    pub fn trusted(self) -> Result<(Package, Signed), PackageFileError> {
        match self.signed {
            Ok(signed) => Ok((self.package, signed)),
            Err(source) => Err(wrong(&self.path)(source)),
        }
    }

    /// One word about its signature, for programs.
    pub fn signature(&self) -> &'static str {
        match &self.signed {
            Ok(Signed::By { .. }) => "trusted",
            Ok(Signed::No) | Err(PackageError::Unsigned) => "none",
            Ok(Signed::Unchecked { .. }) => "unchecked",
            Err(PackageError::UnknownKey { .. }) => "unknown_key",
            Err(_) => "bad",
        }
    }

    /// The id of the key that signed it, as the signature says it.
    pub fn key(&self) -> Option<&str> {
        match &self.signed {
            Ok(Signed::By { key, .. } | Signed::Unchecked { key })
            | Err(PackageError::UnknownKey { key } | PackageError::Forged { key }) => Some(key),
            _ => None,
        }
    }

    /// The same for people.
    pub fn signer(&self) -> String {
        let key = self.key().unwrap_or_default();
        match self.signature() {
            "trusted" => format!("signed by {key}"),
            "none" => "not signed".to_owned(),
            "unchecked" => format!("signed by {key}, not checked"),
            "unknown_key" => format!("signed by {key}, which is not trusted"),
            _ => "bad signature".to_owned(),
        }
    }
}

fn wrong(path: &Path) -> impl Fn(PackageError) -> PackageFileError {
    let path = path.to_owned();
    move |source| PackageFileError::Wrong {
        path: path.clone(),
        source,
    }
}

fn io(path: &Path) -> impl Fn(io::Error) -> PackageFileError {
    let path = path.to_owned();
    move |source| PackageFileError::Io {
        path: path.clone(),
        source,
    }
}

/// The keys that are trusted: `RW...`, or a `.pub` file, relative to `folder`.
pub fn trusted(words: &[String], folder: &Path) -> Result<Vec<PublicKey>, PackageFileError> {
    let key = |word: &String| match PublicKey::parse(word) {
        Ok(key) => Ok(key),
        Err(error) => {
            let path = folder.join(word);
            if !path.is_file() {
                return Err(error.into());
            }
            let text = read_text(&path).map_err(io(&path))?;
            PublicKey::parse(&text).map_err(wrong(&path))
        }
    };
    words.iter().map(key).collect()
}

/// `PACKAGE.minisig`, where minisign looks for it.
pub fn signature_path(package: &Path) -> PathBuf {
    let mut name = package.as_os_str().to_owned();
    name.push(".");
    name.push(SIGNATURE_EXTENSION);
    name.into()
}

/// Reads a package and checks it and its signature.
pub fn open(path: &Path, trusted: &[PublicKey]) -> Result<Opened, PackageFileError> {
    if !fs::metadata(path).map_err(io(path))?.is_file() {
        return Err(io(path)(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a file",
        )));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(io(path))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(io(path))?;
    let package = Package::parse(&bytes).map_err(wrong(path))?;
    let beside = signature_path(path);
    let signed = match read_text(&beside) {
        Ok(text) => Signature::parse(&text).and_then(|it| Signature::check(Some(&it), &bytes, trusted)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Signature::check(None, &bytes, trusted),
        Err(error) => return Err(io(&beside)(error)),
    };
    Ok(Opened {
        path: path.to_owned(),
        size: bytes.len() as u64,
        package,
        signed,
    })
}

/// All packages of a folder: projects by their names, of each the newest version first; and what cannot be read.
pub fn list(
    folder: &Path,
    trusted: &[PublicKey],
) -> Result<(Vec<Opened>, Vec<PackageFileError>), PackageFileError> {
    let entries = fs::read_dir(folder).map_err(io(folder))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let ours = |path: &PathBuf| {
        let extension = path.extension();
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION)) && path.is_file()
    };
    let mut paths: Vec<PathBuf> = paths.filter(ours).collect();
    paths.sort();
    let (mut packages, mut bad) = (Vec::new(), Vec::new());
    for path in paths.iter().take(MOST) {
        match open(path, trusted) {
            Ok(mut opened) => {
                // A list is of heads.
                opened.package.contents.clear();
                packages.push(opened);
            }
            Err(error) => bad.push(error),
        }
    }
    packages.sort_by(newest_first);
    Ok((packages, bad))
}

fn newest_first(one: &Opened, two: &Opened) -> Ordering {
    let (a, b) = (&one.package.head, &two.package.head);
    let names = a.name.cmp(&b.name);
    names.then_with(|| b.version.precedence(&a.version))
}

/// A package that was made.
#[derive(Clone, Debug)]
pub struct Packed {
    /// What it says of itself.
    pub head: Head,
    /// The package.
    pub bytes: Vec<u8>,
    /// What it was made of.
    pub scan: Scan,
}

/// What a project's packages are for: the first words count, then those of the settings.
pub fn target(
    platforms: &[String],
    firmware: Option<&str>,
    settings: &PackageOptions,
) -> Result<Target, PackageError> {
    let platforms = if platforms.is_empty() {
        &settings.platforms
    } else {
        platforms
    };
    Target::new(platforms, firmware.or(settings.firmware.as_deref()))
}

/// Packs exactly what a sync of this project would put on a board.
pub fn pack_project(
    project: &mut Project,
    version: Version,
    target: Target,
    progress: &mut dyn Progress,
) -> Result<Packed, PackageFileError> {
    let name = project.goal.settings.name.nfc().collect();
    let head = Head {
        name,
        version,
        target,
    };
    let mut scans = 1;
    loop {
        let scan = project.scan(progress)?;
        if scan.total_bytes > LARGEST {
            return Err(PackageError::TooLarge {
                what: "bytes",
                count: scan.total_bytes,
                most: LARGEST,
            }
            .into());
        }
        if scan.files.is_empty() {
            return Err(SyncError::Empty {
                root: project.goal.root(),
            }
            .into());
        }
        let contents = scan
            .files
            .iter()
            .map(|(path, print)| Ok((path.clone(), content(&scan, path, print)?)))
            .collect::<Result<_, SyncError>>();
        match contents {
            Ok(contents) => {
                let bytes = pack(&head, &contents)?;
                return Ok(Packed { head, bytes, scan });
            }
            Err(error) if error.is_of_the_moment() && scans < SCANS => scans += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// The environment variable with the password of secret keys.
pub const KEY_PASSWORD: &str = "BOARDSIDE_KEY_PASSWORD";

/// Is there a password to this secret key?
pub fn has_password(path: &Path) -> Result<bool, PackageFileError> {
    Ok(SecretKey::is_encrypted(&read_text(path).map_err(io(path))?))
}

/// The secret key in this file.
pub fn secret_key(path: &Path, password: Option<String>) -> Result<SecretKey, PackageFileError> {
    let text = read_text(path).map_err(io(path))?;
    SecretKey::parse(&text, password).map_err(|source| PackageFileError::Wrong {
        path: path.to_owned(),
        source,
    })
}

/// Puts a package, and its signature if it gets one, into a folder, which is made; neither is ever there by half.
pub fn save(folder: &Path, packed: &Packed, key: Option<&SecretKey>) -> Result<PathBuf, PackageFileError> {
    let signature = key.map(|key| key.sign(&packed.bytes, &packed.head)).transpose()?;
    fs::create_dir_all(folder).map_err(io(folder))?;
    let path = folder.join(file_name(&packed.head));
    let beside = signature_path(&path);
    // An old signature beside a new package would only say that somebody tampered with it.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(&beside)(error)),
        _ => {}
    }
    whole(&path, &packed.bytes)?;
    if let Some(signature) = signature {
        whole(&beside, signature.as_bytes())?;
    }
    Ok(path)
}

fn whole(path: &Path, bytes: &[u8]) -> Result<(), PackageFileError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // What is left of it is in nobody's way.
        fs::remove_file(&beside).unwrap_or_default();
        io(path)(error)
    })
}
