//! Stand-ins for the actions of others: what the workflows rely on, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::job::{Conclusion, Job, Step};

type Inputs = BTreeMap<String, String>;

impl Job<'_> {
    pub(super) fn action_of_others(&mut self, outcome: &mut Step, action: &str, inputs: &Inputs) {
        let name = action.split('@').next().unwrap_or_default();
        let done = match name {
            "actions/checkout" => Ok(()),
            // A cache that is empty.
            "actions/cache" => {
                needed(inputs, &["path", "key"]);
                Ok(())
            }
            "aws-actions/configure-aws-credentials" => self.assume_role(inputs),
            "actions/upload-artifact" => self.upload(inputs),
            "actions/download-artifact" => self.download(inputs),
            _ => panic!("add `{name}` to what this runner knows"),
        };
        outcome.conclusion = Conclusion::Success;
        if let Err(error) = done {
            outcome.conclusion = Conclusion::Failure;
            outcome.log = error;
        }
    }

    fn assume_role(&mut self, inputs: &Inputs) -> Result<(), String> {
        let [role, region] = needed(inputs, &["role-to-assume", "aws-region"])[..] else {
            unreachable!("two were asked for")
        };
        if !self.may_have_identity() {
            return Err(format!("the job has no token to assume `{role}` with"));
        }
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", region),
        ] {
            self.environment.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }

    fn upload(&self, inputs: &Inputs) -> Result<(), String> {
        let [name, path] = needed(inputs, &["name", "path"])[..] else {
            unreachable!("two were asked for")
        };
        let file = Path::new(path);
        let folder = self.artifact(name);
        fs::create_dir_all(&folder).expect("a folder");
        let to = folder.join(file.file_name().expect("a file"));
        let copied = fs::copy(file, to);
        copied.map(drop).map_err(|error| format!("{path}: {error}"))
    }

    fn download(&self, inputs: &Inputs) -> Result<(), String> {
        let [name, path] = needed(inputs, &["name", "path"])[..] else {
            unreachable!("two were asked for")
        };
        let files = fs::read_dir(self.artifact(name));
        let files = files.map_err(|error| format!("the artifact `{name}`: {error}"))?;
        for file in files {
            let file = file.expect("an entry");
            fs::copy(file.path(), Path::new(path).join(file.file_name())).expect("copy it");
        }
        Ok(())
    }

    fn artifact(&self, name: &str) -> PathBuf {
        self.runner.file("artifacts").join(name)
    }
}

/// Inputs without which the action would not work.
fn needed<'a>(inputs: &'a Inputs, names: &[&str]) -> Vec<&'a str> {
    let value = |name: &&str| {
        let value = inputs.get(*name).filter(|value| !value.is_empty());
        value
            .unwrap_or_else(|| panic!("`{name}` is not set"))
            .as_str()
    };
    names.iter().map(value).collect()
}
