//! `Stop`: the user or the system asks this process to end: Ctrl-C, kill, a closed window.
//! Ends nothing itself.

use crate::cli::failure::Failure;

/// Takes note of requests from the moment it is made.
pub(super) struct Stop {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
    #[cfg(windows)]
    signals: (tokio::signal::windows::CtrlC, tokio::signal::windows::CtrlClose),
}

impl Stop {
    pub(super) fn new() -> Result<Self, Failure> {
        Self::listen().map_err(|error| Failure::io("waiting for Ctrl-C", &error))
    }

    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::SignalKind;
        use tokio::signal::unix::signal;
        Ok(Self {
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    #[cfg(windows)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::windows;
        Ok(Self {
            signals: (windows::ctrl_c()?, windows::ctrl_close()?),
        })
    }

    /// Somebody asked, now or since the last time.
    #[cfg(unix)]
    pub(super) async fn asked(&mut self) {
        let [interrupt, terminate, hang_up] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }

    /// Somebody asked, now or since the last time.
    #[cfg(windows)]
    pub(super) async fn asked(&mut self) {
        let (ctrl_c, close) = &mut self.signals;
        tokio::select! {
            _ = ctrl_c.recv() => {}
            _ = close.recv() => {}
        }
    }
}
