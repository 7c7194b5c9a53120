//! One direction of a serial line: when each byte has arrived, and what became of it.
//! Pure: time comes in as an argument, measured from any fixed moment; nothing is read or written here.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::VecDeque;
use std::time::Duration;

use crate::virtual_board::Damage;
use crate::virtual_board::Stall;

const BITS_PER_BYTE: u64 = 10; // start, eight data, stop
const NANOS: u64 = 1_000_000_000;

/// Bytes on their way, in order, each with the moment at which its last bit arrives.
#[derive(Debug)]
pub(crate) struct Lane {
    baud: Option<u32>,
    delay: Duration,
    damage: Damage,
    stall: Option<Stall>,
    random: Random,
    /// The line has been busy without a gap since `since`, for `busy` bytes.
    since: Duration,
    busy: u64,
    accepted: u64,
    queue: VecDeque<(Duration, u8)>,
}

impl Lane {
    /// `baud` of `None` is a line without a speed: bytes arrive when they are sent.
    pub(crate) fn new(
        baud: Option<u32>,
        delay: Duration,
        damage: Damage,
        stall: Option<Stall>,
        seed: u64,
    ) -> Self {
        Self {
            baud: baud.filter(|baud| *baud > 0),
            delay,
            damage,
            stall,
            random: Random(seed),
            since: Duration::ZERO,
            busy: 0,
            accepted: 0,
            queue: VecDeque::new(),
        }
    }

    /// Puts bytes on the line at `now`; they follow those that are still on it.
    pub(crate) fn send(&mut self, now: Duration, bytes: &[u8]) {
        if self.free_at() < now {
            self.since = now;
            self.busy = 0;
        }
        for &byte in bytes {
            self.accepted += 1;
            if let Some(stall) = self.stall.take_if(|stall| self.accepted > stall.after) {
                self.since += stall.pause;
            }
            self.busy += 1;
            let damage = self.damage;
            if self.random.one_in(damage.drop) {
                continue;
            }
            let garbled = self.random.one_in(damage.garble);
            let byte = if garbled { byte ^ self.random.mask() } else { byte };
            self.arrive(byte);
            if self.random.one_in(damage.double) {
                self.busy += 1;
                self.arrive(byte);
            }
        }
    }

    /// The next byte that has arrived by `now`.
    pub(crate) fn take(&mut self, now: Duration) -> Option<u8> {
        if self.next_due()? > now {
            return None;
        }
        self.queue.pop_front().map(|(_, byte)| byte)
    }

    /// From `now` on another speed; what is on its way arrives as it would have.
    pub(crate) fn set_baud(&mut self, now: Duration, baud: Option<u32>) {
        self.since = self.free_at().max(now);
        self.busy = 0;
        self.baud = baud.filter(|baud| *baud > 0);
    }

    /// Another byte, one time in `rate`; else the same.
    pub(crate) fn garble(&mut self, byte: u8, rate: u32) -> u8 {
        let garbled = self.random.one_in(Some(rate));
        if garbled { byte ^ self.random.mask() } else { byte }
    }

