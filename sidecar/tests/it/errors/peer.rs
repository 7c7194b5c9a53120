//! `Peer`: something at the other end of a terminal that is no board, or one whose programs all end in the same way.
//! For what real firmware says only when it is broken.

use std::fs::File;
use std::io::Read as _;
use std::io::Write as _;
use std::thread::JoinHandle;

use rustix::pty::OpenptFlags;

use crate::desk::Desk;

/// A terminal and a thread that answers there.
pub(super) struct Peer {
    address: String,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// Gives an answer to each piece that comes; `None` hangs up.
    pub(super) fn new(mut answer: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let main = rustix::pty::openpt(flags).unwrap();
        rustix::pty::grantpt(&main).unwrap();
        rustix::pty::unlockpt(&main).unwrap();
        let address = rustix::pty::ptsname(&main, Vec::new()).unwrap();
        let thread = std::thread::spawn(move || {
            let mut file = File::from(main);
            let mut bytes = [0; 256];
            let mut opened = false;
            loop {
                match file.read(&mut bytes) {
                    Ok(count) if count > 0 => {
                        opened = true;
                        let Some(said) = answer(&bytes[..count]) else {
                            return;
                        };
                        if file.write_all(&said).is_err() {
                            return;
                        }
                    }
                    // EIO: nobody has the other end open, not yet or not any more.
                    _ if opened => return,
                    _ => std::thread::yield_now(),
                }
            }
        });
        Self {
            address: address.into_string().unwrap(),
            thread: Some(thread),
        }
    }

    /// The raw REPL of MicroPython, where each program ends with this: output, 0x04, traceback, 0x04, `>`.
    pub(super) fn repl(end: &'static str) -> Self {
        let mut repl = RawRepl {
            line: Vec::new(),
            pasting: None,
            end,
        };
        Self::new(move |bytes| Some(bytes.iter().flat_map(|byte| repl.take(*byte)).collect()))
    }

    pub(super) fn desk(&self) -> Desk {
        Desk::at(&self.address)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // It ended with the program that had the port open.
            thread.join().unwrap();
        }
    }
}

struct RawRepl {
    line: Vec<u8>,
    /// Bytes of code so far.
    pasting: Option<usize>,
    end: &'static str,
}

impl RawRepl {
    fn take(&mut self, byte: u8) -> Vec<u8> {
        if let Some(count) = self.pasting {
            if matches!(byte, 3 | 4) {
                self.pasting = None;
                let end = if byte == 4 { self.end } else { "\x04\x04>" };
                return [b"\x04", end.as_bytes()].concat();
            }
            self.pasting = Some(count + 1);
            return if (count + 1) % 128 == 0 {
                vec![1]
            } else {
                Vec::new()
            };
        }
        match byte {
            1 if self.line == b"\x05A" => {
                self.line.clear();
                self.pasting = Some(0);
                b"R\x01\x80\x00\x01".to_vec()
            }
            1 => {
                self.line.clear();
                b"raw REPL; CTRL-B to exit\r\n>".to_vec()
            }
            2 => b"\r\n>>> ".to_vec(),
            3 | b'\r' => {
                self.line.clear();
                Vec::new()
            }
            _ => {
                self.line.push(byte);
                Vec::new()
            }
        }
    }
}
