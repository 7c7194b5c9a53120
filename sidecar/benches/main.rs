//! Benchmarks of what a sync costs on this machine: `cargo bench -p boardside [-- FILTER]`.
//! No board and no line take part: for those there is `cargo xtask bench`.

mod delta;
mod frames;
mod plan;
mod save;
mod scan;

use criterion::criterion_group;
use criterion::criterion_main;

/// A large workspace.
const FILES: usize = 10_000;

/// The folders of `FILES` files, a hundred in each.
fn path(number: usize) -> String {
    format!("package{:02}/module{:02}.py", number / 100, number % 100)
}

criterion_group!(
    benches,
    scan::scan,
    save::save,
    plan::plan,
    delta::delta,
    frames::frames
);
criterion_main!(benches);
