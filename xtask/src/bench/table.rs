//! Samples as a Markdown table. Pure: measures nothing.

use std::time::Duration;

use super::CASES;
use super::Case;
use super::Sample;
use super::Samples;
use super::TOOLS;
use super::Tool;
use super::project::Project;

/// A table with a row a case, and the sentence about the physical limit.
pub(super) fn markdown(samples: &Samples, project: &Project, baud: u32) -> String {
    let mut text = format!(
        "| {} files, {} B, {baud} baud |",
        project.files.len(),
        thousands(project.bytes() as u64)
    );
    for tool in TOOLS {
        text += &format!(" {} |", tool.name());
    }
    text += " Boardside sent / received |\n|---|---|---|---|---|\n";
    for case in CASES {
        text += &format!("| {} |", name(case));
        for tool in TOOLS {
            text += &format!(" {} |", times(&samples[&(case, tool)]));
        }
        text += &format!(" {} |\n", bytes(&samples[&(case, Tool::Boardside)]));
    }
    let deflated = project.deflated();
    // Ten bits a byte: start, eight, stop.
    let limit = Duration::from_micros(deflated * 10_000_000 / u64::from(baud));
    text + &format!(
        "\nThe whole project as one deflate stream (level 9, window 2^15) is {} B, which this line carries in {}.\n",
        thousands(deflated),
        seconds(limit)
    )
}

fn name(case: Case) -> &'static str {
    match case {
        Case::First => "first sync, empty board",
        Case::Unchanged => "nothing changed",
        Case::OneLine => "one line of `microdot/microdot.py` (58 kB)",
    }
}

/// Median (least to most); of one run just that.
fn times(samples: &[Sample]) -> String {
    let mut times: Vec<Duration> = samples.iter().map(|sample| sample.time).collect();
    times.sort();
    let median = seconds(times[times.len() / 2]);
    if times.len() == 1 {
        return median;
    }
    format!(
        "{median} ({} to {})",
        number(times[0]),
        number(times[times.len() - 1])
    )
}

/// Of the run that sent the median.
fn bytes(samples: &[Sample]) -> String {
    let mut bytes: Vec<(u64, u64)> = samples.iter().filter_map(|sample| sample.bytes).collect();
    bytes.sort_unstable();
    let (sent, received) = bytes[bytes.len() / 2];
    format!("{} / {} B", thousands(sent), thousands(received))
}

fn seconds(time: Duration) -> String {
    format!("{} s", number(time))
}

fn number(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
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
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn the_median_is_shown_with_its_range() {
        let samples = [3, 1, 2].map(|seconds| Sample {
            time: Duration::from_secs(seconds),
            bytes: None,
        });
        assert_eq!(times(&samples), "2.00 s (1.00 to 3.00)");
        assert_eq!(times(&samples[..1]), "3.00 s");
    }
}
