//! Pages that were just made: what all open pages read again at once is made once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::reply::{Current, Reply};

/// Pages show how long ago something was, and depend on a little more than on what is watched.
const AS_LONG_AS: Duration = Duration::from_secs(1);

/// By what was asked for.
#[derive(Default)]
pub(super) struct Kept(RefCell<BTreeMap<String, Made>>);

struct Made {
    reply: Reply,
    current: Current,
    at: Instant,
}

impl Kept {
    /// The page, if it would be made in the same way again.
    pub fn get(&self, target: &str) -> Option<Reply> {
        let all = self.0.borrow();
        let made = all.get(target).filter(|made| made.is_current())?;
        made.reply.again()
    }

    /// Keeps a page that says how long it is current.
    pub fn keep(&self, target: &str, reply: &mut Reply) {
        let Some((current, reply)) = reply.take_current().zip(reply.again()) else {
            return;
        };
        let mut all = self.0.borrow_mut();
        all.retain(|_, made| made.is_current());
        let at = Instant::now();
        all.insert(target.to_owned(), Made { reply, current, at });
    }

    /// After an action, everything may be different.
    pub fn forget(&self) {
        self.0.borrow_mut().clear();
    }
}

impl Made {
    fn is_current(&self) -> bool {
        self.at.elapsed() < AS_LONG_AS && (self.current)()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use maud::html;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_is_given_again_while_it_is_current_and_for_a_second() {
        let kept = Kept::default();
        let is_newest = Rc::new(Cell::new(true));
        let keep = || {
            let is_newest = Rc::clone(&is_newest);
            let page = Reply::page(html! { "page" });
            let mut page = page.while_current(Box::new(move || is_newest.get()));
            kept.keep("/a", &mut page);
        };
        keep();
        assert!(kept.get("/a").is_some() && kept.get("/b").is_none());
        is_newest.set(false);
        assert!(kept.get("/a").is_none());
        is_newest.set(true);
        assert!(kept.get("/a").is_some());
        kept.forget();
        assert!(kept.get("/a").is_none());
        keep();
        tokio::time::advance(AS_LONG_AS).await;
        assert!(kept.get("/a").is_none());
    }

    #[test]
    fn a_page_that_does_not_say_how_long_it_is_current_is_not_kept() {
        let kept = Kept::default();
        kept.keep("/a", &mut Reply::page(html! { "page" }));
        assert!(kept.get("/a").is_none());
    }
}
