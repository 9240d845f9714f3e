//! What services hold, without secrets. Views show parts of it, and half of a secret is not found any more.

use super::contents::Contents;
use super::list::Listing;
use crate::world::Secrets;

impl Listing {
    /// With each secret masked.
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        for held in self.held.iter_mut().flatten() {
            secrets.mask_text(&mut held.name);
            secrets.mask_document(&mut held.facts);
        }
        self
    }
}

impl Contents {
    /// With each secret masked.
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let text = |text: &mut String| secrets.mask_text(text);
        let document = |text: &mut String| secrets.mask_document(text);
        match &mut self {
            Self::Table { key, items } => {
                key.iter_mut().for_each(text);
                let documents = items.items.iter_mut().chain(&mut items.more);
                documents.for_each(|item| secrets.mask_json(item));
            }
            Self::Queue {
                dead_letters,
                messages,
                counts: _,
                is_fifo: _,
                more: _,
            } => {
                dead_letters.iter_mut().for_each(text);
                for message in messages {
                    text(&mut message.id);
                    document(&mut message.body);
                    message.group.iter_mut().for_each(text);
                }
            }
            Self::Topic {
                subscriptions,
                is_fifo: _,
            } => {
                for one in subscriptions {
                    text(&mut one.endpoint);
                    one.filter.iter_mut().for_each(document);
                }
            }
            Self::Bucket { objects, more } => {
                let keys = objects.iter_mut().map(|object| &mut object.key);
                keys.chain(more).for_each(text);
            }
            Self::Bus { rules } => {
                for rule in rules {
                    text(&mut rule.name);
                    document(&mut rule.matches);
                    rule.targets.iter_mut().for_each(text);
                }
            }
        }
        self
    }

    /// Where the next part begins, as an address says it.
    pub fn more(&self) -> Option<String> {
        match self {
            Self::Table { items, .. } => items.more.as_ref().map(ToString::to_string),
            Self::Bucket { more, .. } | Self::Queue { more, .. } => more.clone(),
            Self::Topic { .. } | Self::Bus { .. } => None,
        }
    }
}