    /// When the next byte arrives.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.queue.front().map(|(due, _)| *due)
    }

    /// Bytes on their way.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Loses everything that is on its way.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }

    fn arrive(&mut self, byte: u8) {
        self.queue.push_back((self.free_at() + self.delay, byte));
    }

    /// When the last byte so far leaves the line: `since + busy * 10 / baud`, without rounding errors adding up.
    fn free_at(&self) -> Duration {
        let nanos = self.baud.map_or(0, |baud| {
            u128::from(self.busy * BITS_PER_BYTE) * u128::from(NANOS) / u128::from(baud)
        });
        self.since + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn one_in(&mut self, rate: Option<u32>) -> bool {
        rate.is_some_and(|rate| self.next().is_multiple_of(u64::from(rate)))
    }

    /// Never zero: a garbled byte is another byte.
    fn mask(&mut self) -> u8 {
        u8::try_from(self.next() % 255).map_or(1, |mask| mask + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(baud: Option<u32>) -> Lane {
        Lane::new(baud, Duration::ZERO, Damage::default(), None, 0)
    }

    fn all(lane: &mut Lane) -> Vec<u8> {
        std::iter::from_fn(|| lane.take(Duration::MAX)).collect()
    }

    #[test]
    fn the_last_byte_of_a_chunk_arrives_after_ten_bits_for_each_byte() {
        let start = Duration::from_secs(3);
        let mut lane = lane(Some(115_200));
        lane.send(start, &[7; 11_520]);
        let last = lane.queue.back().unwrap().0;
        assert_eq!(last, start + Duration::from_secs(1));
        assert_eq!(lane.take(start + Duration::from_micros(86)), None);
        assert_eq!(lane.take(start + Duration::from_micros(87)), Some(7));
        assert_eq!(
            lane.take(start + Duration::from_micros(87)),
            None,
            "bytes are spread, not released in lumps"
        );
    }

    #[test]
    fn an_idle_line_starts_at_once_and_a_busy_one_queues() {
        let mut lane = lane(Some(9_600));
        let byte = Duration::from_nanos(NANOS * 10 / 9_600);
        lane.send(Duration::ZERO, b"a");
        lane.send(Duration::ZERO, b"b");
        let dues: Vec<_> = lane.queue.iter().map(|(due, _)| *due).collect();
        assert_eq!(dues[0], byte);
        assert!((byte * 2..=byte * 2 + Duration::from_nanos(1)).contains(&dues[1]));
        let later = Duration::from_secs(5);
        lane.send(later, b"c");
        assert_eq!(lane.queue.back().unwrap().0, later + byte);
    }

    #[test]
    fn another_speed_holds_for_what_is_sent_after_it() {
        let mut lane = lane(Some(9_600));
        lane.send(Duration::ZERO, b"ab");
        let slow = lane.free_at();
        lane.set_baud(Duration::ZERO, Some(960_000));
        lane.send(Duration::ZERO, b"c");
        assert_eq!(lane.queue[1].0, slow);
        assert_eq!(lane.queue[2].0, slow + Duration::from_nanos(NANOS * 10 / 960_000));
    }

    #[test]
    fn a_line_without_a_speed_delivers_at_once() {
        let mut lane = lane(None);
        lane.send(Duration::from_millis(2), b"now");
        assert_eq!(lane.next_due(), Some(Duration::from_millis(2)));
        assert_eq!(all(&mut lane), b"now");
    }

    #[test]
    fn the_same_seed_damages_the_same_bytes() {
        let damage = Damage {
            drop: Some(20),
            double: Some(20),
            garble: Some(20),
        };
        let run = |seed| {
            let mut lane = Lane::new(None, Duration::ZERO, damage, None, seed);
            lane.send(Duration::ZERO, &[b'.'; 1_000]);
            all(&mut lane)
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let garbled = run(1).iter().filter(|byte| **byte != b'.').count();
        assert!((10..200).contains(&garbled), "{garbled}");
    }

    #[test]
    fn each_damage_does_what_it_says() {
        for (damage, expected) in [
            (
                Damage {
                    drop: Some(1),
                    ..Damage::default()
                },
                0,
            ),
            (
                Damage {
                    double: Some(1),
                    ..Damage::default()
                },
                200,
            ),
            (
                Damage {
                    garble: Some(1),
                    ..Damage::default()
                },
                100,
            ),
        ] {
            let mut lane = Lane::new(None, Duration::ZERO, damage, None, 5);
            lane.send(Duration::ZERO, &[9; 100]);
            let got = all(&mut lane);
            assert_eq!(got.len(), expected, "{damage:?}");
            if damage.garble.is_some() {
                assert!(!got.contains(&9));
            }
        }
    }

    #[test]
    fn a_stall_pauses_once_and_a_delay_shifts_everything() {
        let stall = Stall {
            after: 1,
            pause: Duration::from_secs(2),
        };
        let delay = Duration::from_millis(30);
        let mut lane = Lane::new(None, delay, Damage::default(), Some(stall), 0);
        lane.send(Duration::ZERO, b"ab");
        lane.send(Duration::from_secs(9), b"c");
        let dues: Vec<_> = lane.queue.iter().map(|(due, _)| *due).collect();
        assert_eq!(dues, [delay, delay + stall.pause, delay + Duration::from_secs(9)]);
    }
}
