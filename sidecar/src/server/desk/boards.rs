//! Boards: those that are plugged in, those that folders name, those that are open; and how each is.
//! What they tell is taken in `told`.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::board::Facts;
use crate::board::Tier;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::FolderId;
use crate::server::desk::choice::board_of;
use crate::server::desk::console::Console;
use crate::server::outbox::Key;
use crate::server::protocol::names;
use crate::server::protocol::told;
use crate::server::refusal::Refusal;
use crate::session::Choice;
use crate::session::ConnectError;
use crate::session::Explained;
use crate::session::Found;
use crate::session::Target;
use crate::session::choose;
use crate::session::live::LiveBoard;
use crate::session::live::Order;
use crate::session::live::State;
use crate::session::traceback::Tracebacks;

/// A board.
pub(super) struct Board {
    /// As it was seen last; for one that was never seen, only its address.
    pub(super) found: Found,
    /// It is plugged in.
    pub(super) here: bool,
    /// Where it is one of another machine.
    pub(super) far: Option<Far>,
    pub(super) live: Option<LiveBoard>,
    /// Which opening of it this is.
    pub(super) turn: u64,
    pub(super) state: State,
    pub(super) facts: Option<(Box<Facts>, Tier)>,
    pub(super) console: Console,
    pub(super) tracebacks: Tracebacks,
    /// What is shown in the files of the workspace, by URI.
    pub(super) diagnostics: BTreeMap<String, Vec<Value>>,
}

/// What is known of a board of another machine.
pub(super) struct Far {
    /// What the machine is called.
    pub(super) host: String,
    /// What the board last said, in words.
    pub(super) firmware: Option<String>,
}

impl Board {
    fn new(found: Found, here: bool) -> Self {
        Self {
            found,
            here,
            far: None,
            live: None,
            turn: 0,
            state: State::Free,
            facts: None,
            console: Console::default(),
            tracebacks: Tracebacks::default(),
            diagnostics: BTreeMap::new(),
        }
    }

    /// Is there such a board? Somebody may have asked for one that is not plugged in.
    fn is_there(&self) -> bool {
        self.here || !matches!(self.state, State::Free | State::Refused(_))
    }

    /// For people; what firmware calls itself is for those who look closer.
    fn name(&self) -> String {
        let product = self
            .found
            .product
            .as_deref()
            .filter(|name| !name.trim().is_empty());
        let end = self.found.address.rsplit(['/', '\\']).next();
        product.or(end).unwrap_or_default().to_owned()
    }
}

impl Desk {
    /// Other boards are plugged in than before.
    pub(super) fn ports(&mut self, found: Vec<Found>) {
        for board in self.boards.values_mut() {
            board.here = board.far.is_some();
        }
        for found in found {
            // A board that is open stays what it is when its port comes back under another name.
            let same =
                |board: &&mut Board| board.live.is_some() && found.id.is_some() && board.found.id == found.id;
            if let Some(board) = self.boards.values_mut().find(same) {
                board.here = true;
                continue;
            }
            let address = found.address.clone();
            let board = self
                .boards
                .entry(address)
                .or_insert_with(|| Board::new(found.clone(), true));
            board.found = found;
            board.here = true;
        }
        self.boards.retain(|_, board| board.here || board.live.is_some());
    }

    /// The address by which a board is known here, whatever it is called.
    pub(super) fn resolve(&self, name: &str) -> Result<String, Refusal> {
        if self.boards.contains_key(name) {
            return Ok(name.to_owned());
        }
        let all: Vec<Found> = self.boards.values().map(|board| board.found.clone()).collect();
        match choose(Some(name), all) {
            Ok(Choice::At(address)) => Ok(address.to_string()),
            Ok(Choice::Ask(id)) => Ok(format!("id:{id}")),
            Err(_) => Err(Refusal::board_unknown(name)),
        }
    }

    /// The board of a folder.
    pub(super) fn board_of_folder(&self, id: FolderId) -> Result<String, ConnectError> {
        // Boards of other machines are for those who name them.
        let there = self
            .boards
            .values()
            .filter(|board| board.is_there() && board.far.is_none());
        let there: Vec<Found> = there.map(|board| board.found.clone()).collect();
        let named = |id: &FolderId| {
            let folder = self.folders.get(id)?;
            let device = folder
                .usable()
                .and_then(|settings| settings.settings.device.as_deref());
            device.or_else(|| self.chosen.get(&folder.canonical))
        };
        let others = self.folders.keys().filter(|other| **other != id);
        let taken: Vec<String> = others
            .filter_map(|other| self.resolve(named(other)?).ok())
            .collect();
        board_of(named(&id), None, &there, &taken)
    }

    /// The folders whose board it is.
    pub(super) fn folders_of(&self, address: &str) -> Vec<FolderId> {
        let of = |id: &FolderId| self.board_of_folder(*id).is_ok_and(|board| board == address);
        self.folders.keys().copied().filter(of).collect()
    }

