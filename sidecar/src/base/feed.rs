//! `Feed`: numbers and pieces out of the bytes that a fuzzer hands in; behind their end come zeros.
//! Only for `fuzzing` and tests.

/// What is left of the bytes.
#[derive(Clone, Debug)]
pub struct Feed<'a>(&'a [u8]);

impl<'a> Feed<'a> {
    /// From the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// A number below `end`, out of two bytes.
    pub fn below(&mut self, end: usize) -> usize {
        let number = usize::from(u16::from_le_bytes([self.byte(), self.byte()]));
        number % end.max(1)
    }

    /// At most so many bytes.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Bytes behind a byte that says how many.
    pub fn piece(&mut self) -> &'a [u8] {
        let count = self.byte();
        self.take(count.into())
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }

    /// Is nothing left?
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}
