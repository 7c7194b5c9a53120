//! Figures as Markdown tables. Pure: measures nothing.

use std::time::Duration;

use super::case::CASES;
use super::case::Case;
use super::figures::Figures;
use super::figures::Sample;
use super::goals::By;
use super::goals::Verdict;
use super::goals::verdicts;
use super::line::Line;
use super::tool::TOOLS;
use super::tool::Tool;

/// What is stored: times and traffic of every line, then the goals.
pub(super) fn everything(figures: &Figures) -> String {
    let mut text = String::new();
    for line in figures.lines() {
        text += &format!("{}\n{}\n", times(figures, line), traffic(figures, line));
    }
    text + &goals(figures) + "\n" + &contents(figures) + "\n" + &how(figures)
}

/// What readers are shown: the same, but traffic of one line only, as it hardly depends on the speed.
pub(super) fn readme(figures: &Figures) -> String {
    let mut text = String::new();
    for line in figures.lines() {
        text += &format!("{}\n", times(figures, line));
    }
    if let Some(line) = figures.lines().first() {
        text += &format!("{}\n", traffic(figures, *line));
    }
    text + &goals(figures) + "\n" + &contents(figures) + "\n" + &how(figures)
}

/// The tools that were measured on a line, in order.
fn tools(figures: &Figures, line: Line) -> Vec<Tool> {
    let measured = |tool: &Tool| figures.samples.keys().any(|key| (key.0, key.2) == (line, *tool));
    TOOLS.into_iter().filter(measured).collect()
}

/// The cases that were measured on a line, in order.
fn cases(figures: &Figures, line: Line) -> Vec<Case> {
    let measured = |case: &Case| figures.samples.keys().any(|key| (key.0, key.1) == (line, *case));
    CASES.into_iter().filter(measured).collect()
}

fn head(first: &str, tools: &[Tool], last: Option<&str>) -> String {
    let mut columns = vec![first];
    columns.extend(tools.iter().map(|tool| tool.name()));
    columns.extend(last);
    format!("{}{}", row(&columns), row(&vec!["---"; columns.len()]))
}

fn row<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A row a case: the median, the range, and Boardside's time by that of the line alone.
fn times(figures: &Figures, line: Line) -> String {
    let tools = tools(figures, line);
    let limited = line.limit(0).is_some();
    let mut text = head(&line.name(), &tools, limited.then_some("the line alone"));
    for case in cases(figures, line) {
        let mut cells = vec![case.name().to_owned()];
        cells.extend(tools.iter().map(|tool| time(figures, line, case, *tool)));
        if limited {
            cells.push(figures.limit(line, case).map_or_else(String::new, seconds));
        }
        text += &row(&cells);
    }
    text
}

/// Median (least to most); of one run just that.
fn time(figures: &Figures, line: Line, case: Case, tool: Tool) -> String {
    let Some(median) = figures.median(line, case, tool) else {
        return "–".to_owned();
    };
    let median = seconds(median.time);
    match figures.range(line, case, tool) {
        None => median,
        Some((least, most)) => format!("{median} ({} to {})", number(least), number(most)),
    }
}

fn traffic(figures: &Figures, line: Line) -> String {
    let tools = tools(figures, line);
    let first = format!("{}: to the board / from it, round trips", line.name());
    let mut text = head(&first, &tools, None);
    for case in cases(figures, line) {
        let mut cells = vec![case.name().to_owned()];
        cells.extend(tools.iter().map(|tool| match figures.median(line, case, *tool) {
            None => "–".to_owned(),
            Some(Sample {
                sent,
                received,
                round_trips,
                ..
            }) => format!(
                "{} / {} B, {}",
                thousands(sent),
                thousands(received),
                thousands(round_trips)
            ),
        }));
        text += &row(&cells);
    }
    text
}

fn goals(figures: &Figures) -> String {
    let mut text = "| Boardside | goal | is | |\n|---|---|---|---|\n".to_owned();
    for verdict in verdicts(figures) {
        let Verdict { goal, ratio } = verdict;
        let by = match goal.by {
            By::Tool(tool) => tool.name().to_owned(),
            By::Limit => "the line alone".to_owned(),
            By::Line(other) => format!("{} with the large heap", other.name()),
            By::Content => "bytes of its content, deflated".to_owned(),
            By::RawRepl => "what its raw REPL carries".to_owned(),
        };
        let at = match goal.by {
            By::RawRepl => "≥",
            _ => "≤",
        };
        let is = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}"));
        let met = match verdict.met() {
            None => "not measured",
            Some(true) => "met",
            Some(false) => "**missed**",
        };
        text += &row(&[
            format!("{}, {}", goal.case.name(), goal.line.name()),
            format!("{at} {} × {by}", goal.bound),
            is,
            met.to_owned(),
        ]);
    }
    text
}

