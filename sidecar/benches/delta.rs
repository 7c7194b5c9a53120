//! What of a file has to be sent, given the board's copy: one line edited, lines moved, nothing in common.
//! The steps are raw, as they are before they are compressed.

use std::hint::black_box;

use boardside::sync::delta::delta as steps;
use criterion::Criterion;
use criterion::Throughput;

pub(crate) fn delta(c: &mut Criterion) {
    let lines: Vec<String> = (0..2000)
        .map(|n| format!("    value_{n} = compute({n})\n"))
        .collect();
    let old = lines.concat();
    let edited = old.replacen("compute(1000)", "compute(1000, 2)", 1);
    let moved = [&lines[500..], &lines[..500]].concat().concat();
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let other: Vec<u8> = noise.take(old.len()).collect();
    let mut group = c.benchmark_group("delta, 60 kB");
    group.throughput(Throughput::Bytes(old.len() as u64));
    let cases = [
        ("same", old.as_bytes()),
        ("one line", edited.as_bytes()),
        ("a quarter moved", moved.as_bytes()),
        ("nothing in common", &other[..]),
    ];
    for (name, new) in cases {
        group.bench_function(name, |b| b.iter(|| black_box(steps(old.as_bytes(), new))));
    }
    group.finish();
}
