//! One run of a board's process: its UART as a socket, its interrupt character, its end.
//! Knows no host and no time: `line` moves the bytes.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::net::AddressFamily;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use rustix::process::Pid;
use rustix::process::Signal;

use crate::virtual_board::Firmware;
use crate::virtual_board::FlashFault;
use crate::virtual_board::Profile;
use crate::virtual_board::VirtualBoardError;

const LAUNCHER: &str = include_str!("python/launcher.py");
const FLASH: &str = include_str!("python/flash.py");
/// The least that the kernel grants: a board that prints faster than the line must wait, as for a UART's FIFO.
const SEND_BUFFER: usize = 2_304;

/// What the board's process says on its third line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// boot.py comes next.
    Booting,
    /// A soft reset has begun.
    SoftReset,
    /// `machine.reset()`.
    HardReset,
    /// A write or erase of the flash is done; only if they are counted.
    FlashWritten,
    /// `machine.deepsleep(MS)`; 0 is for ever.
    Sleep(u32),
    /// `machine.WDT(timeout=MS)`, or its `feed()`.
    Fed(u32),
    /// The flash write that a fault had chosen.
    PowerLost,
    /// `machine.UART(0, baudrate=N)`; the board waits for `done`.
    Speed(u32),
    /// The process has ended.
    Ended,
    /// Not a notice: what Python or the emulator complained about.
    Said(String),
}

/// A running board.
#[derive(Debug)]
pub(crate) struct Device {
    child: Child,
    pid: Pid,
    /// Our end of the board's UART, not blocking.
    pub(crate) uart: OwnedFd,
    /// The board's end, to see how much it has not read.
    far: OwnedFd,
    /// Notices, not blocking.
    pub(crate) notices: OwnedFd,
    signals: bool,
}

impl Device {
    /// Powers a board up. `power` is the flash write at which it fails, if it shall.
    pub(crate) fn start(
        profile: &Profile,
        firmware: &Firmware,
        image: &Path,
        power: Option<u32>,
    ) -> Result<Self, VirtualBoardError> {
        let failed = || VirtualBoardError::io::<rustix::io::Errno>("making the board's line");
        let (uart, far) = pair().map_err(failed())?;
        let (notices, third) = pair().map_err(failed())?;
        rustix::net::sockopt::set_socket_send_buffer_size(&far, SEND_BUFFER).map_err(failed())?;
        for fd in [&uart, &notices] {
            rustix::fs::fcntl_setfl(fd, OFlags::NONBLOCK).map_err(failed())?;
        }
        let mut command = match firmware {
            Firmware::Unix { python, library } => unix(profile, python, library, image, power),
            Firmware::Microbit { qemu, hex } => microbit(qemu, hex),
        };
        let copy = || {
            far.try_clone()
                .map_err(VirtualBoardError::io("making the board's line"))
        };
        let child = command
            .stdin(Stdio::from(copy()?))
            .stdout(Stdio::from(copy()?))
            .stderr(Stdio::from(third))
            .env_clear()
            .current_dir("/")
            .process_group(0) // Ctrl-C in a terminal is not the board's
            .spawn()
            .map_err(VirtualBoardError::io(format!(
                "starting {}",
                command.get_program().display()
            )))?;
        let pid = Pid::from_child(&child);
        let signals = matches!(firmware, Firmware::Unix { .. });
        Ok(Self {
            child,
            pid,
            uart,
            far,
            notices,
            signals,
        })
    }

