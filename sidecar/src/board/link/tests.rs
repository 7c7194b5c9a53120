//! `Link` against a model of `device/agent.py` over lines that lose, garble and double bytes.
//! The real agent is tried in the integration tests.

use proptest::prelude::*;

use super::*;

const LONGEST: usize = 300;
const PIECE: usize = 50;

/// What `device/agent.py` does, byte by byte.
#[derive(Default)]
struct Agent {
    unread: VecDeque<u8>,
    /// The frame that it reads now.
    frame: Vec<u8>,
    taken: Vec<u8>,
    count: u8,
}

enum Answer {
    Room,
    Expects(u8),
}

impl Agent {
    /// Reads all that came, gives the answers.
    fn run(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        while let Some(byte) = self.unread.pop_front() {
            if self.frame.is_empty() && byte != START {
                continue;
            }
            self.frame.push(byte);
            if self.frame.len() < HEAD {
                continue;
            }
            let length = usize::from(self.frame[3] & 127) << 7 | usize::from(self.frame[4] & 127);
            let read = self.frame.len() - HEAD;
            if length > LONGEST {
                self.frame.clear();
            } else if read < length {
                if read > 0 && read.is_multiple_of(PIECE) {
                    answers.push(Answer::Room);
                }
            } else {
                let frame = std::mem::take(&mut self.frame);
                self.take(&frame);
                answers.push(Answer::Expects(FIRST + self.count));
            }
        }
        answers
    }

    fn take(&mut self, frame: &[u8]) {
        let undo = |byte: &u8| if *byte == frame[2] { INTERRUPT } else { *byte };
        let plain: Vec<u8> = frame[HEAD..].iter().map(undo).collect();
        let expected = FIRST + self.count;
        if frame[1] == expected && plain.len() > SUM {
            let (payload, sum) = plain.split_at(plain.len() - SUM);
            let mut crc = crc32fast::Hasher::new_with_initial(u32::from(expected));
            crc.update(payload);
            if crc.finalize().to_le_bytes() == sum {
                self.taken.extend(payload);
                self.count = (self.count + 1) & 63;
            }
        }
    }
}

fn tell(link: &mut Link, answers: Vec<Answer>) {
    for answer in answers {
        match answer {
            Answer::Room => link.has_room(),
            Answer::Expects(number) => link.acknowledge(number),
        }
    }
}

#[test]
fn frames_never_hold_an_interrupt_and_the_board_never_holds_more_than_it_can() {
    for fill in 0..=255 {
        let mut link = Link::new(256, PIECE, LONGEST);
        let mut agent = Agent::default();
        let data = [[fill; 999], [3; 999]].concat();
        link.queue(&data);
        while !link.is_settled() {
            while let Some(bytes) = link.next_bytes(true) {
                assert!(!bytes.contains(&3), "{fill}");
                agent.unread.extend(bytes);
                assert!(agent.unread.len() <= 256, "{} bytes unread", agent.unread.len());
            }
            let answers = agent.run();
            assert!(!answers.is_empty(), "{fill}: it would wait for ever");
            tell(&mut link, answers);
        }
        assert_eq!(agent.taken, data);
        assert_eq!(link.resent(), 0);
    }
}

#[test]
fn any_content_has_a_byte_to_stand_for_the_interrupt() {
    let all: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let mut rest = &all[..];
    while !rest.is_empty() {
        let frame = frame(FIRST, rest, 1032);
        assert!(!frame.bytes.contains(&INTERRUPT));
        assert!(frame.payload.len() > 200 || frame.payload.len() == rest.len());
        rest = &rest[frame.payload.len()..];
    }
}

proptest! {
    #[test]
    fn every_byte_arrives_once_and_in_order_over_a_bad_line(
        data in prop::collection::vec(any::<u8>(), 0..5000),
        faults in prop::collection::vec((0_u8..6, 0_usize..400), 0..40),
        lost in prop::collection::vec(any::<bool>(), 0..40),
        room in 64_usize..600,
    ) {
        let mut link = Link::new(room, PIECE, LONGEST);
        let mut agent = Agent::default();
        let mut faults = faults.into_iter();
        let mut lost = lost.into_iter();
        link.queue(&data);
        for _ in 0..3000 {
            let mut answers = Vec::new();
            while let Some(mut bytes) = link.next_bytes(true) {
                match faults.next() {
                    Some((1, at)) => { bytes.remove(at % bytes.len()); }
                    Some((2, at)) => { let at = at % bytes.len(); bytes[at] ^= 0x10; }
                    Some((3, at)) => { let at = at % bytes.len(); bytes.insert(at, bytes[at]); }
                    _ => {}
                }
                agent.unread.extend(bytes);
                answers.extend(agent.run());
            }
            if link.is_settled() {
                break;
            }
            if answers.is_empty() {
                agent.unread.extend(link.prod());
                answers = agent.run();
            }
            answers.retain(|_| !lost.next().unwrap_or(false));
            tell(&mut link, answers);
        }
        prop_assert_eq!(agent.taken, data);
    }
}
