//! Staging on a board whose file system is flat (micro:bit): files are written in place, one after the other.
//! Not about boards with folders, which have a journal: that is `stage`.

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Order;
use crate::board::QUIET;
use crate::board::device;
use crate::board::files::FLAT_MANIFEST;
use crate::repl::bytes_literal;

/// Content by number, and what it is: it waits on the host until the commit.
pub(super) type Held = Vec<(Vec<u8>, Fingerprint)>;

/// Bytes of content in one program. 9 kB of RAM: 48 bytes of content are up to 200 bytes of source.
const PIECE: usize = 48;

impl Board {
    /// A flat file system has no rename and no journal: files are written one after the other, each is
    /// read back, and the manifest comes last. `done` counts content bytes that the board has taken.
    pub(super) async fn place_flat(
        &mut self,
        orders: &[Order],
        held: &Held,
        done: &mut u64,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), BoardError> {
        let manifest = BoardPath::new(FLAT_MANIFEST).expect("it is a path");
        let removed = orders.iter().filter_map(|order| {
            if let Order::Remove(path) = order {
                Some(path.clone())
            } else {
                None
            }
        });
        self.remove_flat(&removed.collect::<Vec<_>>()).await?;
        let program = device::program(&[device::FLAT_PLACE, device::FLAT_PASTE]);
        let code = self.deliver(&program).await?;
        self.repl.exec(&code, QUIET).await?;
        for order in orders {
            let (number, path) = match order {
                Order::Remove(_) => continue,
                Order::Place(number, path) => (*number, path),
                Order::PlaceManifest(number) => (*number, &manifest),
                Order::MakeFolder(path) | Order::RemoveFolder(path) => {
                    return Err(BoardError::NoFolders { path: path.clone() });
                }
            };
            let (content, print) = &held[number as usize];
            let name = self.text(path.as_str()).await?;
            let sum = self.sum.hex(print);
            let at = |error| BoardError::at(error, path.as_str());
            self.repl.exec(&format!("b({name})"), QUIET).await.map_err(at)?;
            for some in content.chunks(PIECE) {
                let write = ["w(", &bytes_literal(some), ")"].concat();
                self.repl.exec(&write, QUIET).await.map_err(at)?;
                *done += some.len() as u64;
                moved(*done);
            }
            self.repl
                .exec(&format!("e({name},'{sum}')"), QUIET)
                .await
                .map_err(at)?;
        }
        self.repl.exec(&device::program(&[device::TIDY]), QUIET).await?;
        Ok(())
    }
}
