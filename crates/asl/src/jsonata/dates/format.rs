use super::super::fault::Fault;
use super::super::number;
use super::super::sizes::text_of_length;
use super::calendar::{DAYS, Date, MONTHS};
use super::integer::{Case, Format};
use super::picture::{Marker, Part, parse};
use crate::budget::Budget;
use crate::count::count;

pub(in super::super) fn format(
    budget: &Budget,
    millis: f64,
    picture: &str,
    zone: Option<&str>,
) -> Result<String, Fault> {
    let offset = zone.map_or(0.0, number::parse_int);
    let (hours, minutes) = ((offset / 100.0).floor(), offset % 100.0);
    let parts = parse(picture)?;
    let writer = Writer {
        date: Date::new(millis + (60.0 * hours + minutes) * 60_000.0),
        hours,
        minutes,
        budget,
    };
    let mut result = String::new();
    for part in &parts {
        match part {
            Part::Literal(text) => result.push_str(text),
            Part::Marker(marker) => result.push_str(&writer.marker(marker)?),
        }
        text_of_length(result.len())?;
    }
    Ok(result)
}

struct Writer<'w> {
    date: Date,
    hours: f64,
    minutes: f64,
    budget: &'w Budget,
}

impl Writer<'_> {
    fn marker(&self, marker: &Marker) -> Result<String, Fault> {
        match marker.component {
            'Y' | 'M' | 'D' | 'd' | 'F' | 'W' | 'w' | 'X' | 'x' | 'H' | 'h' | 'm' | 's' => {
                let mut value = self.date.part(marker.component);
                if marker.component == 'Y'
                    && let Some(digits) = marker
                        .digits
                        .filter(|digits| *digits > 0.0 || digits.is_nan() || *digits == 0.0)
                {
                    value %= 10_f64.powf(digits);
                }
                match (&marker.names, &marker.integer) {
                    (Some(case), _) => name(marker, *case, value),
                    (None, Some(format)) => format.write(value, self.budget),
                    (None, None) => Ok("undefined".to_owned()),
                }
            }
            'f' => match &marker.integer {
                Some(format) => format.write(self.date.part('f'), self.budget),
                None => Err(Fault::internal(
                    "Cannot read properties of undefined (reading 'primary')",
                )),
            },
            'Z' | 'z' => self.zone(marker),
            'P' => {
                let half = if self.date.part('H') >= 12.0 {
                    "pm"
                } else {
                    "am"
                };
                Ok(match marker.names {
                    Some(Case::Upper) => half.to_uppercase(),
                    _ => half.to_owned(),
                })
            }
            'C' | 'E' => Ok("ISO".to_owned()),
            _ => Ok("undefined".to_owned()),
        }
    }

    fn zone(&self, marker: &Marker) -> Result<String, Fault> {
        let offset = self.hours * 100.0 + self.minutes;
        let Some(format) = &marker.integer else {
            return Ok(String::new());
        };
        let mut written = if format.separator().is_some() {
            format.write(offset, self.budget)?
        } else if format.mandatory == 1.0 || format.mandatory == 2.0 {
            let mut hours = format.write(self.hours, self.budget)?;
            if self.minutes != 0.0 {
                let minutes = Format::of("00")?.write(self.minutes.floor(), self.budget)?;
                hours = format!("{hours}:{minutes}");
            }
            hours
        } else if format.mandatory == 3.0 || format.mandatory == 4.0 {
            format.write(offset, self.budget)?
        } else {
            return Err(Fault::new("D3134").part("value", number::text(format.mandatory)));
        };
        if offset >= 0.0 {
            written.insert(0, '+');
        }
        if marker.component == 'z' {
            written.insert_str(0, "GMT");
        }
        if offset == 0.0 && marker.zulu {
            written = "Z".to_owned();
        }
        Ok(written)
    }
}

fn name(marker: &Marker, case: Case, value: f64) -> Result<String, Fault> {
    let names: &[&str] = match marker.component {
        'M' | 'x' => &MONTHS,
        'F' => &DAYS,
        component => return Err(Fault::new("D3133").text("value", &component.to_string())),
    };
    let name = if value >= 1.0 {
        names.get(count(value) - 1)
    } else {
        None
    };
    let name = name.ok_or_else(|| {
        Fault::internal("Cannot read properties of undefined (reading 'toUpperCase')")
    })?;
    let name = match case {
        Case::Upper => name.to_uppercase(),
        Case::Lower => name.to_lowercase(),
        Case::Title => (*name).to_owned(),
    };
    Ok(match marker.most {
        Some(most) => name
            .chars()
            .take(if most.is_nan() {
                name.len()
            } else {
                count(most)
            })
            .collect(),
        None => name,
    })
}
