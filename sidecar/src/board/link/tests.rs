//! `Link` against a model of `device/agent.py` over lines that lose, garble and double bytes.
//! The real agent is tried in the integration tests.

use proptest::prelude::*;

use super::*;
use crate::board::link::agent_model::Agent;
use crate::board::link::agent_model::Answer;
use crate::board::link::agent_model::LONGEST;
use crate::board::link::agent_model::PIECE;

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
