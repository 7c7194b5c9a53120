//! `Served`: a board of this machine that another machine uses. One task owns it, as long as its owner has this.
//! Who may do what was decided before; what travels, and how, is the caller's business.

mod listing;
/// A project of another machine.
pub mod project;

pub use listing::boards;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::base::Progress;
use crate::base::Silent;
use crate::base::Stage;
use crate::host::words::Opened;
use crate::host::words::SetLines;
use crate::host::words::Surveyed;
use crate::host::words::Synced;
use crate::session::ConnectError;
use crate::session::Connection;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::Found;
use crate::session::Target;
use crate::session::connect;
use crate::session::found;
use crate::session::served::project::Wanted;
use crate::sync::plan::Manifest;
use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;

/// Bytes of one answer.
const PIECE: usize = 8 << 10;
/// What a board says comes byte by byte, and each answer is a message: it waits until the board says nothing for a
/// moment, but not for long.
const PAUSE: Duration = Duration::from_millis(3);
const GATHER: Duration = Duration::from_millis(20);
/// Orders that may wait for a board that takes nothing.
const WRITES: usize = 64;

/// How long a server whose client has gone may hold a board, and how often that is looked at.
const LEAVING: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(50);

/// A board whose sync was cut short may take so long to get to its prompt.
const TIDY: Duration = Duration::from_secs(4);

/// Stands for every board of this machine.
const ALL: &str = "all";

/// What may be used of this machine from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Addresses, ids or names of boards; `None`: all.
    pub boards: Option<Vec<String>>,
    /// Look, and touch nothing.
    pub read_only: bool,
}

impl Allowed {
    /// Is anything forbidden?
    pub fn is_limited(&self) -> bool {
        self.read_only || self.boards.is_some()
    }

    fn has(&self, board: &Found) -> bool {
        let named = |name: &String| name == ALL || is_called(board, name);
        self.boards.as_ref().is_none_or(|boards| boards.iter().any(named))
    }

    /// The boards that are there and may be used.
    pub fn found(&self) -> Vec<Found> {
        found().into_iter().filter(|board| self.has(board)).collect()
    }

    /// What to open for a board that is called so; empty is the only one.
    fn resolve(&self, name: &str) -> Result<Found, ConnectError> {
        let mut found = self.found();
        found.retain(|board| name.is_empty() || is_called(board, name));
        match found.len() {
            1 => Ok(found.remove(0)),
            0 if name.is_empty() => Err(ConnectError::NoBoard),
            // What is not listed can be opened by its address, where everything may be.
            0 if self.boards.is_none() && !self.read_only => Ok(Found {
                address: name.to_owned(),
                id: None,
                product: None,
                usb: None,
            }),
            0 => Err(ConnectError::NotAllowed {
                what: name.to_owned(),
            }),
            _ => Err(ConnectError::Many(found)),
        }
    }
}

/// What a board is called for short: the last part of its address.
pub fn name_of(board: &Found) -> &str {
    board.address.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// By its address, its id or its short name.
fn is_called(board: &Found, name: &str) -> bool {
    let id = board.id.as_deref();
    board.address == name || name_of(board) == name || id.is_some_and(|id| id.eq_ignore_ascii_case(name))
}

/// Where the outcome of an order goes.
type Reply<T> = oneshot::Sender<Result<T, Explained>>;

/// What a board is to do.
#[derive(Debug)]
pub enum Order {
    /// Some bytes when there are any; none when the board is gone.
    Read(Reply<Vec<u8>>),
    /// These bytes; answered when the system has them.
    Write(Vec<u8>, Reply<()>),
    /// DTR and RTS.
    Lines(SetLines, Reply<()>),
    /// What the board holds, for a project that wants this.
    Survey(Manifest, Reply<Surveyed>),
    /// This project is to be on the board; the second is told where it is.
    Sync(Box<Wanted>, Tell, Reply<Synced>),
}

/// Is told where a sync is.
pub struct Tell(pub Box<dyn FnMut(Stage) + Send>);

impl fmt::Debug for Tell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tell")
    }
}

