//! Words for releases, the places where they lie, and who publishes them.
//! What is wrong with the project itself is told where it is told for a sync.

use crate::ota::OtaError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::explain::words;
use crate::session::releases::ReleasesError;

impl Explain for OtaError {
    fn explained(&self) -> Explained {
        match self {
            Self::Name { .. } => words(
                "ota.words",
                Exit::Usage,
                self,
                "write a version like v1.2.0 or 2026.11.21, names of projects and devices like sample and dev-1",
            ),
            Self::Target { .. } => words(
                "ota.target",
                Exit::Usage,
                self,
                "name a folder, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX; devices ask http:// or \
                 https://",
            ),
            Self::File { .. } | Self::Large { .. } | Self::NoFile { .. } => words(
                "ota.content",
                Exit::Failed,
                self,
                "rename the file, leave it out (.boardsideignore), name in `ota.files` what devices with micropython-ota \
                 ask for, or sign with --key for the safe client; nothing was published",
            ),
            Self::Taken { .. } => words(
                "ota.taken",
                Exit::Conflict,
                self,
                "give this content a version of its own: what devices may have already is never changed",
            ),
            Self::Busy { .. } => words(
                "ota.busy",
                Exit::Conflict,
                self,
                "wait until it is done, and look with `boardside ota status`",
            ),
            Self::Raced { .. } => words(
                "ota.raced",
                Exit::Conflict,
                self,
                "look with `boardside ota status` what devices are told now, and run it again if it is to be another",
            ),
            Self::NoRelease { .. } | Self::NoCurrent { .. } | Self::NoBefore { .. } => words(
                "ota.no_release",
                Exit::Failed,
                self,
                "name one that `boardside ota list` shows; `boardside ota publish` puts one there",
            ),
            Self::Incomplete { .. } => words(
                "ota.incomplete",
                Exit::Verify,
                self,
                "publish the same files under that version again, or take another version; devices were told nothing new",
            ),
            Self::NotBack { .. } => words(
                "ota.not_back",
                Exit::Verify,
                self,
                "look at the server and its rights: devices need status 200, Content-Length and the file as it is; they \
                 were told nothing new",
            ),
            Self::Pins { .. } | Self::NoPins { .. } => words(
                "ota.pins",
                Exit::Failed,
                self,
                "look with `boardside ota status` which device has which version, and name the version to promote",
            ),
            Self::Record { .. } | Self::Version { .. } => words(
                "ota.record",
                Exit::Failed,
                self,
                "mend that file, or use the newer Boardside that wrote it; nothing was changed",
            ),
            Self::Key { .. } => words(
                "ota.key",
                Exit::Usage,
                self,
                "give a secret RSA key in PEM with --key or `ota.key` of boardside.toml; `boardside ota keygen` makes one",
            ),
            other => of_place(other),
        }
    }
}

impl Explain for ReleasesError {
    fn explained(&self) -> Explained {
        match self {
            Self::Ota(error) => error.explained(),
            Self::Project(error) => error.explained(),
            Self::Files(error) => error.explained(),
            Self::NoTarget => words(
                "ota.no_target",
                Exit::Usage,
                self,
                "give a folder or bucket with --to, or `ota = { target = \"...\" }` in boardside.toml",
            ),
            Self::Io { .. } => words(
                "host.io",
                Exit::Failed,
                self,
                "check the path, its permissions and the free disk space",
            ),
        }
    }
}

/// Where releases lie and are served.
fn of_place(error: &OtaError) -> Explained {
    match error {
        OtaError::Io { .. } => words(
            "host.io",
            Exit::Failed,
            error,
            "check the path, its permissions and the free disk space",
        ),
        OtaError::Bucket { .. } => words(
            "ota.bucket",
            Exit::Failed,
            error,
            "check its name, and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT (or those that \
                 begin with GOOGLE_ or AZURE_) in the environment; the same again goes on where it stopped",
        ),
        OtaError::Listen { .. } => words(
            "ota.listen",
            Exit::Failed,
            error,
            "take another --port, or stop what uses it",
        ),
        _ => words(
            "ota.certificate",
            Exit::Usage,
            error,
            "give a certificate and its key in PEM: --tls CERT KEY",
        ),
    }
}
