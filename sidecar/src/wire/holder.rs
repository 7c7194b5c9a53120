//! Which program has a port open. Linux only: elsewhere the answer is always `None`.
//! Not a lock: between the answer and an open anything may happen.

use std::path::Path;

use crate::base::MASK;
use crate::base::redacted;
use crate::base::redacted_address;
use crate::wire::Holder;

/// Characters of a command line that are worth showing.
const COMMAND_LENGTH: usize = 80;

/// A program that uses the device behind `path`, this one included.
///
/// The program that made a pseudo-terminal is no rival, also where it keeps a handle to its own
/// end for users: socat and virtual boards do, so that the terminal outlives its users.
/// Programs of other users cannot be seen, unless this one runs as root.
pub fn of(path: impl AsRef<Path>) -> Option<Holder> {
    system::user(path.as_ref())
}

/// The program that has an advisory lock (flock) on `path`.
pub fn locker(path: impl AsRef<Path>) -> Option<Holder> {
    system::locker(path.as_ref())
}

/// The group that may use the device, where being in it would help: `dialout` on Debian, `uucp` on Arch.
pub fn group(path: impl AsRef<Path>) -> Option<String> {
    system::group(path.as_ref())
}

/// The group that may use the device, if this process is not in it (and not root).
pub fn missing_group(path: impl AsRef<Path>) -> Option<String> {
    system::missing_group(path.as_ref())
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;
    use std::os::linux::fs::MetadataExt as _;
    use std::os::unix::fs::FileTypeExt as _;
    use std::path::Path;
    use std::path::PathBuf;

    use super::command_line;
    use super::group_named;
    use super::is_member;
    use super::lock_owner;
    use super::tty_index;
    use crate::wire::Holder;

    /// The major number of the first 2^20 pseudo-terminals (Documentation/admin-guide/devices.txt).
    const PTY_MAJOR: u32 = 136;

    struct Device {
        rdev: u64,
        path: PathBuf,
        /// Its number, if it is a pseudo-terminal.
        pty: Option<u32>,
    }

    enum Handle {
        /// On the device itself.
        Port,
        /// On the other end of the pseudo-terminal.
        Maker,
    }

    pub(super) fn user(path: &Path) -> Option<Holder> {
        let facts = fs::metadata(path).ok()?;
        if !facts.file_type().is_char_device() {
            return None;
        }
        let rdev = facts.st_rdev();
        let device = Device {
            rdev,
            path: fs::canonicalize(path).ok()?,
            pty: (rustix::fs::major(rdev) == PTY_MAJOR).then(|| rustix::fs::minor(rdev)),
        };
        fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
            let pid = process.file_name().to_str()?.parse().ok()?;
            let handles = handles(pid, &device);
            let uses = handles.iter().any(|handle| matches!(handle, Handle::Port));
            let made = handles.iter().any(|handle| matches!(handle, Handle::Maker));
            (uses && !made).then(|| describe(pid))
        })
    }

    /// Processes of other users have no handles that we may see.
    fn handles(pid: u32, device: &Device) -> Vec<Handle> {
        let folder = format!("/proc/{pid}/fd");
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| handle(pid, &entry.path(), device))
            .collect()
    }

    fn handle(pid: u32, link: &Path, device: &Device) -> Option<Handle> {
        let target = fs::read_link(link).ok()?;
        // Names first: asking each handle of each process for its device would cost a stat each,
        // which can wait for a network file system. A container may have the device elsewhere.
        if target == device.path || target.file_name() == device.path.file_name() {
            let same = fs::metadata(link).is_ok_and(|facts| facts.st_rdev() == device.rdev);
            return same.then_some(Handle::Port);
        }
        let number = device.pty.filter(|_| target.ends_with("ptmx"))?;
        let fd = link.file_name()?.to_str()?;
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).ok()?;
        (tty_index(&info) == Some(number)).then_some(Handle::Maker)
    }

    pub(super) fn locker(path: &Path) -> Option<Holder> {
        let facts = fs::metadata(path).ok()?;
        let device = (
            rustix::fs::major(facts.st_dev()),
            rustix::fs::minor(facts.st_dev()),
        );
        let locks = fs::read_to_string("/proc/locks").ok()?;
        lock_owner(&locks, device, facts.st_ino()).map(describe)
    }

    fn describe(pid: u32) -> Holder {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut command = command_line(&arguments);
        if command.is_empty() {
            let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
            command = command_line(&name);
        }
        Holder { pid, command }
    }

    pub(super) fn group(path: &Path) -> Option<String> {
        const GROUP_READS_AND_WRITES: u32 = 0o060;
        let facts = fs::metadata(path).ok()?;
        if facts.st_mode() & GROUP_READS_AND_WRITES != GROUP_READS_AND_WRITES {
            return None;
        }
        group_named(&fs::read_to_string("/etc/group").ok()?, facts.st_gid())
    }

    pub(super) fn missing_group(path: &Path) -> Option<String> {
        let gid = fs::metadata(path).ok()?.st_gid();
        let status = fs::read_to_string("/proc/self/status").ok()?;
        group(path).filter(|_| !is_member(&status, gid))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    use crate::wire::Holder;

    pub(super) fn user(_path: &Path) -> Option<Holder> {
        None
    }

    pub(super) fn locker(_path: &Path) -> Option<Holder> {
        None
    }

    pub(super) fn group(_path: &Path) -> Option<String> {
        None
    }

    pub(super) fn missing_group(_path: &Path) -> Option<String> {
        None
    }
}