    /// A board, known from now on.
    pub(super) fn board(&mut self, address: &str) -> &mut Board {
        let found = || Found {
            address: address.to_owned(),
            id: address.starts_with("id:").then(|| address.to_owned()),
            product: None,
            usb: None,
        };
        self.boards
            .entry(address.to_owned())
            .or_insert_with(|| Board::new(found(), false))
    }

    /// Tells a board something, and opens it if it is not open.
    pub(super) fn order(&mut self, address: &str, order: Order) {
        if self.board(address).live.is_none() {
            let baud = self.baud(address);
            let turn = self.number();
            let events = self.events.clone();
            let target = Target {
                device: Some(address.to_owned()),
                baud,
                force_boot: false,
            };
            let name = address.to_owned();
            let tell = move |told| {
                let address = name.clone();
                events
                    .send(Event::Board { address, turn, told })
                    .unwrap_or_default();
            };
            let board = self.board(address);
            board.turn = turn;
            board.live = Some(LiveBoard::spawn(target, tell));
        }
        if let Some(live) = &self.board(address).live {
            live.order(order);
        }
    }

    /// Closes a board, whatever it does.
    pub(super) fn close(&mut self, address: &str) {
        let board = self.board(address);
        board.turn = 0;
        board.state = State::Free;
        if let Some(live) = board.live.take() {
            tokio::spawn(live.finish());
        }
        self.boards.retain(|_, board| board.here || board.live.is_some());
    }

    /// As the folders of the board want it.
    fn baud(&self, address: &str) -> u32 {
        let folders = self.folders_of(address);
        let usable = folders.iter().find_map(|id| self.folders.get(id)?.usable());
        usable.map_or(115_200, |settings| settings.settings.baud)
    }

    /// For people.
    pub(super) fn name_of(&self, address: &str) -> String {
        let board = self.boards.get(address);
        board.map_or_else(|| address.to_owned(), Board::name)
    }

    /// What the client is to know of the boards.
    pub(super) fn list(&self) -> Vec<told::Board> {
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, folder) in &self.folders {
            if let Ok(address) = self.board_of_folder(*id) {
                folders.entry(address).or_default().push(folder.place.uri.clone());
            }
        }
        let mut all: BTreeMap<&str, Option<&Board>> = BTreeMap::new();
        all.extend(folders.keys().map(|address| (address.as_str(), None)));
        all.extend(
            self.boards
                .iter()
                .filter(|(address, board)| board.is_there() || folders.contains_key(*address))
                .map(|(address, board)| (address.as_str(), Some(board))),
        );
        let show = |(address, board): (&str, Option<&Board>)| {
            let far = board.and_then(|board| board.far.as_ref());
            let (state, why) = board.map_or(("free", None), |board| state(&board.state));
            told::Board {
                address: address.to_owned(),
                name: self.name_of(address),
                id: board.and_then(|board| board.found.id.clone()),
                state,
                why: why.map(told::Why::from),
                host: far.map(|far| far.host.clone()),
                firmware: far.and_then(|far| far.firmware.clone()),
                folders: folders.get(address).cloned().unwrap_or_default(),
                job: self.jobs.works_on(address).map(|job| told::AtWork {
                    job: job.id,
                    kind: job.task.kind(),
                }),
                facts: board.and_then(|board| board.facts.as_ref()).map(facts),
            }
        };
        all.into_iter().map(show).collect()
    }

    /// Tells the client, if it is not as it was told.
    pub(super) fn show_boards(&mut self) {
        let now = self.list();
        if now != self.shown {
            let params = json!({"boards": now});
            self.outbox.latest(Key::Boards, names::BOARDS_CHANGED, params);
            self.shown = now;
        }
    }
}

fn state(state: &State) -> (&'static str, Option<&Explained>) {
    match state {
        State::Free => ("free", None),
        State::Connecting => ("connecting", None),
        State::Connected => ("connected", None),
        State::Running => ("running", None),
        State::Busy => ("busy", None),
        State::Held(why) => ("held", Some(why)),
        State::Away(why) => ("away", Some(why)),
        State::Refused(why) => ("refused", Some(why)),
    }
}

fn facts((facts, tier): &(Box<Facts>, Tier)) -> told::BoardFacts {
    told::BoardFacts {
        firmware: facts.platform.clone(),
        version: facts.version.clone(),
        id: facts.unique_id.clone(),
        root: if facts.root.is_empty() {
            "/".to_owned()
        } else {
            facts.root.clone()
        },
        flash_total: facts.flash.map(|(_, _, total)| total),
        flash_free: facts.flash.map(|(_, free, _)| free),
        ram_free: facts.free_ram,
        tier: tier.word(),
    }
}
