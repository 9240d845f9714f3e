//! Rows of CSV as items.

use serde_json::{Map, Value};
use txflow_asl::Packed;

/// The rows as objects. Without headers, the first row has them.
pub(super) fn csv(
    body: &[u8],
    delimiter: u8,
    headers: &mut Option<Vec<String>>,
    most: usize,
) -> Result<Vec<Packed>, String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(body);
    let mut items = Vec::new();
    check(headers.as_deref())?;
    let mut order = headers.as_deref().map(order_of);
    for row in rows.byte_records() {
        if items.len() == most {
            break;
        }
        let row =
            row.map_err(|error| format!("The content of the object is not valid CSV: {error}"))?;
        let field = |index: usize| {
            let bytes = row.get(index).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        };
        match (&*headers, &order) {
            (Some(headers), Some(order)) => {
                let fields =
                    { order.iter() }.map(|index| (headers[*index].clone(), field(*index).into()));
                items.push(Packed::from(&Value::Object(fields.collect::<Map<_, _>>())));
            }
            _ => {
                let names: Vec<String> = (0..row.len()).map(field).collect();
                check(Some(&names))?;
                order = Some(order_of(&names));
                *headers = Some(names);
            }
        }
    }
    Ok(items)
}

fn check(headers: Option<&[String]>) -> Result<(), String> {
    let headers = headers.unwrap_or_default();
    let mut seen = std::collections::HashSet::new();
    match headers.iter().all(|name| seen.insert(name)) {
        true => Ok(()),
        false => Err("CSV headers cannot contain duplicates.".to_owned()),
    }
}

/// The order of a row's fields: that of a `HashMap` in Java, in which Step Functions holds a row.
fn order_of(headers: &[String]) -> Vec<usize> {
    // It doubles when more than three quarters are taken.
    let mut buckets: u32 = 16;
    while headers.len() > buckets as usize / 4 * 3 {
        buckets *= 2;
    }
    let bucket = |header: &str| {
        let units = header.encode_utf16();
        let hash = units.fold(0_u32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(u32::from(unit))
        });
        (hash ^ (hash >> 16)) & (buckets - 1)
    };
    let mut order: Vec<usize> = (0..headers.len()).collect();
    // Of one bucket, the first comes first.
    order.sort_by_key(|index| bucket(&headers[*index]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_row_have_the_order_that_aws_shows() {
        // The example in the AWS documentation of ItemReader, and what was recorded in September 2023.
        for (header, shown) in [
            (
                "userId,movieId,rating,timestamp",
                r#"{"rating":"c","movieId":"b","userId":"a","timestamp":"d"}"#,
            ),
            ("0,True,{}", r#"{"0":"a","{}":"c","True":"b"}"#),
            ("H1,", r#"{"":"b","H1":"a"}"#),
        ] {
            let body = format!("{header}\na,b,c,d\n");
            let rows = csv(body.as_bytes(), b',', &mut None, 9).unwrap();
            assert_eq!(rows[0].text().to_owned(), shown);
        }
    }

    #[test]
    fn many_fields_take_more_buckets() {
        let names: Vec<String> = (0..13).map(|n| format!("c{n}")).collect();
        // Worked out by hand of the rule: with 16 buckets `c3` would be the first.
        assert_eq!(order_of(&names)[..4], [11, 10, 12, 0]);
        assert_eq!(order_of(&names[..12])[..4], [3, 4, 5, 11]);
    }
}
