//! `cron(minutes hours day-of-month month day-of-week year)`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::date_field::DateField;
use super::number_field::{NumberField, Numbers};
use super::{Part, SyntaxError, instant};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: NumberField,
    hours: NumberField,
    days: Days,
    months: NumberField,
    years: NumberField,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(DateField),
    OfWeek(DateField),
}

const MINUTES: Numbers = Numbers {
    what: "minutes",
    least: 0,
    most: 59,
    names: &[],
};

const HOURS: Numbers = Numbers {
    what: "hours",
    least: 0,
    most: 23,
    names: &[],
};

const MONTHS: Numbers = Numbers {
    what: "month",
    least: 1,
    most: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
};

const YEARS: Numbers = Numbers {
    what: "year",
    least: 1970,
    most: 2199,
    names: &[],
};

impl Cron {
    pub fn parse(inside: &Part<'_>) -> Result<Self, SyntaxError> {
        let fields = inside.words();
        let (first, year) = fields.split_at(fields.len().min(5));
        let ([minutes, hours, day_of_month, month, day_of_week], [] | [_]) = (first, year) else {
            let message = format!("a cron expression has six fields, not {}", fields.len());
            let hint = "minutes, hours, day of the month, month, day of the week, year: `0 9 ? * MON-FRI *`";
            return Err(inside.error(message, hint));
        };
        let days = match (day_of_month.text, day_of_week.text) {
            ("?", "?") => {
                let message = "both days are `?`";
                return Err(day_of_week.error(message, "make one of them `*` or a day"));
            }
            (_, "?") => Days::OfMonth(DateField::of_month(day_of_month)?),
            ("?", _) => Days::OfWeek(DateField::of_week(day_of_week)?),
            _ => {
                let message = "one of the day of the month and the day of the week must be `?`";
                let hint = "each day counts if one is `*` and the other is `?`; unlike in crontab, days of the week count from 1, Sunday";
                return Err(day_of_week.error(message, hint));
            }
        };
        Ok(Self {
            minutes: NumberField::parse(minutes, &MINUTES)?,
            hours: NumberField::parse(hours, &HOURS)?,
            days,
            months: NumberField::parse(month, &MONTHS)?,
            // It may be left out.
            years: match year.first() {
                Some(year) => NumberField::parse(year, &YEARS)?,
                None => NumberField::any(&YEARS),
            },
        })
    }

    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = zone.to_datetime(after);
        let mut date = local.date();
        // A time that occurs twice may come again today with an earlier clock, so today is looked at whole.
        while date.year().unsigned_abs() <= YEARS.most {
            date = match self.look(date) {
                Found::Skip(to) => to?,
                Found::Day => {
                    let due = self.times(date).filter_map(|time| instant(time, zone));
                    if let Some(due) = due.filter(|due| *due > after).min() {
                        return Some(due);
                    }
                    date.tomorrow().ok()?
                }
            };
        }
        None
    }

    fn look(&self, date: Date) -> Found {
        let year = date.year().unsigned_abs();
        if !self.years.contains(year) {
            return Found::Skip(Date::new(date.year() + 1, 1, 1).ok());
        }
        if !self.months.contains(date.month().unsigned_abs().into()) {
            return Found::Skip(date.last_of_month().tomorrow().ok());
        }
        let counts = match &self.days {
            Days::OfMonth(days) => days.contains(date, false),
            Days::OfWeek(days) => days.contains(date, true),
        };
        if counts {
            Found::Day
        } else {
            Found::Skip(date.tomorrow().ok())
        }
    }

    fn times(&self, date: Date) -> impl Iterator<Item = DateTime> {
        let hours = (0..24_i8).filter(|hour| self.hours.contains(hour.unsigned_abs().into()));
        hours.flat_map(move |hour| {
            let minutes = 0..60_i8;
            let minutes =
                minutes.filter(|minute| self.minutes.contains(minute.unsigned_abs().into()));
            minutes.filter_map(move |minute| {
                let time = Time::new(hour, minute, 0, 0).ok()?;
                Some(date.to_datetime(time))
            })
        })
    }
}

enum Found {
    /// The date counts.
    Day,
    /// The next date that may count, unless time ends there.
    Skip(Option<Date>),
}
