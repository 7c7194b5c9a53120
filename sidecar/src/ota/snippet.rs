//! The lines that a device needs in its boot.py and main.py to update itself from here: for micropython-ota, and for the
//! safe client.
//! Text only; nothing is installed.

use crate::ota::Layout;
use crate::ota::ProjectName;
use crate::ota::client::BOOT;

/// What the lines are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// What devices have as `host`.
    pub host: String,
    /// Which project.
    pub project: ProjectName,
    /// How a version stands in URLs.
    pub layout: Layout,
    /// The files that micropython-ota asks for.
    pub files: Vec<String>,
    /// Files of the project that it cannot have.
    pub left_out: usize,
    /// The device logs in.
    pub login: bool,
}

/// A string in Python; none of these has a quote.
fn python(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

impl Snippet {
    /// For boot.py, with micropython-ota 1.x and 2.x.
    pub fn old(&self) -> String {
        let files: Vec<String> = self.files.iter().map(|file| python(file)).collect();
        let mut more = String::new();
        let mut since = "1.0.0";
        if self.layout == Layout::Folder {
            more += "    use_version_prefix=False,\n";
            since = "1.2.0";
        }
        if self.login {
            more += "    user='DEVICE',\n    passwd='PASSWORD',\n";
            since = "1.2.0";
        }
        let mut text = format!(
            "# boot.py, when the network is there. micropython-ota {since} or later:\n\
             # mip.install('github:olivergregorius/micropython_ota/micropython_ota.py')\n\
             import micropython_ota\n\
             \n\
             micropython_ota.ota_update(\n    \
                 host={},\n    \
                 project={},\n    \
                 filenames=[{}],\n\
             {more})\n",
            python(&self.host),
            python(self.project.as_str()),
            files.join(", "),
        );
        if !self.login {
            let host = python(&format!("{}/d/DEVICE", self.host));
            text += &format!("# For `boardside ota pin DEVICE VERSION`: host={host}\n");
        }
        if self.left_out > 0 {
            text += &format!(
                "# Files of the project that are only for the safe client: {}.\n",
                self.left_out
            );
        }
        text
    }

    /// For boot.py and main.py, with the safe client.
    pub fn safe(&self) -> String {
        format!(
            "# `boardside ota install` puts the safe client on a board, and these lines at the end of its boot.py:\n\
             {BOOT}\n\
             # main.py, or wherever the app has its loop. When it works:\n\
             import ota\n\
             \n\
             ota.confirm()\n\
             \n\
             # From time to time, when the network is there:\n\
             if ota.update():\n    \
                 import machine\n\
             \n    \
                 machine.reset()\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_say_no_more_than_the_oldest_client_understands() {
        let mut snippet = Snippet {
            host: "http://h:8080".to_owned(),
            project: "sample".parse().unwrap(),
            layout: Layout::Flat,
            files: vec!["boot.py".to_owned(), "main.py".to_owned()],
            left_out: 0,
            login: false,
        };
        let expected = "# boot.py, when the network is there. micropython-ota 1.0.0 or later:\n\
            # mip.install('github:olivergregorius/micropython_ota/micropython_ota.py')\n\
            import micropython_ota\n\n\
            micropython_ota.ota_update(\n    host='http://h:8080',\n    project='sample',\n    \
            filenames=['boot.py', 'main.py'],\n)\n\
            # For `boardside ota pin DEVICE VERSION`: host='http://h:8080/d/DEVICE'\n";
        assert_eq!(snippet.old(), expected);
        snippet.layout = Layout::Folder;
        snippet.login = true;
        snippet.left_out = 2;
        let text = snippet.old();
        assert!(
            text.contains("ota 1.2.0")
                && text.contains("use_version_prefix=False")
                && text.contains("passwd=")
        );
        assert!(
            text.ends_with("# Files of the project that are only for the safe client: 2.\n"),
            "{text}"
        );
    }
}
