//! `BoardModel`: a board as a map of paths, with the rules of its file system, and what a sync sees of it.
//! Not a fake of MicroPython: it only knows what removing, making and renaming mean.

use std::collections::BTreeMap;

use boardside::base::BoardPath;
use boardside::base::Digest;
use boardside::base::Fingerprint;
use boardside::sync::plan::Act;
use boardside::sync::plan::BoardState;
use boardside::sync::plan::Drift;
use boardside::sync::plan::Foreign;
use boardside::sync::plan::Manifest;
use boardside::sync::plan::NameRules;
use boardside::sync::plan::Plan;
use boardside::sync::plan::Snapshot;
use boardside::sync::plan::Step;

/// Path to content.
pub(crate) type Tree = BTreeMap<BoardPath, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    File(String),
    Folder,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BoardModel {
    pub(crate) nodes: BTreeMap<BoardPath, Node>,
    pub(crate) manifest: Option<Snapshot>,
    pub(crate) fat: bool,
}

pub(crate) fn snapshot(tree: &Tree) -> Snapshot {
    tree.iter()
        .map(|(path, text)| (path.clone(), Fingerprint::of(text.as_bytes())))
        .collect()
}

impl BoardModel {
    /// Writes a file and makes its folders; no if something else is in the way.
    pub(crate) fn write(&mut self, path: &BoardPath, text: &str) -> bool {
        let fits = !matches!(self.nodes.get(path), Some(Node::Folder))
            && path
                .ancestors()
                .iter()
                .all(|f| !matches!(self.nodes.get(f), Some(Node::File(_))));
        if fits {
            for folder in path.ancestors() {
                self.nodes.insert(folder, Node::Folder);
            }
            self.nodes.insert(path.clone(), Node::File(text.to_owned()));
        }
        fits
    }

