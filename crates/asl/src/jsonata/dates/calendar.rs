//! The calendar of JavaScript's `Date`, in UTC.

const DAY: f64 = 86_400_000.0;

/// The furthest that a date can be from 1970.
const LAST: f64 = 8.64e15;

/// A point in time in milliseconds, or not a number.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Date(f64);

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// From Monday, which is 1.
pub(super) const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl Date {
    pub(in super::super) fn new(millis: f64) -> Self {
        Self(if millis.abs() <= LAST {
            millis.trunc()
        } else {
            f64::NAN
        })
    }

    /// `Date.UTC`: months count from 0, and what is too large goes into the next unit.
    pub(super) fn utc(parts: [f64; 7]) -> Self {
        let [year, month, day, hour, minute, second, millis] = parts.map(f64::trunc);
        let year = if (0.0..=99.0).contains(&year) {
            year + 1900.0
        } else {
            year
        };
        let day = days_before(year + (month / 12.0).floor(), month.rem_euclid(12.0)) + day - 1.0;
        Self::new(day * DAY + hour * 3_600_000.0 + minute * 60_000.0 + second * 1000.0 + millis)
    }

    pub(super) fn millis(self) -> f64 {
        self.0
    }

    fn day(self) -> f64 {
        (self.0 / DAY).floor()
    }

    fn in_day(self, unit: f64, count: f64) -> f64 {
        (self.0 / unit).floor().rem_euclid(count)
    }

    /// Year, month from 0, and day from 1.
    pub(super) fn civil(self) -> [f64; 3] {
        if self.0.is_nan() {
            return [f64::NAN; 3];
        }
        // Years from March, in eras of 400.
        let day = self.day() + 719_468.0;
        let era = (day / 146_097.0).floor();
        let of_era = day - era * 146_097.0;
        let year = ((of_era - (of_era / 1460.0).floor() + (of_era / 36_524.0).floor()
            - (of_era / 146_096.0).floor())
            / 365.0)
            .floor();
        let of_year = of_era - (365.0 * year + (year / 4.0).floor() - (year / 100.0).floor());
        let month = ((5.0 * of_year + 2.0) / 153.0).floor();
        let of_month = of_year - ((153.0 * month + 2.0) / 5.0).floor() + 1.0;
        let month = (month + 2.0).rem_euclid(12.0);
        let year = year + era * 400.0 + if month <= 1.0 { 1.0 } else { 0.0 };
        [year, month, of_month]
    }

    /// From Monday, which is 1.
    fn weekday(self) -> f64 {
        (self.day() + 3.0).rem_euclid(7.0) + 1.0
    }

    /// A part as a number; not a number if the part is not one.
    pub(super) fn part(self, component: char) -> f64 {
        let [year, month, day] = self.civil();
        let start_of_day = self.day() * DAY;
        match component {
            'Y' => year,
            'M' => month + 1.0,
            'D' => day,
            'd' => (start_of_day - Self::utc([year, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]).0) / DAY + 1.0,
            'F' => self.weekday(),
            'W' => week(
                start_of_day,
                52.0,
                (year, 0.0),
                (year + 1.0, 0.0),
                (year - 1.0, 0.0),
            ),
            'w' => week(
                start_of_day,
                4.0,
                (year, month),
                next(year, month),
                previous(year, month),
            ),
            'X' => {
                let shift = self.outside((year, 0.0), (year + 1.0, 0.0));
                year + shift
            }
            'x' => match self.outside((year, month), next(year, month)) {
                shift if shift < 0.0 => previous(year, month).1 + 1.0,
                shift if shift > 0.0 => next(year, month).1 + 1.0,
                _ => month + 1.0,
            },
            'H' => self.in_day(3_600_000.0, 24.0),
            'h' => match self.in_day(3_600_000.0, 12.0) {
                0.0 => 12.0,
                hour => hour,
            },
            'm' => self.in_day(60_000.0, 60.0),
            's' => self.in_day(1000.0, 60.0),
            'f' => self.in_day(1.0, 1000.0),
            _ => f64::NAN,
        }
    }

    /// -1 if it is before the first week of the one, 1 if it is in the first week of the next.
    fn outside(self, this: (f64, f64), next: (f64, f64)) -> f64 {
        if self.0 < first_week(this) {
            -1.0
        } else if self.0 >= first_week(next) {
            1.0
        } else {
            0.0
        }
    }
}

/// The days from 1970 to the first of a month.
fn days_before(year: f64, month: f64) -> f64 {
    let year = if month <= 1.0 { year - 1.0 } else { year };
    let era = (year / 400.0).floor();
    let of_era = year - era * 400.0;
    let of_year = ((153.0 * (month - 2.0).rem_euclid(12.0) + 2.0) / 5.0).floor();
    let days = of_era * 365.0 + (of_era / 4.0).floor() - (of_era / 100.0).floor() + of_year;
    era * 146_097.0 + days - 719_468.0
}

fn next(year: f64, month: f64) -> (f64, f64) {
    if month >= 11.0 {
        (year + 1.0, 0.0)
    } else {
        (year, month + 1.0)
    }
}

fn previous(year: f64, month: f64) -> (f64, f64) {
    if month <= 0.0 {
        (year - 1.0, 11.0)
    } else {
        (year, month - 1.0)
    }
}

/// The Monday of the week with the first Thursday.
fn first_week((year, month): (f64, f64)) -> f64 {
    let first = Date::utc([year, month, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let weekday = first.weekday();
    let days = if weekday > 4.0 {
        8.0 - weekday
    } else {
        1.0 - weekday
    };
    first.0 + days * DAY
}

fn week(day: f64, last: f64, this: (f64, f64), next: (f64, f64), previous: (f64, f64)) -> f64 {
    let since = |start: f64| (day - start) / (DAY * 7.0) + 1.0;
    let week = since(first_week(this));
    let week = if week > last && day >= first_week(next) {
        1.0
    } else if week < 1.0 {
        since(first_week(previous))
    } else {
        week
    };
    week.floor()
}
