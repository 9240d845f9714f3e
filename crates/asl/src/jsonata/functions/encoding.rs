use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::super::evaluate::Evaluator;
use super::super::fault::Fault;
use super::super::value::Value;
use super::arguments::text;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Each UTF-16 unit is a byte, as in jsonata-js on Node.js, whose upper half is lost.
pub(super) fn base64encode(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let bytes: Vec<u8> = text
        .encode_utf16()
        .map(|unit| unit.to_le_bytes()[0])
        .collect();
    evaluator.text(BASE64.encode(bytes))
}

/// Each byte is a character. What is not base64 is left out, and the text ends at `=`.
pub(super) fn base64decode(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let text = text.split('=').next().unwrap_or_default();
    let mut encoded: Vec<u8> = text
        .bytes()
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b'+' | b'/' => Some(byte),
            _ => byte.is_ascii_alphanumeric().then_some(byte),
        })
        .collect();
    if encoded.len() % 4 == 1 {
        encoded.pop();
    }
    let bytes = BASE64.decode(encoded).unwrap_or_default();
    evaluator.text(bytes.into_iter().map(char::from).collect())
}

/// What `encodeURIComponent` leaves as it is, in addition to letters and digits.
const COMPONENT: &str = "-_.!~*'()";
/// What `encodeURI` leaves in addition, and `decodeURI` does not decode.
const RESERVED: &str = ";/?:@&=+$,#";

pub(super) fn encode_url_component(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    encode(evaluator, arguments, |c| COMPONENT.contains(c))
}

pub(super) fn encode_url(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    encode(evaluator, arguments, |c| {
        COMPONENT.contains(c) || RESERVED.contains(c)
    })
}

fn encode(
    evaluator: &Evaluator<'_>,
    arguments: &[Value],
    keeps: impl Fn(char) -> bool,
) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let mut encoded = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || keeps(c) {
            encoded.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    evaluator.text(encoded)
}

pub(super) fn decode_url_component(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    decode(evaluator, arguments, "decodeUrlComponent", "")
}

pub(super) fn decode_url(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    decode(evaluator, arguments, "decodeUrl", RESERVED)
}

fn decode(
    evaluator: &Evaluator<'_>,
    arguments: &[Value],
    name: &'static str,
    keeps: &str,
) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    match decoded(text, keeps) {
        Some(decoded) => evaluator.text(decoded),
        None => Err(Fault::new("D3140")
            .text("value", text)
            .part("functionName", name)),
    }
}

fn decoded(text: &str, keeps: &str) -> Option<String> {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let first = byte(after)?;
        let length = match first {
            0..0x80 => 1,
            0xc2..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf5 => 4,
            _ => return None,
        };
        let mut bytes = vec![first];
        let mut at = &after[2..];
        for _ in 1..length {
            at = at.strip_prefix('%')?;
            bytes.push(byte(at)?);
            at = &at[2..];
        }
        let character = String::from_utf8(bytes).ok()?;
        if keeps.contains(&character) {
            let used = after.len() - at.len();
            decoded.push('%');
            decoded.push_str(&after[..used]);
        } else {
            decoded.push_str(&character);
        }
        rest = at;
    }
    decoded.push_str(rest);
    Some(decoded)
}

/// The byte of two hexadecimal digits.
fn byte(text: &str) -> Option<u8> {
    let digits = text.get(..2)?;
    let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| valid)
}
