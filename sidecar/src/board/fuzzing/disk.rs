//! What `device/commit.py` does, on a tree in memory whose power can fail at every change.
//! Written from the Python, not from `journal`; the real one runs on virtual boards.

use std::collections::BTreeMap;

use crate::base::Fingerprint;

/// Why it did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The power failed.
    Power,
    /// What `OSError` says.
    Refused(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    File(String),
    Folder,
}

/// A flash: littlefs, or FAT, where names that differ by case are one and a rename removes its target first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// By name as the file system compares it; with the name as it is spelled.
    nodes: BTreeMap<String, (String, Node)>,
    fat: bool,
    /// So many changes, then the power fails.
    power: Option<usize>,
}

const OURS: &str = "/.boardside";
const JOURNAL: &str = "/.boardside/journal";
const MANIFEST: &str = "/.boardside/manifest";

impl Disk {
    /// Nothing but the root.
    pub fn new(fat: bool) -> Self {
        Self {
            fat,
            ..Self::default()
        }
    }

    /// A file, or a folder where there is no text. What it lies in must be there.
    pub fn put(&mut self, path: &str, text: Option<&str>) {
        let node = text.map_or(Node::Folder, |text| Node::File(text.to_owned()));
        self.nodes.insert(self.key(path), (path.to_owned(), node));
    }

    /// Everything: path, and text of files.
    pub fn all(&self) -> BTreeMap<&str, Option<&str>> {
        let nodes = self.nodes.values().map(|(path, node)| match node {
            Node::File(text) => (path.as_str(), Some(text.as_str())),
            Node::Folder => (path.as_str(), None),
        });
        nodes.collect()
    }

    /// `go()` once the journal has its name, with power for so many changes. `again`: `recover`, on a later connection.
    pub fn go(&mut self, power: Option<usize>, again: bool) -> Result<(), Stop> {
        self.power = power;
        match self.get(JOURNAL) {
            Some(_) => self.commit(again),
            None => Ok(()),
        }
    }

    /// `begin()` of the next sync.
    pub fn begin(&mut self) -> Result<(), Stop> {
        self.power = None;
        self.clear(OURS)
    }

    fn commit(&mut self, again: bool) -> Result<(), Stop> {
        if self.whole() {
            self.carry_out(again)?;
        }
        self.remove(JOURNAL)?;
        self.clear(OURS)
    }

    /// Is the journal all there?
    pub fn whole(&self) -> bool {
        let Some(Node::File(text)) = self.get(JOURNAL) else {
            return false;
        };
        let mut before = String::new();
        for line in text.split_inclusive('\n') {
            if line.starts_with('=') {
                return line == format!("={}\n", Fingerprint::of(before.as_bytes()).adler32);
            }
            if !makes_sense(line) {
                return false;
            }
            before.push_str(line);
        }
        false
    }

    fn carry_out(&mut self, again: bool) -> Result<(), Stop> {
        let Some(Node::File(text)) = self.get(JOURNAL).cloned() else {
            return Ok(());
        };
        for line in text.split_inclusive('\n') {
            match self.order(&line[..line.len() - 1], again) {
                Err(Stop::Refused(_)) if again => {}
                other => other?,
            }
        }
        Ok(())
    }

    fn order(&mut self, line: &str, again: bool) -> Result<(), Stop> {
        let (order, path) = line.split_at(1);
        match order {
            ">" => {
                let (name, path) = path.split_once(' ').expect("a name and a path");
                self.place(&format!("{OURS}/{name}"), path)
            }
            "-" if matches!(self.get(path), Some(Node::File(_))) && (!again || self.is_ours(path)) => {
                self.remove(path)
            }
            "<" if self.get(path) == Some(&Node::Folder) && self.inside(path).is_empty() => self.remove(path),
            "+" if self.get(path).is_none() => self.make(path),
            _ => Ok(()),
        }
    }

