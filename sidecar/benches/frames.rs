//! The frames that carry a sync to the board: how fast they are made and taken back.
//! The board is a counter that acknowledges all that it is sent.

use std::hint::black_box;

use boardside::board::bench::through_frames;
use criterion::Criterion;
use criterion::Throughput;

/// The longest frames that small and large boards take, in bytes.
const LONGEST: [usize; 2] = [264, 1032];

pub(crate) fn frames(c: &mut Criterion) {
    // What deflate leaves looks like noise: every byte is in it, also the one that no frame may have.
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let content: Vec<u8> = noise.take(1 << 20).collect();
    let mut group = c.benchmark_group("frames, 1 MiB");
    group.throughput(Throughput::Bytes(content.len() as u64));
    for longest in LONGEST {
        group.bench_function(format!("frames of {longest}"), |b| {
            b.iter(|| black_box(through_frames(&content, longest)));
        });
    }
    group.finish();
}