fn contents(figures: &Figures) -> String {
    let mut text = "| content | files | bytes | as one deflate stream |\n|---|---|---|---|\n".to_owned();
    for (case, content) in figures.content.iter().filter(|(_, content)| content.files > 0) {
        text += &row(&[
            case.name().to_owned(),
            thousands(content.files),
            format!("{} B", thousands(content.bytes)),
            format!("{} B", thousands(content.deflated)),
        ]);
    }
    text
}

/// How often each tool ran, and what the words above mean.
fn how(figures: &Figures) -> String {
    let runs: Vec<String> = TOOLS
        .iter()
        .filter_map(|tool| {
            let samples = figures.samples.iter().filter(|(key, _)| key.2 == *tool);
            let counts = || samples.clone().map(|(_, samples)| samples.len());
            let (least, most) = (counts().min()?, counts().max()?);
            let times = if least == most {
                most.to_string()
            } else {
                format!("{least} to {most}")
            };
            Some(format!("{} {times}", tool.name()))
        })
        .collect();
    let raw_repl = figures.raw_repl.map_or_else(String::new, |rate| {
        format!(
            "The micro:bit's raw REPL takes {rate:.0} B of program a second, measured without Boardside.\n"
        )
    });
    format!(
        "Median (least to most) of whole processes, from their start to their end; runs: {}; a Linux machine of {} processors.
*The line alone*: the content as one raw deflate stream (window 2^15, the best of all levels), ten bits a byte.
A *round trip* begins with the first byte that the host sends after a byte of the board has come to it; bytes and round trips are those that the virtual board's line counts, for all tools alike.
{raw_repl}",
        runs.join(", "),
        figures.processors
    )
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", number(time))
}

/// Three figures where there are so many: `0.063`, `0.25`, `5.54`, `34.8`.
fn number(time: Duration) -> String {
    let time = time.as_secs_f64();
    match time {
        ..0.0995 => format!("{time:.3}"),
        ..9.995 => format!("{time:.2}"),
        _ => format!("{time:.1}"),
    }
}

/// `227671` as `227,671`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::figures;
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn a_time_has_as_many_figures_as_mean_something() {
        for (ms, text) in [
            (63, "0.063 s"),
            (250, "0.25 s"),
            (5_540, "5.54 s"),
            (34_760, "34.8 s"),
        ] {
            assert_eq!(seconds(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn a_row_has_every_tool_with_its_range_and_the_line_alone() {
        assert_eq!(
            times(&figures(), Line::Baud(115_200)),
            "| 115200 baud | Boardside | mpytool 2.6.0 | mpremote 1.29.0 | the line alone |
| --- | --- | --- | --- | --- |
| first sync, empty board | 1.10 s (1.00 to 1.30) | 2.00 s (1.90 to 2.00) | 10.0 s | 1.00 s |
"
        );
    }

    #[test]
    fn traffic_is_that_of_the_median_run() {
        let text = traffic(&figures(), Line::Baud(115_200));
        assert!(
            text.ends_with("| 11,000 / 1,100 B, 3 | 20,000 / 2,000 B, 3 | 100,000 / 10,000 B, 3 |\n"),
            "{text}"
        );
    }

    #[test]
    fn goals_say_met_missed_or_not_measured() {
        let mut figures = figures();
        let text = goals(&figures);
        let row = "| first sync, empty board, 115200 baud | ≤ 0.55 × mpytool 2.6.0 | 0.550 | met |\n";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("| not measured |"), "{text}");
        for (key, samples) in &mut figures.samples {
            if key.2 == Tool::Mpytool {
                samples[0].time = Duration::from_millis(1_900);
            }
        }
        assert!(goals(&figures).contains("| 0.579 | **missed** |"));
    }

    #[test]
    fn the_tables_say_how_often_each_tool_ran() {
        let text = how(&figures());
        assert!(
            text.contains(
                "runs: Boardside 3, mpytool 2.6.0 2, mpremote 1.29.0 1; a Linux machine of 2 processors"
            ),
            "{text}"
        );
    }
}