    fn is_ours(&self, path: &str) -> bool {
        let manifest = match self.get(MANIFEST) {
            Some(Node::File(text)) => text.as_str(),
            _ => "",
        };
        manifest
            .lines()
            .any(|line| line.splitn(5, ' ').last() == Some(path))
    }

    fn place(&mut self, name: &str, path: &str) -> Result<(), Stop> {
        match (self.get(name), self.get(path)) {
            (Some(Node::Folder), Some(Node::Folder)) => {
                for inner in self.inside(name) {
                    self.place(&format!("{name}/{inner}"), &format!("{path}/{inner}"))?;
                }
                self.remove(name)
            }
            (Some(_), _) => self.rename(name, path),
            (None, _) => Ok(()),
        }
    }

    fn clear(&mut self, folder: &str) -> Result<(), Stop> {
        for name in self.inside(folder) {
            let path = format!("{folder}/{name}");
            if self.get(&path) == Some(&Node::Folder) {
                self.clear(&path)?;
                self.remove(&path)?;
            } else if path != MANIFEST {
                self.remove(&path)?;
            }
        }
        Ok(())
    }

    fn key(&self, path: &str) -> String {
        if self.fat {
            path.to_lowercase()
        } else {
            path.to_owned()
        }
    }

    fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(&self.key(path)).map(|(_, node)| node)
    }

    /// Names directly in a folder.
    fn inside(&self, folder: &str) -> Vec<String> {
        let start = self.key(&format!("{folder}/"));
        let below = self.nodes.iter().filter(|(key, _)| key.starts_with(&start));
        below
            .map(|(_, (path, _))| &path[start.len()..])
            .filter(|rest| !rest.contains('/'))
            .map(str::to_owned)
            .collect()
    }

    fn spend(&mut self) -> Result<(), Stop> {
        match &mut self.power {
            Some(0) => Err(Stop::Power),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn remove(&mut self, path: &str) -> Result<(), Stop> {
        if self.get(path).is_none() || !self.inside(path).is_empty() {
            return Err(Stop::Refused(format!("remove {path}")));
        }
        self.spend()?;
        self.nodes.remove(&self.key(path));
        Ok(())
    }

    fn make(&mut self, path: &str) -> Result<(), Stop> {
        self.has_folder(path)?;
        self.spend()?;
        self.put(path, None);
        Ok(())
    }

    fn has_folder(&self, path: &str) -> Result<(), Stop> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if folder.is_empty() || self.get(folder) == Some(&Node::Folder) {
            Ok(())
        } else {
            Err(Stop::Refused(format!("no folder for {path}")))
        }
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), Stop> {
        self.has_folder(to)?;
        let is_file = matches!(self.get(from), Some(Node::File(_)));
        match self.get(to) {
            Some(Node::File(_)) if is_file && self.fat => self.remove(to)?,
            Some(Node::File(_)) if is_file => {}
            Some(_) => return Err(Stop::Refused(format!("rename {from} to {to}"))),
            None => {}
        }
        self.spend()?;
        let start = self.key(&format!("{from}/"));
        let inside = self.nodes.keys().filter(|key| key.starts_with(&start));
        let moved: Vec<String> = inside.cloned().chain([self.key(from)]).collect();
        for key in moved {
            let (path, node) = self.nodes.remove(&key).expect("it is there");
            let path = [to, &path[from.len()..]].concat();
            self.nodes.insert(self.key(&path), (path, node));
        }
        Ok(())
    }
}

fn makes_sense(line: &str) -> bool {
    let Some(text) = line.strip_suffix('\n').filter(|text| !text.is_empty()) else {
        return false;
    };
    let Some((order, rest)) = text.split_at_checked(1) else {
        return false;
    };
    let (name, path) = match order {
        ">" => rest.split_once(' ').unwrap_or(("..", rest)),
        _ => ("0", rest),
    };
    "-<+>".contains(order)
        && !name.contains('.')
        && path.starts_with('/')
        && !format!("{path}/").contains("/../")
}
