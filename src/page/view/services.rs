//! What the services of the embedded AWS hold.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::parts::{area, document, form_token, point_in_time};
use crate::page::{Fields, Url};
use crate::report::style::size;
use crate::services::{Contents, Held, Listing, Message, Object, Rule, ServiceKind, Subscription};

/// Addresses of pages about services.
pub struct Urls<'a> {
    /// Of all services.
    pub all: Url,
    /// Of one thing, by its kind and name.
    pub one: Box<OneUrl<'a>>,
}

type OneUrl<'a> = dyn Fn(ServiceKind, &str) -> Url + 'a;

/// All that there is.
pub fn services(listings: &[Listing], urls: &Urls<'_>) -> Markup {
    html! {
        h1 { "Local services" }
        p.faint { "What the embedded AWS holds now, in the account and region of the stack." }
        div.columns.services {
            @for listing in listings { (kind(listing, urls)) }
        }
    }
}

fn kind(listing: &Listing, urls: &Urls<'_>) -> Markup {
    let kind = listing.kind;
    html! {
        section aria-labelledby=(kind.slug()) {
            h2 id=(kind.slug()) {
                (kind.title())
                @if let Ok(held) = &listing.held { " " span.faint.number { (held.len()) } }
            }
            @match &listing.held {
                Err(error) => p.problem { (error) },
                Ok(held) if held.is_empty() => p.faint { "None." },
                Ok(held) => table {
                    thead.unseen { tr { th scope="col" { "Name" } th scope="col" { "What is in it" } } }
                    tbody { @for one in held { (row(kind, one, urls)) } }
                },
            }
        }
    }
}

fn row(kind: ServiceKind, held: &Held, urls: &Urls<'_>) -> Markup {
    html! {
        tr data-key={ (kind.slug()) "/" (held.name) } {
            td.wide {
                @if kind.has_contents() { a href=((urls.one)(kind, &held.name)) { (held.name) } } @else { (held.name) }
            }
            td.facts { (held.facts) }
        }
    }
}

/// One table, queue, topic, bucket or event bus.
pub struct One<'a> {
    pub kind: ServiceKind,
    pub name: &'a str,
    pub contents: &'a Contents,
    /// Where the next part begins.
    pub more: Option<String>,
    /// Whether there is a next part without an address.
    pub hides_more: bool,
    /// Where its form is sent to.
    pub action: Url,
    /// The page with what is behind, by the place where that begins.
    pub behind: &'a dyn Fn(&str) -> Url,
    pub object: &'a dyn Fn(&str) -> Url,
    /// Whether this is not the beginning.
    pub is_behind: bool,
    /// What was sent a moment ago, in words.
    pub sent: Option<&'a str>,
    /// What was typed into its form and is not sent yet.
    pub typed: &'a Fields,
    /// The token of forms.
    pub form: &'a str,
    pub now: Timestamp,
}

impl One<'_> {
    /// What stands in a field.
    fn value(&self, field: &str) -> &str {
        self.typed.get(field).unwrap_or_default()
    }

    /// What stands in an area for text.
    fn text(&self, field: &str, first: &str) -> String {
        area(self.typed.get(field).unwrap_or(first))
    }
}

pub fn one(page: &One<'_>, urls: &Urls<'_>) -> Markup {
    html! {
        p.crumbs { a href=(urls.all) { "Local services" } " / " (page.kind.title()) }
        h1 { (page.name) }
        @if let Some(sent) = page.sent { p.note role="status" { (sent) } }
        @match page.contents {
            Contents::Table { key, items } => (table(page, key, &items.items)),
            Contents::Queue { counts, dead_letters, is_fifo, messages, more: _ } => {
                p {
                    (counts)
                    @if let Some(queue) = dead_letters {
                        " · dead letters go to " a href=((urls.one)(ServiceKind::Queue, queue)) { (queue) }
                    }
                }
                (messages_of(messages, page))
                (send(page, "Send a message", *is_fifo, "Send the message"))
            },
            Contents::Topic { is_fifo, subscriptions } => {
                (subscriptions_of(subscriptions))
                (send(page, "Publish a message", *is_fifo, "Publish"))
            },
            Contents::Bucket { objects, .. } => (bucket(page, objects)),
            Contents::Bus { rules } => {
                (rules_of(rules))
                (put_event(page))
            },
        }
    }
}

fn table(page: &One<'_>, key: &[String], items: &[Value]) -> Markup {
    html! {
        p.faint { "Key: " (key.join(", ")) }
        @if items.is_empty() { p.note { "The table is empty." } }
        ol.documents {
            @for item in items {
                @let name = key.iter().map(|part| shown(&item[part.as_str()])).collect::<Vec<_>>().join(" · ");
                li {
                    details {
                        summary { span.code { (name) } " " span.faint { (beginning(item)) } }
                        (document(&name, item))
                    }
                }
            }
        }
        (parts(page))
    }
}

