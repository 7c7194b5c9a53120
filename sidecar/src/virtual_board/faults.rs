//! What goes wrong on a line and with a flash, as plain data, and how it is typed: `seed=7,drop=2000,cut=5000:1s`.
//! Pure: `lane` and `line` apply it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::str::FromStr;
use std::time::Duration;

use crate::virtual_board::FlashFault;
use crate::virtual_board::VirtualBoardError;

/// One in how many bytes suffers; `None` is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Lost.
    pub drop: Option<u32>,
    /// Arrives twice.
    pub double: Option<u32>,
    /// Arrives as another byte.
    pub garble: Option<u32>,
}

/// A pause in both directions, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Bytes of one direction until it happens.
    pub after: u64,
    /// How long nothing moves.
    pub pause: Duration,
}

/// The host loses the port, once, as if the cable had been pulled. The board stays powered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes that reached the board until it happens.
    pub after: u64,
    /// When the port comes back; `None` waits for `VirtualBoard::replug`.
    pub back: Option<Duration>,
}

/// What the flash write at which the power fails leaves behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Torn {
    /// Its first half.
    #[default]
    Half,
    /// Nothing of it.
    None,
    /// Its first half, and in place of the second what nobody wrote.
    Garbage,
}

impl Torn {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Half => "half",
            Self::None => "none",
            Self::Garbage => "garbage",
        }
    }
}

/// Everything that can go wrong. The default is a perfect line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The same seed damages the same bytes.
    pub seed: u64,
    /// From the host to the board.
    pub to_board: Damage,
    /// From the board to the host.
    pub to_host: Damage,
    /// Every byte is this much late, each way.
    pub delay: Duration,
    /// A pause.
    pub stall: Option<Stall>,
    /// A pulled cable.
    pub cut: Option<Cut>,
    /// A cable that is pulled after so many bytes of the board have reached the host.
    pub cut_heard: Option<Cut>,
    /// The flash write or erase (counted from 0 after mounting starts) at which the power fails.
    pub power: Option<u32>,
    /// How far that write got.
    pub torn: Torn,
    /// Bytes that the board can hold while it does not read; more are lost. `None` waits instead, as USB does.
    pub rx_buffer: Option<usize>,
    /// What is wrong with the flash (unix only).
    pub flash: Option<FlashFault>,
}

const SPEC: &str = "use seed=N, drop=N, double=N, garble=N (one in N bytes; in.drop or out.drop for one \
                    direction), delay=T, stall=N:T, cut=N or cut=N:T (out.cut: bytes \
                    from the board), power=N, torn=half, none or garbage, rx=N, where T is 500us, 20ms or 2s; \
                    of the flash, by the number of the write or erase since mounting: full=N and lose=N (from N on: \
                    it says that it is full, it loses what is written), flip=N and eio=N (once: one wrong bit, \
                    OSError 5), each also as 1/N (one in N), or protect=EROFS, EACCES, EPERM, EIO (every write is \
                    refused)";

impl FromStr for Faults {
    type Err = VirtualBoardError;

    fn from_str(text: &str) -> Result<Self, VirtualBoardError> {
        let mut faults = Self::default();
        for piece in text.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
            faults.set(piece).ok_or_else(|| VirtualBoardError::BadSpec {
                text: piece.to_owned(),
                why: SPEC,
            })?;
        }
        Ok(faults)
    }
}

impl Faults {
    fn set(&mut self, piece: &str) -> Option<()> {
        let (name, value) = piece.split_once('=')?;
        let (count, time) = match value.split_once(':') {
            Some((count, time)) => (count, Some(duration(time)?)),
            None => (value, None),
        };
        let rate = || count.parse().ok().filter(|n| *n > 0).filter(|_| time.is_none());
        match name {
            "seed" => self.seed = count.parse().ok()?,
            "delay" => self.delay = duration(value)?,
            "stall" => {
                self.stall = Some(Stall {
                    after: count.parse().ok()?,
                    pause: time?,
                });
            }
            "cut" | "out.cut" => {
                let after = count.parse().ok()?;
                let cut = if name == "cut" {
                    &mut self.cut
                } else {
                    &mut self.cut_heard
                };
                *cut = Some(Cut { after, back: time });
            }
            "torn" => {
                let all = [Torn::Half, Torn::None, Torn::Garbage];
                self.torn = all.into_iter().find(|torn| torn.name() == value)?;
            }
            "power" => self.power = Some(count.parse().ok()?),
            "full" | "lose" | "flip" | "eio" | "protect" => {
                self.flash = Some(FlashFault::parse(name, value)?);
            }
            "rx" => self.rx_buffer = Some(count.parse().ok()?),
            _ => {
                let (way, kind) = name
                    .split_once('.')
                    .map_or((None, name), |(way, kind)| (Some(way), kind));
                let ways: &mut [&mut Damage] = match way {
                    None => &mut [&mut self.to_board, &mut self.to_host],
                    Some("in") => &mut [&mut self.to_board],
                    Some("out") => &mut [&mut self.to_host],
                    Some(_) => return None,
                };
                for damage in ways {
                    match kind {
                        "drop" => damage.drop = Some(rate()?),
                        "double" => damage.double = Some(rate()?),
                        "garble" => damage.garble = Some(rate()?),
                        _ => return None,
                    }
                }
            }
        }
        Some(())
    }
}

fn duration(text: &str) -> Option<Duration> {
    if let Some(number) = text.strip_suffix("us") {
        return number.parse().ok().map(Duration::from_micros);
    }
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().ok().map(Duration::from_millis);
    }
    text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_board::FlashFlaw;

    #[test]
    fn a_fault_spec_says_everything_in_one_line() {
        let faults: Faults =
            "seed=7, drop=2000,in.garble=9,delay=500us,stall=10:2s,cut=5000:1s,out.cut=70,power=40,torn=none,\
             rx=256,lose=1/9"
                .parse()
                .unwrap();
        assert_eq!(
            faults,
            Faults {
                seed: 7,
                to_board: Damage {
                    drop: Some(2000),
                    garble: Some(9),
                    double: None
                },
                to_host: Damage {
                    drop: Some(2000),
                    ..Damage::default()
                },
                delay: Duration::from_micros(500),
                stall: Some(Stall {
                    after: 10,
                    pause: Duration::from_secs(2)
                }),
                cut: Some(Cut {
                    after: 5000,
                    back: Some(Duration::from_secs(1))
                }),
                cut_heard: Some(Cut {
                    after: 70,
                    back: None
                }),
                power: Some(40),
                torn: Torn::None,
                rx_buffer: Some(256),
                flash: Some(FlashFault {
                    flaw: FlashFlaw::Lose,
                    first: 8,
                    every: 9,
                }),
            }
        );
        assert_eq!("".parse::<Faults>().unwrap(), Faults::default());
    }

    #[test]
    fn a_bad_fault_is_refused_with_its_own_text() {
        for bad in [
            "drop",
            "drop=0",
            "drop=x",
            "stall=4",
            "sideways.drop=3",
            "delay=3",
            "torn=1",
            "explode=1",
            "lose=2/9",
        ] {
            let error = format!("seed=1,{bad}").parse::<Faults>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{bad}`")), "{error}");
        }
    }
}
