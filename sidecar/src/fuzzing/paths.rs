//! Targets for texts that name places: paths on a board, and tracebacks that name files.
//! Nothing of what lies there.

use crate::base::BoardPath;
use crate::base::Feed;
use crate::session::traceback::Tracebacks;
use crate::session::traceback::links;
use crate::session::traceback::places;

/// Any text: refused, or a path that reads back, stays below the root and fits into a line.
pub(super) fn board_path(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let path = match BoardPath::new(&text) {
        Ok(path) => path,
        Err(why) => return assert!(why.to_string().chars().all(|c| !c.is_control())),
    };
    assert_eq!(BoardPath::new(path.as_str()).as_ref(), Ok(&path));
    assert_eq!(BoardPath::new(path.relative()).as_ref(), Ok(&path));
    let parts: Vec<&str> = path.relative().split('/').collect();
    for part in &parts {
        assert!(!part.is_empty() && *part != "." && *part != "..", "{path}");
        assert!(!part.chars().any(|c| c.is_control() || c == '\\'), "{path}");
    }
    assert_eq!(path.name(), parts[parts.len() - 1]);
    let above = path.ancestors();
    assert_eq!(above.len(), parts.len() - 1);
    assert_eq!(above.last(), path.parent().as_ref());
    assert!(above.iter().all(|folder| path.is_below(folder)));
    assert!(!path.is_below(&path));
}

/// Any output of a program, in any pieces: the same tracebacks, with places that are paths and links that are in
/// the line.
pub(super) fn tracebacks(data: &[u8]) {
    let mut feed = Feed::new(data);
    let size = 1 + feed.below(40);
    let printed = feed.rest();
    let whole = Tracebacks::default().push(printed);
    let mut pieces = Tracebacks::default();
    let found: Vec<_> = printed
        .chunks(size)
        .flat_map(|piece| pieces.push(piece))
        .collect();
    assert_eq!(found, whole);
    for traceback in whole {
        assert!(!traceback.frames.is_empty());
        let _ = traceback.is_stop();
        for frame in traceback.frames {
            assert!(frame.line > 0);
            let names = places(&frame.file);
            assert!(names.iter().all(|path| path.as_str().starts_with('/')));
        }
    }
    for line in String::from_utf8_lossy(printed).lines() {
        let units = line.encode_utf16().count();
        let mut last = 0;
        for link in links(line) {
            assert!(
                last <= link.start && link.start < link.end && link.end <= units,
                "{line}"
            );
            last = link.end;
        }
    }
}
