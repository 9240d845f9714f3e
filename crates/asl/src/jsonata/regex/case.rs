//! Upper and lower case of a UTF-16 unit, as regular expressions that ignore case compare them.

/// The unit that stands for all that differ from it only in case.
pub(super) fn folded(unit: u16) -> u16 {
    single(unit, |c| c.to_uppercase().collect())
}

/// The unit in lower case.
pub(super) fn lower(unit: u16) -> u16 {
    single(unit, |c| c.to_lowercase().collect())
}

fn single(unit: u16, change: impl Fn(char) -> String) -> u16 {
    let Some(c) = char::from_u32(u32::from(unit)) else {
        return unit;
    };
    let changed: Vec<u16> = change(c).encode_utf16().collect();
    match changed[..] {
        [changed] if unit < 128 || changed >= 128 => changed,
        _ => unit,
    }
}
