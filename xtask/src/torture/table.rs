//! What the matrix found, as a table for people and as JSON for programs. Counts nothing itself.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::json;

use super::cell::Cell;
use super::matrix::Row;
use super::matrix::Window;
use super::microbit::Flat;
use super::verdict::State;

const STATES: [State; 4] = [State::Old, State::New, State::Mixed, State::Corrupt];

/// A table in Markdown, and below it what has a name.
pub(super) fn text(rows: &[(Cell, Row)], flat: Option<&Flat>) -> String {
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
        if let Some(window) = row.window {
            let Window { first, last, ms } = window;
            let ms = ms.map_or("too short for a clock outside".to_owned(), |ms| {
                format!("{ms:.1} ms")
            });
            let operations = last + 1 - first;
            line(
                &mut below,
                &format!("{name}: the window is {operations} flash operations ({first} to {last}), {ms}"),
            );
        }
        if row.named > 0 {
            line(
                &mut below,
                &format!(
                    "{name}: at {} points the next sync says that the storage is damaged",
                    row.named
                ),
            );
        }
        if row.unhealed > 0 {
            line(
                &mut below,
                &format!("{name}: at {} points the file system stays damaged", row.unhealed),
            );
        }
        for (kind, number) in &row.damage {
            line(&mut below, &format!("{name}: at {number} points: {kind}"));
        }
    }
    if let Some(flat) = flat {
        let Flat {
            cuts,
            old,
            new,
            absent,
            converged,
            ..
        } = flat;
        let unfinished = flat.unfinished.join(", ");
        line(
            &mut below,
            &format!(
                "micro:bit: {cuts} cuts; files old {old}, new {new}, not there {absent}, unfinished {}; converged \
                 {converged}\nmicro:bit: unfinished: {unfinished}",
                flat.unfinished.len()
            ),
        );
    }
    format!("{text}\n{below}")
}

/// Every bad point, with the command that tries it again.
pub(super) fn bad(rows: &[(Cell, Row)], flat: Option<&Flat>) -> Vec<String> {
    let of_row = |(cell, row): &(Cell, Row)| {
        let name = cell.name();
        let bad = row.bad.iter();
        bad.map(|(point, bad)| format!("{bad}\n  again: cargo xtask torture --only {name} --point {point}"))
            .collect::<Vec<_>>()
    };
    let flat = flat.into_iter().flat_map(|flat| flat.bad.clone());
    rows.iter().flat_map(of_row).chain(flat).collect()
}

/// The same for programs.
pub(super) fn json(rows: &[(Cell, Row)], flat: Option<&Flat>) -> Value {
    let row = |(cell, row): &(Cell, Row)| {
        let count = |state| row.states.get(&state).copied().unwrap_or_default();
        json!({
            "kind": cell.name(), "file_system": cell.fs.name(), "boot_guard": cell.guard, "points": row.points,
            "old": count(State::Old), "new": count(State::New), "mixed": count(State::Mixed),
            "corrupt": count(State::Corrupt), "ran_mixed": row.ran_mixed,
            "whole_after_first_connection": row.connected, "converged": row.converged,
            "named_as_damaged": row.named, "stays_damaged": row.unhealed, "damage": row.damage, "mixed_at": row.mixed,
            "window": row.window.map(|window| json!({
                "first": window.first, "last": window.last, "operations": window.last + 1 - window.first, "ms": window.ms,
            })),
            "bad": row.bad.iter().map(|(point, bad)| json!({"point": point, "what": bad})).collect::<Vec<_>>(),
        })
    };
    let flat = flat.map(|flat| {
        json!({
            "cuts": flat.cuts, "files_old": flat.old, "files_new": flat.new, "files_absent": flat.absent,
            "unfinished": flat.unfinished, "converged": flat.converged, "bad": flat.bad,
        })
    });
    json!({"rows": rows.iter().map(row).collect::<Vec<_>>(), "microbit": flat})
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").unwrap_or_default(); // a text takes everything
}
