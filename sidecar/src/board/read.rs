//! Reading a file of the board: at once, and on a line that damages something in pieces, each of them checked.
//! Where it goes on this machine is the caller's business.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Kind;
use crate::board::device;
use crate::board::device::Piece;
use crate::board::files::named;
use crate::board::patience::Tries;
use crate::repl::ReplError;

/// Bytes of a file that are asked for at once on a bad line: at first, and at least.
const LARGEST: u64 = 4096;
const SMALLEST: u64 = 256;
/// So often a piece is asked for, which is smaller each time.
const PIECE_TRIES: u32 = 8;

impl Board {
    /// The content of a file, checked against the checksum that the board computed while reading it.
    pub async fn read(&mut self, path: &str) -> Result<Vec<u8>, BoardError> {
        self.read_with(path, &mut |_| {}).await
    }

    /// `read`; `moved` is told how many bytes are here.
    pub async fn read_with(
        &mut self,
        path: &str,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<u8>, BoardError> {
        let mut tries = Tries::default();
        loop {
            let read = if self.bad_line && self.kind().await? == Kind::Folders {
                return Box::pin(self.read_pieces(path, moved)).await;
            } else {
                Box::pin(self.read_at_once(path, None, moved)).await
            };
            match read {
                Err(error) => self.mend(error, &mut tries).await?,
                content => return content,
            }
        }
    }

    async fn read_pieces(
        &mut self,
        path: &str,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<u8>, BoardError> {
        let mut content = Vec::new();
        let mut most = LARGEST;
        let mut tries = Tries::new(PIECE_TRIES);
        loop {
            let before = content.len() as u64;
            let mut moved = |here| moved(before + here);
            match self.read_at_once(path, Some((before, most)), &mut moved).await {
                Ok(piece) => {
                    content.extend_from_slice(&piece);
                    if (piece.len() as u64) < most {
                        return Ok(content);
                    }
                    self.gain();
                    tries = Tries::new(PIECE_TRIES);
                }
                Err(error) => {
                    self.mend(error, &mut tries).await?;
                    most = (most / 2).max(SMALLEST);
                }
            }
        }
    }

    /// All of a file, or a piece of it: where it begins, and how many bytes it has at most.
    async fn read_at_once(
        &mut self,
        path: &str,
        piece: Option<(u64, u64)>,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<u8>, BoardError> {
        let pieces: &[Piece] = match self.kind().await? {
            Kind::Folders => &[device::PLACE, device::READ],
            Kind::Flat => &[device::FLAT_PLACE, device::FLAT_SUM, device::FLAT_READ],
        };
        let mut values = vec![("A", self.text(path).await?)];
        let (from, most) = piece.map_or(("0".to_owned(), "-1".to_owned()), |(from, most)| {
            (from.to_string(), most.to_string())
        });
        if self.kind().await? == Kind::Folders {
            values.extend([("D", from), ("E", most)]);
        }
        let mut content = Vec::new();
        let mut last = String::new();
        let mut heard = |line: String| {
            let decoded = match line.split_at_checked(1) {
                Some(("b", text)) => STANDARD.decode(text).ok(),
                Some(("x", text)) => unhex(text),
                _ => None,
            };
            content.extend(decoded.unwrap_or_default());
            moved(content.len() as u64);
            last = line;
        };
        let asked = self.ask_for(pieces, &values, &mut heard).await;
        asked.map_err(|error| named(error, path))?;
        // A line that could not be decoded is missing here.
        let print = Fingerprint::of(&content);
        if last == format!("e {} {}", print.size, self.sum.hex(&print)) {
            Ok(content)
        } else {
            Err(BoardError::Repl(ReplError::Damaged))
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok())
        .collect()
}
