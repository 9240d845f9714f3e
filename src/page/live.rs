//! One look for all open pages: what is watched is watched once, however many look at it, and until the last one has gone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_local;
use tokio::time::MissedTickBehavior;

use super::reply::Current;

/// What came of looking at a topic.
pub struct Look<T> {
    /// What was seen last, if anything was.
    seen: Option<Rc<T>>,
    /// Why nothing was seen the last time, so that this may be old.
    failure: Option<String>,
}

/// Hears of each look that differs from the one before.
pub type Looks<T> = watch::Receiver<Look<T>>;

impl<T> Look<T> {
    fn of(seen: Rc<T>) -> Self {
        Self {
            seen: Some(seen),
            failure: None,
        }
    }

    fn is_empty(&self) -> bool {
        self.seen.is_none() && self.failure.is_none()
    }
}

/// What is watched now, by its topic.
pub struct Shared<T>(RefCell<BTreeMap<String, watch::Sender<Look<T>>>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: 'static> Shared<T> {
    /// What is known of a topic that is watched. What may be old is not.
    pub fn newest(&self, topic: &str) -> Option<Rc<T>> {
        let topics = self.0.borrow();
        let look = topics.get(topic)?.borrow();
        look.seen.clone().filter(|_| look.failure.is_none())
    }

    /// Tells whether this is still the newest value of a topic that is watched.
    pub fn current(self: &Rc<Self>, topic: &str, value: &Rc<T>) -> Current {
        let (shared, topic, value) = (Rc::clone(self), topic.to_owned(), Rc::clone(value));
        Box::new(move || {
            let newest = shared.newest(&topic);
            newest.is_some_and(|newest| Rc::ptr_eq(&newest, &value))
        })
    }

    /// Tells what somebody else has seen of a topic, if it is watched.
    pub fn publish(&self, topic: &str, value: &Rc<T>) {
        if let Some(known) = self.0.borrow().get(topic) {
            known.send_replace(Look::of(Rc::clone(value)));
        }
    }

    /// Watches a topic. `work` looks at it for all who do, and begins only if nobody does yet; it is dropped when the last
    /// one has gone.
    pub fn watch<F>(self: &Rc<Self>, topic: &str, work: impl FnOnce(Publisher<T>) -> F) -> Looks<T>
    where
        F: Future<Output = ()> + 'static,
    {
        if let Some(known) = self.0.borrow().get(topic) {
            let mut receiver = known.subscribe();
            // Whoever comes later has read the page before.
            receiver.mark_changed();
            return receiver;
        }
        let (sender, receiver) = watch::channel(Look {
            seen: None,
            failure: None,
        });
        self.0.borrow_mut().insert(topic.to_owned(), sender.clone());
        let work = work(Publisher(sender.clone()));
        let (shared, topic) = (Rc::clone(self), topic.to_owned());
        spawn_local(async move {
            tokio::select! {
                () = work => sender.closed().await,
                () = sender.closed() => {}
            }
            shared.0.borrow_mut().remove(&topic);
        });
        receiver
    }
}

/// Tells what was seen.
pub struct Publisher<T>(watch::Sender<Look<T>>);

impl<T> Publisher<T> {
    /// Takes what pages have shown before, without telling them.
    pub fn know(&self, value: Rc<T>) {
        self.0.send_if_modified(|look| {
            *look = Look::of(value);
            false
        });
    }

    pub fn publish(&self, value: Rc<T>) {
        self.0.send_replace(Look::of(value));
    }

    /// Tells why nothing could be seen. What was seen before may be old until something is published again.
    pub fn fail(&self, why: String) {
        self.0.send_if_modified(|look| {
            let is_new = look.failure.as_ref() != Some(&why);
            look.failure = Some(why);
            is_new
        });
    }

    /// Waits for a look. While one takes longer than the patience of those who wait, such as one that is tried again and again,
    /// what was seen before may be old.
    pub async fn look<R>(
        &self,
        patience: impl Future<Output = ()>,
        look: impl Future<Output = R>,
    ) -> R {
        let mut look = std::pin::pin!(look);
        tokio::select! {
            biased;
            done = &mut look => return done,
            () = patience => self.fail(NO_ANSWER.to_owned()),
        }
        look.await
    }

    pub fn has_failed(&self) -> bool {
        self.0.borrow().failure.is_some()
    }
}

/// How long a look may take before those who wait hear of it.
pub const PATIENCE: Duration = Duration::from_secs(5);
const NO_ANSWER: &str = "AWS has not answered for 5 seconds; it is asked again";

/// How often a page that nothing happens on hears that it is still connected. Less than a client has time.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Waits for a value that is new. Without anything to wait for it takes forever.
async fn changed<U>(looks: Option<&mut Looks<U>>) {
    if let Some(looks) = looks {
        while looks.changed().await.is_ok() {
            if !looks.borrow_and_update().is_empty() {
                return;
            }
        }
    }
    std::future::pending().await
}

