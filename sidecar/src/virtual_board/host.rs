//! The host's end of the line: a pseudo-terminal, a unix socket or a TCP port.
//! Not paced and not faulty: that is `line`.

use std::fs;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::OFlags;
use rustix::fs::inotify;
use rustix::io::Errno;
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;
use rustix::termios::QueueSelector;

use crate::virtual_board::HostSide;
use crate::virtual_board::VirtualBoardError;

/// What a socket keeps for its first client: the words with which a board boots.
const BANNER: usize = 200;

/// Where programs connect, and who has.
#[derive(Debug)]
pub(crate) struct Host {
    side: HostSide,
    /// What `Profile` left open: the link that was chosen, the port that was free.
    address: String,
    plug: Option<Plug>,
    /// Somebody has been connected since the board was started.
    met: bool,
}

#[derive(Debug)]
enum Plug {
    Pty {
        master: OwnedFd,
        /// Kept, so that the terminal outlives its programs as a port does.
        slave: OwnedFd,
        watch: OwnedFd,
        /// What it is called, without the link.
        name: PathBuf,
        /// Somebody has it open.
        open: bool,
    },
    Socket {
        listener: OwnedFd,
        client: Option<OwnedFd>,
    },
}

impl Host {
    /// Decides the address; `folder` is the board's own.
    pub(crate) fn new(side: HostSide, folder: &Path) -> Self {
        let address = match &side {
            HostSide::Pty { link: Some(link) } => link.display().to_string(),
            HostSide::Pty { link: None } => folder.join("port").display().to_string(),
            HostSide::Unix(path) => path.display().to_string(),
            HostSide::Tcp(at) => format!("socket://{at}"),
        };
        Self {
            side,
            address,
            plug: None,
            met: false,
        }
    }

    /// What to open: a path, or `socket://host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Makes the port appear.
    pub(crate) fn plug_in(&mut self) -> Result<(), VirtualBoardError> {
        if self.plug.is_some() {
            return Ok(());
        }
        let doing = format!("opening {}", self.address);
        let plug = match &mut self.side {
            HostSide::Pty { .. } => pty(Path::new(&self.address)).map_err(VirtualBoardError::io(doing))?,
            HostSide::Unix(path) => {
                let _ = fs::remove_file(&*path);
                listen(
                    UnixListener::bind(path)
                        .map_err(VirtualBoardError::io(doing))?
                        .into(),
                )
            }
            HostSide::Tcp(at) => {
                let listener = TcpListener::bind(*at).map_err(VirtualBoardError::io(doing))?;
                // A free port that was found once is kept over unplugging.
                *at = listener.local_addr().unwrap_or(*at);
                self.address = format!("socket://{}", loopback(*at));
                listen(listener.into())
            }
        };
        self.plug = Some(plug);
        Ok(())
    }

    /// Makes the port vanish; whoever has it open sees a hang-up.
    pub(crate) fn pull_out(&mut self) {
        self.plug = None;
        match &self.side {
            HostSide::Pty { .. } => remove_link(Path::new(&self.address)),
            HostSide::Unix(path) => drop(fs::remove_file(path)),
            HostSide::Tcp(_) => {}
        }
    }

