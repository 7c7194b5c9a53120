//! The user's programs on the board: code, an expression, a file that lies there.
//! Not ours: those are `program`'s.

use crate::base::BoardPath;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::device;
use crate::repl::Typing;
use crate::repl::bytes_literal;
use crate::repl::text_literal;

impl Board {
    /// Runs a user's program to its end; its output goes to `sink` as it comes, `keys` go to it.
    ///
    /// A line that drops bytes (`Wire::is_binary`) would take letters out of it, so there it goes as a string with
    /// escapes; tracebacks then call its file `<string>`.
    pub async fn run(
        &mut self,
        code: &str,
        keys: Option<&mut Typing>,
        sink: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), BoardError> {
        self.hang_up().await?;
        let escaped = (!code.is_ascii() && !self.repl.is_binary())
            .then(|| format!("exec({})\n", bytes_literal(code.as_bytes())));
        let code = escaped.as_deref().unwrap_or(code);
        self.repl.run(code, keys, sink).await.map_err(BoardError::Repl)
    }

    /// Runs an expression. What it prints and then, between 0x02 and 0x03, the repr of its value goes to `sink`.
    pub async fn value(
        &mut self,
        expression: &str,
        sink: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), BoardError> {
        let text = text_literal(expression);
        let code = [&device::program(&[device::VALUE]), "v_(", &text, ")\n"].concat();
        self.run(&code, None, sink).await
    }

    /// Runs a file that lies on the board to its end; its output goes to `sink` as it comes, `keys` go to it.
    pub async fn run_file(
        &mut self,
        path: &BoardPath,
        keys: Option<&mut Typing>,
        sink: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), BoardError> {
        let name = self.text(path.as_str()).await?;
        let code = ["A=", &name, "\n", &device::program(&[device::RUN])].concat();
        self.run(&code, keys, sink).await
    }
}