const CHANGED: &str = "data: changed\n\n";

/// What is told of a look, if anything is.
fn event<T>(look: &Look<T>) -> Option<String> {
    match &look.failure {
        Some(why) => {
            let lines: Vec<&str> = why.split_whitespace().collect();
            Some(format!("event: failed\ndata: {}\n\n", lines.join(" ")))
        }
        None => look.seen.is_some().then(|| CHANGED.to_owned()),
    }
}

/// An event whenever there is something new, and another if that cannot be known. A client that is slow gets fewer of them.
#[expect(clippy::disallowed_methods, reason = "tells each page")]
pub fn changes<T: 'static, U: 'static>(
    mut looks: Looks<T>,
    mut also: Option<Looks<U>>,
) -> mpsc::Receiver<Bytes> {
    let (sender, receiver) = mpsc::channel(1);
    spawn_local(async move {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let part = tokio::select! {
                changed = looks.changed() => match changed {
                    Ok(()) => match event(&looks.borrow_and_update()) {
                        Some(event) => event,
                        None => continue,
                    },
                    Err(_) => return,
                },
                () = changed(also.as_mut()) => CHANGED.to_owned(),
                // The first comes at once, and with it the headers.
                _ = heartbeat.tick() => ": still here\n\n".to_owned(),
                () = sender.closed() => return,
            };
            if sender.send(Bytes::from(part)).await.is_err() {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn what_a_page_has_shown_before_is_not_told_to_it() {
        let work = async {
            let shared: Rc<Shared<u32>> = Rc::default();
            let mut receiver = shared.watch("one", |publisher| async move {
                publisher.know(Rc::new(1));
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                publisher.publish(Rc::new(2));
                std::future::pending().await
            });
            while shared.newest("one").is_none() {
                tokio::task::yield_now().await;
            }
            assert_eq!(shared.newest("one").as_deref(), Some(&1));
            receiver.changed().await.unwrap();
            assert_eq!(receiver.borrow().seen.as_deref(), Some(&2));
        };
        LocalSet::new().run_until(work).await;
    }

    #[tokio::test]
    async fn a_look_that_takes_long_is_told_and_so_is_its_end() {
        let work = async {
            let shared: Rc<Shared<u32>> = Rc::default();
            let (answer, answered) = tokio::sync::oneshot::channel();
            let looks = shared.watch("one", |publisher| async move {
                publisher.publish(Rc::new(1));
                let quick = publisher.look(std::future::ready(()), std::future::ready(2));
                publisher.publish(Rc::new(quick.await));
                let slow = publisher.look(std::future::ready(()), answered);
                publisher.publish(Rc::new(slow.await.unwrap()));
            });
            let mut events = changes::<_, ()>(looks, None);
            let mut next = async || loop {
                let event = events.recv().await.unwrap();
                if !event.starts_with(b":") {
                    return String::from_utf8(event.to_vec()).unwrap();
                }
            };
            assert_eq!(
                next().await,
                format!("event: failed\ndata: {NO_ANSWER}\n\n")
            );
            assert_eq!(shared.newest("one"), None);
            answer.send(3).unwrap();
            assert_eq!(next().await, CHANGED);
            assert_eq!(shared.newest("one").as_deref(), Some(&3));
        };
        LocalSet::new().run_until(work).await;
    }

    #[tokio::test]
    async fn what_cannot_be_looked_at_is_told_once_and_is_not_known() {
        let work = async {
            let shared: Rc<Shared<u32>> = Rc::default();
            let (steps, mut step) = mpsc::channel(1);
            let looks = shared.watch("one", |publisher| async move {
                publisher.publish(Rc::new(1));
                while let Some(step) = step.recv().await {
                    match step {
                        Ok(value) => publisher.publish(Rc::new(value)),
                        Err(why) => publisher.fail(why),
                    }
                }
            });
            let mut events = changes::<_, ()>(looks, None);
            let mut next = async || loop {
                let event = events.recv().await.unwrap();
                if !event.starts_with(b":") {
                    return String::from_utf8(event.to_vec()).unwrap();
                }
            };
            assert_eq!(next().await, CHANGED);
            for _ in 0..2 {
                steps
                    .send(Err("the token\nis old".to_owned()))
                    .await
                    .unwrap();
            }
            assert_eq!(next().await, "event: failed\ndata: the token is old\n\n");
            assert_eq!(shared.newest("one"), None);
            // Also if it is what it was.
            steps.send(Ok(1)).await.unwrap();
            assert_eq!(next().await, CHANGED);
            assert_eq!(shared.newest("one").as_deref(), Some(&1));
        };
        LocalSet::new().run_until(work).await;
    }
}
