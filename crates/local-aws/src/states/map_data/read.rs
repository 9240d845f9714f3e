//! The items of an ItemReader.

use std::fmt;
use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use txflow_asl::definition::ResourceKind;
use txflow_asl::states::ItemsRead;
use txflow_asl::{Packed, TaskError, TaskRequest};

use super::Objects;
use super::csv::csv;
use crate::clock;
use crate::states::caller::Caller;
use crate::states::integrations::{Integrations, Performed};

/// The most that a data file of a manifest may unpack to.
const MOST_UNPACKED: u64 = 1024 * 1024 * 1024;

impl Integrations {
    pub(in crate::states) async fn read_items(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        config: &Value,
        most: Option<usize>,
    ) -> Result<Performed, TaskError> {
        let objects = Objects {
            integrations: self,
            caller,
            request,
            error: "States.ItemReaderFailed",
        };
        let reader = Reader {
            config,
            most: most.unwrap_or(usize::MAX),
        };
        let action = match &request.resource.kind {
            ResourceKind::Service { resource, .. } => resource.as_str(),
            _ => "",
        };
        let found = match action {
            "getObject" => objects.items(&reader).await?,
            "listObjectsV2" => Found::Items(objects.listed(&reader).await?),
            _ => {
                let cause = format!(
                    "The resource '{}' cannot be the source of an ItemReader",
                    request.resource.arn
                );
                return Err(objects.failed(cause));
            }
        };
        Ok(match found {
            Found::Items(items) => Performed::Items(items),
            Found::Members(members) => Performed::Output(Value::Object(members).into()),
        })
    }
}

/// What a Map iterates over.
enum Found {
    Items(ItemsRead),
    /// The members of an object.
    Members(Map<String, Value>),
}

impl From<Found> for Value {
    fn from(found: Found) -> Value {
        match found {
            Found::Items(read) => { read.items.iter() }
                .map(|item| item.unpack().into_value())
                .collect(),
            Found::Members(members) => members.into(),
        }
    }
}

impl From<Vec<Packed>> for Found {
    fn from(items: Vec<Packed>) -> Self {
        Self::Items(items.into())
    }
}

type Items = Result<ItemsRead, TaskError>;

fn add(read: &mut ItemsRead, bucket: &str, key: &str, items: Vec<Packed>) {
    let source = (format!("s3://{bucket}/{key}"), items.len());
    read.sources.push(source);
    read.items.extend(items);
}

