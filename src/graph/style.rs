//! The style sheet of the pictures: light, unless the reader prefers dark. A renderer
//! without such a preference, such as librsvg, draws it light; it has no variables either, so colours
//! stand in full.

use std::fmt::Write as _;

use super::palette::{Colors, Look};
use crate::executions::Outcome;

/// Those that arrowheads have.
pub(super) const ARROWS: [Look; 4] = [
    Look::Plain,
    Look::Skipped,
    Look::Of(Outcome::Succeeded),
    Look::Of(Outcome::Caught),
];

/// How long a dash of a `Catch` is, with the gap behind it.
pub(super) const DASHES: f64 = 10.0;

const SHAPES: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
.name{font-weight:600}
.status,.became{font-weight:500}
.box{stroke-width:1.5}
.frame{stroke-width:1;stroke-dasharray:3 4;fill:none}
.edge{fill:none;stroke-width:1.5}
.edge.succeeded,.edge.caught{stroke-width:2.5}
.catch{stroke-dasharray:6 4}
.aborted>.box{stroke-dasharray:4 3}
.end{stroke-width:2.5}
";

/// The whole style sheet.
pub fn sheet() -> String {
    let mut sheet = SHAPES.to_owned();
    colors(&mut sheet, ["#ffffff", "#d1d9e0", "#59636e"], Look::light);
    sheet.push_str("@media (prefers-color-scheme:dark){\n");
    colors(&mut sheet, ["#0d1117", "#3d444d", "#9198a1"], Look::dark);
    sheet.push_str("}\n");
    sheet
}

fn colors(sheet: &mut String, [ground, border, faint]: [&str; 3], of: fn(Look) -> Colors) {
    let _ = write!(
        sheet,
        ".ground{{fill:{ground};stroke:{border}}}\n.group.state>.box{{fill:{ground}}}\n.frame{{stroke:{faint}}}\n.kind,.label,.plain .became{{fill:{faint}}}\n"
    );
    for look in Look::all() {
        let class = look.class();
        let Colors { fill, stroke, text } = of(look);
        let _ = write!(
            sheet,
            ".{class}>.box{{fill:{fill};stroke:{stroke}}}\n\
             .{class}>.name{{fill:{text}}}\n\
             .{class}>.status,.{class}>.became,.{class}>.mark,.arrow.{class}{{fill:{stroke}}}\n\
             .edge.{class},.end.{class}{{stroke:{stroke}}}\n\
             .{class}>.sign{{stroke:{fill};fill:none;stroke-width:1.8}}\n"
        );
    }
}
