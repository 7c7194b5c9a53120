//! What the matrix found, as a table for people and as JSON for programs. Counts nothing itself.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::json;

use super::cell::Cell;
use super::matrix::Row;
use super::verdict::State;

const STATES: [State; 4] = [State::Old, State::New, State::Mixed, State::Corrupt];

/// A table in Markdown, and below it what has a name.
pub(super) fn text(rows: &[(Cell, Row)]) -> String {
    let mut text =
        "| what is broken | points | old | new | mixed | corrupt | ran mixed | whole after the first \
                    connection | converged |\n|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut below = String::new();
    for (cell, row) in rows {
        let name = cell.name();
        let states = STATES.map(|state| row.states.get(&state).copied().unwrap_or_default().to_string());
        let ran = if cell.is_power() {
            row.ran_mixed.to_string()
        } else {
            "-".to_owned()
        };
        let (points, connected, converged) = (row.points, row.connected, row.converged);
        let states = states.join(" | ");
        line(
            &mut text,
            &format!("| {name} | {points} | {states} | {ran} | {connected} | {converged} |"),
        );
        if let [first, .., last] = row.window[..] {
            let mixed = match row.mixed[..] {
                [] => "never mixed".to_owned(),
                [one] => format!("mixed at {one}"),
                [from, .., to] => format!("mixed from {from} to {to}"),
            };
            let window =
                format!("{name}: a cut at flash operations {first} to {last} leaves a journal; {mixed}");
            line(&mut below, &window);
        }
        for (kind, number) in &row.damage {
            line(&mut below, &format!("{name}: at {number} points: {kind}"));
        }
    }
    format!("{text}\n{below}")
}

/// Every bad point, with the command that tries it again.
pub(super) fn bad(rows: &[(Cell, Row)]) -> Vec<String> {
    let of_row = |(cell, row): &(Cell, Row)| {
        let name = cell.name();
        let bad = row.bad.iter();
        bad.map(|(point, bad)| format!("{bad}\n  again: cargo xtask torture --only {name} --point {point}"))
            .collect::<Vec<_>>()
    };
    rows.iter().flat_map(of_row).collect()
}

/// The same for programs.
pub(super) fn json(rows: &[(Cell, Row)]) -> Value {
    let row = |(cell, row): &(Cell, Row)| {
        let count = |state| row.states.get(&state).copied().unwrap_or_default();
        json!({
            "kind": cell.name(), "file_system": cell.fs.name(), "boot_guard": cell.guard, "points": row.points,
            "old": count(State::Old), "new": count(State::New), "mixed": count(State::Mixed),
            "corrupt": count(State::Corrupt), "ran_mixed": row.ran_mixed,
            "whole_after_first_connection": row.connected, "converged": row.converged,
            "window": row.window, "mixed_at": row.mixed, "damage": row.damage,
            "bad": row.bad.iter().map(|(point, bad)| json!({"point": point, "what": bad})).collect::<Vec<_>>(),
        })
    };
    rows.iter().map(row).collect()
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").unwrap_or_default(); // a text takes everything
}
