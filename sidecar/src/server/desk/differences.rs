//! What is not on the board yet, and the board's content of a file: from what is remembered, without the board.
//! Compares nothing itself: `session::live::Known` does.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;
use tokio::sync::oneshot;

use crate::base::BoardPath;
use crate::server::call::Call;
use crate::server::call::Reply;
use crate::server::desk::Desk;
use crate::server::desk::FolderId;
use crate::server::desk::answers;
use crate::server::outbox::Key;
use crate::server::protocol::names;
use crate::server::protocol::told::Different;
use crate::server::refusal::Refusal;
use crate::session::live::Ask;
use crate::session::live::Difference;
use crate::session::live::Order;
use crate::sync::KnownContents;

impl Desk {
    /// `boardside/differences`
    pub(super) fn tell_differences(&mut self, id: FolderId) {
        let board = self.board_of_folder(id).ok();
        let Some(folder) = self.folders.get_mut(&id) else {
            return;
        };
        // What is known of another board says nothing about this one.
        folder.known.take_if(|(of, _)| Some(&*of) != board.as_ref());
        let known = folder.known.as_ref().zip(folder.scan.as_ref());
        let differences = known.map(|((_, known), scan)| known.differences(&scan.files));
        let show = |(path, difference): (BoardPath, Difference)| Different {
            uri: folder.uri_on_board(&path),
            path: path.to_string(),
            state: match difference {
                Difference::OnlyProject => "onlyProject",
                Difference::OnlyBoard => "onlyBoard",
                Difference::Differs => "differs",
            },
        };
        let mut params = json!({"folder": folder.place.uri});
        if let Some(board) = board {
            params["board"] = board.into();
        }
        params["known"] = differences.is_some().into();
        let files: Vec<Different> = differences.into_iter().flatten().map(show).collect();
        params["files"] = json!(files);
        if folder.told_differences.as_ref() != Some(&params) {
            let key = Key::Differences(folder.place.uri.clone());
            folder.told_differences = Some(params.clone());
            self.outbox.latest(key, names::DIFFERENCES, params);
        }
    }

    /// `boardside/base`
    pub(super) fn base(&mut self, uri: String, ask: bool, reply: Reply) {
        let Some((id, relative)) = self.folder_of(&uri) else {
            return answers::send(reply, Err(Refusal::folder_unknown(&uri)));
        };
        let Some(Call::Base { reply, .. }) = self.park(id, Call::Base { uri, ask, reply }) else {
            return;
        };
        let board = self.board_of_folder(id).ok();
        let folder = self.folders.get(&id);
        let Some((folder, path)) = folder.and_then(|folder| Some((folder, folder.board_path(&relative)?)))
        else {
            return answers::send(reply, Ok(content(None)));
        };
        let known = folder.known.as_ref().filter(|(of, _)| Some(of) == board.as_ref());
        if known.is_some_and(|(_, known)| known.lacks(&path)) {
            return answers::send(reply, Ok(content(None)));
        }
        let print = known.and_then(|(_, known)| known.print(&path)).copied();
        let (answer, read) = oneshot::channel();
        let mut from_board = None;
        if ask && let Some(board) = board {
            from_board = Some((board, Ask::Read { path, answer }));
        }
        let Some((board, question)) = from_board else {
            // The disk may be slow.
            tokio::task::spawn_blocking(move || {
                let remembered = print.and_then(|print| KnownContents::open().get(&print));
                answers::send(reply, Ok(content(remembered)));
            });
            return;
        };
        let order = self.later(&board);
        tokio::spawn(async move {
            let remembered = tokio::task::spawn_blocking(move || {
                print.and_then(|print| KnownContents::open().get(&print))
            });
            if let Ok(Some(remembered)) = remembered.await {
                return answers::send(reply, Ok(content(Some(remembered))));
            }
            order(Order::Ask(question));
            let answer = match read.await {
                Ok(Ok(bytes)) => Ok(content(Some(bytes))),
                Ok(Err(why)) if why.code == "board.not_found" => Ok(content(None)),
                Ok(Err(why)) => Err(Refusal::Failed(why)),
                Err(_) => Err(Refusal::Ending),
            };
            answers::send(reply, answer);
        });
    }
}

fn content(bytes: Option<Vec<u8>>) -> Value {
    json!({"content": bytes.map(|bytes| BASE64_STANDARD.encode(bytes))})
}
