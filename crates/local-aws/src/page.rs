//! Pagination. A token is the key of the next item, hex-encoded so that clients treat it as opaque.

/// Items with their keys, and the token of the next page.
pub(crate) type Page<T> = (Vec<(String, T)>, Option<String>);

/// At most `size` of `items`, which are in key order, starting at the token, and the token of the next page.
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
    hex::encode(key)
}

pub(crate) fn decode(token: &str) -> Result<String, InvalidToken> {
    let bytes = hex::decode(token).map_err(|_| InvalidToken)?;
    String::from_utf8(bytes).map_err(|_| InvalidToken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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
    fn a_token_that_this_server_did_not_make_is_refused() {
        for token in ["no token", "é", "+1", "6", "ff"] {
            let page = page(vec![("a".to_owned(), ())], Some(token), 1);
            assert!(page.is_err(), "{token}");
        }
    }
}
