//! `txflow graph` as a user runs it, and its pictures as a renderer that is not a browser draws them.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use crate::shown::assert_shown;
use crate::support::project::{Project, repository, task};
use crate::support::pseudo_terminal::PseudoTerminal;
use crate::support::txflow::{Outcome, Txflow};

const RSVG: &str = "rsvg-convert";

const TESTS: &str = r#"
[tests.REFUSED]
input = { type = "PURCHASE" }
mock.Purchase = [{ error = "Busy" }, { error = "CardDeclined", cause = "no money left" }]
expect = { status = "FAILED", error = "CardDeclined" }
"#;

fn project() -> Project {
    let mut purchase = task("purchase-handler");
    purchase["Retry"] = json!([{ "ErrorEquals": ["Busy"], "MaxAttempts": 2 }]);
    let rule = json!({ "Variable": "$.type", "StringEquals": "PURCHASE", "Next": "Purchase" });
    Project::new("orders")
        .handler("purchase-handler")
        .definition(json!({ "StartAt": "Choose", "States": {
            "Choose": { "Type": "Choice", "Choices": [rule], "Default": "Unknown" },
            "Purchase": purchase,
            "Unknown": { "Type": "Fail", "Error": "UnknownType" },
        } }))
        .settings(TESTS)
        .write()
}

#[tokio::test]
async fn a_failed_execution_is_painted_with_its_retries_and_its_error() {
    let project = project();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let none = ["graph", "--local", "--execution", "last"];
    let none = project.alone(&none).run().await.exits_with(1);
    assert_shown!("no_executions", none.stderr);
    let test = project.alone(&["test", "--local", "--fast"]).run().await;
    test.succeeded();

    let svg = painted(&project, &[]).await.stdout;
    // The definition that ran holds an ARN; the reader knows the handler.
    assert!(svg.contains(">Task · purchase-handler<"), "{svg}");
    assert!(svg.contains("1 retry<") && svg.contains(">CardDeclined<"));
    assert!(svg.contains("CardDeclined: no money left"));

    let mermaid = painted(&project, &["--format", "mermaid"]).await.stdout;
    assert_shown!("painted_mermaid", mermaid);
    let data = painted(&project, &["--json"]).await.json();
    assert_eq!(data["states"][1]["name"], "Purchase");
    assert_eq!(data["execution"]["states"][1]["outcome"], "failed");
    assert_eq!(data["execution"]["states"][1]["retries"], 1);
    assert_eq!(data["execution"]["states"][2], Value::Null);

    let other = ["graph", "--local", "--execution", "nobody"];
    let other = project.alone(&other).run().await.exits_with(1);
    assert_shown!("no_such_execution", other.stderr);
}

#[tokio::test]
async fn the_workflow_itself_is_drawn_without_account_environment_or_network() {
    let secret = "environment = { KEY = { env = \"NOT_SET_ANYWHERE\", secret = true } }";
    let project = project().function_settings("purchase-handler", secret);
    let project = project.write();
    let graph = project.alone(&["graph"]).run().await.succeeded();
    assert_eq!(graph.stderr, "");
    assert!(graph.stdout.starts_with("<svg "));
    let dot = project.alone(&["graph", "--format", "dot"]).run().await;
    assert_shown!("dot", dot.succeeded().stdout);
}

