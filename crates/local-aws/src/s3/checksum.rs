//! The checksums that clients send, ask for and compare.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crc::{CRC_32_ISCSI, CRC_64_NVME, Crc};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Output, Request};
use crate::fault::Fault;

const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
const CRC64NVME: Crc<u64> = Crc::<u64>::new(&CRC_64_NVME);

/// As S3's model names them, in the members `Checksum…`.
const ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) algorithm: String,
    /// In base64.
    pub(super) value: String,
    /// `FULL_OBJECT`, or `COMPOSITE`: of the checksums of the parts.
    pub(super) kind: String,
}

impl Checksum {
    /// The checksum that a request brings or asks for. A wrong one is refused.
    pub(super) fn of(request: &Request) -> Result<Option<Checksum>, Fault> {
        if let Some(sent) = request.text("ContentMD5")
            && sent != STANDARD.encode(md5(&request.body))
        {
            let message = "The Content-MD5 you specified did not match what we received.";
            return Err(Fault::bad("BadDigest", message));
        }
        let sent = sent(request);
        let asked = request.text("ChecksumAlgorithm");
        let Some(algorithm) = sent.map(|(algorithm, _)| algorithm).or(asked) else {
            return Ok(None);
        };
        let Some(value) = value(algorithm, &request.body) else {
            let message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
                           [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
            return Err(Fault::bad("InvalidRequest", message));
        };
        match sent {
            Some((_, sent)) if sent != value => {
                let message =
                    format!("The {algorithm} you specified did not match the calculated checksum.");
                Err(Fault::bad("BadDigest", message))
            }
            _ => Ok(Some(Checksum {
                algorithm: algorithm.to_owned(),
                value,
                kind: "FULL_OBJECT".to_owned(),
            })),
        }
    }

    /// The checksum of an object that was uploaded in parts: of the checksums of these.
    pub(super) fn of_parts(algorithm: &str, parts: &[&Checksum]) -> Option<Checksum> {
        let values = parts.iter().map(|part| STANDARD.decode(&part.value));
        let values = values.collect::<Result<Vec<_>, _>>().ok()?.concat();
        let whole = value(algorithm, &[Bytes::from(values)])?;
        Some(Checksum {
            algorithm: algorithm.to_owned(),
            value: format!("{whole}-{}", parts.len()),
            kind: "COMPOSITE".to_owned(),
        })
    }

    /// The checksum of a whole body.
    pub(super) fn full(algorithm: &str, body: &[Bytes]) -> Option<Checksum> {
        Some(Checksum {
            algorithm: algorithm.to_owned(),
            value: value(algorithm, body)?,
            kind: "FULL_OBJECT".to_owned(),
        })
    }

    pub(super) fn show(&self, members: &mut Map<String, Value>) {
        let member = format!("Checksum{}", self.algorithm);
        members.insert(member, self.value.as_str().into());
    }
}

impl Output {
    pub(super) fn with_checksum(mut self, checksum: Option<&Checksum>) -> Output {
        if let Some(checksum) = checksum {
            checksum.show(&mut self.members);
            let kind = checksum.kind.as_str();
            self.members.insert("ChecksumType".to_owned(), kind.into());
        }
        self
    }
}

fn sent(request: &Request) -> Option<(&'static str, &str)> {
    let mut all = ALGORITHMS.into_iter();
    all.find_map(|name| Some((name, request.text(&format!("Checksum{name}"))?)))
}

fn value(algorithm: &str, body: &[Bytes]) -> Option<String> {
    let pieces = || body.iter().map(|piece| &piece[..]);
    Some(match algorithm {
        "CRC32" => {
            let mut hasher = crc32fast::Hasher::new();
            pieces().for_each(|piece| hasher.update(piece));
            STANDARD.encode(hasher.finalize().to_be_bytes())
        }
        "CRC32C" => {
            let mut hasher = CRC32C.digest();
            pieces().for_each(|piece| hasher.update(piece));
            STANDARD.encode(hasher.finalize().to_be_bytes())
        }
        "CRC64NVME" => {
            let mut hasher = CRC64NVME.digest();
            pieces().for_each(|piece| hasher.update(piece));
            STANDARD.encode(hasher.finalize().to_be_bytes())
        }
        "SHA1" => STANDARD.encode(digest::<sha1::Sha1>(body)),
        "SHA256" => STANDARD.encode(digest::<sha2::Sha256>(body)),
        _ => return None,
    })
}

fn digest<D: Digest>(body: &[Bytes]) -> Vec<u8> {
    let mut hasher = D::new();
    body.iter().for_each(|piece| hasher.update(piece));
    hasher.finalize().to_vec()
}

/// The MD5 of a body, as an `ETag` shows it.
pub(super) fn md5(body: &[Bytes]) -> Vec<u8> {
    digest::<Md5>(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue and of FIPS 180.
    #[test]
    fn checksums_are_those_of_their_algorithms() {
        let body = [Bytes::from_static(b"1234"), Bytes::from_static(b"56789")];
        for (algorithm, hex) in [
            ("CRC32", "cbf43926"),
            ("CRC32C", "e3069283"),
            ("CRC64NVME", "ae8b14860a799888"),
            ("SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ] {
            let encoded = value(algorithm, &body).unwrap();
            assert_eq!(
                hex::encode(STANDARD.decode(encoded).unwrap()),
                hex,
                "{algorithm}"
            );
        }
        assert_eq!(value("MD4", &body), None);
    }
}
