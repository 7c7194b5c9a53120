//! Puts tables between their markers in the README. Knows no figures.

use std::fs;
use std::path::Path;

/// Replaces what is between `<!-- NAME -->` and `<!-- end of NAME -->`.
pub(super) fn replace(root: &Path, name: &str, text: &str) -> Result<(), String> {
    let file = root.join("README.md");
    let old = fs::read_to_string(&file).map_err(|error| format!("reading {}: {error}", file.display()))?;
    let new = between(&old, name, text).ok_or_else(|| format!("the README has no markers `{name}`"))?;
    fs::write(&file, new).map_err(|error| format!("writing {}: {error}", file.display()))
}

fn between(old: &str, name: &str, text: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = old.split_once(&open)?;
    let (_, after) = rest.split_once(&close)?;
    Some(format!("{before}{open}{}\n{close}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let old = "a\n<!-- x -->\nold\nold\n<!-- end of x -->\nb\n";
        let new = "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n";
        assert_eq!(between(old, "x", "new\n").as_deref(), Some(new));
        assert_eq!(between(new, "x", "new").as_deref(), Some(new));
        assert_eq!(between(old, "y", "new"), None);
    }
}