#[tokio::test]
async fn a_file_gets_the_format_of_its_name_and_a_terminal_no_xml() {
    let project = project();
    let graph = async |arguments: &[&str]| {
        let graph = project.alone(&[&["graph"], arguments].concat());
        graph.run().await
    };
    let read = |name: &str| std::fs::read_to_string(project.path().join(name)).expect(name);
    for (name, begins) in [
        ("a.svg", "<svg "),
        ("a.mmd", "flowchart TD"),
        ("a.dot", "digraph workflow"),
    ] {
        let path = project.path().join(name);
        let path = path.to_str().expect("text");
        let told = graph(&["-o", path]).await.succeeded().stdout;
        assert_eq!(told, format!("Wrote {path}\n"));
        assert!(read(name).starts_with(begins), "{}", read(name));
    }
    let printed = graph(&["-o", "-"]).await.succeeded().stdout;
    assert_eq!(printed.trim_end(), read("a.svg"));

    let terminal = PseudoTerminal::of(24, 80);
    let outcome = project.alone(&["graph"]).run_on(terminal).await.succeeded();
    assert!(outcome.stdout.contains("Wrote "), "{outcome:?}");
    assert!(!outcome.stdout.contains("<svg"), "{outcome:?}");
    assert_eq!(read(".txflow/workflow.svg"), read("a.svg"));

    assert_shown!(
        "unknown_picture",
        graph(&["-o", "a.pdf"]).await.exits_with(2).stderr
    );
    let png = graph(&["--format", "png"]).await.exits_with(2);
    assert_shown!("png_without_a_file", png.stderr);
    let elsewhere = project
        .alone(&["graph", "-o", "a.png"])
        .env("PATH", "/nowhere");
    let elsewhere = elsewhere.run().await.exits_with(1);
    assert_shown!("no_renderer", elsewhere.stderr);
    assert!(!project.path().join("a.png").exists());
}

#[tokio::test]
#[ignore = "needs rsvg-convert"]
async fn a_png_is_made_of_the_same_picture() {
    let project = project();
    let [png, svg] = ["a.png", "a.svg"].map(|name| project.path().join(name));
    for path in [&png, &svg] {
        let graph = ["graph", "-o", path.to_str().expect("text")];
        project.alone(&graph).run().await.succeeded();
    }
    let png = std::fs::read(png).expect("a picture");
    let reader = png::Decoder::new(Cursor::new(png))
        .read_info()
        .expect("a PNG");
    let svg = std::fs::read_to_string(svg).expect("a picture");
    let svg = Document::parse(&svg).expect("XML");
    let width = number(svg.root_element(), "width");
    assert_eq!(f64::from(reader.info().width), 2.0 * width);
}

#[tokio::test]
#[ignore = "needs rsvg-convert"]
async fn a_png_of_many_states_is_as_large_as_it_can_be() {
    let name = |at: usize| format!("State {at}");
    let states = (1..300).map(|at| (name(at), json!({ "Type": "Pass", "Next": name(at + 1) })));
    let mut states: Map<String, Value> = states.collect();
    states.insert(name(300), json!({ "Type": "Succeed" }));
    let project = Project::new("long").definition(json!({ "StartAt": name(1), "States": states }));
    let project = project.write();
    let path = project.path().join("a.png");
    let graph = ["graph", "-o", path.to_str().expect("text")];
    project.alone(&graph).run().await.succeeded();
    let png = std::fs::read(path).expect("a picture");
    let reader = png::Decoder::new(Cursor::new(png)).read_info();
    assert_eq!(reader.expect("a PNG").info().height, 32_767);
}

#[tokio::test]
#[ignore = "needs rsvg-convert"]
async fn a_renderer_that_is_not_a_browser_draws_the_same() {
    let graph = Txflow::without_account(&repository(), &["graph"]).run();
    let svg = graph.await.succeeded().stdout;
    let picture = Picture::of(&svg);
    picture.is_whole();
    assert!(picture.shows([0xf6, 0xf8, 0xfa], "Result Handler"));

    let project = project();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let test = project.alone(&["test", "--local", "--fast"]).run().await;
    test.succeeded();
    let svg = painted(&project, &[]).await.stdout;
    let picture = Picture::of(&svg);
    picture.is_whole();
    assert!(picture.shows([0xff, 0xeb, 0xe9], "Purchase"), "not red");
    assert!(picture.shows([0xda, 0xfb, 0xe1], "Choose"), "not green");
    let unknown = picture.shows([0xff, 0xeb, 0xe9], "Unknown");
    assert!(!unknown, "a state that was not entered is red");
}

