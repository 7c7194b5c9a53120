//! `boardside run`, `exec` and `eval`: Python on the board, from its RAM; nothing is stored there.
//! Files that lie on the board are run by `exec "import …"`.

use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::board::BoardError;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::session::Exit;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Its output comes as it is printed; a traceback goes to stderr, with exit code 1. Ctrl-C stops the \
    program. The board is left at its prompt, with the program's variables. What is typed here does not \
    reach the program: use `boardside console` for that."
)]
pub(super) struct RunArgs {
    /// A Python file of this machine; - reads it from stdin
    file: PathBuf,
}

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Its output comes as it is printed; a traceback goes to stderr, with exit code 1. Ctrl-C stops it. \
    Nothing is printed but what the code prints: for the value of an expression use `boardside eval`."
)]
pub(super) struct ExecArgs {
    /// Python; - reads it from stdin
    #[arg(allow_hyphen_values = true)]
    code: String,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = "What the expression itself prints comes before.")]
pub(super) struct EvalArgs {
    /// For example gc.mem_free(), with what the board's globals have; - reads it from stdin
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
}

pub(super) async fn run(global: &Global, args: RunArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let code = if args.file == Path::new("-") {
        from_stdin()?
    } else {
        let read = std::fs::read(&args.file);
        read.map_err(|error| Failure::io(&format!("reading {}", args.file.display()), &error))?
    };
    program(global, &python(code)?, screen).await
}

pub(super) async fn exec(global: &Global, args: ExecArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    program(global, &typed(args.code)?, screen).await
}

pub(super) async fn eval(global: &Global, args: EvalArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let expression = typed(args.expression)?;
    let mut connection = link::enter(&link::target_here(global), screen).await?;
    let mut value = Value::default();
    screen.finish();
    let ended = {
        let mut sink = |bytes: &[u8]| screen.output(&value.push(bytes));
        link::cancellable(connection.board.value(expression.trim(), &mut sink)).await
    };
    let end = value.end();
    if let Ok(Ok(())) = &ended {
        match end {
            Ok(text) => {
                screen.event(&json!({"event": "value", "repr": text}));
                screen.say(&text);
            }
            Err(line) => {
                return link::leave(&mut connection.board, Err(BoardError::Answer { line }.into())).await;
            }
        }
    } else if let Err(printed) = end {
        screen.output(printed.as_bytes());
    }
    link::end_of_program(&mut connection.board, ended, screen).await
}

async fn program(global: &Global, code: &str, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut connection = link::enter(&link::target_here(global), screen).await?;
    screen.finish();
    let ended = {
        let mut sink = |bytes: &[u8]| screen.output(bytes);
        link::cancellable(connection.board.run(code, None, &mut sink)).await
    };
    let is_done = matches!(ended, Ok(Ok(())));
    let exit = link::end_of_program(&mut connection.board, ended, screen).await?;
    if is_done {
        screen.event(&json!({"event": "ended"}));
    }
    Ok(exit)
}

fn typed(text: String) -> Result<String, Failure> {
    if text == "-" {
        python(from_stdin()?)
    } else {
        python(text.into_bytes())
    }
}

fn from_stdin() -> Result<Vec<u8>, Failure> {
    let mut code = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut code);
    read.map_err(|error| Failure::io("reading stdin", &error))?;
    Ok(code)
}

/// Python as a board can take it. The raw REPL acts on control characters, also inside of the code.
fn python(code: Vec<u8>) -> Result<String, Failure> {
    let Ok(text) = String::from_utf8(code) else {
        return Err(Failure::usage(
            "this is not Python text in UTF-8".to_owned(),
            "a .mpy file is put on the board and imported there: boardside put x.mpy; boardside exec \"import x\"",
        ));
    };
    if let Some(bad) = text.chars().find(|c| ('\u{1}'..='\u{5}').contains(c)) {
        return Err(Failure::usage(
            format!(
                "the code has the control character 0x{:02x}, which the board would act on",
                u32::from(bad)
            ),
            "write it as an escape in the Python string, for example \\x04",
        ));
    }
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Finds the value at the end of what the board sends: 0x02, its repr, 0x03.
#[derive(Default)]
struct Value {
    /// From the last 0x02 on.
    held: Vec<u8>,
}

impl Value {
    /// Takes what came, gives what the expression printed for sure.
    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let start = self.held.iter().rposition(|byte| *byte == 2);
        let rest = self.held.split_off(start.unwrap_or(self.held.len()));
        std::mem::replace(&mut self.held, rest)
    }

    /// The repr; what was held if it is none.
    fn end(self) -> Result<String, String> {
        let text = String::from_utf8_lossy(&self.held).into_owned();
        let value = text
            .strip_prefix('\u{2}')
            .and_then(|text| text.trim_end_matches(['\r', '\n']).strip_suffix('\u{3}'));
        value.map(str::to_owned).ok_or(text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_from_what_the_expression_prints() {
        for (came, printed, value) in [
            (vec!["\u{2}3\u{3}\r\n"], "", Ok("3")),
            (vec!["hi\r\n\u{2}", "'a", "b'\u{3}", "\r\n"], "hi\r\n", Ok("'ab'")),
            (
                vec!["\u{2}no\r\n", "\u{2}None\u{3}\r\n"],
                "\u{2}no\r\n",
                Ok("None"),
            ),
            (vec!["x\u{2}y"], "x", Err("\u{2}y")),
            (vec![], "", Err("")),
        ] {
            let mut finder = Value::default();
            let said: Vec<u8> = came
                .iter()
                .flat_map(|text| finder.push(text.as_bytes()))
                .collect();
            assert_eq!(String::from_utf8(said).unwrap(), printed, "{came:?}");
            let end = finder.end();
            assert_eq!(end.as_deref().map_err(String::as_str), value, "{came:?}");
        }
    }

    #[test]
    fn code_that_a_board_would_act_on_is_refused() {
        for (code, good) in [
            (&b"print(1)\n"[..], true),
            (b"\xef\xbb\xbfprint(1)", true),
            (b"print('\x04')", false),
            (b"M\x06\x1f\xff", false),
        ] {
            assert_eq!(python(code.to_vec()).is_ok(), good, "{code:?}");
        }
        assert_eq!(python(b"\xef\xbb\xbfx".to_vec()).unwrap(), "x");
    }
}
