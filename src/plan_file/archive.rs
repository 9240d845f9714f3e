//! The file of a plan as a zip.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{Cursor, Read as _, Write as _};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::manifest::FORMAT;
use super::{Manifest, PlanFile, PlanFileError};
use crate::config::Sources;

const MANIFEST: &str = "manifest.json";
const TEXT: &str = "plan.txt";
const SOURCES: &str = "sources.json";
const ARTIFACTS: &str = "artifacts/";
/// No entry of a good file is larger: Lambda takes a handler of 250 MB.
const LARGEST: u64 = 300 << 20;

#[derive(Serialize, Deserialize)]
struct Sealed<M> {
    seal: String,
    #[serde(flatten)]
    manifest: M,
}

/// What even a file of a later format says.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
    txflow: String,
}

pub(super) fn pack(file: &PlanFile, seal: &str) -> ZipResult<Vec<u8>> {
    let manifest = json!(Sealed {
        seal: seal.to_owned(),
        manifest: &file.manifest,
    });
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut entry = |name: &str, bytes: &[u8], method| {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::DEFAULT);
        writer.start_file(name, options)?;
        writer.write_all(bytes)?;
        ZipResult::Ok(())
    };
    let small = CompressionMethod::Deflated;
    entry(MANIFEST, format!("{manifest:#}\n").as_bytes(), small)?;
    entry(TEXT, file.manifest.changes.text.as_bytes(), small)?;
    let sources = json!(file.sources.0);
    entry(SOURCES, format!("{sources:#}\n").as_bytes(), small)?;
    for (handler, zip) in &file.artifacts {
        let name = format!("{ARTIFACTS}{handler}.zip");
        entry(&name, zip, CompressionMethod::Stored)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// What is in a file, of which nothing is checked yet.
pub(super) struct Unpacked {
    pub file: PlanFile,
    pub seal: String,
    /// The plan as people read it, which the manifest has as well.
    text: Vec<u8>,
}

impl Unpacked {
    /// Checks what a reviewer reads against the manifest.
    pub fn check_text(&self) -> Result<(), PlanFileError> {
        match self.text == self.file.manifest.changes.text.as_bytes() {
            true => Ok(()),
            false => Err(PlanFileError::Changed(TEXT.to_owned())),
        }
    }
}

pub(super) fn unpack(bytes: &[u8]) -> Result<Unpacked, PlanFileError> {
    let no_zip = |cause: ZipError| PlanFileError::NotAPlan(cause.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(no_zip)?;
    let manifest: Value = document(&mut archive, MANIFEST)?;
    let bad_manifest = |cause: serde_json::Error| unreadable(MANIFEST, &cause);
    let AnyFormat { format, txflow } = AnyFormat::deserialize(&manifest).map_err(bad_manifest)?;
    if format != FORMAT {
        return Err(PlanFileError::OtherFormat {
            format,
            made: txflow,
            here: FORMAT,
        });
    }
    let sealed = Sealed::<Manifest>::deserialize(&manifest).map_err(bad_manifest)?;
    let sources = Sources(document(&mut archive, SOURCES)?);
    let text = content(&mut archive, TEXT)?;
    let names = archive.file_names().map(|name| Ok(name?.into_owned()));
    let names: ZipResult<Vec<String>> = names.collect();
    let mut artifacts = BTreeMap::new();
    for name in names.map_err(no_zip)? {
        let handler = name.strip_prefix(ARTIFACTS);
        if let Some(handler) = handler.and_then(|name| name.strip_suffix(".zip")) {
            let zip = content(&mut archive, &name)?;
            artifacts.insert(handler.to_owned(), Arc::from(zip));
        }
    }
    let file = PlanFile {
        manifest: sealed.manifest,
        sources,
        artifacts,
    };
    Ok(Unpacked {
        file,
        seal: sealed.seal,
        text,
    })
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn document<T: DeserializeOwned>(
    archive: &mut Archive<'_>,
    name: &str,
) -> Result<T, PlanFileError> {
    let content = content(archive, name)?;
    serde_json::from_slice(&content).map_err(|cause| unreadable(name, &cause))
}

fn content(archive: &mut Archive<'_>, name: &str) -> Result<Vec<u8>, PlanFileError> {
    let entry = archive.by_name(name);
    let entry = entry.map_err(|cause| unreadable(name, &cause))?;
    let mut content = Vec::new();
    // It may say that it is small, and not be.
    let read = entry.take(LARGEST + 1).read_to_end(&mut content);
    read.map_err(|cause| unreadable(name, &cause))?;
    if content.len() as u64 > LARGEST {
        return Err(unreadable(name, &"it is too large"));
    }
    Ok(content)
}

fn unreadable(name: &str, cause: &dyn Display) -> PlanFileError {
    PlanFileError::NotAPlan(format!("{name}: {cause}"))
}