/// The last execution, in some form.
async fn painted(project: &Project, arguments: &[&str]) -> Outcome {
    let graph = ["graph", "--local", "--execution", "last"];
    let graph = project.alone(&[&graph, arguments].concat());
    graph.run().await.succeeded()
}

#[tokio::test]
async fn an_express_state_machine_has_nothing_to_paint() {
    let express = "[state-machine]\ntype = \"EXPRESS\"\n";
    let project = Project::transactions().without_tests().settings(express);
    let project = project.write();
    let graph = ["graph", "--local", "--execution", "last"];
    let graph = project.alone(&graph).run().await.exits_with(2);
    assert_shown!("express", graph.stderr);
}

/// A picture as it was said to be, and as it was drawn.
struct Picture<'a> {
    svg: Document<'a>,
    /// RGBA, row by row.
    pixels: Vec<u8>,
    width: usize,
    height: usize,
}

impl<'a> Picture<'a> {
    fn of(svg: &'a str) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let (from, to) = (
            folder.path().join("graph.svg"),
            folder.path().join("graph.png"),
        );
        std::fs::write(&from, svg).unwrap();
        let rendered = Command::new(RSVG)
            .arg("--output")
            .args([&to, &from])
            .output()
            .expect("`rsvg-convert` of the Debian package librsvg2-bin");
        let said = String::from_utf8_lossy(&rendered.stderr).into_owned();
        assert!(rendered.status.success() && said.is_empty(), "{said}");
        Self::read(svg, &to)
    }

    fn read(svg: &'a str, png: &Path) -> Self {
        let png = std::fs::read(png).unwrap();
        let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgba);
        Self {
            svg: Document::parse(svg).unwrap(),
            pixels,
            width: info.width as usize,
            height: info.height as usize,
        }
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 4;
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }

    /// It has its size, and nothing reaches into its margin.
    fn is_whole(&self) {
        let root = self.svg.root_element();
        let size = (number(root, "width"), number(root, "height"));
        assert_eq!(size, (self.width as f64, self.height as f64));
        const MARGIN: std::ops::Range<usize> = 6..12;
        let ground = self.pixel(MARGIN.start, MARGIN.start);
        for y in MARGIN.start..self.height - MARGIN.start {
            for x in MARGIN.start..self.width - MARGIN.start {
                let (right, bottom) = (self.width - 1 - x, self.height - 1 - y);
                let in_margin = [x, y, right, bottom].iter().any(|at| MARGIN.contains(at));
                let is_ground = self.pixel(x, y) == ground;
                assert!(!in_margin || is_ground, "something is cut off at {x}, {y}");
            }
        }
    }

    /// Whether most of a state's box has this colour.
    fn shows(&self, color: [u8; 3], state: &str) -> bool {
        let moved = self.svg.descendants().find_map(|node| {
            let moved = node.attribute("transform")?.strip_prefix("translate(")?;
            moved.strip_suffix(')')?.split_once(' ')
        });
        let (left, top) = moved.unwrap();
        let (left, top): (f64, f64) = (left.parse().unwrap(), top.parse().unwrap());
        let titles = self.svg.descendants().filter(|node| {
            node.has_tag_name("title")
                && node.text().and_then(|text| text.lines().next()) == Some(state)
        });
        let mut boxes = titles.filter_map(|title| {
            let mut siblings = title.parent()?.children();
            siblings.find(|node| node.attribute("class") == Some("box"))
        });
        let rect = boxes.next().unwrap();
        let (x, y) = (left + number(rect, "x"), top + number(rect, "y"));
        let (right, bottom) = (x + number(rect, "width"), y + number(rect, "height"));
        let mut all = 0;
        let mut same = 0;
        for y in y as usize..bottom as usize {
            for x in x as usize..right as usize {
                all += 1;
                same += usize::from(self.pixel(x, y) == color);
            }
        }
        same * 2 > all
    }
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}
