//! `Rules`: which files of a project go to the board, and which rule says no.
//! Not a walk over folders: that is `scan`. Does not read `.gitignore`: generated `.mpy` files and `secrets.py` are
//! often kept out of git and wanted on the board.

use std::fmt;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::Gitignore;
use ignore::gitignore::GitignoreBuilder;

/// The file in the project with the user's own rules, in `.gitignore` syntax.
pub const IGNORE_FILE: &str = ".boardsideignore";

/// What no board wants. A `!pattern` in `.boardsideignore` brings any of it back.
pub const DEFAULTS: [&str; 25] = [
    ".*",
    "__pycache__/",
    "*.pyc",
    // What editors leave behind or write for a moment.
    "*~",
    "*.swp",
    "*.swo",
    "*.tmp",
    "\\#*#",
    "*___jb_tmp___",
    "*___jb_old___",
    "Thumbs.db",
    "desktop.ini",
    // Tools of the host.
    "node_modules/",
    "venv/",
    "env/",
    "typings/",
    // Settings and records of this program and of its relatives.
    "boardside.toml",
    "boardside_guard.py",
    "pymakr.conf",
    "project.pymakr",
    "project.pico-go",
    "project.pico-w-go",
    "*.code-workspace",
    "*.bsp",
    "*.bsp.minisig",
];

/// What looks like a secret of this machine, in any case of letters: a file with such a name goes to the board only if a
/// `!pattern` names it, or `types` of the settings has its extension.
///
/// `secrets.py`, `secrets.json`, `config.py` and `wifi.py` are not here: that is where programs on boards look for their
/// Wi-Fi password. Nor are `*.der` and `*.crt`, as certificates are public.
pub const SECRETS: [&str; 21] = [
    ".env",
    ".env.*",
    "*.env",
    ".netrc",
    "_netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".htpasswd",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.ppk",
    "*.kdbx",
    "credentials*.json",
    "client_secret*.json",
];

/// A `!pattern` of these brings back all there is, and names nothing.
const NAMES_NOTHING: [&str; 8] = ["!*", "!**", "!/*", "!/**", "!**/*", "!.*", "!/.*", "!**/.*"];

/// Where a rule was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `DEFAULTS`.
    BuiltIn,
    /// `.boardsideignore`.
    IgnoreFile,
    /// `ignore` of the settings, or `py_ignore` of a pymakr.conf.
    Settings,
    /// `types` of the settings: the file's extension is not among them.
    Types,
    /// `SECRETS`.
    Secrets,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltIn => "built in",
            Self::IgnoreFile => IGNORE_FILE,
            Self::Settings => "settings",
            Self::Types => "types in the settings",
            Self::Secrets => "looks like a secret",
        })
    }
}

/// The rule that keeps a file off the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// As it was written; for `Origin::Types` the extensions.
    pub rule: String,
    /// Where.
    pub origin: Origin,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.rule, self.origin)
    }
}

/// A rule that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("`{rule}` ({origin}) is not a pattern")]
pub struct RuleError {
    /// As it was written.
    pub rule: String,
    /// Where.
    pub origin: Origin,
    /// What is wrong with it.
    #[source]
    pub source: ignore::Error,
}

/// Which files go to the board. The last rule that matches decides: built in, then `.boardsideignore`, then settings.
#[derive(Clone, Debug)]
pub struct Rules {
    matcher: Gitignore,
    secrets: Gitignore,
    types: Option<Vec<String>>,
}

