//! What a client asks about a folder and its files: the settings that hold, where to run from.
//! Reads no settings: `session` does.

use serde_json::json;

use crate::base::redacted_address;
use crate::server::call::Call;
use crate::server::call::Reply;
use crate::server::desk::Desk;
use crate::server::desk::FolderId;
use crate::server::desk::answers;
use crate::server::desk::folders::Folder;
use crate::server::outbox::Key;
use crate::server::protocol::names;
use crate::server::protocol::told;
use crate::server::refusal::Refusal;
use crate::session::live::FolderSettings;
use crate::sync::plan::OnConflict;

impl Desk {
    /// `boardside/settings`
    pub(super) fn settings_of(&mut self, uri: String, reply: Reply) {
        let Some(id) = self.folder_named(&uri) else {
            return answers::send(reply, Err(Refusal::folder_unknown(&uri)));
        };
        let call = Call::Settings { folder: uri, reply };
        let Some(Call::Settings { reply, .. }) = self.park(id, call) else {
            return;
        };
        let settings = self
            .folders
            .get(&id)
            .and_then(|folder| match folder.settings.as_ref()? {
                Ok(settings) => Some(Ok(json!(as_told(folder, settings)))),
                Err(why) => Some(Err(Refusal::Failed(why.clone()))),
            });
        answers::send(reply, settings.unwrap_or(Err(Refusal::Ending)));
    }

    /// `boardside/settingsChanged`
    pub(super) fn tell_settings(&self, id: FolderId) {
        let Some(folder) = self.folders.get(&id) else {
            return;
        };
        match &folder.settings {
            Some(Ok(settings)) => {
                let key = Key::Settings(folder.place.uri.clone());
                let params = json!({"folder": folder.place.uri, "settings": as_told(folder, settings)});
                self.outbox.latest(key, names::SETTINGS_CHANGED, params);
            }
            Some(Err(why)) => self.log(&format!("{}: {}: {}", folder.name(), why.message, why.help)),
            None => {}
        }
    }

    /// `textDocument/codeLens`
    pub(super) fn lens(&mut self, uri: String, reply: Reply) {
        let Some((id, relative)) = self.folder_of(&uri) else {
            return answers::send(reply, Ok(json!([])));
        };
        let call = Call::Lens { uri, reply };
        let Some(Call::Lens { uri, reply }) = self.park(id, call) else {
            return;
        };
        let path = self
            .folders
            .get(&id)
            .and_then(|folder| folder.board_path(&relative));
        let start = json!({"line": 0, "character": 0});
        let lens = json!({
            "range": {"start": start, "end": start},
            "command": {"title": "Run on board", "command": "boardside.run", "arguments": [{"uri": uri}]},
        });
        let runs = path.is_some_and(|path| path.runs_at_boot());
        answers::send(reply, Ok(if runs { json!([lens]) } else { json!([]) }));
    }
}

fn as_told(folder: &Folder, told: &FolderSettings) -> told::FolderSettings {
    let settings = &told.settings;
    let imported = told.imported.iter().map(|(key, setting)| told::Imported {
        key: key.clone(),
        setting: setting.clone(),
    });
    told::FolderSettings {
        device: settings
            .device
            .as_deref()
            .map(|device| redacted_address(device).into_owned()),
        auto_sync: folder.editor.auto_sync.word(),
        after: settings.after.to_string(),
        conflict: conflict_word(settings.conflict),
        delete: settings.delete,
        baud: settings.baud,
        turbo: settings.turbo,
        root: folder.uri_of(&told.root),
        ignore: settings.ignore.clone(),
        types: settings.types.clone(),
        file: told.file.as_deref().map(|file| folder.uri_of(file)),
        imported: imported.collect(),
        warnings: folder
            .editor
            .warnings
            .iter()
            .chain(&told.warnings)
            .cloned()
            .collect(),
    }
}

fn conflict_word(conflict: OnConflict) -> &'static str {
    match conflict {
        OnConflict::Stop => "stop",
        OnConflict::Overwrite => "overwrite",
        OnConflict::Keep => "keep",
    }
}