    pub(crate) fn file(&self, path: &BoardPath) -> Option<&str> {
        match self.nodes.get(path) {
            Some(Node::File(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn files(&self) -> Tree {
        let files = self
            .nodes
            .keys()
            .filter_map(|path| Some((path.clone(), self.file(path)?.to_owned())));
        files.collect()
    }

    /// The spelling under which the file system has it.
    fn spelled(&self, path: &BoardPath) -> BoardPath {
        let same = |other: &&BoardPath| other.as_str().to_lowercase() == path.as_str().to_lowercase();
        let other = self.nodes.keys().find(same).filter(|_| self.fat);
        other.unwrap_or(path).clone()
    }

    /// What a sync finds out, as the doc of `BoardState` promises it.
    pub(crate) fn observe(&self, project: &Tree) -> BoardState {
        let lines = self.manifest.clone().unwrap_or_default();
        let digest = |text: &str| Digest::of(text.as_bytes());
        let wanted = |path: &BoardPath, text: &str| project.get(path).is_some_and(|wish| wish == text);
        let mut drifted = BTreeMap::new();
        for (path, print) in &lines {
            match self.file(&self.spelled(path)) {
                None => drop(drifted.insert(path.clone(), Drift::Missing)),
                Some(text) if digest(text) == print.sha256 => {}
                Some(text) => {
                    let (size, as_wanted) = (text.len() as u64, wanted(path, text));
                    drifted.insert(path.clone(), Drift::Changed { size, as_wanted });
                }
            }
        }
        let mut foreign = BTreeMap::new();
        for path in project.keys() {
            for asked in path.ancestors().iter().chain([path]) {
                match self.nodes.get(&self.spelled(asked)) {
                    Some(Node::File(text)) if !lines.contains_key(asked) => {
                        let (size, as_wanted) = (text.len() as u64, wanted(asked, text));
                        foreign.insert(asked.clone(), Foreign::File { size, as_wanted });
                    }
                    Some(Node::Folder) if asked == path && !self.only_ours(asked, &lines) => {
                        foreign.insert(asked.clone(), Foreign::Folder);
                    }
                    _ => {}
                }
            }
        }
        BoardState {
            manifest: self.manifest.clone().map(|files| Manifest {
                installed: None,
                project: String::new(),
                files,
            }),
            drifted,
            foreign,
            names: if self.fat {
                NameRules::Fat
            } else {
                NameRules::LittleFs
            },
            ..BoardState::default()
        }
    }

    fn only_ours(&self, folder: &BoardPath, lines: &Snapshot) -> bool {
        let mut inside = self
            .nodes
            .iter()
            .filter(|(path, _)| path.is_below(folder))
            .peekable();
        inside.peek().is_some()
            && inside.all(|(path, node)| match node {
                Node::File(_) => lines.contains_key(path),
                Node::Folder => lines.keys().any(|ours| ours.is_below(path)),
            })
    }

    /// Content of every staged file: sent from the project, or copied from what lies here now.
    pub(crate) fn stage(&self, steps: &[Step], project: &Tree) -> Tree {
        let mut staged = Tree::new();
        for step in steps {
            match &step.act {
                Act::Put { path, .. } => drop(staged.insert(path.clone(), project[path].clone())),
                Act::Copy { from, to, .. } => {
                    staged.insert(
                        to.clone(),
                        self.file(&self.spelled(from))
                            .expect("a copy has a source")
                            .to_owned(),
                    );
                }
                _ => {}
            }
        }
        staged
    }

    /// One act of the commit, with the looks before it that the plan asks for.
    pub(crate) fn commit(&mut self, act: &Act, staged: &mut Tree) {
        let path = &self.spelled(act.path());
        match act {
            Act::Remove { .. } => {
                if self.file(path).is_some() {
                    self.nodes.remove(path);
                }
            }
            Act::RemoveFolder(_) => {
                let empty = !self.nodes.keys().any(|other| other.is_below(path));
                if empty && self.nodes.get(path) == Some(&Node::Folder) {
                    self.nodes.remove(path);
                }
            }
            Act::MakeFolder(folder) => {
                assert!(self.file(path).is_none(), "{folder}: a file is in the way");
                self.has_parent(path);
                self.nodes.insert(path.clone(), Node::Folder);
            }
            Act::Put { path: to, .. } | Act::Copy { to, .. } => {
                let Some(text) = staged.remove(to) else { return };
                self.has_parent(to);
                assert_ne!(
                    self.nodes.get(path),
                    Some(&Node::Folder),
                    "{to}: a folder is in the way"
                );
                self.nodes.remove(path);
                self.nodes.insert(to.clone(), Node::File(text));
            }
        }
    }

    fn has_parent(&self, path: &BoardPath) {
        let parent = path.parent().map(|folder| self.spelled(&folder));
        assert!(
            parent.is_none_or(|folder| self.nodes.get(&folder) == Some(&Node::Folder)),
            "{path}: its folder is missing"
        );
    }

    /// Applies the plan; `cuts` are places in the commit where power fails and everything starts again.
    pub(crate) fn apply(&mut self, plan: &Plan, project: &Tree, cuts: &[usize]) {
        assert!(plan.conflicts.is_empty(), "{:?}", plan.conflicts);
        let mut staged = self.stage(&plan.steps, project);
        for cut in cuts {
            for step in plan.steps.iter().take(*cut) {
                self.commit(&step.act, &mut staged);
            }
        }
        for step in &plan.steps {
            self.commit(&step.act, &mut staged);
        }
        assert!(staged.is_empty(), "left in staging: {staged:?}");
        self.manifest = Some(plan.manifest.files.clone());
    }

    /// Writes and removes one file at a time, nothing staged.
    pub(crate) fn apply_one_by_one(&mut self, plan: &Plan, project: &Tree) {
        for step in plan.one_by_one() {
            let mut staged = self.stage(std::slice::from_ref(&step), project);
            self.commit(&step.act, &mut staged);
        }
        self.manifest = Some(plan.manifest.files.clone());
    }
}
