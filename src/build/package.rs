//! Which binary of the workspace is which function.

use std::path::PathBuf;

use cargo_metadata::{Metadata, Package, PackageId};

use super::{BuildError, BuildRequest};

/// A cargo workspace, as far as a build needs it.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub root: PathBuf,
    pub target_directory: PathBuf,
    /// One for each function, in the order of the request.
    pub binaries: Vec<Binary>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// The name of the package, which is the name of the function.
    pub function: String,
    pub package: PackageId,
    /// The name of the package's binary, most often the package's own.
    pub name: String,
}

/// Asks cargo for the workspace and finds the binary of each function in it.
pub async fn find(request: &BuildRequest) -> Result<Workspace, BuildError> {
    let metadata = metadata(request).await?;
    let binary = |function: &String| binary(&metadata, function);
    Ok(Workspace {
        binaries: request
            .functions
            .iter()
            .map(binary)
            .collect::<Result<_, _>>()?,
        root: metadata.workspace_root.clone().into(),
        target_directory: metadata.target_directory.clone().into(),
    })
}

async fn metadata(request: &BuildRequest) -> Result<Metadata, BuildError> {
    let cargo = request.environment.cargo();
    let mut command = request.environment.command(cargo, &request.root);
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = command
        .output()
        .await
        .map_err(|source| BuildError::NotStarted {
            program: cargo.to_string_lossy().into_owned(),
            source,
        })?;
    if output.status.success() {
        serde_json::from_slice(&output.stdout).map_err(BuildError::Metadata)
    } else {
        let said = String::from_utf8_lossy(&output.stderr)
            .trim_end()
            .to_owned();
        Err(BuildError::NoWorkspace {
            root: request.root.clone(),
            said,
        })
    }
}

fn binary(metadata: &Metadata, function: &str) -> Result<Binary, BuildError> {
    let packages = metadata.workspace_packages();
    let package = packages
        .iter()
        .find(|package| package.name == function)
        .ok_or_else(|| {
            let names = packages
                .iter()
                .filter(|package| !binaries(package).is_empty());
            let names = names.map(|package| package.name.to_string()).collect();
            BuildError::unknown_function(function, names)
        })?;
    let names = binaries(package);
    let name = match names.as_slice() {
        [] => {
            return Err(BuildError::NoBinary {
                function: function.to_owned(),
            });
        }
        [only] => only,
        several => several
            .iter()
            .find(|name| *name == function)
            .ok_or_else(|| BuildError::SeveralBinaries {
                function: function.to_owned(),
                names: several.to_vec(),
            })?,
    };
    Ok(Binary {
        function: function.to_owned(),
        package: package.id.clone(),
        name: name.clone(),
    })
}

fn binaries(package: &Package) -> Vec<String> {
    let targets = package.targets.iter().filter(|target| target.is_bin());
    targets.map(|target| target.name.clone()).collect()
}