    /// Bytes that the board has not read yet.
    pub(crate) fn unread(&self) -> usize {
        let bytes = rustix::io::ioctl_fionread(&self.far).unwrap_or(0);
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// What the board's interrupt does with 0x03 while the interrupt character is on: raises KeyboardInterrupt.
    /// False while it is off (REPL reading, `micropython.kbd_intr(-1)`): then 0x03 is a byte like any other.
    ///
    /// The process is stopped for the question, so that the answer is still true when the signal arrives.
    pub(crate) fn interrupt(&self) -> bool {
        // Most of a flood of them is for the REPL, which takes them as bytes.
        if !self.signals
            || !self.catches(Signal::INT)
            || rustix::process::kill_process(self.pid, Signal::STOP).is_err()
        {
            return false;
        }
        let caught = self.wait_stopped() && self.catches(Signal::INT) && self.catches(Signal::USR1);
        if caught {
            let _ = rustix::process::kill_process(self.pid, Signal::USR1);
        }
        let _ = rustix::process::kill_process(self.pid, Signal::CONT);
        caught
    }

    /// Everything that the process has said since the last call.
    pub(crate) fn notices(&mut self) -> Vec<Notice> {
        let mut found = Vec::new();
        let mut said = String::new();
        let mut buffer = [0; 1024];
        loop {
            match rustix::io::read(&self.notices, &mut buffer) {
                Ok(0) => {
                    found.push(Notice::Ended);
                    break;
                }
                Ok(n) if !self.signals => said.push_str(&String::from_utf8_lossy(&buffer[..n])),
                // Python complains in sentences, notices come as single letters.
                Ok(n) if buffer[..n].iter().any(|b| !b"BSHXWUDZ0123456789;".contains(b)) => {
                    said.push_str(&String::from_utf8_lossy(&buffer[..n]));
                }
                Ok(n) => found.extend(letters(&buffer[..n])),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => break,
                Err(_) => {
                    found.push(Notice::Ended);
                    break;
                }
            }
        }
        if !said.is_empty() {
            found.insert(0, Notice::Said(said));
        }
        found
    }

    /// It reads from its UART, and there is nothing to read: it sleeps until a byte comes.
    pub(crate) fn waits_for_input(&self) -> bool {
        // The number of the system call that it waits in and its arguments, proc_pid_syscall(5): read(0, ...).
        let reads = self.proc("syscall").is_ok_and(|call| call.starts_with("0 0x0 "));
        reads && self.unread() == 0
    }

    /// What the board waits for after `Notice::Speed`.
    pub(crate) fn done(&self) {
        let _ = rustix::io::write(&self.notices, b"."); // a board that has ended needs none
    }

    fn wait_stopped(&self) -> bool {
        for _ in 0..20_000 {
            match self.proc("stat") {
                // The state follows the name, which is in brackets and may hold anything.
                Ok(stat) => match stat.rsplit(") ").next().and_then(|rest| rest.chars().next()) {
                    Some('T' | 't') => return true,
                    Some('Z' | 'X') | None => return false,
                    Some(_) => thread::sleep(Duration::from_micros(20)),
                },
                Err(_) => return false,
            }
        }
        false
    }

    fn catches(&self, signal: Signal) -> bool {
        let Ok(status) = self.proc("status") else {
            return false;
        };
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
    }

    fn proc(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.pid.as_raw_nonzero()))
    }
}

impl Drop for Device {
    /// The power is gone: nothing is flushed.
    fn drop(&mut self) {
        let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn letters(bytes: &[u8]) -> impl Iterator<Item = Notice> {
    let mut bytes = bytes.iter().copied();
    std::iter::from_fn(move || {
        Some(match bytes.next()? {
            b'B' => Notice::Booting,
            b'S' => Notice::SoftReset,
            b'H' => Notice::HardReset,
            b'W' => Notice::FlashWritten,
            b'U' => Notice::Speed(number(&mut bytes)),
            b'Z' => Notice::Sleep(number(&mut bytes)),
            b'D' => Notice::Fed(number(&mut bytes)),
            _ => Notice::PowerLost,
        })
    })
}

/// Digits up to the `;` behind them.
fn number(bytes: &mut impl Iterator<Item = u8>) -> u32 {
    let digits = bytes.take_while(u8::is_ascii_digit);
    digits.fold(0, |n: u32, digit| {
        n.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
    })
}

pub(crate) fn pair() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
}

fn unix(profile: &Profile, python: &Path, library: &Path, image: &Path, power: Option<u32>) -> Command {
    let hidden: Vec<&str> = profile
        .without
        .iter()
        .map(String::as_str)
        .filter(|part| !["raw-paste", "UART"].contains(part)) // not modules: the line and flash.py do that
        .collect();
    let uart = profile.baud.is_some() && profile.without.iter().all(|part| part != "UART");
    let mut command = Command::new(python);
    command
        .args(["-I", "-S", "-c", LAUNCHER])
        .arg(library)
        .arg(profile.heap.to_string())
        .arg("0") // the friendly REPL
        .arg(hidden.join(","))
        .arg(FLASH)
        .arg(image)
        .arg(profile.flash.to_string())
        .arg(profile.file_system.name())
        .arg(if profile.read_only { "1" } else { "0" })
        .arg(match power {
            Some(n) => format!("{n} {}", profile.faults.torn.name()),
            None => format!("-2 {}", if profile.count_flash { "count" } else { "none" }),
        })
        .arg(unique_id(image))
        .arg(if uart { "1" } else { "0" })
        .arg(FlashFault::argument(profile.faults.flash));
    command
}

fn microbit(qemu: &Path, hex: &Path) -> Command {
    let mut loader = std::ffi::OsString::from("loader,file=");
    loader.push(hex);
    // setpriv (util-linux): the emulator must not outlive a virtual board that is killed.
    let mut command = Command::new("/usr/bin/setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(qemu)
        .args([
            "-M", "microbit", "-display", "none", "-monitor", "none", "-device",
        ])
        .arg(loader)
        .args(["-chardev", "stdio,id=uart,signal=off", "-serial", "chardev:uart"]);
    command
}

/// Eight bytes that stay the same for an image: FNV-1a of its path.
fn unique_id(image: &Path) -> String {
    let bytes = image.as_os_str().as_encoded_bytes();
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
