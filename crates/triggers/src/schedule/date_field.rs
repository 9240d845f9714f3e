//! The fields of a cron expression that choose days: `L`, `W` and `#` depend on the month.

use jiff::civil::Date;

use super::number_field::Numbers;
use super::{Part, SyntaxError};

pub(super) const DAY_OF_MONTH: Numbers = Numbers {
    what: "day of the month",
    least: 1,
    most: 31,
    names: &[],
};

pub(super) const DAY_OF_WEEK: Numbers = Numbers {
    what: "day of the week",
    least: 1,
    most: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

/// Which days of a month, or of a week, count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateField(Vec<Days>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Days {
    /// Numbers of the month or of the week: from, to and step.
    Range(u16, u16, u16),
    /// `L`: the last day of the month.
    Last,
    /// `LW`: the last working day of the month.
    LastWeekday,
    /// `15W`: the working day of the month that is nearest.
    NearestWeekday(u16),
    /// `6L`: the last Friday of the month.
    LastOf(u16),
    /// `6#3`: the third Friday of the month.
    Nth(u16, u16),
}

impl DateField {
    pub fn of_month(part: &Part<'_>) -> Result<Self, SyntaxError> {
        let read = |item: &Part<'_>| match item.text {
            "L" => Ok(Days::Last),
            "LW" => Ok(Days::LastWeekday),
            text => match text.strip_suffix('W') {
                Some(day) => {
                    let day = Part {
                        text: day,
                        start: item.start,
                    };
                    DAY_OF_MONTH.number(&day).map(Days::NearestWeekday)
                }
                None => range(item, &DAY_OF_MONTH),
            },
        };
        items(part, read)
    }

    pub fn of_week(part: &Part<'_>) -> Result<Self, SyntaxError> {
        let read = |item: &Part<'_>| {
            if item.text == "L" {
                return Ok(Days::Range(7, 7, 1));
            }
            if let [day, nth] = item.split(|c| c == '#').as_slice() {
                let day = DAY_OF_WEEK.number(day)?;
                let count = nth.text.parse().ok().filter(|nth| (1..=5).contains(nth));
                let count = count.ok_or_else(|| {
                    let message = format!("`{}` is not one of the weeks 1 to 5", nth.text);
                    nth.error(message, "such as `FRI#3`: the third Friday of the month")
                })?;
                return Ok(Days::Nth(day, count));
            }
            match item.text.strip_suffix('L') {
                Some(day) => {
                    let day = Part {
                        text: day,
                        start: item.start,
                    };
                    DAY_OF_WEEK.number(&day).map(Days::LastOf)
                }
                None => range(item, &DAY_OF_WEEK),
            }
        };
        items(part, read)
    }

    pub fn contains(&self, date: Date, week: bool) -> bool {
        self.0.iter().any(|days| days.contain(date, week))
    }
}

fn items(
    part: &Part<'_>,
    read: impl Fn(&Part<'_>) -> Result<Days, SyntaxError>,
) -> Result<DateField, SyntaxError> {
    let items = part.split(|c| c == ',').into_iter();
    let days = items.map(|item| read(&item)).collect::<Result<_, _>>()?;
    Ok(DateField(days))
}

fn range(item: &Part<'_>, numbers: &Numbers) -> Result<Days, SyntaxError> {
    let (from, to, step) = numbers.range(item)?;
    Ok(Days::Range(from, to, step))
}

impl Days {
    fn contain(self, date: Date, week: bool) -> bool {
        let day_of_month = number(date.day());
        let day_of_week = number(date.weekday().to_sunday_one_offset());
        let last = number(date.days_in_month());
        match self {
            Self::Range(from, to, step) => {
                let day = if week { day_of_week } else { day_of_month };
                (from..=to).contains(&day) && (day - from).is_multiple_of(step)
            }
            Self::Last => day_of_month == last,
            Self::LastWeekday => nearest_weekday(date, last) == Some(day_of_month),
            Self::NearestWeekday(day) => nearest_weekday(date, day) == Some(day_of_month),
            Self::LastOf(day) => day == day_of_week && day_of_month + 7 > last,
            Self::Nth(day, nth) => day == day_of_week && (day_of_month - 1) / 7 + 1 == nth,
        }
    }
}

/// The working day that is nearest to a day of this month, in the same month.
fn nearest_weekday(month: Date, day: u16) -> Option<u16> {
    let last = number(month.days_in_month());
    let wanted = Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok()?;
    Some(match wanted.weekday().to_sunday_one_offset() {
        // Sunday: the Monday after, or the Friday before the end of the month.
        1 if day == last => day - 2,
        1 => day + 1,
        // Saturday: the Friday before, or the Monday after the first.
        7 if day == 1 => 3,
        7 => day - 1,
        _ => day,
    })
}

fn number(day: i8) -> u16 {
    day.unsigned_abs().into()
}
