//! The style sheet of the pictures: light, unless the reader prefers dark. What knows no such
//! preference, as librsvg, draws it light; it knows no variables either, so colours stand in full.

use std::fmt::Write as _;

/// The colours of a thing: fill, stroke and text.
struct Colors {
    class: &'static str,
    light: [&'static str; 3],
    dark: [&'static str; 3],
}

const PLAIN: [&str; 3] = ["#f6f8fa", "#57606a", "#1f2328"];

const COLORS: [Colors; 7] = [
    Colors {
        class: "plain",
        light: PLAIN,
        dark: ["#161b22", "#8b949e", "#f0f6fc"],
    },
    Colors {
        class: "skipped",
        light: ["#ffffff", "#afb8c1", "#656d76"],
        dark: ["#0d1117", "#6e7681", "#8b949e"],
    },
    Colors {
        class: "succeeded",
        light: ["#dafbe1", "#1a7f37", "#1f2328"],
        dark: ["#12361f", "#3fb950", "#f0f6fc"],
    },
    Colors {
        class: "caught",
        light: ["#fff8c5", "#9a6700", "#1f2328"],
        dark: ["#3b2e0a", "#d29922", "#f0f6fc"],
    },
    Colors {
        class: "aborted",
        light: ["#eaeef2", "#57606a", "#1f2328"],
        dark: ["#21262d", "#8b949e", "#f0f6fc"],
    },
    Colors {
        class: "running",
        light: ["#ddf4ff", "#0969da", "#1f2328"],
        dark: ["#0c2d5c", "#58a6ff", "#f0f6fc"],
    },
    Colors {
        class: "failed",
        light: ["#ffebe9", "#cf222e", "#1f2328"],
        dark: ["#4c1519", "#f85149", "#f0f6fc"],
    },
];

/// Those that arrowheads have.
pub(super) const ARROWS: [&str; 4] = ["plain", "skipped", "succeeded", "caught"];

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
pub(super) fn sheet() -> String {
    let mut sheet = SHAPES.to_owned();
    colors(&mut sheet, ["#ffffff", "#d1d9e0", "#59636e"], |colors| {
        colors.light
    });
    sheet.push_str("@media (prefers-color-scheme:dark){\n");
    colors(&mut sheet, ["#0d1117", "#3d444d", "#9198a1"], |colors| {
        colors.dark
    });
    sheet.push_str("}\n");
    sheet
}

fn colors(
    sheet: &mut String,
    [ground, border, faint]: [&str; 3],
    of: fn(&Colors) -> [&'static str; 3],
) {
    let _ = write!(
        sheet,
        ".ground{{fill:{ground};stroke:{border}}}\n.group.state>.box{{fill:{ground}}}\n.frame{{stroke:{faint}}}\n.kind,.label,.plain .became{{fill:{faint}}}\n"
    );
    for colors in &COLORS {
        let class = colors.class;
        let [fill, stroke, text] = of(colors);
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
