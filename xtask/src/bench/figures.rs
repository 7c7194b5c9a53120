//! What was measured, and the arithmetic on it. Pure: measures nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::case::Case;
use super::line::Line;
use super::tool::Tool;

/// One process, from its start to its end; bytes and round trips as the board's line counted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) time: Duration,
    /// Bytes that arrived at the board.
    pub(super) sent: u64,
    /// Bytes that arrived at the host.
    pub(super) received: u64,
    /// How often the host's first byte came after a byte of the board had come to it.
    pub(super) round_trips: u64,
}

/// What the board has to be given in one case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// As one raw deflate stream.
    pub(super) deflated: u64,
}

/// Samples of every line, case and tool, and the cases' contents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) samples: BTreeMap<(Line, Case, Tool), Vec<Sample>>,
    pub(super) content: BTreeMap<Case, Content>,
    /// Bytes of program that a micro:bit's raw REPL takes in a second.
    pub(super) raw_repl: Option<f64>,
    /// Processors of the machine.
    pub(super) processors: u64,
}

impl Figures {
    pub(super) fn samples(&self, line: Line, case: Case, tool: Tool) -> &[Sample] {
        self.samples.get(&(line, case, tool)).map_or(&[], Vec::as_slice)
    }

    /// The run that took the median time; of an even number the slower one of the two.
    pub(super) fn median(&self, line: Line, case: Case, tool: Tool) -> Option<Sample> {
        let mut samples = self.samples(line, case, tool).to_vec();
        samples.sort_by_key(|sample| sample.time);
        samples.get(samples.len() / 2).copied()
    }

    /// The fastest and the slowest of several runs.
    pub(super) fn range(&self, line: Line, case: Case, tool: Tool) -> Option<(Duration, Duration)> {
        let times = || self.samples(line, case, tool).iter().map(|sample| sample.time);
        let several = times().len() > 1;
        times().min().zip(times().max()).filter(|_| several)
    }

    /// The time in which the line could carry the content of a case as one deflate stream.
    pub(super) fn limit(&self, line: Line, case: Case) -> Option<Duration> {
        let content = self.content.get(&case).filter(|content| content.bytes > 0)?;
        line.limit(content.deflated)
    }

    /// Boardside's time divided by that of another tool.
    pub(super) fn to_tool(&self, line: Line, case: Case, tool: Tool) -> Option<f64> {
        let own = self.median(line, case, Tool::Boardside)?.time;
        Some(ratio(own, self.median(line, case, tool)?.time))
    }

    /// Boardside's time divided by the physical limit.
    pub(super) fn to_limit(&self, line: Line, case: Case) -> Option<f64> {
        let own = self.median(line, case, Tool::Boardside)?.time;
        Some(ratio(own, self.limit(line, case)?))
    }

    /// Boardside's time on one board divided by that on another.
    pub(super) fn to_line(&self, line: Line, other: Line, case: Case) -> Option<f64> {
        let own = self.median(line, case, Tool::Boardside)?.time;
        Some(ratio(own, self.median(other, case, Tool::Boardside)?.time))
    }

    /// Bytes to the board divided by those of the content as one deflate stream.
    pub(super) fn to_content(&self, line: Line, case: Case) -> Option<f64> {
        let content = self.content.get(&case).filter(|content| content.deflated > 0)?;
        let sent = self.median(line, case, Tool::Boardside)?.sent;
        #[allow(clippy::cast_precision_loss)] // bytes of a project
        Some(sent as f64 / content.deflated as f64)
    }

    /// Content a second by the bytes of program that the raw REPL takes in a second.
    #[allow(clippy::cast_precision_loss)] // bytes of a project
    pub(super) fn to_raw_repl(&self, line: Line, case: Case) -> Option<f64> {
        let bytes = self.content.get(&case)?.bytes as f64;
        let time = self.median(line, case, Tool::Boardside)?.time;
        Some(bytes / time.as_secs_f64() / self.raw_repl?)
    }

    /// All lines of which there is anything, in order.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.samples.keys().map(|(line, ..)| *line).collect();
        lines.dedup();
        lines
    }
}

fn ratio(own: Duration, other: Duration) -> f64 {
    own.as_secs_f64() / other.as_secs_f64()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const LINE: Line = Line::Baud(115_200);

    /// A run of so many milliseconds.
    pub(in crate::bench) fn sample(ms: u64) -> Sample {
        Sample {
            time: Duration::from_millis(ms),
            sent: ms * 10,
            received: ms,
            round_trips: 3,
        }
    }

    /// First syncs of 1.1 s (Boardside), 2 s and 10 s; the line could do it in 1 s.
    pub(in crate::bench) fn figures() -> Figures {
        let mut figures = Figures {
            processors: 2,
            ..Figures::default()
        };
        let content = Content {
            files: 50,
            bytes: 30_000,
            deflated: 11_520,
        };
        figures.content.insert(Case::First, content);
        for (tool, times) in [
            (Tool::Boardside, &[1_100, 1_000, 1_300][..]),
            (Tool::Mpytool, &[2_000, 1_900]),
            (Tool::Mpremote, &[10_000]),
        ] {
            let samples = times.iter().map(|ms| sample(*ms)).collect();
            figures.samples.insert((LINE, Case::First, tool), samples);
        }
        figures
    }

    #[test]
    fn the_median_is_that_of_times_and_keeps_its_own_bytes() {
        let figures = figures();
        let of = |tool| figures.median(LINE, Case::First, tool);
        assert_eq!(of(Tool::Boardside), Some(sample(1_100)));
        assert_eq!(of(Tool::Mpytool), Some(sample(2_000)));
        assert_eq!(figures.median(Line::Usb, Case::First, Tool::Mpytool), None);
    }

    #[test]
    fn one_run_has_no_range() {
        let figures = figures();
        let of = |tool| figures.range(LINE, Case::First, tool);
        let ms = Duration::from_millis;
        assert_eq!(of(Tool::Boardside), Some((ms(1_000), ms(1_300))));
        assert_eq!(of(Tool::Mpremote), None);
    }

    #[test]
    fn ratios_are_own_time_over_the_other() {
        let mut figures = figures();
        let near = |ratio: Option<f64>, wanted: f64| {
            let ratio = ratio.unwrap();
            assert!((ratio - wanted).abs() < 1e-9, "{ratio} is not {wanted}");
        };
        near(figures.to_tool(LINE, Case::First, Tool::Mpytool), 0.55);
        near(figures.to_tool(LINE, Case::First, Tool::Mpremote), 0.11);
        near(figures.to_limit(LINE, Case::First), 1.1);
        near(figures.to_content(LINE, Case::First), 11_000.0 / 11_520.0);
        figures.raw_repl = Some(30_000.0 / 1.1 * 2.0);
        near(figures.to_raw_repl(LINE, Case::First), 0.5);
        let small = (Line::SmallHeap, Case::First, Tool::Boardside);
        figures.samples.insert(small, vec![sample(1_650)]);
        near(figures.to_line(Line::SmallHeap, LINE, Case::First), 1.5);
    }

    #[test]
    fn what_was_not_measured_or_has_no_limit_has_no_ratio() {
        let mut figures = figures();
        assert_eq!(figures.to_tool(LINE, Case::Small, Tool::Mpytool), None);
        assert_eq!(figures.to_limit(Line::Usb, Case::First), None);
        let unchanged = (LINE, Case::Unchanged, Tool::Boardside);
        figures.samples.insert(unchanged, vec![sample(60)]);
        figures.content.insert(Case::Unchanged, Content::default());
        assert_eq!(figures.to_limit(LINE, Case::Unchanged), None);
    }
}
