//! Points in time as AWS gives them, which is to the millisecond.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// 9999-01-01, the latest that AWS is believed. It leaves room to add a duration to any time that an answer holds.
const LATEST: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// A time of the SDK.
pub fn timestamp(time: &DateTime) -> Timestamp {
    // Protocols in JSON give seconds as a float, which holds milliseconds only nearly.
    let nearest = (time.as_nanos() + 500_000).div_euclid(1_000_000);
    of_millis(i64::try_from(nearest.max(0)).unwrap_or(i64::MAX))
}

/// A time of CloudWatch Logs, which counts milliseconds since 1970.
pub fn of_millis(millis: i64) -> Timestamp {
    let believed = millis.clamp(0, LATEST.as_millisecond());
    Timestamp::from_millisecond(believed).unwrap_or(LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_of_seconds_is_read_to_the_nearest_millisecond() {
        for (seconds, shown) in [
            (1_795_641_423.12, "2026-11-25T21:17:03.12Z"),
            (1_795_641_423.999_6, "2026-11-25T21:17:04Z"),
            (0.0, "1970-01-01T00:00:00Z"),
        ] {
            let time = timestamp(&DateTime::from_secs_f64(seconds));
            assert_eq!(time.to_string(), shown);
        }
    }

    #[test]
    fn a_time_that_cannot_be_is_brought_back() {
        for (seconds, shown) in [
            (i64::MIN, "1970-01-01T00:00:00Z"),
            (-1, "1970-01-01T00:00:00Z"),
            (i64::MAX, "9999-01-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(&DateTime::from_secs(seconds)).to_string(), shown);
            assert_eq!(of_millis(seconds).to_string(), shown);
        }
    }
}
