//! The project on this machine: a folder, what it holds, and random edits of it. Knows no board.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::random::Random;

/// Path on the board → content.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What a board can take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Files of the project, bytes of a file and of all.
    pub(super) files: usize,
    pub(super) file: usize,
    pub(super) all: usize,
    pub(super) folders: bool,
}

/// `x1` and `x2` are files at one time and folders at another.
const FOLDERS: [&str; 8] = [
    "d0",
    "d1",
    "lib",
    "lib/sub",
    "x1",
    "d1/x2",
    "lib/sub/deep",
    "with blank",
];
const NAMES: [&str; 12] = [
    "a.py",
    "b.py",
    "c.py",
    "d.py",
    "e.txt",
    "f.bin",
    "g.html",
    "h",
    "x1",
    "x2",
    "long name.json",
    "ä.py",
];
/// A micro:bit takes names of letters.
const FLAT_NAMES: [&str; 8] = ["a.py", "b.py", "c.py", "d.txt", "e.bin", "f", "g.py", "h.py"];
/// It runs at every boot; the second until somebody stops it.
const MAINS: [&str; 3] = [
    "print('main')\n",
    "while True:\n    pass\n",
    "for i in range(3):\n    print(i)\n",
];

pub(super) struct Project {
    pub(super) folder: PathBuf,
    pub(super) files: Files,
    limits: Limits,
}

