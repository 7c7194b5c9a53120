//! `cargo xtask noise`: every verb over lines that lose, double and garble bytes, at every rate, in every direction.
//! The runs and what they must hold to are in `sidecar/tests/it/noise.rs`; a sample of them is in `cargo test`.

use crate::run::cargo;
use crate::run::show;
use crate::setup::setup;

/// `--seeds N`: each case so often; `--only "First 1/100"`: only cases with these words.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut failed = setup();
    let mut test = cargo(&["test", "--quiet", "-p", "boardside", "--test", "it", "--"]);
    test.args(["noise::the_whole_matrix", "--ignored", "--nocapture"]);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{argument} wants a value"))?;
        match argument.as_str() {
            "--seeds" => test.env("NOISE_SEEDS", value),
            "--only" => test.env("NOISE_ONLY", value),
            _ => return Err(format!("noise does not know {argument}")),
        };
    }
    failed.extend(show(&mut test).err());
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n"))
    }
}