impl Rules {
    /// `file` is the text of `.boardsideignore`, `settings` are more patterns, `types` the only extensions that go
    /// to the board (`py`, with or without a dot, in any case).
    pub fn new(file: &str, settings: &[String], types: Option<&[String]>) -> Result<Self, RuleError> {
        let mut builder = GitignoreBuilder::new("");
        let built_in = DEFAULTS.iter().map(|rule| (Origin::BuiltIn, *rule));
        let own = file
            .trim_start_matches('\u{feff}')
            .lines()
            .map(|rule| (Origin::IgnoreFile, rule));
        let more = settings.iter().map(|rule| (Origin::Settings, rule.as_str()));
        for (origin, rule) in built_in.chain(own).chain(more) {
            let marked = Some(mark(origin).into());
            let added = builder.add_line(marked, rule);
            added.map_err(|source| RuleError {
                rule: rule.to_owned(),
                origin,
                source,
            })?;
        }
        let all = |source| RuleError {
            rule: "all rules together".to_owned(),
            origin: Origin::Settings,
            source,
        };
        let matcher = builder.build().map_err(all)?;
        let mut builder = GitignoreBuilder::new("");
        let cases = builder.case_insensitive(true);
        let added = cases.and_then(|all| SECRETS.iter().try_fold(all, |all, rule| all.add_line(None, rule)));
        let secrets = added.and_then(|all| all.build()).map_err(all)?;
        let types = types.map(|types| {
            types
                .iter()
                .map(|t| t.trim_start_matches('.').to_lowercase())
                .collect()
        });
        Ok(Self {
            matcher,
            secrets,
            types,
        })
    }

    /// Keeps nothing off the board.
    pub fn none() -> Self {
        Self {
            matcher: Gitignore::empty(),
            secrets: Gitignore::empty(),
            types: None,
        }
    }

    /// Why is it not wanted? `path` is relative to the root; its folders must have been asked about before.
    pub fn why_ignored(&self, path: &Path, is_folder: bool) -> Option<Why> {
        let named = match self.matcher.matched(path, is_folder) {
            Match::Ignore(glob) => {
                let origin = glob.from().map_or(Origin::BuiltIn, origin);
                return Some(Why {
                    rule: glob.original().to_owned(),
                    origin,
                });
            }
            Match::Whitelist(glob) => Some(!NAMES_NOTHING.contains(&glob.original())),
            Match::None => None,
        };
        if is_folder {
            return None;
        }
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let is_in = |types: &Vec<String>| extension.as_ref().is_some_and(|e| types.contains(e));
        let listed = self.types.as_ref().is_some_and(is_in);
        if let Match::Ignore(glob) = self.secrets.matched(path, false)
            && named != Some(true)
            && !listed
        {
            return Some(Why {
                rule: glob.original().to_owned(),
                origin: Origin::Secrets,
            });
        }
        let types = self.types.as_ref()?;
        // What the user named is stronger than a list of extensions.
        (named.is_none() && !listed).then(|| Why {
            rule: types.join(","),
            origin: Origin::Types,
        })
    }

    /// As `why_ignored`, for a path whose folders were not asked about.
    pub fn why_ignored_anywhere(&self, path: &Path, is_folder: bool) -> Option<Why> {
        let folders: Vec<&Path> = path
            .ancestors()
            .skip(1)
            .filter(|p| !p.as_os_str().is_empty())
            .collect();
        let outer = folders
            .into_iter()
            .rev()
            .find_map(|folder| self.why_ignored(folder, true));
        outer.or_else(|| self.why_ignored(path, is_folder))
    }
}

// The matcher keeps one path beside each rule; it is where the origin travels.
fn mark(origin: Origin) -> &'static str {
    match origin {
        Origin::BuiltIn => "built in",
        Origin::IgnoreFile => "file",
        Origin::Settings | Origin::Types | Origin::Secrets => "settings",
    }
}

