//! Programs that a live board runs from its raw prompt, with the console as their screen and keyboard.
//! They own the board until they end or anything else is wanted of it.

use crate::base::BoardPath;
use crate::session::Exit;
use crate::session::Explained;
use crate::session::live::Done;
use crate::session::live::State;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::actor::Live;
use crate::session::live::actor::Task;
use crate::session::live::actor::here;

/// What is run.
enum Program<'a> {
    /// Not on the board.
    Code(&'a str),
    /// On the board.
    File(&'a BoardPath),
}

/// How it ended.
enum Ended {
    Itself(Result<(), crate::board::BoardError>),
    /// By the user, or with the editor.
    Cancelled,
    /// Something else wants the board.
    Taken,
}

impl Live {
    /// `Work::Run`.
    pub(super) async fn run_code(&mut self, code: &str, task: &Task) -> Result<Done, Trouble> {
        let code = python(code)?;
        self.come_in(task).await?;
        self.run_program(&Program::Code(code), task).await
    }

    /// What a sync has to run after it. The board is at its raw prompt.
    pub(super) async fn run_after(&mut self, file: &BoardPath) {
        let task = self.task(None, tokio_util::sync::CancellationToken::new());
        match self.run_program(&Program::File(file), &task).await {
            Err(trouble) if trouble.is_gone() => self.gone(),
            // Its traceback was shown.
            Err(trouble) if trouble.explained.code == "python.raised" => {}
            Err(trouble) => self.note(trouble.explained.message),
            Ok(_) => {}
        }
    }

    async fn run_program(&mut self, program: &Program<'_>, task: &Task) -> Result<Done, Trouble> {
        self.prompt.started();
        self.tell(Told::Started);
        self.tell_state(State::Running);
        let ended = self.until_ended(program, task).await;
        if self.mail.was_interrupted() {
            self.ran = false;
        }
        self.touched = true;
        match ended {
            Ended::Itself(Ok(())) => {
                self.bring_to_prompt().await?;
                Ok(Done::Ran(true))
            }
            Ended::Itself(Err(error)) => {
                if let Some(text) = error.traceback() {
                    self.print_traceback(text);
                    self.bring_to_prompt().await?;
                } else if !error.is_gone() {
                    self.stop_program().await?;
                }
                Err(error.into())
            }
            Ended::Cancelled => {
                self.stop_program().await?;
                Err(Trouble::cancelled())
            }
            Ended::Taken => {
                self.stop_program().await?;
                Ok(Done::Ran(false))
            }
        }
    }

    async fn until_ended(&mut self, program: &Program<'_>, task: &Task) -> Ended {
        let Self {
            place,
            mail,
            prompt,
            typing,
            keys,
            tell,
            ..
        } = self;
        let Ok(connection) = here(place) else {
            return Ended::Cancelled;
        };
        let board = &mut connection.board;
        mail.keys_to(Some(keys.clone()));
        let mut show = |bytes: &[u8]| {
            prompt.printed(bytes);
            tell(Told::Heard(bytes.to_vec()));
        };
        let running = async {
            match program {
                Program::Code(code) => board.run(code, Some(typing), &mut show).await,
                Program::File(path) => board.run_file(path, Some(typing), &mut show).await,
            }
        };
        let ended = tokio::select! {
            biased;
            () = task.stopped() => Ended::Cancelled,
            () = mail.wanted() => Ended::Taken,
            ended = running => Ended::Itself(ended),
        };
        mail.keys_to(None);
        ended
    }

    /// Ends the program and leaves the board at its prompt.
    async fn stop_program(&mut self) -> Result<(), Trouble> {
        here(&mut self.place)?.board.resync().await?;
        self.bring_to_prompt().await
    }

    fn print_traceback(&mut self, text: &str) {
        let lines: String = text.lines().flat_map(|line| [line, "\r\n"]).collect();
        self.prompt.printed(lines.as_bytes());
        self.show(lines.as_bytes());
    }
}

/// Python as a board can take it. The raw REPL acts on control characters, also inside of the code.
fn python(code: &str) -> Result<&str, Trouble> {
    if let Some(bad) = code.chars().find(|c| ('\u{1}'..='\u{5}').contains(c)) {
        let code = u32::from(bad);
        return Err(Explained {
            code: "usage",
            message: format!("the code has the control character 0x{code:02x}, which the board would act on"),
            help: "write it as an escape in the Python string, for example \\x04".to_owned(),
            exit: Exit::Usage,
        }
        .into());
    }
    Ok(code.trim_start_matches('\u{feff}'))
}
