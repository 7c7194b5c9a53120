//! Figures as JSON, so that tables and pictures can be made of them again. No arithmetic.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::case::CASES;
use super::case::Case;
use super::figures::Content;
use super::figures::Figures;
use super::figures::Sample;
use super::line::Line;
use super::tool::TOOLS;

pub(super) fn write(file: &Path, figures: &Figures) -> Result<(), String> {
    let text = format!("{:#}\n", to_json(figures));
    fs::write(file, text).map_err(|error| format!("writing {}: {error}", file.display()))
}

pub(super) fn read(file: &Path) -> Result<Figures, String> {
    let text = fs::read(file).map_err(|error| format!("reading {}: {error}", file.display()))?;
    let figures = serde_json::from_slice(&text).ok();
    let figures = figures.and_then(|value: Value| from_json(&value));
    figures.ok_or_else(|| format!("{} is not what bench stores", file.display()))
}

fn to_json(figures: &Figures) -> Value {
    let content = figures.content.iter().map(|(case, content)| {
        let Content {
            files,
            bytes,
            deflated,
        } = content;
        json!({"case": case.key(), "files": files, "bytes": bytes, "deflated": deflated})
    });
    let samples = figures.samples.iter().flat_map(|((line, case, tool), samples)| {
        samples.iter().map(|sample| {
            json!({
                "line": line.key(),
                "case": case.key(),
                "tool": tool.key(),
                "micros": u64::try_from(sample.time.as_micros()).unwrap_or(u64::MAX),
                "sent": sample.sent,
                "received": sample.received,
                "round_trips": sample.round_trips,
            })
        })
    });
    json!({
        "processors": figures.processors,
        "raw_repl": figures.raw_repl,
        "content": content.collect::<Vec<_>>(),
        "samples": samples.collect::<Vec<_>>(),
    })
}

fn from_json(value: &Value) -> Option<Figures> {
    let mut figures = Figures {
        processors: value["processors"].as_u64()?,
        raw_repl: value["raw_repl"].as_f64(),
        ..Figures::default()
    };
    for content in value["content"].as_array()? {
        let number = |field: &str| content[field].as_u64();
        let of = Content {
            files: number("files")?,
            bytes: number("bytes")?,
            deflated: number("deflated")?,
        };
        figures.content.insert(case(content)?, of);
    }
    for sample in value["samples"].as_array()? {
        let number = |field: &str| sample[field].as_u64();
        let of = Sample {
            time: Duration::from_micros(number("micros")?),
            sent: number("sent")?,
            received: number("received")?,
            round_trips: number("round_trips")?,
        };
        let line = Line::from_key(sample["line"].as_str()?)?;
        let tool = TOOLS.into_iter().find(|tool| sample["tool"] == tool.key())?;
        let key = (line, case(sample)?, tool);
        figures.samples.entry(key).or_default().push(of);
    }
    Some(figures)
}

fn case(value: &Value) -> Option<Case> {
    CASES.into_iter().find(|case| value["case"] == case.key())
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::figures;
    use super::*;

    #[test]
    fn figures_are_read_as_they_were_written() {
        let figures = figures();
        assert_eq!(from_json(&to_json(&figures)), Some(figures));
        assert_eq!(from_json(&json!({"samples": 3})), None);
    }
}
