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

/// The newest value of something, once it was seen.
type Newest<T> = Option<Rc<T>>;

/// What is watched now, by its topic.
pub struct Shared<T>(RefCell<BTreeMap<String, watch::Sender<Newest<T>>>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: 'static> Shared<T> {
    /// What is known of a topic that is watched.
    pub fn newest(&self, topic: &str) -> Option<Rc<T>> {
        let topics = self.0.borrow();
        topics.get(topic)?.borrow().clone()
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
            known.send_replace(Some(Rc::clone(value)));
        }
    }

    /// Watches a topic. `work` looks at it for all who do, and begins only if nobody does yet; it is dropped when the last
    /// one has gone.
    pub fn watch<F>(
        self: &Rc<Self>,
        topic: &str,
        work: impl FnOnce(Publisher<T>) -> F,
    ) -> watch::Receiver<Newest<T>>
    where
        F: Future<Output = ()> + 'static,
    {
        if let Some(known) = self.0.borrow().get(topic) {
            let mut receiver = known.subscribe();
            // Whoever comes later has read the page before.
            receiver.mark_changed();
            return receiver;
        }
        let (sender, receiver) = watch::channel(None);
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
pub struct Publisher<T>(watch::Sender<Newest<T>>);

impl<T> Publisher<T> {
    /// Takes what pages have shown before, without telling them.
    pub fn know(&self, value: Rc<T>) {
        self.0.send_if_modified(|newest| {
            *newest = Some(value);
            false
        });
    }

    pub fn publish(&self, value: Rc<T>) {
        self.0.send_replace(Some(value));
    }
}

/// How often a page that nothing happens on hears that it is still connected. Less than a client has time.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Waits for a value that is new. Without anything to wait for it takes forever.
async fn changed<U>(newest: Option<&mut watch::Receiver<Newest<U>>>) {
    if let Some(newest) = newest {
        while newest.changed().await.is_ok() {
            if newest.borrow_and_update().is_some() {
                return;
            }
        }
    }
    std::future::pending().await
}

/// An event whenever there is something new. A client that is slow gets fewer of them.
#[expect(clippy::disallowed_methods, reason = "tells each page")]
pub fn changes<T: 'static, U: 'static>(
    mut newest: watch::Receiver<Newest<T>>,
    mut also: Option<watch::Receiver<Newest<U>>>,
) -> mpsc::Receiver<Bytes> {
    let (sender, receiver) = mpsc::channel(1);
    spawn_local(async move {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let part = tokio::select! {
                changed = newest.changed() => match changed {
                    Ok(()) if newest.borrow_and_update().is_some() => "data: changed\n\n",
                    Ok(()) => continue,
                    Err(_) => return,
                },
                () = changed(also.as_mut()) => "data: changed\n\n",
                // The first comes at once, and with it the headers.
                _ = heartbeat.tick() => ": still here\n\n",
                () = sender.closed() => return,
            };
            if sender
                .send(Bytes::from_static(part.as_bytes()))
                .await
                .is_err()
            {
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
            assert_eq!(receiver.borrow().as_deref(), Some(&2));
        };
        LocalSet::new().run_until(work).await;
    }
}
