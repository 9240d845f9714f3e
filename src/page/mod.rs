//! A page to look at in a browser, and to act from: the server, who may use it, and what it shows.
//!
//! The server knows nothing of AWS: a [`Site`] answers its requests, `commands::ui` in txflow. `view` is pure: values in, markup
//! out. Whoever can use the page can start executions as its user, so `guard` decides before anything of a request is read.

mod access;
pub mod assets;
pub mod data_flow;
#[expect(clippy::disallowed_types, reason = "waits for slow clients")]
mod deadline;
mod guard;
#[expect(clippy::disallowed_types, reason = "measures how old a page is")]
mod kept;
mod live;
mod reply;
mod request;
#[expect(clippy::disallowed_types, reason = "serves")]
mod server;
mod silent;
mod skeleton;
#[cfg(test)]
mod tests;
mod url;
pub mod view;

pub use access::Access;
pub use live::{Looks, PATIENCE, Publisher, Shared, changes};
pub use reply::{Current, Reply};
pub use request::{Fields, Method, Request};
pub use server::{Site, serve};
pub use skeleton::skeleton;
pub use url::Url;