    /// File descriptors that wake the line when somebody comes, goes, or has sent something.
    pub(crate) fn wakers(&self, want_bytes: bool) -> Vec<BorrowedFd<'_>> {
        match &self.plug {
            None => Vec::new(),
            Some(Plug::Pty { master, watch, .. }) => {
                let mut fds = vec![watch.as_fd()];
                fds.extend(want_bytes.then(|| master.as_fd()));
                fds
            }
            Some(Plug::Socket { listener, client }) => match client {
                None => vec![listener.as_fd()],
                Some(client) => want_bytes.then(|| client.as_fd()).into_iter().collect(),
            },
        }
    }

    /// What a program on the host reads, if the line should wait until it does.
    pub(crate) fn writer(&self) -> Option<BorrowedFd<'_>> {
        match &self.plug {
            Some(Plug::Pty { master, .. }) => Some(master.as_fd()),
            Some(Plug::Socket { client, .. }) => client.as_ref().map(AsFd::as_fd),
            None => None,
        }
    }

    /// Notices who came and went. What the last program left unread is lost, as when a port is closed.
    /// Answers whether somebody is there.
    pub(crate) fn attend(&mut self) -> bool {
        match &mut self.plug {
            Some(Plug::Pty {
                slave,
                watch,
                name,
                open,
                ..
            }) => {
                let mut buffer = [MaybeUninit::uninit(); 1024];
                let mut events = inotify::Reader::new(watch.as_fd(), &mut buffer);
                let (mut came, mut went) = (false, false);
                while let Ok(event) = events.next() {
                    let open = event.events().contains(inotify::ReadFlags::OPEN);
                    came |= open;
                    went |= !open;
                }
                self.met |= came;
                if went {
                    // Equal events are merged while they wait, so they cannot be counted.
                    *open = open_elsewhere(name);
                    if !*open {
                        let _ = rustix::termios::tcflush(&*slave, QueueSelector::IFlush);
                    }
                } else if came {
                    *open = true;
                }
            }
            Some(Plug::Socket { listener, client }) if client.is_none() => {
                let accepted = rustix::net::accept_with(&*listener, rustix::net::SocketFlags::CLOEXEC);
                if let Ok(stream) = accepted {
                    let _ = rustix::net::sockopt::set_tcp_nodelay(&stream, true); // no TCP: no harm
                    let _ = rustix::fs::fcntl_setfl(&stream, OFlags::NONBLOCK);
                    *client = Some(stream);
                    self.met = true;
                }
            }
            _ => {}
        }
        match &self.plug {
            Some(Plug::Pty { open, .. }) => *open,
            Some(Plug::Socket { client, .. }) => client.is_some(),
            None => false,
        }
    }

    /// Bits per second that the program on the host has set last; `None` where there is nothing to set.
    pub(crate) fn baud(&self) -> Option<u32> {
        match &self.plug {
            Some(Plug::Pty { slave, .. }) => {
                let modes = rustix::termios::tcgetattr(slave).ok()?;
                Some(modes.output_speed())
            }
            _ => None,
        }
    }

    /// Bytes from the host; none if there are none now.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        match &mut self.plug {
            Some(Plug::Pty { master, .. }) => rustix::io::read(&*master, buffer).unwrap_or(0),
            Some(Plug::Socket { client, .. }) => {
                let Some(stream) = client else {
                    return 0;
                };
                match rustix::io::read(&*stream, &mut *buffer) {
                    Ok(n) if n > 0 => return n,
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Ok(_) | Err(_) => *client = None, // it hung up; the next may come
                }
                0
            }
            None => 0,
        }
    }

    /// Hands bytes to the host; how many it took. With nobody there they are lost, as on a real line;
    /// only what a board says before it is first opened is kept, as far as a terminal's buffer goes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> usize {
        let met = self.met;
        match &mut self.plug {
            Some(Plug::Pty { open: false, .. }) if met => bytes.len(),
            Some(Plug::Pty { master, open, .. }) => match rustix::io::write(&*master, bytes) {
                Ok(n) => n,
                Err(Errno::AGAIN | Errno::INTR) if *open => 0,
                Err(_) => bytes.len(),
            },
            Some(Plug::Socket {
                client: Some(stream), ..
            }) => match rustix::io::write(&*stream, bytes) {
                Ok(n) => n,
                Err(Errno::AGAIN | Errno::INTR) => 0,
                Err(_) => bytes.len(), // reading will notice that it hung up
            },
            Some(Plug::Socket { client: None, .. }) if !met => bytes.len().saturating_sub(BANNER),
            _ => bytes.len(),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.pull_out();
    }
}

fn pty(link: &Path) -> rustix::io::Result<Plug> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = rustix::pty::openpt(flags)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    rustix::fs::fcntl_setfl(&master, OFlags::NONBLOCK)?;
    let name = rustix::pty::ptsname(&master, Vec::new())?;
    let path = PathBuf::from(name.to_string_lossy().into_owned());
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(&path, flags, rustix::fs::Mode::empty())?;
    // A serial port has no line editing; programs that forget to say so must not see any.
    let mut modes = rustix::termios::tcgetattr(&slave)?;
    modes.make_raw();
    rustix::termios::tcsetattr(&slave, OptionalActions::Now, &modes)?;
    let watch = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
    let events =
        inotify::WatchFlags::OPEN | inotify::WatchFlags::CLOSE_WRITE | inotify::WatchFlags::CLOSE_NOWRITE;
    inotify::add_watch(&watch, &path, events)?;
    // Never over a file that is not ours to replace.
    remove_link(link);
    rustix::fs::symlink(&path, link)?;
    Ok(Plug::Pty {
        master,
        slave,
        watch,
        name: path,
        open: false,
    })
}

/// Has anybody but this line the terminal open? Processes of other users cannot.
fn open_elsewhere(name: &Path) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    // Not `self`, which is one of the numbers.
    let holders = processes.filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit());
    let files = holders
        .filter(|process| !is_copy(&process.path()))
        .flat_map(|process| {
            fs::read_dir(process.path().join("fd"))
                .into_iter()
                .flatten()
                .flatten()
        });
    let same = files.filter(|file| fs::read_link(file.path()).is_ok_and(|target| target == name));
    same.take(2).count() > 1 // one is the line's own
}

/// A child of this process that is about to become another program has all that is open here for a moment.
fn is_copy(process: &Path) -> bool {
    let program = |process: &Path| fs::read_link(process.join("exe")).ok();
    let parent = || {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        // After the name, which is in brackets and may hold anything: the state, then the parent.
        stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()
    };
    parent() == Some(std::process::id()) && program(process) == program(Path::new("/proc/self"))
}

fn remove_link(link: &Path) {
    if link.is_symlink() {
        let _ = fs::remove_file(link);
    }
}

fn listen(listener: OwnedFd) -> Plug {
    let _ = rustix::fs::fcntl_setfl(&listener, OFlags::NONBLOCK);
    Plug::Socket {
        listener,
        client: None,
    }
}

/// Where a listener on every interface is reached from here.
fn loopback(at: SocketAddr) -> SocketAddr {
    let mut at = at;
    if at.ip().is_unspecified() {
        at.set_ip(match at {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    at
}
