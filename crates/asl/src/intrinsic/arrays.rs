use serde_json::Value;

use super::arguments::{Returned, array, expected, integer};

/// The maximum number of items that a function may create.
const MAX_ITEMS: usize = 1000;

pub(super) fn contains(arguments: &[Value]) -> Returned {
    let items = array(arguments, 0)?;
    let wanted = arguments.get(1).unwrap_or(&Value::Null);
    Ok(items.contains(wanted).into())
}

pub(super) fn get_item(arguments: &[Value]) -> Returned {
    let items = array(arguments, 0)?;
    let index = integer(arguments, 1)?;
    let item = usize::try_from(index).ok().and_then(|i| items.get(i));
    item.cloned().ok_or_else(|| {
        format!(
            "the index {index} is out of bounds for an array with {} items",
            items.len()
        )
    })
}

pub(super) fn length(arguments: &[Value]) -> Returned {
    Ok(array(arguments, 0)?.len().into())
}

pub(super) fn partition(arguments: &[Value]) -> Returned {
    let items = array(arguments, 0)?;
    let size = usize::try_from(integer(arguments, 1)?).unwrap_or(0);
    if size == 0 {
        return Err(expected(1, "a number greater than 0", arguments.get(1)));
    }
    let pieces = items.chunks(size).map(|piece| Value::Array(piece.to_vec()));
    Ok(Value::Array(pieces.collect()))
}

pub(super) fn range(arguments: &[Value]) -> Returned {
    let first = i128::from(integer(arguments, 0)?);
    let last = i128::from(integer(arguments, 1)?);
    let step = i128::from(integer(arguments, 2)?);
    if step == 0 {
        return Err(expected(2, "a number other than 0", arguments.get(2)));
    }
    let backwards = (last - first).signum() * step.signum() < 0;
    let count = if backwards {
        0
    } else {
        (last - first) / step + 1
    };
    let count = usize::try_from(count).ok().filter(|n| *n <= MAX_ITEMS);
    let count = count.ok_or_else(|| format!("the range has more than {MAX_ITEMS} items"))?;
    let numbers = (0_i128..).take(count).map(|i| first + i * step);
    let numbers = numbers
        .filter_map(|n| i64::try_from(n).ok())
        .map(Value::from);
    Ok(Value::Array(numbers.collect()))
}

pub(super) fn unique(arguments: &[Value]) -> Returned {
    let mut seen = std::collections::HashSet::new();
    let items = array(arguments, 0)?.iter();
    let kept = items.filter(|item| seen.insert(*item)).cloned();
    Ok(Value::Array(kept.collect()))
}
