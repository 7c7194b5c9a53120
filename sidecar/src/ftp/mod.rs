//! Files of a board by FTP (RFC 959, 3659): what is left of a board whose REPL is locked.
//! No conversation with MicroPython, and no decisions about projects: that is `sync`.

mod error;
mod files;
mod listing;

pub use error::FtpError;
pub use listing::Entry;

use std::future::Future;
use std::time::Duration;

use suppaftp::FtpError as Cause;
use suppaftp::FtpResult;
use suppaftp::Mode;
use suppaftp::Status;
use suppaftp::tokio::AsyncFtpStream;
use suppaftp::types::FileType;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::board::BoardError;
use crate::wire::Address;
use crate::wire::Place;
use crate::wire::WireError;
use crate::wire::tcp;
use crate::wire::tcp::Held;

/// How long a server may take for one command, or for the next piece of a file. Erasing flash takes seconds.
const LIMIT: Duration = Duration::from_secs(20);
/// So much of a file is written at once, in bytes.
const PIECE: usize = 4096;
/// No file of a board is larger, in bytes.
const LARGEST: u64 = 64 << 20;
/// Where Pycom's boards have their flash.
const FLASH: &str = "/flash";

/// A connection that carries files.
pub struct Ftp {
    stream: AsyncFtpStream,
    address: String,
    /// What comes in front of a path of the board: empty, or `/flash`.
    base: String,
    /// The server has MLSD, as far as it was asked.
    mlsd: Option<bool>,
    /// The server takes options of `ls`: those that hide names with a dot show them then.
    all: bool,
    /// It did not rename over a file.
    removes_first: bool,
    sent: u64,
    received: u64,
    commands: u64,
    _held: Held,
}

/// Connects and logs in, each within `limit`. Without a user as `anonymous`.
pub async fn open(place: &Place, password: Option<&str>, limit: Duration) -> Result<Ftp, FtpError> {
    let address = Address::Ftp(place.clone()).to_string();
    let tcp = tcp::open_as(address.clone(), &place.host, place.port, limit).await?;
    let (tcp, held) = tcp.into_stream();
    let is_v6 = tcp.peer_addr().is_ok_and(|peer| peer.is_ipv6());
    let late = || WireError::Timeout {
        address: address.clone(),
        seconds: limit.as_secs(),
    };
    let foreign = |_| WireError::Foreign {
        address: address.clone(),
        expected: "FTP server",
    };
    let opening = tokio::time::timeout(limit, AsyncFtpStream::connect_with_stream(tcp));
    let mut stream = opening.await.map_err(|_| late())?.map_err(foreign)?;
    // A board may not know by which address it is reached; it is the one that was reached.
    stream.set_passive_nat_workaround(true);
    if is_v6 {
        stream.set_mode(Mode::ExtendedPassive);
    }
    let mut ftp = Ftp {
        stream,
        address: address.clone(),
        base: String::new(),
        mlsd: None,
        all: true,
        removes_first: false,
        sent: 0,
        received: 0,
        commands: 0,
        _held: held,
    };
    let user = place.user.as_deref().unwrap_or("anonymous");
    let opening = async {
        let entered = ftp.stream.login(user, password.unwrap_or_default()).await;
        entered.map_err(|error| match error {
            Cause::UnexpectedResponse(_) => FtpError::Wire(WireError::Login {
                address: address.clone(),
                why: "user or password are wrong",
            }),
            other => ftp.failed("log in", "", other),
        })?;
        let binary = ftp.stream.transfer_type(FileType::Binary).await;
        binary.map_err(|error| ftp.failed("send bytes as they are", "", error))?;
        let home = ftp.stream.pwd().await.unwrap_or_default();
        home.trim_end_matches('/').clone_into(&mut ftp.base);
        if ftp.base.is_empty() && ftp.stream.cwd(FLASH).await.is_ok() {
            FLASH.clone_into(&mut ftp.base);
        }
        Ok(())
    };
    let opened: Result<Result<(), FtpError>, _> = tokio::time::timeout(limit, opening).await;
    opened.map_err(|_| late())??;
    Ok(ftp)
}

impl Ftp {
    /// What was opened, as the user would type it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Bytes of contents to the board, from it, and commands.
    pub fn traffic(&self) -> (u64, u64, u64) {
        (self.sent, self.received, self.commands)
    }

    /// Had the old file to be removed before the new one could take its name?
    pub fn removes_first(&self) -> bool {
        self.removes_first
    }