impl Project {
    /// An empty one; `device` is the board that its settings name.
    pub(super) fn new(folder: &Path, device: &str, limits: Limits) -> io::Result<Self> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(folder)?,
        }
        fs::write(folder.join("boardside.toml"), format!("device = {device:?}\n"))?;
        let mut project = Self {
            folder: folder.to_owned(),
            files: Files::new(),
            limits,
        };
        project.not_empty()?;
        Ok(project)
    }

    /// An empty project is refused.
    fn not_empty(&mut self) -> io::Result<()> {
        if self.files.is_empty() {
            self.put("/a.py", b"A = 1\n".to_vec())?;
        }
        Ok(())
    }

    /// One edit; says what it was.
    pub(super) fn edit(&mut self, random: &mut Random) -> io::Result<String> {
        let what = random.weighted(&[
            (Self::add as fn(&mut Self, &mut Random) -> io::Result<String>, 30),
            (Self::change_a_line, 25),
            (Self::grow, 8),
            (Self::shrink, 8),
            (Self::rename, 10),
            (Self::delete, 10),
            (Self::move_folder, 5),
            (Self::delete_folder, 2),
            (Self::new_main, 4),
        ]);
        let done = what(self, random)?;
        self.not_empty()?;
        Ok(done)
    }

    fn add(&mut self, random: &mut Random) -> io::Result<String> {
        let path = self.new_path(random);
        let most = self.limits.file;
        let size = random.weighted(&[(0, 1), (1, 1), (most / 20, 4), (most / 4, 3), (most, 1)]);
        let size = random.below(size + 1);
        let content = if random.below(3) == 0 {
            random.bytes(size)
        } else {
            text(random, size)
        };
        self.put(&path, content)?;
        Ok(format!("put {path} ({size} B)"))
    }

    fn change_a_line(&mut self, random: &mut Random) -> io::Result<String> {
        let Some((path, mut content)) = self.any(random) else {
            return self.add(random);
        };
        let at = random.below(content.len() + 1);
        let end = content.len().min(at + random.below(40));
        let new = text(random, 30);
        content.splice(at..end, new);
        content.truncate(self.limits.file);
        self.put(&path, content)?;
        Ok(format!("change {path}"))
    }

    fn grow(&mut self, random: &mut Random) -> io::Result<String> {
        let Some((path, mut content)) = self.any(random) else {
            return self.add(random);
        };
        let more = random.below(self.limits.file / 4);
        content.extend(text(random, more));
        content.truncate(self.limits.file);
        self.put(&path, content)?;
        Ok(format!("grow {path}"))
    }

    fn shrink(&mut self, random: &mut Random) -> io::Result<String> {
        let Some((path, mut content)) = self.any(random) else {
            return self.add(random);
        };
        content.truncate(random.below(content.len() + 1));
        self.put(&path, content)?;
        Ok(format!("shrink {path}"))
    }

    fn rename(&mut self, random: &mut Random) -> io::Result<String> {
        let Some((from, content)) = self.any(random) else {
            return self.add(random);
        };
        let to = self.new_path(random);
        self.remove(&from)?;
        self.put(&to, content)?;
        Ok(format!("rename {from} to {to}"))
    }

    fn delete(&mut self, random: &mut Random) -> io::Result<String> {
        let Some((path, _)) = self.any(random) else {
            return self.add(random);
        };
        self.remove(&path)?;
        Ok(format!("delete {path}"))
    }

    fn move_folder(&mut self, random: &mut Random) -> io::Result<String> {
        let from = format!("/{}", random.one(&FOLDERS));
        let to = format!("/{}", random.one(&FOLDERS));
        let inside = |path: &str| path.starts_with(&format!("{from}/"));
        let apart = !format!("{to}/").starts_with(&format!("{from}/"));
        let moved: Vec<String> = self.files.keys().filter(|path| inside(path)).cloned().collect();
        if !apart || moved.is_empty() {
            return self.add(random);
        }
        for path in &moved {
            let content = self.files.get(path).cloned().unwrap_or_default();
            self.remove(path)?;
            self.put(&path.replacen(&from, &to, 1), content)?;
        }
        Ok(format!("move {from} to {to}"))
    }

    fn delete_folder(&mut self, random: &mut Random) -> io::Result<String> {
        let folder = format!("/{}", random.one(&FOLDERS));
        self.clear(&format!("{folder}/"))?;
        Ok(format!("delete {folder}"))
    }

    fn new_main(&mut self, random: &mut Random) -> io::Result<String> {
        let main = *random.one(&MAINS);
        self.put("/main.py", main.as_bytes().to_owned())?;
        Ok("put /main.py".to_owned())
    }

    fn new_path(&self, random: &mut Random) -> String {
        if !self.limits.folders {
            return format!("/{}", random.one(&FLAT_NAMES));
        }
        let name = random.one(&NAMES);
        if random.below(3) == 0 {
            format!("/{name}")
        } else {
            format!("/{}/{name}", random.one(&FOLDERS))
        }
    }

    fn any(&self, random: &mut Random) -> Option<(String, Vec<u8>)> {
        let editable: Vec<&String> = self.files.keys().filter(|path| *path != "/main.py").collect();
        let path = (*editable.get(random.below(editable.len()))?).clone();
        let content = self.files.get(&path)?.clone();
        Some((path, content))
    }

    /// Writes a file, whatever is in its way; if that is too much for the board, another one goes.
    fn put(&mut self, path: &str, content: Vec<u8>) -> io::Result<()> {
        for (at, _) in path.match_indices('/').skip(1) {
            if self.files.contains_key(&path[..at]) {
                self.remove(&path[..at])?;
            }
        }
        self.clear(&format!("{path}/"))?;
        let host = self.host(path);
        if let Some(parent) = host.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(host, &content)?;
        self.files.insert(path.to_owned(), content);
        while self.files.len() > self.limits.files
            || self.files.values().map(Vec::len).sum::<usize>() > self.limits.all
        {
            let other = self
                .files
                .keys()
                .find(|other| *other != path && *other != "/main.py");
            let Some(other) = other.cloned() else { break };
            self.remove(&other)?;
        }
        Ok(())
    }

    /// Removes a file, and the folders that are empty then.
    fn remove(&mut self, path: &str) -> io::Result<()> {
        self.files.remove(path);
        let host = self.host(path);
        fs::remove_file(&host)?;
        for folder in host
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != self.folder)
        {
            if fs::remove_dir(folder).is_err() {
                break; // not empty
            }
        }
        Ok(())
    }

    fn clear(&mut self, prefix: &str) -> io::Result<()> {
        let inside: Vec<String> = self
            .files
            .keys()
            .filter(|path| path.starts_with(prefix))
            .cloned()
            .collect();
        inside.iter().try_for_each(|path| self.remove(path))
    }

    fn host(&self, path: &str) -> PathBuf {
        self.folder.join(&path[1..])
    }

    /// Takes everything away, and gives it back by `refill`.
    pub(super) fn empty(&mut self) -> io::Result<Files> {
        let files = self.files.clone();
        self.clear("/")?;
        Ok(files)
    }

    pub(super) fn refill(&mut self, files: Files) -> io::Result<()> {
        files
            .into_iter()
            .try_for_each(|(path, content)| self.put(&path, content))
    }

    /// A file goes from the folder behind the back of `files`.
    pub(super) fn lose_one(&mut self, random: &mut Random) -> io::Result<Option<String>> {
        let Some((path, _)) = self.any(random) else {
            return Ok(None);
        };
        fs::remove_file(self.host(&path))?;
        Ok(Some(path))
    }

    /// What is in the folder, which others may have written.
    pub(super) fn look(&self) -> io::Result<Files> {
        let mut files = Files::new();
        let mut todo = vec![self.folder.clone()];
        while let Some(folder) = todo.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    todo.push(path);
                } else {
                    let name = path.strip_prefix(&self.folder).unwrap_or(&path);
                    files.insert(format!("/{}", name.display()), fs::read(&path)?);
                }
            }
        }
        files.remove("/boardside.toml");
        Ok(files)
    }
}

/// Comments, so that it does not matter who runs it; of exactly so many bytes.
fn text(random: &mut Random, size: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + 80);
    while text.len() < size {
        text.extend(format!("# {:03} one line of many\n", random.below(1000)).bytes());
    }
    text.truncate(size);
    text
}
