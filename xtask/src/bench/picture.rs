//! Figures as a picture: a bar a tool, in SVG that is readable in light and in dark. Pure: measures nothing.

use std::fmt::Write as _;

use super::case::CASES;
use super::case::Case;
use super::figures::Figures;
use super::line::Line;
use super::table::seconds;
use super::tool::TOOLS;
use super::tool::Tool;

/// The line whose times are drawn.
const LINE: Line = Line::Baud(115_200);
// All in pixels.
const WIDTH: f64 = 760.0;
const LEFT: f64 = 220.0;
const LONGEST: f64 = 420.0;
const TOP: f64 = 64.0;
const BAR: f64 = 14.0;
const STEP: f64 = 18.0;
const GAP: f64 = 16.0;

const STYLE: &str = "
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.note { fill: #59636e; font-size: 12px }
.ground { fill: #ffffff }
.boardside { fill: #0969da }
.mpytool { fill: #9aa4af }
.mpremote { fill: #c8d0d8 }
.limit { stroke: #cf222e; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.note { fill: #9198a1 }
.ground { fill: #0d1117 }
.boardside { fill: #4493f8 }
.mpytool { fill: #7d8794 }
.mpremote { fill: #4b5560 }
.limit { stroke: #f85149 }
}
";

/// Times at 115200 baud; each case has a scale of its own, as they differ by a hundred times.
pub(super) fn draw(figures: &Figures) -> String {
    let measured = |case: &Case| figures.median(LINE, *case, Tool::Boardside).is_some();
    let cases: Vec<Case> = CASES.into_iter().filter(measured).collect();
    let mut bars = String::new();
    let mut y = TOP;
    for case in cases {
        y = draw_case(&mut bars, figures, case, y) + GAP;
    }
    let height = y + 16.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">
<title>Seconds that Boardside, mpytool and mpremote take at {name}</title>
<style>{STYLE}</style>
<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>
<text class=\"title\" x=\"16\" y=\"27\">Project to board, {name}: seconds, less is better</text>
",
        name = LINE.name(),
    );
    let mut x = 16.0;
    for tool in TOOLS {
        let (class, name) = (tool.key(), tool.name());
        let _ = writeln!(
            text,
            "<rect class=\"{class}\" x=\"{x}\" y=\"39\" width=\"12\" height=\"12\" rx=\"2\"/><text class=\"note\" x=\"{}\" y=\"49\">{name}</text>",
            x + 17.0
        );
        x += 135.0;
    }
    let _ = writeln!(
        text,
        "<path class=\"limit\" d=\"M{x} 38v14\"/><text class=\"note\" x=\"{}\" y=\"49\">the line alone, all as one deflate stream</text>",
        x + 8.0
    );
    text += &bars;
    let _ = writeln!(
        text,
        "<text class=\"note\" x=\"16\" y=\"{:.0}\">Each case has its own scale. Drawn by cargo xtask bench --readme.</text>\n</svg>",
        height - 12.0
    );
    text
}

/// Answers where it ends.
fn draw_case(text: &mut String, figures: &Figures, case: Case, top: f64) -> f64 {
    let times: Vec<(Tool, f64)> = TOOLS
        .into_iter()
        .filter_map(|tool| Some((tool, figures.median(LINE, case, tool)?.time.as_secs_f64())))
        .collect();
    let longest = times.iter().map(|(_, time)| *time).fold(0.0, f64::max);
    let length = |time: f64| time / longest * LONGEST;
    let _ = writeln!(
        text,
        "<text x=\"16\" y=\"{:.0}\">{}</text>",
        top + STEP + 10.0,
        case.name()
    );
    let mut y = top;
    for (tool, time) in times {
        let end = LEFT + length(time);
        let label = figures
            .median(LINE, case, tool)
            .map(|sample| seconds(sample.time));
        let _ = writeln!(
            text,
            "<rect class=\"{}\" x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\"/><text x=\"{:.1}\" y=\"{}\">{}</text>",
            tool.key(),
            length(time).max(1.0),
            end + 8.0,
            y + 11.5,
            label.unwrap_or_default()
        );
        y += STEP;
    }
    let limit = figures.limit(LINE, case).map(|limit| limit.as_secs_f64());
    if let Some(limit) = limit.filter(|limit| *limit <= longest) {
        let x = LEFT + length(limit);
        let _ = writeln!(
            text,
            "<path class=\"limit\" d=\"M{x:.1} {}V{}\"/>",
            top - 3.0,
            y - STEP + BAR + 3.0
        );
    }
    y
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::figures;
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_times() {
        let picture = draw(&figures());
        for (class, width, label) in [
            ("boardside", "46.2", "1.10 s"),
            ("mpytool", "84.0", "2.00 s"),
            ("mpremote", "420.0", "10.0 s"),
        ] {
            let bar = format!("<rect class=\"{class}\" x=\"220\"");
            let line = picture.lines().find(|line| line.starts_with(&bar)).unwrap();
            assert!(line.contains(&format!("width=\"{width}\"")), "{line}");
            assert!(line.contains(&format!(">{label}</text>")), "{line}");
        }
        assert!(
            picture.contains("<path class=\"limit\" d=\"M262.0 "),
            "a tenth of the longest bar"
        );
        assert!(!picture.contains(Case::Small.name()), "it was not measured");
    }

    #[test]
    fn a_picture_of_nothing_is_still_one() {
        let picture = draw(&Figures::default());
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    }
}