    /// What lies in a folder, by name; `None` if there is no such folder.
    pub async fn folder(&mut self, path: &str) -> Result<Option<Vec<Entry>>, FtpError> {
        let remote = self.remote(path);
        // Pycom's server lists the folder where one is, whatever is asked for.
        match self.run(|stream| Box::pin(stream.cwd(remote))).await {
            Ok(()) => {}
            Err(Cause::UnexpectedResponse(_)) => return Ok(None),
            Err(error) => return Err(self.failed("list", path, error)),
        }
        if self.mlsd != Some(false) {
            match self.run(|stream| Box::pin(stream.mlsd(None))).await {
                Ok(lines) => {
                    self.mlsd = Some(true);
                    return Ok(Some(
                        lines.iter().filter_map(|line| listing::mlsd(line)).collect(),
                    ));
                }
                Err(Cause::UnexpectedResponse(_)) if self.mlsd.is_none() => self.mlsd = Some(false),
                Err(error) => return Err(self.failed("list", path, error)),
            }
        }
        let all = self.all.then_some("-a");
        let lines = match self.run(|stream| Box::pin(stream.list(all))).await {
            Err(Cause::UnexpectedResponse(_)) if self.all => {
                self.all = false;
                self.run(|stream| Box::pin(stream.list(None))).await
            }
            other => other,
        };
        let lines = lines.map_err(|error| self.failed("list", path, error))?;
        Ok(Some(
            lines.iter().filter_map(|line| listing::list(line)).collect(),
        ))
    }

