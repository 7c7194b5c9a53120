//! `Chosen`: which board somebody chose for a folder, kept on this machine from one start to the next.
//! Not a setting: the project's own files are not touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Boards by folder.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    file: Option<PathBuf>,
    boards: BTreeMap<String, String>,
}

impl Chosen {
    /// Those of this user.
    pub fn load() -> Self {
        Self::from_file(dirs::data_local_dir().map(|dir| dir.join("boardside/boards.json")))
    }

    /// Those of this file: a JSON object, folder to address. What cannot be read counts as empty.
    pub fn from_file(file: Option<PathBuf>) -> Self {
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        let boards = text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            boards: boards.unwrap_or_default(),
            file,
        }
    }

    /// The board of this folder.
    pub fn get(&self, folder: &Path) -> Option<&str> {
        self.boards.get(&*folder.to_string_lossy()).map(String::as_str)
    }

    /// Remembers it. What cannot be written holds until the end of this process.
    pub fn keep(&mut self, folder: &Path, device: &str) {
        // Another Boardside may have kept one since.
        let mut boards = Self::from_file(self.file.clone()).boards;
        boards.insert(folder.to_string_lossy().into_owned(), device.to_owned());
        self.boards.clone_from(&boards);
        let Some(file) = &self.file else { return };
        let beside = file.with_extension(format!("{}", std::process::id()));
        let text = serde_json::to_string_pretty(&boards).unwrap_or_default();
        let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
        let done = folder.and_then(|()| fs::write(&beside, text));
        done.and_then(|()| fs::rename(&beside, file)).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_outlives_the_process_and_a_damaged_file_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("boardside/boards.json");
        let (blink, wave) = (Path::new("/home/me/blink"), Path::new("/home/me/wave"));
        let mut one = Chosen::from_file(Some(file.clone()));
        let mut other = Chosen::from_file(Some(file.clone()));
        one.keep(blink, "id:1");
        other.keep(wave, "COM4");
        let both = Chosen::from_file(Some(file.clone()));
        assert_eq!((both.get(blink), both.get(wave)), (Some("id:1"), Some("COM4")));
        fs::write(&file, "{").unwrap();
        assert_eq!(Chosen::from_file(Some(file)).get(blink), None);
    }
}
