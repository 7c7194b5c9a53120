//! `boardside get`: a file or folder of the board, copied to this machine.
//! Not for projects: that is `pull`, which knows their settings.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::base::BoardPath;
use crate::base::size_text as bytes;
use crate::board::BoardError;
use crate::board::Lies;
use crate::board::Listed;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::ls::count;
use crate::cli::screen::Screen;
use crate::cli::spelling::board_path;
use crate::session::Exit;
use crate::session::Fetched;
use crate::session::Files;
use crate::session::LandError;
use crate::session::host_path;
use crate::session::land;
use crate::session::lies_within;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A file that is there already is replaced, and each file is either the old or the new one. For a whole \
    project use `boardside pull`, which overwrites nothing."
)]
pub(super) struct GetArgs {
    /// A file on the board; a folder with -r
    remote: String,
    /// Where to; into it if it is a folder [default: the same name in this folder]
    local: Option<PathBuf>,
    /// A folder with everything in it
    #[arg(short, long)]
    recursive: bool,
}

pub(super) async fn run(global: &Global, args: GetArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let remote = board_path(&args.remote)?;
    let target = link::target_here(global);
    let got = link::with_files(&target, screen, async |files, screen| {
        copy(files, remote.as_ref(), &args, screen).await
    });
    let (files, total) = got.await?;
    screen.event(&json!({"event": "got", "files": files, "bytes": total}));
    screen.say(&format!("{}, {}", count(files, "file"), bytes(total)));
    Ok(Exit::Done)
}

async fn copy(
    board: &mut Files<'_>,
    remote: Option<&BoardPath>,
    args: &GetArgs,
    screen: &mut Screen,
) -> Result<(usize, u64), Failure> {
    let lies = match remote {
        None => Lies::Folder,
        Some(path) => board.lies_at(std::slice::from_ref(path)).await?[0],
    };
    let path = remote.map_or("/", BoardPath::as_str).to_owned();
    match lies {
        Lies::Nothing => return Err(BoardError::NotFound { path }.into()),
        Lies::Folder if !args.recursive => return Err(BoardError::IsFolder { path }.into()),
        Lies::Folder | Lies::File { .. } => {}
    }
    let place = place(remote, args.local.as_deref());
    let listed = board.list_in(remote, true).await?;
    let total = listed.iter().filter_map(|one| one.size).sum();
    let mut fetched = Fetched { before: 0, total };
    let mut files = 0;
    for one in &listed {
        let Some((path, local)) = local(one, remote, &place, screen)? else {
            continue;
        };
        if lies == Lies::Folder && !lies_within(args.local.as_deref().unwrap_or(Path::new(".")), &local) {
            return Err(LandError::LeadsOut { path: local }.into());
        }
        if one.size.is_none() {
            let made = std::fs::create_dir_all(&local);
            made.map_err(|error| Failure::io(&format!("making {}", local.display()), &error))?;
            continue;
        }
        let content = board.fetch(&mut fetched, &path, screen).await?;
        land(&local, &content, true)?;
        files += 1;
        let name = local.display().to_string();
        screen.event(&json!({"event": "file", "path": path.as_str(), "local": name, "bytes": content.len()}));
        screen.say(&format!("{path} -> {name}"));
    }
    Ok((files, fetched.before))
}

/// Where the file goes, or the folder that takes the content of the folder.
fn place(remote: Option<&BoardPath>, local: Option<&Path>) -> PathBuf {
    let name = remote.map_or("", BoardPath::name);
    match local {
        None => Path::new(".").join(name),
        Some(local)
            if local.is_dir()
                || local
                    .to_string_lossy()
                    .ends_with(['/', std::path::MAIN_SEPARATOR]) =>
        {
            local.join(name)
        }
        Some(local) => local.to_owned(),
    }
}

/// Where one entry of the list goes; `None` for what cannot be copied.
fn local(
    one: &Listed,
    remote: Option<&BoardPath>,
    place: &Path,
    screen: &mut Screen,
) -> Result<Option<(BoardPath, PathBuf)>, Failure> {
    let path = match BoardPath::new(&one.path) {
        Ok(path) if path.as_str() == one.path => path,
        _ => {
            screen.warn(&format!(
                "left out: `{}` is no name that a file here can have",
                one.path.escape_debug()
            ));
            return Ok(None);
        }
    };
    if one.drive {
        screen.warn(&format!("left out: {path} is another drive; name it to get it"));
        return Ok(None);
    }
    let below = match remote {
        None => path.relative(),
        Some(remote) if path == *remote => "",
        Some(remote) if path.is_below(remote) => &path.as_str()[remote.as_str().len() + 1..],
        Some(remote) => {
            screen.warn(&format!("left out: {path} is not below {remote}"));
            return Ok(None);
        }
    };
    let local = match below {
        "" => {
            host_path(Path::new(""), &path)?;
            place.to_owned()
        }
        below => host_path(place, &BoardPath::new(below).unwrap_or(path.clone()))?,
    };
    Ok(Some((path, local)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_into_a_folder_or_gets_the_name_that_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let remote = BoardPath::new("/lib/x.py").unwrap();
        for (local, expected) in [
            (None, PathBuf::from("./x.py")),
            (Some(folder.path().to_owned()), folder.path().join("x.py")),
            (Some("new/".into()), "new/x.py".into()),
            (Some("new".into()), "new".into()),
        ] {
            assert_eq!(place(Some(&remote), local.as_deref()), expected, "{local:?}");
        }
        assert_eq!(place(None, Some(Path::new("new"))), Path::new("new"));
    }
}