impl Objects<'_> {
    /// The items in an object, or in those that a manifest names.
    async fn items(&self, reader: &Reader<'_>) -> Result<Found, TaskError> {
        let (_, body) = self
            .call("getObject", self.request.parameters.value().clone(), vec![])
            .await?;
        match (reader.text("InputType"), reader.text("ManifestType")) {
            (_, Some("ATHENA_DATA")) => self.of_athena(reader, &body).await.map(Found::Items),
            (Some("MANIFEST"), _) => self.of_inventory(reader, &body).await.map(Found::Items),
            _ => reader.parse(&body).map_err(|cause| self.failed(cause)),
        }
    }

    /// The rows of the files that the manifest of an S3 Inventory report names.
    async fn of_inventory(&self, reader: &Reader<'_>, manifest: &[u8]) -> Items {
        let manifest: Value = serde_json::from_slice(manifest)
            .map_err(|error| self.failed(format!("The manifest is not valid JSON: {error}")))?;
        if manifest["fileFormat"] != "CSV" {
            return Err(self.failed("The file format of an inventory must be CSV."));
        }
        let schema = manifest["fileSchema"].as_str().unwrap_or_default();
        let columns = schema
            .split(',')
            .map(|column| column.trim().to_owned())
            .collect();
        let bucket = manifest["destinationBucket"].as_str().unwrap_or_default();
        let bucket = bucket.strip_prefix("arn:aws:s3:::").unwrap_or(bucket);
        let mut columns = Some(columns);
        let mut read = ItemsRead::default();
        for file in manifest["files"].as_array().into_iter().flatten() {
            let key = file["key"].as_str().unwrap_or_default();
            let input = json!({ "Bucket": bucket, "Key": key });
            let (_, body) = self.call("getObject", input, vec![]).await?;
            let body = unpacked(&body).map_err(|cause| self.failed(cause))?;
            let left = reader.most - read.items.len();
            let rows = csv(&body, b',', &mut columns, left).map_err(|cause| self.failed(cause))?;
            add(&mut read, bucket, key, rows);
        }
        Ok(read)
    }

    /// The items in the files that the manifest of an Athena query lists.
    async fn of_athena(&self, reader: &Reader<'_>, manifest: &[u8]) -> Items {
        let manifest = String::from_utf8_lossy(manifest).into_owned();
        let uris = manifest.lines().map(|line| line.trim().trim_matches('"'));
        let mut read = ItemsRead::default();
        for uri in uris.filter(|uri| !uri.is_empty()) {
            let named = uri
                .strip_prefix("s3://")
                .and_then(|uri| uri.split_once('/'));
            let Some((bucket, key)) = named else {
                return Err(self.failed(format!(
                    "The manifest names '{uri}', which is not the URI of an object"
                )));
            };
            self.add_object(reader, bucket, key, &mut read).await?;
        }
        Ok(read)
    }

    async fn add_object(
        &self,
        reader: &Reader<'_>,
        bucket: &str,
        key: &str,
        read: &mut ItemsRead,
    ) -> Result<(), TaskError> {
        if read.items.len() < reader.most {
            let input = json!({ "Bucket": bucket, "Key": key });
            let (_, body) = self.call("getObject", input, vec![]).await?;
            let body = unpacked(&body).map_err(|cause| self.failed(cause))?;
            let rest = Reader {
                config: reader.config,
                most: reader.most - read.items.len(),
            };
            let rows = rest.rows(&body).map_err(|cause| self.failed(cause))?;
            add(read, bucket, key, rows);
        }
        Ok(())
    }

    /// The objects of a bucket, or what is in them.
    async fn listed(&self, reader: &Reader<'_>) -> Items {
        let mut input = self.request.parameters.value().clone();
        let bucket = input["Bucket"].as_str().unwrap_or_default().to_owned();
        let flattened = reader.text("Transformation") == Some("LOAD_AND_FLATTEN");
        let mut read = ItemsRead::default();
        while read.items.len() < reader.most {
            let (page, _) = self.call("listObjectsV2", input.clone(), vec![]).await?;
            for entry in page["Contents"].as_array().into_iter().flatten() {
                match (flattened, entry["Key"].as_str()) {
                    (true, Some(key)) => self.add_object(reader, &bucket, key, &mut read).await?,
                    _ => read.items.push(Packed::from(&listed(entry))),
                }
            }
            match &page["NextContinuationToken"] {
                Value::Null => break,
                token => input["ContinuationToken"] = token.clone(),
            }
        }
        read.items.truncate(reader.most);
        Ok(read)
    }
}

/// An object as the item of a Map.
fn listed(entry: &Value) -> Value {
    let modified = entry["LastModified"].as_str().and_then(clock::parse_date);
    json!({
        "Etag": entry["ETag"],
        "Key": entry["Key"],
        "LastModified": modified.unwrap_or_default() / 1000,
        "Size": entry["Size"],
        "StorageClass": entry["StorageClass"],
    })
}

/// Files of manifests may be compressed.
fn unpacked(body: &Bytes) -> Result<Bytes, String> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Ok(body.clone());
    }
    let mut text = Vec::new();
    let read = GzDecoder::new(&body[..])
        .take(MOST_UNPACKED)
        .read_to_end(&mut text);
    read.map_err(|error| format!("The file cannot be decompressed: {error}"))?;
    Ok(text.into())
}

