//! The style sheet and the script, which are in the program.

use super::reply::Reply;
use crate::graph;

const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");
const ICON: &str = include_str!("assets/icon.svg");

/// The address of each begins so.
pub const FOLDER: &str = "-";

/// `None` if there is none of this name.
pub fn asset(name: &str) -> Option<Reply> {
    Some(match name {
        "page.css" => Reply::asset("text/css; charset=utf-8", STYLE),
        // Within the pictures alone, since its names are short.
        "graph.css" => Reply::asset(
            "text/css; charset=utf-8",
            format!("svg.drawing {{\n{}}}\n", graph::style_sheet()),
        ),
        "icon.svg" => Reply::asset("image/svg+xml", ICON),
        "page.js" => Reply::asset("text/javascript; charset=utf-8", SCRIPT),
        _ => return None,
    })
}
