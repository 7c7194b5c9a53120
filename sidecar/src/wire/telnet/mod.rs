//! telnet
mod codec;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use codec::fuzzing;
