//! The target for settings: our own file and those of other tools, whatever is in them.
//! Nothing of the files themselves.

use std::path::Path;

use crate::session::Options;
use crate::session::OptionsError;
use crate::session::Settings;
use crate::session::import;
use crate::session::import_micropico;
use crate::session::resolve;

/// Any text as each of the three files: refused with a place in it, or settings that stay in the project.
pub(super) fn settings(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let own = Options::parse(&text);
    let pymakr = import(&text).map(|(options, _)| options);
    let micropico = Ok(import_micropico(&text).0);
    for read in [own, pymakr, micropico] {
        match read {
            Ok(options) => resolved(&options),
            Err(OptionsError::Broken {
                line,
                column,
                message,
            }) => {
                assert!(
                    (1..=text.split(['\n', '\r']).count()).contains(&line),
                    "line {line}: {message}"
                );
                assert!(column > 0 && !message.is_empty());
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn resolved(options: &Options) {
    let project = Path::new("/home/me/blink");
    let (settings, warnings) = resolve(&Options::default(), options, &Settings::defaults(project));
    assert!(settings.baud > 0);
    assert!(settings.types.is_none_or(|types| !types.is_empty()));
    assert!(settings.device.is_none_or(|device| !device.trim().is_empty()));
    let inside = settings.source.strip_prefix(project).expect("in the project");
    assert!(
        !inside.components().any(|part| part.as_os_str() == ".."),
        "{}",
        inside.display()
    );
    assert!(warnings.iter().all(|warning| !warning.to_string().is_empty()));
}
