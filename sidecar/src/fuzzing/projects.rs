//! Targets for what a sync knows of a project: its manifest, the delta of a file, what is left out.
//! Nothing of boards.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::base::BoardPath;
use crate::base::Feed;
use crate::base::Fingerprint;
use crate::sync::delta;
use crate::sync::ignore::Rules;
use crate::sync::plan::Manifest;

/// Any text: refused, or a manifest that reads back. And a manifest out of the bytes, with one byte of it changed.
pub(super) fn manifest(data: &[u8]) {
    if let Ok(read) = Manifest::parse(&String::from_utf8_lossy(data)) {
        let text = read.render();
        assert_eq!(Manifest::parse(&text).map(|again| again.render()), Ok(text));
    }
    let mut feed = Feed::new(data);
    let (before, after) = (made(&mut feed), made(&mut feed));
    let text = after.render();
    assert_eq!(
        Manifest::parse(&text).map(|read| read.files).as_ref(),
        Ok(&after.files)
    );
    let staged: BTreeSet<BoardPath> = after
        .files
        .keys()
        .filter(|_| feed.byte() % 2 == 1)
        .cloned()
        .collect();
    for before in [None, Some(&before)] {
        let recipe = after.recipe(before, &staged);
        assert_eq!(cooked(&recipe, before, &after), text);
    }
    let mut torn = text.into_bytes();
    let at = feed.below(torn.len());
    torn[at] ^= feed.byte();
    torn.truncate(torn.len() - feed.below(torn.len()));
    // Must not fall; what it says of files is compared with the board anyway.
    let _ = Manifest::parse(&String::from_utf8_lossy(&torn));
}

fn made(feed: &mut Feed) -> Manifest {
    let project = String::from_utf8_lossy(feed.piece()).into_owned();
    let mut files = BTreeMap::new();
    for _ in 0..feed.below(6) {
        let path = String::from_utf8_lossy(feed.piece());
        if let Ok(path) = BoardPath::new(&path) {
            files.insert(path, Fingerprint::of(feed.piece()));
        }
    }
    Manifest {
        project,
        installed: None,
        files,
    }
}

/// What `device/agent.py` makes of a recipe.
fn cooked(recipe: &str, before: Option<&Manifest>, after: &Manifest) -> String {
    let old = before.map(Manifest::render).unwrap_or_default();
    let mut text = String::new();
    for line in recipe.split_inclusive('\n') {
        if let Some(numbers) = line.strip_prefix('=') {
            let (from, size) = numbers.trim_end().split_once(' ').expect("two numbers");
            let from: usize = from.parse().expect("a number");
            let size: usize = size.parse().expect("a number");
            text.push_str(&old[from..from + size]);
        } else if let Some(rest) = line.strip_prefix('!') {
            let path = rest.trim_end_matches('\n').splitn(3, ' ').nth(2).expect("a path");
            let print = &after.files[&BoardPath::new(path).expect("as it was written")];
            write!(text, "{} {:08x} {rest}", print.sha256, print.crc32).expect("a String takes all");
        } else {
            text.push_str(line);
        }
    }
    text
}

/// Any two files: the delta makes one of the other, in records that the board can read. And any bytes as a delta.
pub(super) fn delta(data: &[u8]) {
    let mut feed = Feed::new(data);
    let size = feed.below(data.len() + 1);
    let (old, mut new) = (feed.take(size), Vec::new());
    // Some of the old one, so that there is something to copy.
    while !feed.is_over() {
        match feed.byte() {
            byte @ 0..=15 => {
                let from = feed.below(old.len() + 1);
                let to = from + feed.below(old.len() - from + 1);
                for _ in 0..=byte / 4 {
                    new.extend_from_slice(&old[from..to]);
                }
            }
            _ => new.extend_from_slice(feed.piece()),
        }
    }
    new.truncate(1 << 18);
    let steps = delta::delta(old, &new);
    assert!(delta::apply(old, &steps).as_deref() == Some(&new[..]));
    assert!(on_the_board(old, &steps, new.len()) == Some(new.clone()));
    assert!(steps.len() <= new.len() + 8 * (1 + new.len() / 0xffff));
    let _ = delta::is_worth(&steps, &new);
    if let Some(made) = delta::apply(old, data) {
        assert!(made.len() <= data.len() + 0xffff * data.len() / 8);
    }
}

/// The loop of `device/agent.py`: it stops at the size of the new file, and a read over the end is an error.
fn on_the_board(old: &[u8], mut steps: &[u8], size: usize) -> Option<Vec<u8>> {
    let (mut new, mut at) = (Vec::new(), 0_i64);
    while new.len() < size {
        let (head, rest) = steps.split_at_checked(8)?;
        let (insert, rest) = rest.split_at_checked(u16::from_le_bytes([head[0], head[1]]).into())?;
        new.extend_from_slice(insert);
        at += i64::from(i32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let from = usize::try_from(at).ok()?;
        let copy = usize::from(u16::from_le_bytes([head[2], head[3]]));
        new.extend_from_slice(old.get(from..from + copy)?);
        at += i64::try_from(copy).ok()?;
        steps = rest;
    }
    (steps.is_empty() && new.len() == size).then_some(new)
}

/// Any patterns: refused by name, or the same answer for the same path, and all of an ignored folder is ignored.
pub(super) fn ignore(data: &[u8]) {
    let mut feed = Feed::new(data);
    let setting = String::from_utf8_lossy(feed.piece()).into_owned();
    let types = String::from_utf8_lossy(feed.piece()).into_owned();
    let types: Vec<String> = types.split(',').map(str::to_owned).collect();
    let types = Some(&types[..]).filter(|types| types[0].is_ascii());
    let paths = String::from_utf8_lossy(feed.piece()).into_owned();
    let file = String::from_utf8_lossy(feed.rest()).into_owned();
    let rules = match Rules::new(&file, &[setting], types) {
        Ok(rules) => rules,
        Err(error) => return assert!(error.to_string().ends_with("is not a pattern")),
    };
    for path in paths.lines().filter_map(|line| BoardPath::new(line).ok()) {
        let relative = Path::new(path.relative());
        let why = rules.why_ignored_anywhere(relative, false);
        assert_eq!(why, rules.why_ignored_anywhere(relative, false));
        assert!(why.is_none_or(|why| !why.to_string().is_empty()));
        for folder in path.ancestors() {
            if rules.why_ignored(Path::new(folder.relative()), true).is_some() {
                assert!(
                    rules.why_ignored_anywhere(relative, false).is_some(),
                    "{path} in {folder}"
                );
            }
        }
    }
}
