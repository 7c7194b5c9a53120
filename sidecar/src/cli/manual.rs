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
    let script = with_addresses(args.shell, &String::from_utf8_lossy(&script));
    screen.event(&json!({"event": "completions", "shell": args.shell.to_string(), "text": script}));
    screen.bytes(script.as_bytes());
    Exit::Done
}

/// What comes behind `-d` is known only when it is typed, and clap's scripts cannot ask: there they offer files.
fn with_addresses(shell: Shell, script: &str) -> String {
    const ASK: &str = "boardside devices --addresses 2>/dev/null";
    match shell {
        Shell::Bash => {
            let files = "COMPREPLY=($(compgen -f \"${cur}\"))";
            let both =
                format!("COMPREPLY=($(compgen -W \"$({ASK})\" -- \"${{cur}}\") $(compgen -f \"${{cur}}\"))");
            ["--device", "-d"]
                .iter()
                .fold(script.to_owned(), |script, option| {
                    let before = format!("                {option})\n                    ");
                    script.replace(&format!("{before}{files}"), &format!("{before}{both}"))
                })
        }
        Shell::Zsh => {
            let ask = format!(
                "_boardside_addresses() {{\n    local -a known\n    known=(${{(f)\"$({ASK})\"}})\n    compadd -a known\n    \
                 _files\n}}\n\n"
            );
            let script = script.replace(":ADDRESS:_default", ":ADDRESS:_boardside_addresses");
            script.replacen("_boardside() {", &(ask + "_boardside() {"), 1)
        }
        Shell::Fish => {
            let line = |line: &str| {
                if line.contains(" -s d -l device ") {
                    format!("{line} -a '({ASK})'\n")
                } else {
                    format!("{line}\n")
                }
            };
            script.lines().map(line).collect()
        }
        _ => script.to_owned(),
    }
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
