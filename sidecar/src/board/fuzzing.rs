//! Targets for what goes to the agent and comes from it, and a door to the journal.
//! The agent's side is a model in Rust; the real one is in the integration tests.

mod disk;

use crate::base::Feed;
use crate::board::Order;
use crate::board::incoming::Event;
use crate::board::incoming::Incoming;
use crate::board::journal::Layout;
use crate::board::link::Link;
use crate::board::link::agent_model::Agent;
use crate::board::link::agent_model::Answer;
use crate::board::link::agent_model::LONGEST;
use crate::board::link::agent_model::PIECE;

pub use disk::Disk;
pub use disk::Stop;

/// The journal that carries these out, and the names of what is staged for it.
pub fn journal(orders: &[Order]) -> (String, Option<String>) {
    let layout = Layout::of(orders, true);
    (layout.journal, layout.names)
}

/// Anything that comes from the board while the agent runs: the same events in whatever pieces.
pub fn events(data: &[u8]) {
    let mut feed = Feed::new(data);
    let size = 1 + feed.below(40);
    let came = feed.rest();
    let found = |size| {
        let mut incoming = Incoming::default();
        let mut found = Vec::new();
        for piece in came.chunks(size) {
            incoming.push(piece);
            found.extend(std::iter::from_fn(|| incoming.next_event()));
        }
        found
    };
    let whole = found(came.len().max(1));
    // Both kinds are looked for in what is no line; what is held back for one decides about the other, and more
    // may be behind it in one piece than in several. What was said as a line never depends on that.
    let lines = |events: Vec<Event>| -> Vec<Event> {
        events
            .into_iter()
            .filter(|event| matches!(event, Event::Line(_)))
            .collect()
    };
    assert_eq!(lines(found(size)), lines(whole));
}

/// A stream over a line that damages it and its answers; and a link that hears anything at all.
pub fn frames(data: &[u8]) {
    let mut feed = Feed::new(data);
    if feed.byte().is_multiple_of(4) {
        return nonsense(&mut feed);
    }
    let mut line = Line {
        room: 64 + feed.below(600),
        agent: Agent::default(),
        incoming: Incoming::default(),
        faults: Feed::new(feed.piece()),
    };
    let content = feed.rest();
    let mut link = Link::new(line.room, PIECE, LONGEST);
    link.queue(content);
    let mut rounds = 0;
    while !link.is_settled() {
        rounds += 1;
        assert!(rounds < 2000 + content.len(), "it goes on for ever");
        let mut heard = false;
        while let Some(bytes) = link.next_bytes(true) {
            assert!(!bytes.contains(&3), "an interrupt");
            heard |= line.pass(&mut link, &bytes);
        }
        if !heard && !link.is_settled() {
            let bytes = link.prod();
            assert!(!bytes.contains(&3), "an interrupt");
            line.pass(&mut link, &bytes);
        }
        assert!(
            content.starts_with(&line.agent.taken),
            "the stream is another one"
        );
    }
    assert!(line.agent.taken == content, "settled, and not all has arrived");
}

/// A line with a few faults; what is left of the feed is what they are.
struct Line<'a> {
    room: usize,
    agent: Agent,
    incoming: Incoming,
    faults: Feed<'a>,
}

impl Line<'_> {
    /// To the board and back. Did anything come back?
    fn pass(&mut self, link: &mut Link, bytes: &[u8]) -> bool {
        let arrives = self.damaged(bytes.to_vec());
        let mut answers = Vec::new();
        // The board reads while the line is slow; what it has no room for is lost.
        for piece in arrives.chunks(self.room) {
            self.agent.unread.extend(piece);
            for answer in self.agent.run() {
                match answer {
                    Answer::Room => answers.push(5),
                    Answer::Expects(number) => answers.extend([6, number, 255 - number]),
                }
            }
        }
        let answers = self.damaged(answers);
        self.incoming.push(&answers);
        let mut heard = false;
        while let Some(event) = self.incoming.next_event() {
            heard = true;
            match event {
                Event::Room => link.has_room(),
                Event::Ack(number) => link.acknowledge(number),
                Event::Line(_) | Event::Ended(_) => {}
            }
        }
        heard
    }

    fn damaged(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.is_empty() || self.faults.is_over() {
            return bytes;
        }
        let what = self.faults.byte();
        let at = self.faults.below(bytes.len());
        match what % 8 {
            1 => drop(bytes.remove(at)),
            2 => bytes[at] ^= what | 1,
            3 => bytes.insert(at, bytes[at]),
            4 => bytes.truncate(at),
            5 => bytes.insert(at, what),
            _ => {}
        }
        bytes
    }
}

fn nonsense(feed: &mut Feed) {
    let mut link = Link::new(1 + feed.below(600), 1 + feed.below(300), 64 + feed.below(1000));
    let mut queued = 0;
    while !feed.is_over() {
        match feed.byte() % 6 {
            0 => {
                let bytes = feed.piece();
                queued += bytes.len() as u64;
                link.queue(bytes);
            }
            1 => link.has_room(),
            2 => link.acknowledge(feed.byte()),
            3 => assert!(!link.prod().contains(&3)),
            more => {
                let bytes = link.next_bytes(more == 4);
                assert!(bytes.is_none_or(|bytes| !bytes.is_empty() && !bytes.contains(&3)));
            }
        }
        assert!(link.acked() <= queued);
    }
}
