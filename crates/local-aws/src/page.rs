//! Lists in pages. A token is the key of the next item, hex-encoded so that no client reads meaning into it.

use std::fmt::Write;

/// Items with their keys, and the token of the next page.
pub(crate) type Page<T> = (Vec<(String, T)>, Option<String>);

/// At most `size` of `items` (in key order), from the token on, and the token of the rest.
pub(crate) fn page<T>(
    items: Vec<(String, T)>,
    token: Option<&str>,
    size: usize,
) -> Result<Page<T>, InvalidToken> {
    let from = token.map(decode).transpose()?;
    let mut items: Vec<_> = items
        .into_iter()
        .skip_while(|(key, _)| from.as_ref().is_some_and(|from| key < from))
        .collect();
    let next = items.get(size).map(|(key, _)| encode(key));
    items.truncate(size);
    Ok((items, next))
}

#[derive(Debug)]
pub(crate) struct InvalidToken;

pub(crate) fn encode(key: &str) -> String {
    key.bytes().fold(String::new(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    })
}

pub(crate) fn decode(token: &str) -> Result<String, InvalidToken> {
    let digits: Option<Vec<u8>> = token
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    String::from_utf8(digits.ok_or(InvalidToken)?).map_err(|_| InvalidToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_to_the_whole() {
        let items: Vec<_> = ["a", "b/ü", "c"]
            .into_iter()
            .map(|key| (key.to_owned(), ()))
            .collect();
        let (first, token) = page(items.clone(), None, 2).unwrap();
        let (second, end) = page(items.clone(), token.as_deref(), 2).unwrap();
        assert_eq!([first, second].concat(), items);
        assert_eq!(end, None);
    }

    #[test]
    fn a_token_of_no_making_is_refused() {
        assert!(page(vec![("a".to_owned(), ())], Some("no token"), 1).is_err());
        assert!(decode("é").is_err());
    }
}
