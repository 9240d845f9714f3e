//! Which page answers which request.

use super::pages::{
    children, execution, executions, fork, services, start, state, test_run, waiting, workflow,
};
use super::site::Route;
use crate::page::{Method, Request};

struct Pattern {
    method: Method,
    /// The path behind the stage. `{}` stands for any part.
    path: &'static str,
    route: Route,
}

macro_rules! routes {
    (@form) => { None };
    (@form $form:path) => { Some(|ui, call| Box::pin($form(ui, call))) };
    ($($method:ident $path:literal => $answer:path $(, of $form:path)?;)*) => {
        &[$(Pattern {
            method: Method::$method,
            path: $path,
            route: Route {
                answer: |ui, call| Box::pin($answer(ui, call)),
                form: routes!(@form $($form)?),
            },
        },)*]
    };
}

/// An action is `of` the page with its form.
const ROUTES: &[Pattern] = routes![
    Get "executions" => executions::list;
    Get "live/executions" => executions::live;
    Get "executions/{}/{}" => execution::show;
    Get "live/executions/{}/{}" => execution::live;
    // Their addresses stay in the bar of a browser if they are refused.
    Get "executions/{}/{}/stop" => execution::back;
    Get "executions/{}/{}/redrive" => execution::back;
    Get "executions/{}/{}/answer" => execution::back;
    Post "executions/{}/{}/stop" => execution::stop, of execution::show;
    Post "executions/{}/{}/redrive" => execution::redrive, of execution::show;
    Get "executions/{}/{}/states/{}" => state::show;
    Get "executions/{}/{}/states/{}/children" => children::list;
    Get "executions/{}/{}/fork" => fork::form;
    Post "executions/{}/{}/fork" => fork::fork;
    Get "start" => start::form;
    Post "start" => start::start;
    Post "executions/{}/{}/answer" => waiting::answer, of execution::show;
    Get "workflow" => workflow::workflow;
    Get "live/workflow" => workflow::live;
    Get "releases/{}/{}" => workflow::difference;
    Get "tests" => test_run::show;
    Get "live/tests" => test_run::live;
    Get "services" => services::list;
    Get "services/buckets/{}/{}" => services::object;
    Get "services/{}/{}" => services::one;
    Post "services/{}/{}" => services::send, of services::one;
];

/// What answers a request behind the stage, with what stands for its `{}`.
pub(super) fn find(request: &Request) -> Option<(Route, Vec<&str>)> {
    let path = request.path.get(1..)?;
    ROUTES
        .iter()
        .filter(|pattern| pattern.method == request.method)
        .find_map(|pattern| Some((pattern.route, matched(pattern.path, path)?)))
}

fn matched<'a>(pattern: &str, path: &'a [String]) -> Option<Vec<&'a str>> {
    let mut captured = Vec::new();
    let mut pattern = pattern.split('/');
    for part in path {
        match pattern.next()? {
            "{}" => captured.push(part.as_str()),
            same if same == part => {}
            _ => return None,
        }
    }
    pattern.next().is_none().then_some(captured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_is_captured_whatever_it_holds() {
        let path = ["executions", "a/b", "..", "states"].map(str::to_owned);
        let pattern = "executions/{}/{}/states";
        assert_eq!(matched(pattern, &path), Some(vec!["a/b", ".."]));
        assert_eq!(matched("executions/{}", &path), None);
        assert_eq!(matched("executions/{}/{}/states/{}", &path), None);
        assert_eq!(matched("executions/{}/{}/fork", &path), None);
    }
}
