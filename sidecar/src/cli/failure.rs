//! `Failure`: what ends a verb early, already in words.
//! Makes no words of its own but for the command line.

use crate::base::redacted;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;

/// An error with its words and exit code.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Explained);

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.explained())
    }
}

impl Failure {
    #[allow(clippy::needless_pass_by_value)] // it was made for this
    pub(super) fn usage(message: String, help: &str) -> Self {
        Self(Explained {
            code: "usage",
            message: redacted(&message).into_owned(),
            help: help.to_owned(),
            exit: Exit::Usage,
        })
    }

    pub(super) fn io(doing: &str, error: &std::io::Error) -> Self {
        let message = redacted(&format!("{doing}: {error}")).into_owned();
        let help = "check the path, its permissions and the free disk space".to_owned();
        Self(Explained {
            code: "host.io",
            message,
            help,
            exit: Exit::Failed,
        })
    }

    pub(super) fn cancelled(message: &str) -> Self {
        let help = "run it again when you like".to_owned();
        Self(Explained {
            code: "cancelled",
            message: message.to_owned(),
            help,
            exit: Exit::Cancelled,
        })
    }
}
