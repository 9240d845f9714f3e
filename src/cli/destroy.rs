use clap::Args;

#[derive(Debug, Args)]
pub struct DestroyOptions {
    /// Do not ask; a protected stage is removed only with this
    #[arg(long, short)]
    pub yes: bool,
}
