//! `boardside put`: files and folders of this machine, copied to the board in one transaction.
//! Not for projects: that is `sync`, which sends only what changed.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::base::size_text as bytes;
use crate::board::Lies;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::ls::count;
use crate::cli::screen::Screen;
use crate::cli::spelling::below;
use crate::cli::spelling::board_path;
use crate::cli::spelling::is_folder;
use crate::cli::spelling::is_surely_on_board;
use crate::cli::spelling::own_name;
use crate::session::Exit;
use crate::session::Files;
use crate::session::ProjectError;
use crate::sync::Content;
use crate::sync::Delivery;
use crate::sync::ignore::Rules;
use crate::sync::scan::ScanCache;
use crate::sync::scan::scan;

#[derive(Args, Clone, Debug)]
#[command(override_usage = "boardside put [OPTIONS] <LOCAL>... [REMOTE]")]
#[command(
    after_help = "All files arrive or none; each is verified before it takes its place. If flash is short they go one \
    by one. (A micro:bit's file system cannot rename: there a file is written in place and read back.) \
    The next sync sees what was put by hand: it takes over what the project wants, and asks about the \
    rest."
)]
pub(super) struct PutArgs {
    /// Files of this machine (folders with -r), then where to on the board if there is more than one:
    /// a name, or a folder, with a / at its end if it is new. With one alone: into the root
    #[arg(required = true, value_name = "LOCAL")]
    names: Vec<PathBuf>,
    /// Folders with everything in them; `folder/` means what is in it. Hidden files, what looks like a secret, and what
    /// no board wants, such as __pycache__, are left out
    #[arg(short, long)]
    recursive: bool,
    /// With -r: leave nothing out
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(global: &Global, args: PutArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let (locals, remote) = split(&args.names, Path::is_file)?;
    let sources = locals
        .iter()
        .map(|local| source(local, &args, screen))
        .collect::<Result<Vec<_>, _>>()?;
    let target = link::target_here(global);
    let done = link::with_files(&target, screen, async |files, screen| {
        let delivery = address(files, &sources, remote).await?;
        let applied = files.put(&delivery, screen).await?;
        Ok::<_, Failure>((delivery, applied, files.sent()))
    });
    let (delivery, applied, sent) = done.await?;
    for (path, content) in &delivery.files {
        screen.event(&json!({"event": "file", "path": path.as_str(), "local": content.to_string()}));
        screen.say(&format!("{content} -> {path}"));
    }
    let whole = applied.is_none_or(|applied| applied.whole);
    if !whole {
        screen.warn("not enough free flash for all at once: files were put one by one");
    }
    let size: u64 = sources.iter().map(|source| source.bytes).sum();
    screen.event(&json!({
        "event": "put", "files": delivery.files.len(), "bytes": size, "bytes_sent": sent,
        "tier": applied.map(|applied| applied.tier.word()), "whole": whole,
    }));
    screen.say(&format!(
        "{}, {}",
        count(delivery.files.len(), "file"),
        bytes(size)
    ));
    Ok(Exit::Done)
}

/// Which are local, and where to. The last of several names is on the board.
fn split(names: &[PathBuf], is_file_here: impl Fn(&Path) -> bool) -> Result<(&[PathBuf], &str), Failure> {
    let (last, locals) = match names {
        [.., last] if names.len() > 1 => (last, &names[..names.len() - 1]),
        _ => return Ok((names, "/")),
    };
    let remote = last.to_str().ok_or_else(|| {
        let text = format!("{} is not Unicode", last.display());
        Failure::usage(text, "a path on the board looks like lib/x.py or :lib/x.py")
    })?;
    // `put a.py b.py` must not write a.py over the board's b.py when both were meant to be sent.
    let meant_here = !is_surely_on_board(remote) && is_file_here(last) && !locals.contains(last);
    if meant_here {
        return Err(Failure::usage(
            format!("{remote} is a file here, and the last name says where to on the board"),
            "to send it, too, add / at the end; to use it as the name on the board, write it with a colon in front",
        ));
    }
    Ok((locals, remote))
}

/// One of the names, looked at.
struct Source {
    /// Name on the board, if it goes into a folder; `None`: only its content goes.
    name: Option<String>,
    /// Files in it, by their path below it; empty text for a file itself.
    files: Vec<(String, PathBuf)>,
    is_folder: bool,
    bytes: u64,
}

fn source(local: &Path, args: &PutArgs, screen: &mut Screen) -> Result<Source, Failure> {
    let failed = |error| Failure::io(&format!("reading {}", local.display()), &error);
    let facts = std::fs::metadata(local).map_err(failed)?;
    if !facts.is_dir() {
        return Ok(Source {
            name: own_name(local),
            files: vec![(String::new(), local.to_owned())],
            is_folder: false,
            bytes: facts.len(),
        });
    }
    if !args.recursive {
        let text = format!("{} is a folder", local.display());
        return Err(Failure::usage(text, "for a folder with all in it add -r"));
    }
    let rules = if args.all {
        Rules::none()
    } else {
        Rules::new("", &[], None).map_err(|error| ProjectError::Rules(error.into()))?
    };
    let scan = scan(local, &rules, &mut ScanCache::default()).map_err(ProjectError::Scan)?;
    for warning in &scan.warnings {
        screen.warn(&warning.to_string());
    }
    Ok(Source {
        name: own_name(local),
        files: scan
            .hosts
            .iter()
            .map(|(path, host)| (path.relative().to_owned(), host.clone()))
            .collect(),
        is_folder: true,
        bytes: scan.total_bytes,
    })
}

/// Gives every file its place on the board, as `cp` would.
async fn address(board: &mut Files<'_>, sources: &[Source], remote: &str) -> Result<Delivery, Failure> {
    let to = board_path(remote)?;
    let into = match &to {
        None => true,
        Some(_) if is_folder(remote) => true,
        Some(path) => board.lies_at(std::slice::from_ref(path)).await? == [Lies::Folder],
    };
    if sources.len() > 1 && !into {
        return Err(Failure::usage(
            format!("{remote} is no folder on the board, and several things are to be put there"),
            "for a new folder write it with a / at the end",
        ));
    }
    let mut delivery = Delivery::default();
    for source in sources {
        let base = match (&source.name, &to) {
            (Some(name), folder) if into => Some(below(folder.as_ref(), name)?),
            (_, to) => to.clone(),
        };
        if source.is_folder {
            delivery.folders.extend(base.clone());
        }
        for (rest, host) in &source.files {
            let path = below(base.as_ref(), rest)?;
            if let Some(other) = delivery.files.insert(path.clone(), Content::File(host.clone())) {
                let text = format!("{} and {} would both be {path}", other, host.display());
                return Err(Failure::usage(text, "put them into different folders"));
            }
        }
    }
    Ok(delivery)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_names_is_on_the_board_unless_that_is_doubtful() {
        let here = |path: &Path| path == Path::new("b.py");
        for (given, expected) in [
            (&["a.py"][..], Some("/")),
            (&["b.py"], Some("/")),
            (&["a.py", "b"], Some("b")),
            (&["a.py", "c.py", ":lib"], Some(":lib")),
            (&["a.py", ":b.py"], Some(":b.py")),
            (&["a.py", "b.py/"], Some("b.py/")),
            (&["b.py", "b.py"], Some("b.py")),
            (&["a.py", "b.py"], None),
        ] {
            let names: Vec<PathBuf> = given.iter().map(PathBuf::from).collect();
            let remote = split(&names, here).ok().map(|(_, remote)| remote);
            assert_eq!(remote, expected, "{given:?}");
        }
    }
}
