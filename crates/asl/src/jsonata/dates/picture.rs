//! Pictures of dates: `[Y0001]-[M01]-[D01]`.

use super::super::fault::Fault;
use super::super::number;
use super::integer::{Case, Format};

#[derive(Debug)]
pub(super) enum Part {
    Literal(String),
    Marker(Marker),
}

#[derive(Debug)]
pub(super) struct Marker {
    pub(super) component: char,
    pub(super) names: Option<Case>,
    pub(super) integer: Option<Format>,
    /// The most characters of a name.
    pub(super) most: Option<f64>,
    /// The digits of a year, a month or a day.
    pub(super) digits: Option<f64>,
    /// `Z` for UTC.
    pub(super) zulu: bool,
}

const NUMBERS: &str = "YMDdFWwXxHhmsf";

pub(super) fn parse(picture: &str) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::new();
    let mut rest = picture;
    while let Some((before, after)) = rest.split_once('[') {
        literal(before, &mut parts);
        if let Some(after) = after.strip_prefix('[') {
            parts.push(Part::Literal("[".to_owned()));
            rest = after;
            continue;
        }
        let (marker, after) = after.split_once(']').ok_or_else(|| Fault::new("D3135"))?;
        let marker: String = marker.split_whitespace().collect();
        parts.push(Part::Marker(Marker::parse(&marker)?));
        rest = after;
    }
    literal(rest, &mut parts);
    Ok(parts)
}

fn literal(text: &str, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.replace("]]", "]")));
    }
}

impl Marker {
    fn parse(marker: &str) -> Result<Self, Fault> {
        let component = marker.chars().next();
        let unknown =
            || Fault::new("D3132").text("value", &component.into_iter().collect::<String>());
        let component_or_blank = component.unwrap_or('\0');
        let rest = &marker[component.map_or(0, char::len_utf8)..];
        let (presentation, width) = match marker.rsplit_once(',') {
            Some((_, width)) => (
                rest.rsplit_once(',').map_or("", |(before, _)| before),
                Some(width),
            ),
            None => (rest, None),
        };
        let length = presentation.chars().count();
        let (first, second) = match presentation.chars().last() {
            None => (
                default_presentation(component_or_blank).ok_or_else(unknown)?,
                None,
            ),
            Some(last) if length > 1 && "atco".contains(last) => (
                &presentation[..presentation.len() - last.len_utf8()],
                Some(last),
            ),
            Some(_) => (presentation, None),
        };
        let least = width
            .and_then(|width| parse_width(width.split_once('-').map_or(width, |(least, _)| least)));
        let most = width
            .and_then(|width| width.split_once('-'))
            .and_then(|(_, most)| parse_width(most));
        let mut marker = Self {
            component: component_or_blank,
            names: None,
            integer: None,
            most,
            digits: None,
            zulu: second == Some('t'),
        };
        let mut letters = first.chars();
        match letters.next() {
            Some('n') => marker.names = Some(Case::Lower),
            Some('N') if letters.next() == Some('n') => marker.names = Some(Case::Title),
            Some('N') => marker.names = Some(Case::Upper),
            _ if NUMBERS.contains(component_or_blank) => {
                let picture = match second {
                    Some(second) => format!("{first};{second}"),
                    None => first.to_owned(),
                };
                marker.number(&picture, least)?;
            }
            _ => {}
        }
        if matches!(component_or_blank, 'Z' | 'z') {
            marker.integer = Some(Format::of(first)?);
        }
        Ok(marker)
    }

    fn number(&mut self, picture: &str, least: Option<f64>) -> Result<(), Fault> {
        let mut format = Format::of(picture)?;
        if let Some(least) = least
            && format.mandatory < least
        {
            format.mandatory = least;
        }
        if matches!(self.component, 'Y' | 'M' | 'D') {
            self.digits = Some(-1.0);
            if let Some(most) = self.most {
                self.digits = Some(most);
                format.mandatory = most;
            } else if format.mandatory + format.optional >= 2.0 {
                self.digits = Some(format.mandatory + format.optional);
            }
        }
        self.integer = Some(format);
        Ok(())
    }
}

fn parse_width(text: &str) -> Option<f64> {
    (text != "*").then(|| number::parse_int(text))
}

fn default_presentation(component: char) -> Option<&'static str> {
    Some(match component {
        'Y' | 'M' | 'D' | 'd' | 'W' | 'w' | 'X' | 'x' | 'H' | 'h' | 'f' => "1",
        'F' | 'P' | 'C' | 'E' => "n",
        'm' | 's' => "01",
        'Z' | 'z' => "01:01",
        _ => return None,
    })
}
