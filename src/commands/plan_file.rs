//! The file of a plan: `plan --out` writes it, `deploy --plan` applies it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;
use similar::TextDiff;

use super::context::{Context, Session};
use super::error::CommandError;
use super::plan::view::PlanView;
use crate::build::Artifact;
use crate::canary::CanaryStart;
use crate::config::{Architecture, Deployment};
use crate::input_file;
use crate::plan_file::{Changes, Key, Manifest, PlanFile, PlanFileError, Target};
use crate::report::Answer as _;
use crate::resources::Desired;
use crate::stack::{Origin, Stack};
use crate::world::{World, plain};

/// The variable with a key that the jobs of a pipeline share.
pub(super) const PLAN_KEY: &str = "TXFLOW_PLAN_KEY";

/// Writes a plan and all that it was made from into a file.
pub(super) fn keep(
    context: &Context,
    path: &Path,
    session: &Session,
    artifacts: &[Artifact],
    desired: &Desired,
    view: &PlanView<'_>,
) -> Result<()> {
    let Session {
        deployment, stack, ..
    } = session;
    let world = &context.world;
    let pack = || {
        check_sources(deployment)?;
        let shared = world.variable(PLAN_KEY);
        let salt = format!("{}{}", world.random.uuid(), world.random.uuid());
        let key = Key::new(salt, shared.as_deref());
        let target = target(stack, deployment.build.architecture);
        let commit = desired.origin.commit.clone();
        let mut manifest = Manifest::new(target, commit, changes(world, view), &key);
        manifest.canary = desired.canary.clone();
        let value = |name: &str| world.environment.get(name);
        let manifest = manifest.with_values(&deployment.variables, value, &key);
        PlanFile::new(manifest, deployment.sources.clone(), artifacts).pack(&key)
    };
    let packed = pack().with_context(|| format!("the plan is not in `{}`", path.display()))?;
    write(path, &packed).map_err(|cause| CommandError::CannotWrite {
        path: path.display().to_string(),
        cause,
    })?;
    Ok(())
}

/// A secret that stands in deploy.toml would be in the file in clear.
fn check_sources(deployment: &Deployment) -> Result<(), PlanFileError> {
    for (path, text) in &deployment.sources.0 {
        if deployment
            .deployed_secrets()
            .any(|secret| text.contains(secret))
        {
            return Err(PlanFileError::SecretInSource(path.clone()));
        }
    }
    Ok(())
}

/// All of it or nothing: a job that is cut off must not leave half a plan.
#[expect(
    clippy::disallowed_methods,
    reason = "writes the file that the user names"
)]
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let mut options = OpenOptions::new();
    let mut file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(bytes)?;
    fs::rename(unfinished, path)
}

/// No plan is larger: Lambda takes 50 MB of each handler.
const LARGEST: u64 = 2 << 30;

/// So many lines of a difference are shown; a whole definition has more than anybody reads in an error.
const SHOWN: usize = 30;

/// A plan that was kept to be reviewed.
pub(super) struct Reviewed {
    path: PathBuf,
    file: PlanFile,
}

impl Reviewed {
    /// Reads it, and checks that it is for this stage and was made with these values.
    #[expect(
        clippy::disallowed_methods,
        reason = "reads the file that the user names"
    )]
    pub fn read(context: &Context, path: &Path) -> Result<Self> {
        let world = &context.world;
        let bytes = input_file::bytes(path, LARGEST).map_err(|cause| CommandError::CannotRead {
            path: path.display().to_string(),
            cause,
        })?;
        let read = || {
            let shared = world.variable(PLAN_KEY);
            let (file, key) = PlanFile::unpack(&bytes, shared.as_deref())?;
            file.manifest.check_version()?;
            same("stage", &file.manifest.target.stage, &context.global.stage)?;
            let value = |name: &str| world.environment.get(name);
            file.manifest.check_values(value, &key)?;
            Ok::<_, PlanFileError>(file)
        };
        let file = read().with_context(|| not_applied(path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// What it deploys.
    pub fn deployment(&self, context: &Context) -> Result<Deployment> {
        let mut deployment = context.project.load_packed(self.file.sources.clone())?;
        let architecture = &self.file.manifest.target.architecture;
        let known = [Architecture::X86_64, Architecture::Arm64];
        let planned = known
            .into_iter()
            .find(|known| known.as_str() == architecture);
        deployment.build.architecture = planned.unwrap_or(deployment.build.architecture);
        Ok(deployment)
    }

    pub fn artifacts(&self) -> Vec<Artifact> {
        self.file.artifacts()
    }

    /// The canary that it was made with.
    pub fn canary(&self) -> Option<&CanaryStart> {
        self.file.manifest.canary.as_ref()
    }

    pub fn origin(&self) -> Origin {
        Origin {
            commit: self.file.manifest.commit.clone(),
        }
    }

    /// Checks that the same plan comes out of what AWS holds now.
    pub fn check(&self, context: &Context, session: &Session, view: &PlanView<'_>) -> Result<()> {
        let check = || {
            let planned = &self.file.manifest.target;
            let here = target(&session.stack, session.deployment.build.architecture);
            same("stack", &planned.stack, &here.stack)?;
            same("partition", &planned.partition, &here.partition)?;
            same("account", &planned.account, &here.account)?;
            same("region", &planned.region, &here.region)?;
            let reviewed = &self.file.manifest.changes;
            let now = changes(&context.world, view);
            if reviewed.data == now.data {
                return Ok(());
            }
            let diff = TextDiff::from_lines(&reviewed.text, &now.text);
            let diff = diff.unified_diff().context_radius(2).to_string();
            let lines = diff.split_inclusive('\n');
            Err(PlanFileError::OtherChanges {
                diff: lines.clone().take(SHOWN).collect(),
                more: lines.count().saturating_sub(SHOWN),
                plan: context.global.same_stack("txflow plan --verbose"),
            })
        };
        check().with_context(|| not_applied(&self.path))
    }
}

fn not_applied(path: &Path) -> String {
    format!("the plan in `{}` is not applied", path.display())
}

fn same(what: &'static str, planned: &str, here: &str) -> Result<(), PlanFileError> {
    match planned == here {
        true => Ok(()),
        false => Err(PlanFileError::OtherTarget {
            what,
            planned: planned.to_owned(),
            here: here.to_owned(),
        }),
    }
}

fn target(stack: &Stack, architecture: Architecture) -> Target {
    Target {
        stack: stack.name.clone(),
        stage: stack.stage.clone(),
        partition: stack.account.partition.clone(),
        account: stack.account.id.clone(),
        region: stack.account.region.clone(),
        architecture: architecture.as_str().to_owned(),
    }
}

/// What a plan changes. Its notes are left out: some depend on the time.
fn changes(world: &World, view: &PlanView<'_>) -> Changes {
    let view = view.without_notes();
    let mut data = json!(view.changes);
    world.secrets.mask_json(&mut data);
    let text = plain(&view.verbose(true).text());
    Changes {
        data,
        text: world.secrets.mask(&text).into_owned() + "\n",
    }
}
