//! What `fuzzing` may call of this room beside what everybody may.
//! Not in the program.

use crate::ota::Logins;

/// The parts of the path that a URL leads to.
pub(crate) fn asked_file(path: &str) -> Option<Vec<String>> {
    crate::ota::serve::asked_file(path)
}

/// The first and the last byte that a header asks for, of a file of this size.
pub(crate) fn part_of(header: &str, size: u64) -> Option<(u64, u64)> {
    crate::ota::serve::part_of(header, size)
}

/// Is this the login of a device that nobody knows?
pub(crate) fn login(header: &[u8]) -> bool {
    let mut logins = Logins::default();
    logins.add("dev1", "a password that no input of a few bytes has");
    logins.is_somebody(header)
}
