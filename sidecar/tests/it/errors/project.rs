//! Codes of projects, settings, syncs and this machine's own files.

use std::fs;

use boardside::base::BoardPath;
use boardside::session::Explain as _;
use boardside::session::LandError;

use super::How::Real;
use super::How::Value;
use super::Scenario;
use super::Told;
use crate::boards;
use crate::boards::fast;
use crate::desk::Desk;
use crate::desk::with_files;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("usage", Real(|| Told::by(&Desk::at(""), &["frobnicate"]))),
    ("settings.bad", Real(|| synced(&[("boardside.toml", "sorce = 'x'\n"), ("a.py", "")]))),
    ("settings.after", Real(|| Told::by(&Desk::at(""), &["sync", ".", "--after", "run=../x"]))),
    ("project.no_folder", Real(|| Told::by(&Desk::at(""), &["sync", "not/here"]))),
    ("project.rules", Real(|| synced(&[(".boardsideignore", "{a,b\n"), ("a.py", "")]))),
    ("project.scan", Real(scan)),
    ("project.empty", Real(|| synced(&[("boardside.toml", "")]))),
    ("project.changed", Real(|| while_sending(|desk| drop(desk.write("project/z.py", "z = 2\n"))))),
    ("project.read", Real(|| while_sending(|desk| fs::remove_file(desk.path("project/z.py")).unwrap()))),
    ("project.watch", Value(watch, "a folder that can be scanned and not watched")),
    ("sync.conflict", Real(conflict)),
    ("sync.names", Real(|| synced_to(&[], &[(&"n".repeat(250), "")], &[]))),
    ("sync.manifest_newer", Real(newer)),
    ("pull.conflict", Real(pull)),
    ("host.io", Real(|| synced_with(&["put", "nosuch.py"]))),
    ("host.exists", Value(exists, "a file that appears between the look and the writing")),
    ("host.name", Value(windows_name, "names that only Windows reads as something else")),
    ("host.verify", Value(host_verify, "a disk that loses what was written")),
];
