//! MicroPython's friendly, raw and raw-paste conversation on a wire.
//! Knows nothing of files: that is `board`.
//!
//! Source: MicroPython `docs/reference/repl.rst` and `shared/runtime/pyexec.c`.

mod ahead;
mod answer;
mod conversation;
mod enter;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod literal;
mod paste;
mod reply;
mod run;
mod silence;
mod speed;
mod typing;

pub use answer::Answer;
pub use answer::Answers;
pub use conversation::Repl;
pub use enter::Entered;
pub use enter::Patience;
pub use error::Excerpt;
pub use error::ReplError;
pub use error::Traceback;
pub use literal::bytes_literal;
pub use literal::shortest_bytes_literal;
pub use literal::text_literal;
pub use silence::Filled;
pub use silence::Silence;
pub use speed::RATES;
pub use typing::Typing;