/// Arguments come with a NUL after each (proc_pid_cmdline(5)).
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn command_line(arguments: &[u8]) -> String {
    let text = String::from_utf8_lossy(arguments);
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = without_secrets(clean.trim_end());
    line.chars().take(COMMAND_LENGTH).collect()
}

/// Passwords that other programs were given on their command lines: in addresses, and after options that say so.
/// `-p` is a port to some (esptool) and a password to others (webrepl_cli).
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn without_secrets(line: &str) -> String {
    let is_port =
        |word: &str| word.starts_with('/') || word.contains("://") || word.to_uppercase().starts_with("COM");
    let mut words = Vec::new();
    let mut before = "";
    for word in line.split(' ') {
        let name = word
            .trim_start_matches('-')
            .split('=')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let names = |name: &str| {
            ["password", "passwd", "token", "secret"]
                .iter()
                .any(|key| name.ends_with(key))
        };
        let option = before.trim_start_matches('-').to_lowercase();
        let follows = before.starts_with("--") && names(&option) || before == "-p" && !is_port(word);
        words.push(match word.split_once('=') {
            _ if follows && !word.is_empty() => MASK.to_owned(),
            Some((key, _)) if names(&name) => format!("{key}={MASK}"),
            _ => redacted(&redacted_address(word)).into_owned(),
        });
        before = word;
    }
    words.join(" ")
}

/// The pseudo-terminal that a handle on /dev/ptmx made (proc_pid_fdinfo(5), since Linux 4.14).
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn tty_index(fdinfo: &str) -> Option<u32> {
    let line = fdinfo.lines().find_map(|line| line.strip_prefix("tty-index:"))?;
    line.trim().parse().ok()
}

/// The owner of a flock, from lines like `3: FLOCK  ADVISORY  WRITE 812 00:1d:5 0 EOF` (proc_locks(5)):
/// the device of the file system in hexadecimal, then the inode.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn lock_owner(locks: &str, (major, minor): (u32, u32), inode: u64) -> Option<u32> {
    let file = format!("{major:02x}:{minor:02x}:{inode}");
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [_, "FLOCK", _, _, pid, place, ..] if place == file => pid.parse().ok(),
            _ => None,
        }
    })
}

/// A group's name from /etc/group.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn group_named(groups: &str, gid: u32) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == gid).then(|| name.to_owned())
    })
}

/// May a process with this /proc/PID/status (proc_pid_status(5)) do what the group may? Root may do all.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn is_member(status: &str, gid: u32) -> bool {
    let numbers = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default()
            .split_whitespace()
            .filter_map(|word| word.parse::<u32>().ok())
    };
    // Four numbers: real, effective, saved, file system.
    numbers("Uid:").nth(1) == Some(0)
        || numbers("Gid:").nth(1) == Some(gid)
        || numbers("Groups:").any(|group| group == gid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_one_short_line() {
        assert_eq!(
            command_line(b"screen\0/dev/ttyACM0\0\x3115200\0"),
            "screen /dev/ttyACM0 115200"
        );
        assert_eq!(command_line(b"sh\n"), "sh");
        assert_eq!(
            command_line(
                b"webrepl_cli.py\0-p\0s3cret\0telnet://me:s3cret@h\0--token\0s3cret\0password=s3cret\0"
            ),
            "webrepl_cli.py -p *** telnet://me:***@h --token *** password=***"
        );
        assert_eq!(
            command_line(b"esptool\0-p\0/dev/ttyUSB0\0"),
            "esptool -p /dev/ttyUSB0"
        );
        assert_eq!(command_line("ü".repeat(99).as_bytes()).chars().count(), 80);
    }

    #[test]
    fn the_maker_of_a_pseudo_terminal_is_known_by_its_number() {
        assert_eq!(tty_index("pos:\t0\nflags:\t02\ntty-index:\t7\n"), Some(7));
        assert_eq!(tty_index("pos:\t0\nflags:\t02\n"), None);
    }

    #[test]
    fn the_owner_of_a_lock_is_found_by_file_system_and_inode() {
        let locks = "1: POSIX  ADVISORY  WRITE 11 00:1d:5 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 12 08:01:5 0 EOF\n\
                     3: FLOCK  ADVISORY  READ  13 00:1d:5 0 EOF\n";
        assert_eq!(lock_owner(locks, (0, 0x1d), 5), Some(13));
        assert_eq!(lock_owner(locks, (8, 1), 5), Some(12));
        assert_eq!(lock_owner(locks, (0, 0x1d), 6), None);
    }

    #[test]
    fn a_process_is_in_its_groups_and_root_in_all() {
        let status =
            "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nGroups:\t24 27 \n";
        for (gid, member) in [(24, true), (1000, true), (20, false)] {
            assert_eq!(is_member(status, gid), member, "{gid}");
        }
        assert!(is_member("Uid:\t1000\t0\t1000\t1000\n", 20));
    }

    #[test]
    fn a_group_is_found_by_its_number() {
        let groups = "root:x:0:\ndialout:x:20:ada,bo\nbroken\nuucp:x:986:\n";
        assert_eq!(group_named(groups, 20).as_deref(), Some("dialout"));
        assert_eq!(group_named(groups, 986).as_deref(), Some("uucp"));
        assert_eq!(group_named(groups, 5), None);
    }
}