fn origin(mark: &Path) -> Origin {
    match mark.to_str() {
        Some("file") => Origin::IgnoreFile,
        Some("settings") => Origin::Settings,
        _ => Origin::BuiltIn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_matches_decides() {
        let file = "# mine\nsecrets.py\n!.env\ndata/*\n!data/keep.csv\n!notes.txt\n";
        let settings = ["*.log".to_owned(), "/top.py".to_owned()];
        let types = ["py".to_owned(), ".CSV".to_owned()];
        let rules = Rules::new(file, &settings, Some(&types)).unwrap();
        let cases = [
            ("main.py", false, None),
            ("lib/x/main.PY", false, None),
            (".git", true, Some("`.*` (built in)")),
            ("lib/.hidden.py", false, Some("`.*` (built in)")),
            (".env", false, None),
            ("__pycache__", true, Some("`__pycache__/` (built in)")),
            ("main.py~", false, Some("`*~` (built in)")),
            ("#main.py#", false, Some("`\\#*#` (built in)")),
            ("secrets.py", false, Some("`secrets.py` (.boardsideignore)")),
            ("data/a.csv", false, Some("`data/*` (.boardsideignore)")),
            ("data/keep.csv", false, None),
            ("x.log", false, Some("`*.log` (settings)")),
            ("top.py", false, Some("`/top.py` (settings)")),
            ("lib/top.py", false, None),
            ("README.md", false, Some("`py,csv` (types in the settings)")),
            ("README", false, Some("`py,csv` (types in the settings)")),
            ("notes.txt", false, None),
            ("lib", true, None),
        ];
        for (path, is_folder, expected) in cases {
            let why = rules
                .why_ignored(Path::new(path), is_folder)
                .map(|why| why.to_string());
            assert_eq!(why.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_goes_to_the_board_only_if_it_is_named() {
        let stays = [
            "id_rsa",
            "keys/ID_RSA.bak",
            "server.pem",
            "certs/Key.PEM",
            "tls.key",
            "credentials-aws.json",
            "prod.env",
        ];
        let goes = [
            "secrets.py",
            "secrets.json",
            "config.py",
            "wifi.py",
            "boot.py",
            "credentials.py",
            "key.py",
            "ca.der",
            "cert.crt",
            "monkey",
        ];
        let why = |rules: &Rules, path: &str| rules.why_ignored_anywhere(Path::new(path), false);
        let rules = Rules::new("", &[], None).unwrap();
        for path in stays {
            let origin = why(&rules, path).map(|why| why.origin);
            assert_eq!(origin, Some(Origin::Secrets), "{path}");
        }
        for path in goes {
            assert_eq!(why(&rules, path), None, "{path}");
        }
        // Hidden files are nobody's surprise.
        assert_eq!(why(&rules, ".env").unwrap().origin, Origin::BuiltIn);
        let all_hidden = Rules::new("!.*\n", &[], None).unwrap();
        assert_eq!(why(&all_hidden, ".env").unwrap().origin, Origin::Secrets);
        assert_eq!(why(&all_hidden, ".other"), None);
        let all = Rules::new("!*\n!**\n", &[], None).unwrap();
        assert_eq!(why(&all, "id_rsa").unwrap().origin, Origin::Secrets);

        let named = "!.env\n!id_rsa\n!certs/*.pem\n".to_owned();
        let of_settings = Rules::new("", &[named.replace('\n', ""), "!tls.key".to_owned()], None).unwrap();
        assert_eq!(why(&of_settings, "tls.key"), None);
        let named = Rules::new(&named, &[], Some(&["py".to_owned()])).unwrap();
        for path in [".env", "id_rsa", "certs/a.pem"] {
            assert_eq!(why(&named, path), None, "{path}");
        }
        assert_eq!(why(&named, "a.pem").unwrap().origin, Origin::Secrets);
        let listed = Rules::new("", &[], Some(&["pem".to_owned()])).unwrap();
        assert_eq!(why(&listed, "a.pem"), None);
        assert_eq!(why(&listed, "a.key").unwrap().origin, Origin::Secrets);
        // Whoever wrote a rule of their own wants to hear nothing about it.
        let silent = Rules::new("*.pem\n", &[], None).unwrap();
        assert_eq!(why(&silent, "a.pem").unwrap().origin, Origin::IgnoreFile);
        assert_eq!(why(&Rules::none(), "deep/.git/id_rsa"), None);
    }

    #[test]
    fn what_lies_in_an_ignored_folder_is_ignored() {
        let rules = Rules::new("build/", &[], None).unwrap();
        let why = |path| {
            rules
                .why_ignored_anywhere(Path::new(path), false)
                .map(|why| why.rule)
        };
        assert_eq!(why("build/deep/x.py").as_deref(), Some("build/"));
        assert_eq!(why(".git/refs/x").as_deref(), Some(".*"));
        assert_eq!(why("src/build.py"), None);
    }

    #[test]
    fn a_rule_that_is_no_pattern_is_named() {
        let error = Rules::new("ok.py\n{a,b\n", &[], None).unwrap_err();
        assert_eq!(error.to_string(), "`{a,b` (.boardsideignore) is not a pattern");
    }
}
