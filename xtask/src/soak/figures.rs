//! What was measured while it went on, and whether it stayed flat. Measures nothing itself.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::lane::Lane;

/// By name, in the order of time.
#[derive(Default)]
pub(super) struct Figures(BTreeMap<String, Vec<u64>>);

/// What may change between the second quarter and the last: which figure, whether it is one that shall not grow (else
/// not shrink), by how much in its own unit, and by how many parts in a hundred more.
const BOUNDS: [(&str, bool, u64, u64); 6] = [
    ("lsp: memory", true, 2 << 20, 10),
    ("lsp: file handles", true, 1, 0),
    ("lsp: threads", true, 4, 0),
    ("unix: free flash", false, 4 * 4096, 0),
    ("unix: free RAM", false, 4096, 0),
    // Each new name that it meets takes about 35 bytes until the next reset: MicroPython never frees one (py/qstr.c).
    ("microbit: free RAM", false, 1024, 0),
];

impl Figures {
    pub(super) fn add(&mut self, name: &str, figure: u64) {
        self.0.entry(name.to_owned()).or_default().push(figure);
    }

    /// The last of each.
    pub(super) fn now(&self) -> String {
        let last = self
            .0
            .iter()
            .filter_map(|(name, all)| Some(format!("{name} {}", all.last()?)));
        last.collect::<Vec<_>>().join(", ")
    }

    /// Medians of the second quarter and of the last.
    fn medians(&self, name: &str) -> Option<(u64, u64)> {
        let all = self.0.get(name)?;
        let quarter = all.len().div_ceil(4);
        let second = all.get(quarter..2 * quarter).unwrap_or(all);
        Some((median(second)?, median(&all[all.len() - quarter..])?))
    }

    /// Says what did not.
    pub(super) fn flat(&self) -> Result<(), String> {
        let wrong = BOUNDS.into_iter().filter_map(|bound| {
            let (before, after) = self.medians(bound.0)?;
            (!holds(bound, before, after)).then(|| format!("{} went from {before} to {after}", bound.0))
        });
        let wrong: Vec<String> = wrong.collect();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join(", "))
        }
    }

    pub(super) fn table(&self, lanes: &[Lane]) -> String {
        let mut text = "| | second quarter | last quarter | may be | |\n|---|---|---|---|---|\n".to_owned();
        for bound in BOUNDS {
            let Some((before, after)) = self.medians(bound.0) else {
                continue;
            };
            let (way, limit) = limit(bound, before);
            let word = if holds(bound, before, after) {
                "flat"
            } else {
                "**not flat**"
            };
            text += &format!("| {} | {before} | {after} | {way} {limit} | {word} |\n", bound.0);
        }
        for lane in lanes {
            let counts = lane.counts.iter().map(|(what, count)| format!("{what} {count}"));
            text += &format!(
                "\n{}: {}\n",
                lane.kind.name(),
                counts.collect::<Vec<_>>().join(", ")
            );
        }
        text
    }

    pub(super) fn json(&self, seed: u64, steps: usize, lanes: &[Lane]) -> String {
        let boards: BTreeMap<&str, Value> = lanes
            .iter()
            .map(|lane| (lane.kind.name(), json!(lane.counts)))
            .collect();
        let medians: BTreeMap<&String, _> = self.0.keys().map(|name| (name, self.medians(name))).collect();
        json!({"seed": seed, "steps": steps, "boards": boards, "medians": medians, "figures": self.0})
            .to_string()
    }
}

fn limit((_, grows, by, hundredth): (&str, bool, u64, u64), before: u64) -> (&'static str, u64) {
    let more = by + before * hundredth / 100;
    if grows {
        ("at most", before + more)
    } else {
        ("at least", before.saturating_sub(more))
    }
}

fn holds(bound: (&str, bool, u64, u64), before: u64, after: u64) -> bool {
    let (_, limit) = limit(bound, before);
    if bound.1 { after <= limit } else { after >= limit }
}

fn median(of: &[u64]) -> Option<u64> {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_or_shrinks_too_much_is_named() {
        let mut figures = Figures::default();
        for step in 0..100 {
            figures.add("lsp: file handles", 20 + step / 25);
            figures.add("lsp: memory", 30 << 20);
            figures.add("unix: free flash", 1_000_000 - step * 1000);
        }
        let wrong = figures.flat().unwrap_err();
        assert!(wrong.contains("file handles went from 21 to 23"), "{wrong}");
        assert!(
            wrong.contains("free flash") && !wrong.contains("memory"),
            "{wrong}"
        );
    }

    #[test]
    fn a_few_figures_are_enough() {
        let mut figures = Figures::default();
        figures.add("lsp: threads", 4);
        figures.flat().unwrap();
    }
}