impl Progress for Tell {
    fn report(&mut self, stage: Stage) {
        (self.0)(stage);
    }
}

/// A board that is open for another machine, until `close`. Clones are the same.
#[derive(Clone, Debug)]
pub struct Served {
    orders: mpsc::Sender<Order>,
    end: CancellationToken,
}

impl Served {
    /// Opens it, without disturbing what runs on it. The number in what is answered is the caller's to choose.
    pub async fn open(board: &str, baud: u32, allowed: &Allowed) -> Result<(Self, Opened), ConnectError> {
        let found = {
            let (allowed, board) = (allowed.clone(), board.to_owned());
            let resolve = tokio::task::spawn_blocking(move || allowed.resolve(&board));
            resolve.await.expect("listing ports does not panic")?
        };
        let target = Target {
            device: Some(found.address.clone()),
            baud,
            force_boot: false,
        };
        let connection = open_free(&target).await?;
        let opened = Opened {
            wire: 0,
            address: found.address,
            usb: found.usb,
            read_only: allowed.read_only,
        };
        let (orders, mailbox) = mpsc::channel(WRITES);
        let end = CancellationToken::new();
        tokio::spawn(serve(connection, mailbox, end.clone()));
        Ok((Self { orders, end }, opened))
    }

    /// Lets go of the board. Who waits for it gets no answer.
    pub fn close(&self) {
        self.end.cancel();
    }

    /// Until it is closed.
    pub async fn closed(&self) {
        self.orders.closed().await;
    }

    /// Gives an order, in the order of these calls. `None`: the board was closed.
    pub async fn order<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Option<Result<T, Explained>> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(order(reply)).await.ok()?;
        answer.await.ok()
    }
}

/// Who used the board last from elsewhere may be about to leave: that is waited for.
async fn open_free(target: &Target) -> Result<Connection, ConnectError> {
    let end = Instant::now() + LEAVING;
    loop {
        match connect(target, &mut Silent).await {
            Err(ConnectError::Wire(WireError::Busy {
                holder: Some(holder), ..
            })) if holder.command.ends_with(" lsp") && Instant::now() < end => {
                tokio::time::sleep(AGAIN).await;
            }
            other => return other,
        }
    }
}

/// What waits for the line.
#[derive(Default)]
struct Waiting {
    reads: VecDeque<Reply<Vec<u8>>>,
    writes: VecDeque<(Vec<u8>, usize, Reply<()>)>,
    /// What came and was not told yet, and when the first and the last of it did.
    came: Vec<u8>,
    since: Option<(Instant, Instant)>,
    /// It broke.
    gone: bool,
}

/// The board is free when `orders` is closed.
async fn serve(mut connection: Connection, mut orders: mpsc::Receiver<Order>, end: CancellationToken) {
    work(&mut connection, &mut orders, &end).await;
    drop(connection);
}

async fn work(connection: &mut Connection, orders: &mut mpsc::Receiver<Order>, end: &CancellationToken) {
    let mut waiting = Waiting::default();
    loop {
        waiting.reads.retain(|read| !read.is_closed());
        let order = tokio::select! {
            () = end.cancelled() => return,
            order = orders.recv(), if waiting.writes.len() < WRITES => order,
            () = waiting.move_some(connection.wire()), if waiting.has_work() => continue,
        };
        match order {
            None => return,
            Some(Order::Read(reply)) => waiting.reads.push_back(reply),
            Some(Order::Write(bytes, reply)) => waiting.writes.push_back((bytes, 0, reply)),
            Some(Order::Lines(SetLines { dtr, rts, .. }, reply)) => {
                let set = connection.wire().set_lines(Lines { dtr, rts });
                let set = set.map_err(|error| error.explained());
                reply.send(set).unwrap_or_default();
            }
            Some(Order::Survey(manifest, reply)) => {
                waiting.forget();
                let asked = project::survey(connection, &manifest);
                heed(asked, reply, end).await;
            }
            Some(Order::Sync(wanted, mut tell, reply)) => {
                waiting.forget();
                let whole = heed(project::sync(connection, &wanted, &mut tell), reply, end).await;
                if !whole {
                    // What it says is heard by whoever works on the board next.
                    let tidied = tokio::time::timeout(TIDY, project::tidy(connection, end.is_cancelled()));
                    tidied.await.unwrap_or(Ok(())).unwrap_or_default();
                }
            }
        }
        if waiting.gone {
            waiting.tell_gone(&connection.wire().gone());
        }
    }
}

