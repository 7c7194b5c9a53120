//! How fast Boardside has to be, as ratios, and whether it is. Pure: measures nothing.

use super::case::CASES;
use super::case::Case;
use super::figures::Figures;
use super::line::Line;
use super::tool::Tool;

const SLOW: Line = Line::Baud(115_200);
const FAST: Line = Line::Baud(921_600);

/// What a figure is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The time of another tool.
    Tool(Tool),
    /// The time that the line needs for the content as one deflate stream.
    Limit,
    /// Boardside's own time on another board or line.
    Line(Line),
    /// Bytes to the board, by those of the content as one deflate stream.
    Content,
    /// Content a second, by the bytes of program that the board's raw REPL takes in a second: at least so much.
    RawRepl,
}

/// A ratio that may not be larger; of `By::RawRepl`, not smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Goal {
    pub(super) line: Line,
    pub(super) case: Case,
    pub(super) by: By,
    pub(super) bound: f64,
}

/// A goal and what is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) goal: Goal,
    /// `None`: not measured.
    pub(super) ratio: Option<f64>,
}

impl Verdict {
    pub(super) fn met(&self) -> Option<bool> {
        let Goal { by, bound, .. } = self.goal;
        self.ratio.map(|ratio| match by {
            By::RawRepl => ratio >= bound,
            _ => ratio <= bound,
        })
    }
}

pub(super) fn goals() -> Vec<Goal> {
    let goal = |line, case, by, bound| Goal {
        line,
        case,
        by,
        bound,
    };
    let (mpytool, mpremote) = (By::Tool(Tool::Mpytool), By::Tool(Tool::Mpremote));
    let mut goals = vec![
        goal(SLOW, Case::First, mpytool, 0.55),
        goal(SLOW, Case::First, mpremote, 0.16),
        goal(SLOW, Case::First, By::Limit, 1.15),
        goal(SLOW, Case::Unchanged, mpytool, 0.14),
        goal(SLOW, Case::Unchanged, mpremote, 0.03),
        goal(SLOW, Case::OneLine, mpytool, 0.13),
        goal(SLOW, Case::OneLine, mpremote, 0.03),
        goal(FAST, Case::First, mpytool, 0.5),
        // Names and digests, and what receives them: content cannot be so short.
        goal(SLOW, Case::Renamed, By::Content, 0.5),
    ];
    let small = CASES.into_iter().filter(|case| case.is_of(Line::SmallHeap));
    goals.extend(small.map(|case| goal(Line::SmallHeap, case, By::Line(SLOW), 1.5)));
    goals.push(goal(Line::Microbit, Case::Modules, By::RawRepl, 0.6));
    goals
}

pub(super) fn verdicts(figures: &Figures) -> Vec<Verdict> {
    let verdict = |goal: Goal| {
        let Goal { line, case, by, .. } = goal;
        let ratio = match by {
            By::Tool(tool) => figures.to_tool(line, case, tool),
            By::Limit => figures.to_limit(line, case),
            By::Line(other) => figures.to_line(line, other, case),
            By::Content => figures.to_content(line, case),
            By::RawRepl => figures.to_raw_repl(line, case),
        };
        Verdict { goal, ratio }
    };
    goals().into_iter().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::figures;
    use super::*;

    #[test]
    fn a_goal_is_met_at_its_ratio_and_missed_above() {
        let met: Vec<Option<bool>> = verdicts(&figures()).iter().map(Verdict::met).collect();
        assert_eq!(
            met[..3],
            [Some(true), Some(true), Some(true)],
            "0.55, 0.11 and 1.1"
        );
        assert!(met[3..].iter().all(Option::is_none), "nothing else was measured");
        let mut slower = figures();
        let own = (SLOW, Case::First, Tool::Boardside);
        let samples = slower.samples.get_mut(&own).unwrap();
        for sample in samples.iter_mut() {
            sample.time *= 2;
        }
        let met: Vec<Option<bool>> = verdicts(&slower).iter().map(Verdict::met).collect();
        assert_eq!(met[..3], [Some(false), Some(false), Some(false)]);
    }
}
