//! cargo → `bootstrap` → deterministic zip → [`Artifact`].
//!
//! One cargo call builds all handlers. Each is checked, zipped and hashed as soon as cargo reports
//! it, while the others still compile. Nothing here prints: cargo's own diagnostics go to the
//! standard error that it inherits, or come back in the error, and progress goes out as
//! [`BuildEvent`]s.
//!
//! The zip of a handler for Lambda is a function of the source, `Cargo.lock`, the toolchain and the user's
//! flags. Everything that depends on the machine is taken out: paths in [`flags`], file times, order
//! and modes in [`zip`], and variables in [`environment`], which also hides credentials from the code
//! that a build runs.

mod architecture;
mod artifact;
mod binary_place;
#[expect(clippy::disallowed_types, reason = "starts programs")]
mod cargo;
mod compiler_error;
mod environment;
mod error;
mod flags;
mod gate;
mod host;
mod local;
mod package;
#[expect(clippy::disallowed_types, reason = "starts programs")]
mod process;
mod profile;
#[expect(clippy::disallowed_types, reason = "says what contains a build")]
mod request;
mod said;
#[expect(clippy::disallowed_types, reason = "reads cargo's configuration")]
mod settings;
mod target;
mod zip;
mod zip_cache;

pub use artifact::Artifact;
pub use compiler_error::CompilerError;
pub use environment::Environment;
pub use error::{BuildError, Lacks};
pub use gate::GateError;
pub use request::{BuildEvent, BuildRequest, CargoOutput, Purpose, RequestedFunction};
pub use target::TargetError;

use host::Host;
use package::Workspace;
use settings::CargoSettings;
use target::Linking;

use crate::config::BuildConfig;

/// What a build knows of the workspace and of the toolchain; nothing if there is nothing to build.
pub struct Prepared(Option<(Workspace, Compiler)>);

/// Asks cargo and rustc for what a build has to know, and compiles nothing.
pub async fn prepare(request: &BuildRequest) -> Result<Prepared, BuildError> {
    if request.functions.is_empty() {
        return Ok(Prepared(None));
    }
    let prepared = match request.purpose {
        Purpose::Lambda => {
            let (workspace, (settings, host)) =
                tokio::try_join!(package::find(request), toolchain(request))?;
            let compiler = for_lambda(request, &settings, &workspace, &host)?;
            (workspace, compiler)
        }
        Purpose::Local => tokio::try_join!(package::find(request), local::compiler(request))?,
    };
    Ok(Prepared(Some(prepared)))
}

/// Builds every function of `request`, and returns the artifacts in the order of `request.functions`.
///
/// Cargo and everything that it has started end when the future completes or is dropped.
pub async fn build(
    request: &BuildRequest,
    prepared: &Prepared,
    on_event: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Vec<Artifact>, BuildError> {
    match &prepared.0 {
        Some((workspace, compiler)) => cargo::run(request, workspace, compiler, on_event).await,
        // Without a package, cargo would build all of them.
        None => Ok(Vec::new()),
    }
}

/// Finds the crate of every function of `request`, and builds none.
pub async fn find_crates(request: &BuildRequest) -> Result<(), BuildError> {
    if request.functions.is_empty() {
        return Ok(());
    }
    match package::find(request).await {
        // A computer without cargo can check the files all the same.
        Ok(_) | Err(BuildError::NotStarted { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What there is to build for Lambda with.
async fn toolchain(request: &BuildRequest) -> Result<(CargoSettings, Host), BuildError> {
    let rustc = settings::rustc(request).await?;
    let candidates = architecture::candidates(request.config.architecture);
    let settings = settings::read(request, &rustc, candidates.map(str::to_owned).into()).await?;
    let host = host::describe(request, &rustc, &settings).await?;
    Ok((settings, host))
}

/// How cargo compiles and links.
struct Compiler {
    target: String,
    linking: Linking,
    /// The value of `CARGO_ENCODED_RUSTFLAGS`, if cargo's own configuration is not enough.
    flags: Option<String>,
}

fn for_lambda(
    request: &BuildRequest,
    settings: &CargoSettings,
    workspace: &Workspace,
    host: &Host,
) -> Result<Compiler, BuildError> {
    let BuildConfig {
        architecture,
        linker,
        ..
    } = request.config;
    let toolchain = target::choose(host, architecture, linker)?;
    let cargo_home = request.environment.cargo_home();
    let flags = flags::encode(
        settings,
        workspace,
        request.profile(),
        host,
        toolchain,
        cargo_home.as_deref(),
    );
    Ok(Compiler {
        target: toolchain.target.to_owned(),
        linking: toolchain.linking,
        flags: Some(flags),
    })
}