/// The items in the text of an object. One that is made of other objects counts as the list of what is in them.
pub(in crate::states) fn parse_items(config: &Value, text: &str) -> Result<Value, String> {
    let reader = Reader {
        config,
        most: usize::MAX,
    };
    match reader.text("InputType") {
        Some("CSV" | "JSONL" | "JSON") => reader.parse(text.as_bytes()),
        _ => reader.json(text.as_bytes()),
    }
    .map(Value::from)
}

/// How the text of an object is read.
struct Reader<'a> {
    /// `ReaderConfig`.
    config: &'a Value,
    /// More items than these are not needed.
    most: usize,
}

impl Reader<'_> {
    fn text(&self, member: &str) -> Option<&str> {
        self.config[member].as_str()
    }

    /// The items of one file of several.
    fn rows(&self, body: &[u8]) -> Result<Vec<Packed>, String> {
        match self.parse(body)? {
            Found::Items(read) => Ok(read.items),
            Found::Members(single) => Ok(vec![Packed::from(&Value::Object(single))]),
        }
    }

    fn parse(&self, body: &[u8]) -> Result<Found, String> {
        match self.text("InputType") {
            Some("CSV") => self.csv(body).map(Found::from),
            Some("JSONL") => self.lines(body).map(Found::from),
            Some("JSON") | None => self.json(body),
            Some(other) => Err(format!(
                "The local AWS cannot read items of the type '{other}'"
            )),
        }
    }

    /// An array, or where the pointer leads. Only there, an object counts as its members.
    fn json(&self, body: &[u8]) -> Result<Found, String> {
        let invalid = |error| format!("The content of the object is not valid JSON: {error}");
        let pointer = self.text("ItemsPointer");
        if pointer.is_none() && body.trim_ascii_start().starts_with(b"[") {
            let items = Elements { most: self.most }.of(body).map_err(invalid)?;
            return Ok(items.into());
        }
        let mut value: Value = serde_json::from_slice(body).map_err(invalid)?;
        let found = match pointer {
            Some(pointer) => value.pointer_mut(pointer).map(Value::take),
            None => Some(value),
        };
        match found {
            Some(Value::Array(items)) => {
                let items = items.into_iter().take(self.most);
                let items: Vec<_> = items.map(|item| Packed::from(&item)).collect();
                Ok(items.into())
            }
            Some(Value::Object(members)) if pointer.is_some() => Ok(Found::Members(members)),
            _ => Err("Attempting to map over non-iterable node.".to_owned()),
        }
    }

    fn lines(&self, body: &[u8]) -> Result<Vec<Packed>, String> {
        let lines = body.split(|byte| *byte == b'\n').enumerate();
        let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
        let items = lines.take(self.most).map(|(number, line)| {
            let parsed: Result<Value, _> = serde_json::from_slice(line);
            match parsed {
                Ok(item) => Ok(Packed::from(&item)),
                Err(error) => Err(format!("Line {} is not valid JSON: {error}", number + 1)),
            }
        });
        items.collect()
    }

    fn csv(&self, body: &[u8]) -> Result<Vec<Packed>, String> {
        let delimiter = match self.text("CSVDelimiter") {
            Some("PIPE") => b'|',
            Some("SEMICOLON") => b';',
            Some("SPACE") => b' ',
            Some("TAB") => b'\t',
            _ => b',',
        };
        let given = self.config["CSVHeaders"].as_array();
        let given = given.filter(|_| self.text("CSVHeaderLocation") == Some("GIVEN"));
        let mut headers = given.map(|names| {
            let names = names
                .iter()
                .map(|name| name.as_str().unwrap_or_default().to_owned());
            names.collect::<Vec<_>>()
        });
        csv(body, delimiter, &mut headers, self.most)
    }
}

/// Reads the elements of an array one by one, so that not all of them are values at once.
struct Elements {
    most: usize,
}

