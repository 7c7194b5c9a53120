//! The frames that carry a sync to the board: how fast they are made and taken back.
//! The board is a counter that acknowledges all that it is sent.

use std::hint::black_box;

use boardside::board::bench::through_frames;
use criterion::Criterion;
use criterion::Throughput;

/// Room that boards have for what they have not read, in bytes.
const ROOMS: [usize; 2] = [128, 4096];

pub(crate) fn frames(c: &mut Criterion) {
    // What deflate leaves looks like noise: every byte that has to be escaped is in it.
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let content: Vec<u8> = noise.take(1 << 20).collect();
    let mut group = c.benchmark_group("frames, 1 MiB");
    group.throughput(Throughput::Bytes(content.len() as u64));
    for room in ROOMS {
        group.bench_function(format!("board with room for {room}"), |b| {
            b.iter(|| black_box(through_frames(&content, room)));
        });
    }
    group.finish();
}
