//! `Link` against a model of `device/stream.py` over lines that lose, garble and double bytes.
//! The real agent is tried in the integration tests.

use proptest::prelude::*;

use super::*;

/// What `device/stream.py` does, byte by byte.
#[derive(Default)]
struct Agent {
    unread: VecDeque<u8>,
    taken: Vec<u8>,
    count: u8,
}

impl Agent {
    /// Reads all whole frames, gives the acknowledgements.
    fn run(&mut self) -> Vec<u8> {
        let mut answers = Vec::new();
        loop {
            while self.unread.front().is_some_and(|b| *b != START) {
                self.unread.pop_front();
            }
            if self.unread.len() < 3 || self.unread.len() < 3 + usize::from(self.unread[2]) {
                return answers;
            }
            let head: Vec<u8> = self.unread.drain(..3).collect();
            let body: Vec<u8> = self.unread.drain(..usize::from(head[2])).collect();
            let mut plain = Vec::new();
            let mut bytes = body.iter();
            while let Some(b) = bytes.next() {
                match b {
                    &ESCAPE => plain.push(if bytes.next() == Some(&1) { 3 } else { ESCAPE }),
                    b => plain.push(*b),
                }
            }
            let expected = FIRST + self.count;
            if head[1] == expected && plain.len() > 4 {
                let (payload, sum) = plain.split_at(plain.len() - 4);
                let mut crc = crc32fast::Hasher::new_with_initial(u32::from(expected));
                crc.update(payload);
                if crc.finalize().to_le_bytes() == sum {
                    self.taken.extend(payload);
                    self.count = (self.count + 1) & 63;
                }
            }
            answers.push(FIRST + self.count);
        }
    }
}

#[test]
fn frames_never_hold_an_interrupt_and_fit_the_board() {
    for fill in 0..=255 {
        let mut link = Link::new(256);
        link.queue(&[fill; 1000]);
        while let Some(bytes) = link.next_frame(true) {
            assert!(!bytes.contains(&3), "{fill}");
            assert!(
                link.in_flight() <= 256,
                "{} bytes of {fill} in flight",
                link.in_flight()
            );
        }
    }
}

proptest! {
    #[test]
    fn every_byte_arrives_once_and_in_order_over_a_bad_line(
        data in prop::collection::vec(any::<u8>(), 0..3000),
        faults in prop::collection::vec((0_u8..4, 0_usize..400), 0..12),
        room in 64_usize..600,
    ) {
        let mut link = Link::new(room);
        let mut agent = Agent::default();
        let mut faults = faults.into_iter();
        link.queue(&data);
        for _ in 0..3000 {
            let mut answers = Vec::new();
            while let Some(mut bytes) = link.next_frame(true) {
                match faults.next() {
                    Some((1, at)) => { bytes.remove(at % bytes.len()); }
                    Some((2, at)) => { let at = at % bytes.len(); bytes[at] ^= 0x10; }
                    Some((3, at)) => { let at = at % bytes.len(); bytes.insert(at, bytes[at]); }
                    _ => {}
                }
                agent.unread.extend(bytes);
                answers.extend(agent.run());
            }
            if link.is_settled() && link.waiting.is_empty() {
                break;
            }
            if answers.is_empty() {
                agent.unread.extend(link.prod());
                answers = agent.run();
            }
            for expected in answers {
                link.acknowledge(expected);
            }
        }
        prop_assert_eq!(agent.taken, data);
    }
}
