//! `aws-chunked`: a body in chunks, which may be signed, and headers that follow it.

use bytes::Bytes;

pub(super) struct Decoded {
    pub(super) pieces: Vec<Bytes>,
    /// Names in lower case.
    pub(super) trailers: Vec<(String, String)>,
}

/// `None` if the chunks are not whole. The pieces share the memory of the body.
pub(super) fn decode(body: &Bytes) -> Option<Decoded> {
    let (mut at, mut pieces) = (0, Vec::new());
    loop {
        let head = line(body, &mut at)?;
        let size = head.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        let end = at.checked_add(size).filter(|end| *end <= body.len())?;
        pieces.push(body.slice(at..end));
        at = end;
        if !line(body, &mut at)?.is_empty() {
            return None;
        }
    }
    let mut trailers = Vec::new();
    while let Some(line) = line(body, &mut at).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(Decoded { pieces, trailers })
}

/// The text up to the next line break.
fn line<'a>(body: &'a Bytes, at: &mut usize) -> Option<&'a str> {
    let rest = body.get(*at..)?;
    let length = rest.windows(2).position(|pair| pair == b"\r\n")?;
    *at += length + 2;
    str::from_utf8(&rest[..length]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_trailers_are_told() {
        let body = "5;chunk-signature=ab\r\nhe\r\no\r\n1\r\n!\r\n0\r\nX-Amz-Checksum-CRC32: 9NvfIQ==\r\n\r\n";
        let decoded = decode(&Bytes::from_static(body.as_bytes())).unwrap();
        assert_eq!(decoded.pieces.concat(), b"he\r\no!");
        assert_eq!(
            decoded.trailers,
            [("x-amz-checksum-crc32".to_owned(), "9NvfIQ==".to_owned())]
        );
    }

    #[test]
    fn chunks_that_are_not_whole_are_refused() {
        for bad in [
            "",
            "5\r\nhel",
            "5\r\nhello0\r\n\r\n",
            "x\r\n",
            "ffffffffffffffff\r\n\r\n",
            "1\r\na\r\n",
        ] {
            assert!(
                decode(&Bytes::from_static(bad.as_bytes())).is_none(),
                "{bad}"
            );
        }
    }
}
