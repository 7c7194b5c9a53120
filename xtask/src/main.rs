//! Set-up and checks of this repository: `cargo xtask test`.
//! Not shipped, and no logic that a user's machine needs.

fn main() {}