/// The way to what is behind.
fn parts(page: &One<'_>) -> Markup {
    let more = page.more.as_deref();
    html! {
        @if page.hides_more {
            p.note { "There is more, but the name at which that begins holds a secret, so it has no address." }
        }
        @if page.is_behind || more.is_some() {
            nav.pages aria-label="Pages" {
                @if page.is_behind { a rel="first" href=((page.behind)("")) { "← First" } }
                @if let Some(more) = more { a rel="next" href=((page.behind)(more)) { "More →" } }
            }
        }
    }
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// So much of a document is shown in its line.
const BEGINNING: usize = 120;

fn beginning(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(BEGINNING) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn messages_of(messages: &[Message], page: &One<'_>) -> Markup {
    let now = page.now;
    html! {
        @match (messages, page.is_behind) {
            ([], true) => p.note { "There are no older messages any more." },
            ([], false) => p.note { "The queue is empty." },
            ([_, _, ..], _) => p.faint { "The newest first." },
            ([_], _) => {},
        }
        ol.documents {
            @for message in messages {
                @let body: Result<Value, _> = serde_json::from_str(&message.body);
                li data-key=(message.id) {
                    details {
                        summary {
                            span class={ "badge " (state_class(&message.state)) } { (message.state) }
                            " " span.faint { (beginning(body.as_ref().unwrap_or(&Value::from(message.body.as_str())))) }
                        }
                        dl.facts {
                            div { dt { "Message ID" } dd { (message.id) } }
                            @if let Some(sent) = message.sent.and_then(|sent| Timestamp::from_millisecond(sent).ok()) {
                                div { dt { "Sent" } dd { (point_in_time(sent, now)) } }
                            }
                            div { dt { "Received" } dd { (message.receives) "×" } }
                            @if let Some(group) = &message.group { div { dt { "Group" } dd { (group) } } }
                        }
                        @match &body {
                            Ok(body) => (document("Body of the message", body)),
                            Err(_) => pre.document tabindex="0" role="region" aria-label="Body of the message" { (message.body) },
                        }
                    }
                }
            }
        }
        (parts(page))
    }
}

fn state_class(state: &str) -> &'static str {
    match state {
        "visible" => "succeeded",
        "in flight" => "running",
        _ => "quiet",
    }
}

fn subscriptions_of(subscriptions: &[Subscription]) -> Markup {
    html! {
        @if subscriptions.is_empty() { p.note { "It has no subscriptions, so published messages are lost." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Subscriptions" {
                table {
                    thead { tr { th scope="col" { "Subscriber" } th scope="col" { "Kind" } th scope="col" { "Filter" } } }
                    tbody {
                        @for one in subscriptions {
                            tr {
                                td.wide { (one.endpoint) }
                                td { (one.protocol) }
                                td.wide { @match &one.filter { Some(filter) => code { (filter) }, None => span.faint { "none" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn bucket(page: &One<'_>, objects: &[Object]) -> Markup {
    html! {
        @if objects.is_empty() { p.note { "The bucket is empty." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Objects" {
                table {
                    thead { tr { th scope="col" { "Key" } th scope="col" { "Size" } } }
                    tbody {
                        @for object in objects {
                            tr {
                                td.wide { a href=((page.object)(&object.key)) { (object.key) } }
                                td { span.number { (size(object.size)) } }
                            }
                        }
                    }
                }
            }
        }
        (parts(page))
    }
}

/// An object: its text, or why it has none here.
pub fn object(
    bucket: &str,
    bucket_url: &Url,
    key: &str,
    text: Result<&str, &str>,
    urls: &Urls<'_>,
) -> Markup {
    html! {
        p.crumbs {
            a href=(urls.all) { "Local services" } " / " (ServiceKind::Bucket.title()) " / "
            a href=(bucket_url) { (bucket) }
        }
        h1 { (key) }
        @match text {
            Ok(text) => pre.document tabindex="0" role="region" aria-label="Content of the object" { (text) },
            Err(why) => p.note { (why) },
        }
    }
}

fn rules_of(rules: &[Rule]) -> Markup {
    html! {
        @if rules.is_empty() { p.note { "It has no rules, so its events start nothing." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Rules" {
                table {
                    thead {
                        tr { th scope="col" { "Rule" } th scope="col" { "State" } th scope="col" { "Events" } th scope="col" { "Targets" } }
                    }
                    tbody {
                        @for rule in rules {
                            tr {
                                td.wide { (rule.name) }
                                td { @if rule.enabled { "on" } @else { span.badge.caught { "off" } } }
                                td.wide { code { (rule.matches) } }
                                td.wide { @for target in &rule.targets { div { (target) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn send(page: &One<'_>, title: &str, is_fifo: bool, button: &str) -> Markup {
    html! {
        section aria-labelledby="send" {
            h2 #send { (title) }
            form method="post" action=(page.action) {
                (form_token(page.form))
                label for="body" { "Body" }
                textarea.short #body name="body" required spellcheck="false" { (page.text("body", "")) }
                @if is_fifo {
                    label { "Message group" input name="group" required value=(page.value("group")); }
                    label { "Deduplication ID, unless it is derived from the body" input name="deduplication" value=(page.value("deduplication")); }
                }
                p.actions { button.main { (button) } }
            }
        }
    }
}

fn put_event(page: &One<'_>) -> Markup {
    html! {
        section aria-labelledby="send" {
            h2 #send { "Send an event" }
            form method="post" action=(page.action) {
                (form_token(page.form))
                label { "Source" input name="source" required value=(page.value("source")) placeholder="com.example.orders"; }
                label { "Detail type" input name="detail-type" required value=(page.value("detail-type")) placeholder="OrderPlaced"; }
                label for="detail" { "Detail (JSON)" }
                textarea.short #detail name="detail" required spellcheck="false" { (page.text("detail", "{}")) }
                p.actions { button.main { "Send the event" } }
            }
        }
    }
}