    /// A file's content; `None` if there is no such file. `moved` is told the bytes that have come.
    pub async fn read(
        &mut self,
        path: &str,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Option<Vec<u8>>, FtpError> {
        let remote = self.remote(path);
        let opened = self.run(|stream| Box::pin(stream.retr_as_stream(remote))).await;
        let mut data = match opened {
            Ok(data) => data,
            Err(Cause::UnexpectedResponse(answer)) if answer.status == Status::FileUnavailable => {
                return Ok(None);
            }
            Err(error) => return Err(self.failed("read", path, error)),
        };
        let mut content = Vec::new();
        loop {
            let read = tokio::time::timeout(LIMIT, data.read_buf(&mut content)).await;
            match read.map_err(|_| silent("read", path))? {
                Ok(0) => break,
                Ok(_) if content.len() as u64 > LARGEST => {
                    return Err(refused("read", path, "it has more bytes than any board"));
                }
                Ok(_) => moved(content.len() as u64),
                Err(_) => return Err(self.gone()),
            }
        }
        let done = tokio::time::timeout(LIMIT, data.finish()).await;
        let done = done.map_err(|_| silent("read", path))?;
        done.map_err(|error| self.failed("read", path, error))?;
        self.received += content.len() as u64;
        Ok(Some(content))
    }

    /// Writes a file, in place. `moved` is told the bytes that have left.
    pub async fn write(
        &mut self,
        path: &str,
        content: &[u8],
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), FtpError> {
        let remote = self.remote(path);
        let opened = self.run(|stream| Box::pin(stream.put_with_stream(remote))).await;
        let mut data = opened.map_err(|error| self.failed("write", path, error))?;
        let mut done = 0;
        for piece in content.chunks(PIECE) {
            let written = tokio::time::timeout(LIMIT, data.write_all(piece)).await;
            if written.map_err(|_| silent("write", path))?.is_err() {
                break; // What the server says of it is the reason.
            }
            done += piece.len();
            self.sent += piece.len() as u64;
            moved(done as u64);
        }
        let end = tokio::time::timeout(LIMIT, data.finish()).await;
        let end = end.map_err(|_| silent("write", path))?;
        end.map_err(|error| self.failed("write", path, error))?;
        if done < content.len() {
            return Err(self.gone());
        }
        // A server that lost its disk or its data connection may call that done.
        match self.size(path).await? {
            Some(size) if size != content.len() as u64 => Err(BoardError::Verify.into()),
            _ => Ok(()),
        }
    }

    /// A file's size; `None` where there is no such file, or the server cannot tell.
    pub async fn size(&mut self, path: &str) -> Result<Option<u64>, FtpError> {
        let remote = self.remote(path);
        match self.run(|stream| Box::pin(stream.size(remote))).await {
            Ok(size) => Ok(Some(size as u64)),
            Err(Cause::UnexpectedResponse(_)) => Ok(None),
            Err(error) => Err(self.failed("look at", path, error)),
        }
    }

    /// Gives a file another name; what lies there goes. Where the server does not rename over a file (FAT does not),
    /// the old one is removed just before.
    pub async fn replace(&mut self, from: &str, to: &str) -> Result<(), FtpError> {
        if self.removes_first {
            self.remove_file(to).await?;
        }
        let (old, new) = (self.remote(from), self.remote(to));
        let renamed = self.run(|stream| Box::pin(stream.rename(old, new))).await;
        let error = match renamed {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if self.removes_first
            || !matches!(error, Cause::UnexpectedResponse(_))
            || !self.remove_file(to).await?
        {
            return Err(self.failed("rename", to, error));
        }
        let (old, new) = (self.remote(from), self.remote(to));
        let renamed = self.run(|stream| Box::pin(stream.rename(old, new))).await;
        renamed.map_err(|error| self.failed("rename", to, error))?;
        self.removes_first = true;
        Ok(())
    }

    /// Removes a file. Says whether the server did.
    pub async fn remove_file(&mut self, path: &str) -> Result<bool, FtpError> {
        let remote = self.remote(path);
        let removed = self.run(|stream| Box::pin(stream.rm(remote))).await;
        self.said("remove", path, removed)
    }

    /// Removes an empty folder. Says whether the server did.
    pub async fn remove_folder(&mut self, path: &str) -> Result<bool, FtpError> {
        let remote = self.remote(path);
        let removed = self.run(|stream| Box::pin(stream.rmdir(remote))).await;
        self.said("remove", path, removed)
    }

    /// Makes a folder; one that is there is good.
    pub async fn make_folder(&mut self, path: &str) -> Result<(), FtpError> {
        let remote = self.remote(path);
        let made = self.run(|stream| Box::pin(stream.mkdir(remote))).await;
        match made {
            Err(error @ Cause::UnexpectedResponse(_)) => match self.folder(path).await? {
                Some(_) => Ok(()),
                None => Err(self.failed("make", path, error)),
            },
            other => other.map_err(|error| self.failed("make", path, error)),
        }
    }

    fn remote(&self, path: &str) -> String {
        match path {
            "/" if self.base.is_empty() => "/".to_owned(),
            "/" => self.base.clone(),
            path => format!("{}{path}", self.base),
        }
    }

    /// One command, with a limit.
    async fn run<'s, T>(
        &'s mut self,
        command: impl FnOnce(
            &'s mut AsyncFtpStream,
        ) -> std::pin::Pin<Box<dyn Future<Output = FtpResult<T>> + Send + 's>>,
    ) -> FtpResult<T> {
        self.commands += 1;
        let limited = tokio::time::timeout(LIMIT, command(&mut self.stream)).await;
        limited.unwrap_or_else(|_| Err(Cause::ConnectionError(std::io::ErrorKind::TimedOut.into())))
    }

    fn said(&self, doing: &'static str, path: &str, done: FtpResult<()>) -> Result<bool, FtpError> {
        match done {
            Ok(()) => Ok(true),
            Err(Cause::UnexpectedResponse(answer)) if answer.status != Status::NotAvailable => Ok(false),
            Err(error) => Err(self.failed(doing, path, error)),
        }
    }

    fn gone(&self) -> FtpError {
        let address = self.address.clone();
        WireError::Gone { address }.into()
    }

    fn failed(&self, doing: &'static str, path: &str, error: Cause) -> FtpError {
        match error {
            Cause::ConnectionError(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                silent(doing, path)
            }
            // A line end in a name would be another command.
            Cause::ConnectionError(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                let name = path.to_owned();
                BoardError::Name { name }.into()
            }
            Cause::UnexpectedResponse(answer) => {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                // A disk that is full is 451 with vsftpd, and `426 None` with pyftpdlib.
                let is_aborted = matches!(answer.status, Status::TransferAborted | Status::ActionAborted);
                let is_full = matches!(
                    answer.status,
                    Status::ExceededStorage | Status::RequestedActionNotTaken
                ) || (is_aborted && doing == "write")
                    || said.to_lowercase().contains("no space");
                match answer.status {
                    Status::NotAvailable => self.gone(),
                    _ if is_full => {
                        let (needed, free) = (None, None);
                        BoardError::NoSpace { needed, free }.into()
                    }
                    _ => refused(doing, path, &said),
                }
            }
            // An answer that was cut short, as when the server ends.
            _ => self.gone(),
        }
    }
}

fn silent(doing: &'static str, path: &str) -> FtpError {
    FtpError::Silent {
        doing,
        path: path.to_owned(),
        seconds: LIMIT.as_secs(),
    }
}

fn refused(doing: &'static str, path: &str, said: &str) -> FtpError {
    FtpError::Refused {
        doing,
        path: path.to_owned(),
        said: said.trim().trim_end_matches('.').to_owned(),
    }
}
