//! `boardside completions` and `boardside man`: the command line described for shells and for man(1).
//! Both are made from `args`; no word is written twice.

use std::path::PathBuf;

use clap::Args;
use clap::Command;
use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::json;

use crate::cli::args::Cli;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::session::Exit;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "For example: boardside completions bash > ~/.local/share/bash-completion/completions/boardside"
)]
pub(super) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = "For example: boardside man | man -l -")]
pub(super) struct ManArgs {
    /// Write a page for the program and one for each verb into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs, screen: &mut Screen) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "boardside", &mut script);
    let text = String::from_utf8_lossy(&script);
    screen.event(&json!({"event": "completions", "shell": args.shell.to_string(), "text": text}));
    screen.bytes(&script);
    Exit::Done
}

pub(super) fn man(args: &ManArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    program.build();
    let Some(folder) = &args.out else {
        let page = page(program)?;
        screen.event(&json!({"event": "man", "text": String::from_utf8_lossy(&page)}));
        screen.bytes(&page);
        return Ok(Exit::Done);
    };
    let failed = |error| Failure::io(&format!("writing to {}", folder.display()), &error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let verbs = program.get_subcommands().filter(|verb| verb.get_name() != "help");
    let pages = std::iter::once(("boardside".to_owned(), program.clone()))
        .chain(verbs.map(|verb| (format!("boardside-{}", verb.get_name()), verb.clone())));
    for (name, command) in pages.collect::<Vec<_>>() {
        let file = folder.join(format!("{name}.1"));
        std::fs::write(&file, page(command)?).map_err(failed)?;
        screen.event(&json!({"event": "man", "file": file.display().to_string()}));
        screen.say(&file.display().to_string());
    }
    Ok(Exit::Done)
}

fn page(command: Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let made = clap_mangen::Man::new(command).render(&mut page);
    made.map_err(|error| Failure::io("making the page", &error))?;
    Ok(page)
}
