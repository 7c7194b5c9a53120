//! `delay`: how long to wait before trying again.
//! Waits for nothing itself.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
/// A person who plugs a board in again looks at the screen after about a second.
const LONGEST: Duration = Duration::from_secs(1);

/// The pause after so many tries in vain; each is twice the last, up to a second.
pub fn delay(tries: u32) -> Duration {
    let factor = 2_u32.saturating_pow(tries.saturating_sub(1));
    FIRST.saturating_mul(factor).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        let milliseconds: Vec<u128> = [0, 1, 2, 3, 4, 5, 6, u32::MAX]
            .map(|tries| delay(tries).as_millis())
            .to_vec();
        assert_eq!(milliseconds, [100, 100, 200, 400, 800, 1000, 1000, 1000]);
    }
}