impl Elements {
    fn of(self, body: &[u8]) -> serde_json::Result<Vec<Packed>> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let items = json.deserialize_seq(self)?;
        json.end()?;
        Ok(items)
    }
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<Packed>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<Packed>, A::Error> {
        let mut items = Vec::new();
        while let Some(element) = elements.next_element::<Value>()? {
            if items.len() < self.most {
                items.push(Packed::from(&element));
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: Value, most: usize, text: &str) -> Result<Value, String> {
        let reader = Reader {
            config: &config,
            most,
        };
        reader.parse(text.as_bytes()).map(Value::from)
    }

    #[test]
    fn rows_have_the_fields_that_the_headers_name() {
        let text = "A,B\n1,\"x, y\"\n\n2\n3,4,5\n";
        let rows =
            json!([{ "A": "1", "B": "x, y" }, { "A": "2", "B": "" }, { "A": "3", "B": "4" }]);
        let first = json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" });
        assert_eq!(read(first.clone(), 9, text), Ok(rows));
        assert_eq!(read(first, 1, text), Ok(json!([{ "A": "1", "B": "x, y" }])));
        for (name, delimiter) in [
            ("PIPE", "|"),
            ("SEMICOLON", ";"),
            ("SPACE", " "),
            ("TAB", "\t"),
            ("COMMA", ","),
        ] {
            let given = json!({
                "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["X", "Y"], "CSVDelimiter": name,
            });
            let row = format!("1{delimiter}2");
            assert_eq!(
                read(given, 9, &row),
                Ok(json!([{ "X": "1", "Y": "2" }])),
                "{name}"
            );
        }
        let twice = json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" });
        let refused = Err("CSV headers cannot contain duplicates.".to_owned());
        assert_eq!(read(twice, 9, "A,A\n1,2\n"), refused);
    }

    #[test]
    fn json_is_an_array_or_has_one_where_the_pointer_says() {
        let json = json!({ "InputType": "JSON" });
        assert_eq!(read(json.clone(), 2, "[1,2,3]"), Ok(json!([1, 2])));
        let refused = Err("Attempting to map over non-iterable node.".to_owned());
        assert_eq!(read(json.clone(), 9, "{}"), refused);
        let spaced = "\n [ {\"b\": 1.50, \"a\": []},\n null ] ";
        assert_eq!(
            read(json.clone(), 9, spaced),
            Ok(json!([{ "b": 1.5, "a": [] }, null]))
        );
        // What is beyond the items that count is looked at as well.
        for broken in ["[1,2", "[1,2]]", "[1,2,x]"] {
            let error = read(json.clone(), 1, broken).unwrap_err();
            assert!(
                error.starts_with("The content of the object is not valid JSON: "),
                "{error}"
            );
        }
        let inside = json!({ "InputType": "JSON", "ItemsPointer": "/a/b" });
        assert_eq!(
            read(inside.clone(), 9, r#"{"a":{"b":[1]}}"#),
            Ok(json!([1]))
        );
        assert_eq!(read(inside.clone(), 9, r#"{"a":1}"#), refused);
        // As AWS documents: the node may be an array or an object.
        let members = r#"{"a":{"b":{"x":1}}}"#;
        assert_eq!(read(inside, 9, members), Ok(json!({ "x": 1 })));
    }

    #[test]
    fn each_line_is_an_item() {
        let lines = json!({ "InputType": "JSONL" });
        assert_eq!(
            read(lines.clone(), 9, "{\"a\":1}\r\n\n2\n"),
            Ok(json!([{ "a": 1 }, 2]))
        );
        assert_eq!(read(lines.clone(), 1, "1\nnot read"), Ok(json!([1])));
        assert!(
            read(lines, 9, "1\nx")
                .unwrap_err()
                .starts_with("Line 2 is not valid JSON")
        );
    }
}
