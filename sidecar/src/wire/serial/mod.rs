//! `Serial`: a serial port or pseudo-terminal as a wire, opened and closed so that no board resets by it.
//! Does not look for ports (`wire::ports`) and does not reset: it says which lines would (`wire::chips`).

#[cfg(unix)]
mod claim;
mod refusal;

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio_serial::ClearBuffer;
use tokio_serial::SerialPort as _;
use tokio_serial::SerialStream;

use crate::wire::LineStep;
use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::chips;
use crate::wire::chips::Chip;
use crate::wire::chips::Link;
use crate::wire::ports;

/// Windows can wait for a Bluetooth port's other end; everything else opens in milliseconds.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// How a port is opened.
#[derive(Clone, Debug)]
pub struct SerialSettings {
    /// Bits per second. 8 data bits, no parity, 1 stop bit, no flow control: all MicroPython boards.
    pub baud: u32,
    /// DTR and RTS while the port is open; `None`: what the chip wants.
    pub lines: Option<Lines>,
    /// Throw away what was waiting to be read.
    pub discard_input: bool,
    /// Open also when another program has the port open without a lock. Two readers steal each
    /// other's bytes. A locked port stays busy all the same.
    pub share: bool,
}

impl Default for SerialSettings {
    fn default() -> Self {
        Self {
            baud: 115_200,
            lines: None,
            discard_input: false,
            share: false,
        }
    }
}

/// An open serial port. Dropping it frees the port and leaves the lines so that the board runs on.
#[derive(Debug)]
pub struct Serial {
    stream: SerialStream,
    address: String,
    chip: Option<&'static Chip>,
    on_usb: bool,
    baud: u32,
    /// Pseudo-terminals have none.
    has_lines: bool,
}

/// Opens a serial port or pseudo-terminal for this program alone.
///
/// Errors: `NotFound`, `Busy` (with the holder, where the system tells), `Permission`,
/// `BadAddress` for what is no terminal, `Timeout` after 10 s, `Io`.
pub async fn open(path: &str, settings: SerialSettings) -> Result<Serial, WireError> {
    let owned = path.to_owned();
    // Looking for a holder and for the chip reads many small files, and drivers may wait.
    let opening = tokio::task::spawn_blocking(move || open_now(&owned, &settings));
    match tokio::time::timeout(OPEN_LIMIT, opening).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(stopped)) => Err(WireError::Io {
            address: path.to_owned(),
            source: stopped.into(),
        }),
        Err(_) => Err(WireError::Timeout {
            address: path.to_owned(),
            seconds: OPEN_LIMIT.as_secs(),
        }),
    }
}

fn open_now(path: &str, settings: &SerialSettings) -> Result<Serial, WireError> {
    let usb = ports::usb_of(path);
    let chip = usb.as_ref().and_then(|usb| chips::find(usb.vid, usb.pid));
    #[cfg(unix)]
    let claim = claim::Claim::new(path, settings.share)?;

    // macOS throws waiting input away when it is opened with a rate, and knows no rates on
    // pseudo-terminals: there the rate comes afterwards.
    let late_rate = cfg!(target_os = "macos");
    let builder = tokio_serial::new(path, if late_rate { 0 } else { settings.baud });
    // Not serialport's own exclusive mode: when its lock fails, it takes TIOCEXCL from the holder's
    // port, and on a pseudo-terminal TIOCEXCL outlives a killed program. `Claim` does better.
    #[cfg(unix)]
    let builder = builder.exclusive(false);
    let opened = SerialStream::open(&builder);
    let mut stream = opened.map_err(|error| refusal::while_opening(path, error))?;
    // Pseudo-terminals answer ENOTTY to TIOCMGET on Linux, and are called /dev/ttys000 on macOS.
    let has_lines = !ports::canonical(path).starts_with("/dev/ttys") && stream.read_clear_to_send().is_ok();
    let mut serial = Serial {
        address: path.to_owned(),
        chip,
        on_usb: usb.is_some(),
        baud: settings.baud,
        has_lines,
        stream,
    };

    #[cfg(unix)]
    if serial.has_lines {
        claim.keep_others_out();
        claim.hang_up_at_close(serial.drops_lines_at_close());
    }
    if late_rate && serial.has_lines {
        serial.set_baud(settings.baud)?;
    }
    if serial.has_lines {
        let both = Lines { dtr: true, rts: true };
        let wanted = settings.lines.or(chip.map(|chip| chip.lines)).unwrap_or(both);
        serial.set_lines(wanted)?;
    }
    if settings.discard_input {
        let cleared = serial.stream.clear(ClearBuffer::Input);
        cleared.map_err(|error| serial.failed(error))?;
    }
    Ok(serial)
}

impl Serial {
    /// What is known about the chip behind the port.
    pub fn chip(&self) -> Option<&'static Chip> {
        self.chip
    }

    /// See `chips::Link`. On Windows the driver drops both at close, DTR first, and that resets ESP
    /// boards (mpremote's transport_serial.py has the same cure), so there it is done beforehand.
    fn drops_lines_at_close(&self) -> bool {
        cfg!(windows) || self.chip.is_some_and(|chip| chip.link == Link::Native)
    }

    /// serialport keeps no error number; what works until it does not is most often unplugged.
    fn failed(&self, error: tokio_serial::Error) -> WireError {
        match error.kind() {
            tokio_serial::ErrorKind::NoDevice | tokio_serial::ErrorKind::Unknown => self.gone(),
            _ => WireError::Io {
                address: self.address.clone(),
                source: error.into(),
            },
        }
    }
}

impl Wire for Serial {
    /// Never passes through RTS without DTR, which is the reset of Espressif's circuit and arms the
    /// bootloader of MicroPython's own USB (shared/tinyusb/mp_usbd_cdc.c), unless asked to stay there.
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError> {
        if !self.has_lines {
            return Err(WireError::NoLines);
        }
        let stream = &mut self.stream;
        let set = if lines.dtr {
            let dtr = stream.write_data_terminal_ready(true);
            dtr.and_then(|()| stream.write_request_to_send(lines.rts))
        } else {
            let rts = stream.write_request_to_send(lines.rts);
            rts.and_then(|()| stream.write_data_terminal_ready(false))
        };
        set.map_err(|error| self.failed(error))
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn reset_steps(&self) -> &'static [LineStep] {
        self.chip
            .filter(|_| self.has_lines)
            .map_or(&[], |chip| chip.reset)
    }

    /// Of a bridge: CP2102 goes up to 1M, CH340 to 2M, newer ones higher (their data sheets). What is on USB and not
    /// known to be a bridge may be the board itself.
    fn baud(&self) -> Option<u32> {
        let real = self.chip.map_or(!self.on_usb, Chip::baud_matters);
        // macOS knows no rates on pseudo-terminals.
        (real && (self.has_lines || cfg!(not(target_os = "macos")))).then_some(self.baud)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), WireError> {
        let set = self.stream.set_baud_rate(baud);
        set.map_err(|error| self.failed(error))?;
        self.baud = baud;
        Ok(())
    }
}

impl Drop for Serial {
    fn drop(&mut self) {
        if self.drops_lines_at_close() {
            let neither = Lines {
                dtr: false,
                rts: false,
            };
            // The board may be unplugged by now, and then there is nothing left to do right.
            let _ = self.set_lines(neither);
        }
    }
}

impl AsyncRead for Serial {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Serial {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    /// The stream's own flush is tcdrain(3), which stops the whole thread until a board that may have
    /// stopped reading has taken everything. Written bytes are on their way without it.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
