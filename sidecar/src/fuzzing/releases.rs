//! The target for releases: what devices send to `ota serve`, and what lies beside releases in a folder that anybody
//! may have written to.
//! Nothing of boards.

use crate::ota::Keys;
use crate::ota::Layout;
use crate::ota::Part;
use crate::ota::Release;
use crate::ota::ReleaseKey;
use crate::ota::Tag;
use crate::ota::fuzzing::asked_file;
use crate::ota::fuzzing::login;
use crate::ota::fuzzing::part_of;

/// Any bytes as the path of a URL, a range, a login, a key of a store, a record and a secret key.
pub(super) fn releases(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for line in text.lines().take(50) {
        if let Some(parts) = asked_file(line) {
            assert!(!parts.is_empty());
            for part in &parts {
                let leads_out =
                    part.is_empty() || part.starts_with('.') || part.contains(['/', '\\', ':', '\0']);
                assert!(!leads_out, "{part:?} of {line:?}");
            }
        }
        if let Some((first, last)) = part_of(line, 1000) {
            assert!(first <= last && last < 1000, "{line:?}");
        }
        assert!(!login(line.as_bytes()), "nobody has this password");
    }
    let keys = Keys::of(&"sample".parse().expect("it is a name"));
    if let Some(Part::File(tag, layout, path)) = keys.part(&format!("sample/{text}")) {
        let again = keys.part(&keys.file(&tag, layout, &path));
        assert_eq!(again, Some(Part::File(tag, layout, path)));
    }
    if let Ok(tag) = text.parse::<Tag>() {
        assert!(!tag.as_str().contains(['_', '/', ' ', '%', '?', '#']));
        assert_eq!(keys.part(&keys.record(&tag)), Some(Part::Record(tag.clone())));
        let file = keys.file(&tag, Layout::Flat, "a_b.py");
        assert_eq!(
            keys.part(&file),
            Some(Part::File(tag, Layout::Flat, "a_b.py".to_owned()))
        );
    }
    let version: Tag = "v1".parse().expect("it is a version");
    if let Ok(release) = Release::parse(data, &version, "here") {
        let again = Release::parse(&release.record(), &version, "here");
        assert_eq!(again.ok(), Some(release));
    }
    drop(ReleaseKey::parse(&text));
}