/// Works until it is done, or nobody waits for it any more. Says whether it was done, and well.
async fn heed<T>(
    work: impl Future<Output = Result<T, Explained>>,
    mut reply: Reply<T>,
    end: &CancellationToken,
) -> bool {
    let done = tokio::select! {
        done = work => done,
        () = reply.closed() => return false,
        () = end.cancelled() => return false,
    };
    let good = done.is_ok();
    reply.send(done).unwrap_or_default();
    good
}

impl Waiting {
    fn has_work(&self) -> bool {
        !self.gone && (!self.reads.is_empty() || !self.writes.is_empty())
    }

    /// Moves what can be moved, in either direction: a board that prints does not read until it is read.
    async fn move_some(&mut self, wire: &mut dyn Wire) {
        let asked = self.since.filter(|_| !self.reads.is_empty());
        let due = asked.map(|(first, last)| (first + GATHER).min(last + PAUSE));
        let mut bytes = vec![0; PIECE];
        let moved = poll_fn(|cx| {
            if let Some((content, done, _)) = self.writes.front_mut()
                && let Poll::Ready(wrote) = Pin::new(&mut *wire).poll_write(cx, &content[*done..])
            {
                return Poll::Ready(wrote.map(|size| (true, size)));
            }
            if self.reads.is_empty() || self.came.len() == PIECE {
                return Poll::Pending;
            }
            let mut some = ReadBuf::new(&mut bytes[self.came.len()..]);
            let read = Pin::new(&mut *wire).poll_read(cx, &mut some);
            read.map(|read| read.map(|()| (false, some.filled().len())))
        });
        let moved = tokio::select! {
            biased;
            moved = moved => moved,
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                return self.tell_what_came();
            }
        };
        match moved {
            Ok((true, size)) if size > 0 => self.wrote(size),
            Ok((false, size)) if size > 0 => {
                let now = Instant::now();
                let begin = self.came.len();
                self.came.extend_from_slice(&bytes[begin..begin + size]);
                let first = self.since.map_or(now, |(first, _)| first);
                self.since = Some((first, now));
            }
            Ok(_) | Err(_) => self.tell_gone(&wire.gone()),
        }
        if self.came.len() == PIECE {
            self.tell_what_came();
        }
    }

    /// What the board said belongs to another conversation.
    fn forget(&mut self) {
        self.came.clear();
        self.since = None;
    }

    /// What nobody waits for any more, the next one gets.
    fn tell_what_came(&mut self) {
        while let Some(read) = self.reads.pop_front() {
            let Err(Ok(came)) = read.send(Ok(std::mem::take(&mut self.came))) else {
                self.since = None;
                return;
            };
            self.came = came;
        }
    }

    fn wrote(&mut self, size: usize) {
        let Some((content, done, _)) = self.writes.front_mut() else {
            return;
        };
        *done += size;
        if *done == content.len()
            && let Some((_, _, reply)) = self.writes.pop_front()
        {
            reply.send(Ok(())).unwrap_or_default();
        }
    }

    fn tell_gone(&mut self, error: &WireError) {
        self.gone = true;
        if !self.came.is_empty() {
            self.tell_what_came();
        }
        for read in self.reads.drain(..) {
            read.send(Ok(Vec::new())).unwrap_or_default();
        }
        for (_, _, write) in self.writes.drain(..) {
            write.send(Err(error.explained())).unwrap_or_default();
        }
    }
}
