//! What the services of the embedded AWS hold, and what is sent to them by hand.

use anyhow::Result;
use serde_json::{Value, json};
use txflow_local_aws::DirectError;

use super::waiting::document;
use crate::commands::ui::problem::Missing;
use crate::commands::ui::site::{Call, Ui};
use crate::commands::ui::stage::Stage;
use crate::page::view::Section;
use crate::page::view::services::{
    One, Urls, object as object_view, one as one_view, services as view,
};
use crate::page::{Fields, Reply, Url};
use crate::services::{Reader, ServiceKind, is_absent};

/// All of them.
pub(in crate::commands::ui) async fn list(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let reader = reader(ui, call)?;
    let listings = reader.list().await.into_iter();
    let listings = listings.map(|listing| listing.masked(call.stage.secrets()));
    let listings: Vec<_> = listings.collect();
    let content = view(&listings, &urls(&call.stage));
    Ok(ui.page(call, Section::Services, "Local services", &content))
}

/// One table, queue, topic, bucket or event bus.
pub(in crate::commands::ui) async fn one(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let reader = reader(ui, call)?;
    let (kind, name) = named(call)?;
    let stage = &call.stage;
    let query = &call.request.query;
    let from = query.get("from");
    let contents = reader.contents(kind, name, from).await;
    let contents = existing(kind, name, contents)?.ok_or_else(|| no_such(kind, name))?;
    let own = stage.url(["services", kind.slug(), name]);
    let more = contents.more();
    let contents = contents.masked(stage.secrets());
    let sent = query.get("sent").and_then(said);
    let (shown, typed) = (stage.secrets().mask(name), call.typed());
    let page = One {
        kind,
        name: &shown,
        // A part that begins at a secret has no address.
        more: contents.more().filter(|shown| Some(shown) == more.as_ref()),
        hides_more: more.is_some() && contents.more() != more,
        contents: &contents,
        action: own.clone(),
        behind: &|from| match from {
            "" => own.clone(),
            from => own.clone().with("from", from),
        },
        object: &|key| stage.url(["services", kind.slug(), name, key]),
        is_behind: from.is_some(),
        sent,
        typed: &typed,
        form: ui.form(),
        now: ui.now(),
    };
    let content = one_view(&page, &urls(stage));
    Ok(ui.page(call, Section::Services, page.name, &content))
}

/// The text of an object.
pub(in crate::commands::ui) async fn object(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let reader = reader(ui, call)?;
    let (bucket, key) = (call.part(0), call.part(1));
    let read = reader.object(bucket, key).await;
    let read = existing(ServiceKind::Bucket, &format!("{bucket}/{key}"), read)?;
    let stage = &call.stage;
    let url = stage.url(["services", ServiceKind::Bucket.slug(), bucket]);
    let shown = |text: &str| stage.secrets().mask(text).into_owned();
    let (bucket, key) = (shown(bucket), shown(key));
    let read = read.map(|mut text| {
        stage.secrets().mask_text(&mut text);
        text
    });
    let text = read.as_deref().map_err(|why| *why);
    let content = object_view(&bucket, &url, &key, text, &urls(stage));
    Ok(ui.page(call, Section::Services, &key, &content))
}

/// Sends a message or an event, and shows the page again.
pub(in crate::commands::ui) async fn send(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let reader = reader(ui, call)?;
    let (kind, name) = named(call)?;
    let form = &call.request.form;
    let done = match kind {
        ServiceKind::Queue => reader.send_message(name, &message(form)).await,
        ServiceKind::Topic => reader.publish(name, &message(form)).await,
        ServiceKind::Bus => {
            let text = |name: &str| form.get(name).unwrap_or_default();
            let detail: Value = document(form, "detail")?;
            let event = json!({
                "Source": text("source"),
                "DetailType": text("detail-type"),
                "Detail": detail.to_string(),
                "EventBusName": name,
            });
            reader.put_event(event).await
        }
        _ => return Err(no_such(kind, name).into()),
    };
    existing(kind, name, done)?;
    let sent = if kind == ServiceKind::Bus {
        "event"
    } else {
        "message"
    };
    let url = call.stage.url(["services", kind.slug(), name]);
    Ok(Reply::see_other(&url.with("sent", sent)))
}

/// The members that a queue and a topic have in common.
fn message(form: &Fields) -> crate::services::Sent {
    let text = |name: &str| form.get(name).map(str::to_owned);
    crate::services::Sent {
        body: text("body").unwrap_or_default(),
        group: text("group"),
        deduplication: text("deduplication"),
    }
}

/// Only what was sent here is said: the address may be anybody's.
fn said(sent: &str) -> Option<&'static str> {
    match sent {
        "message" => Some("The message was sent."),
        "event" => Some("The event was sent."),
        _ => None,
    }
}

fn urls(stage: &Stage) -> Urls<'_> {
    Urls {
        all: stage.url(["services"]),
        one: Box::new(move |kind: ServiceKind, name: &str| -> Url {
            stage.url(["services", kind.slug(), name])
        }),
    }
}

fn reader(ui: &Ui, call: &Call<'_>) -> Result<Reader> {
    let direct = ui.direct(&call.stage);
    let missing = || Missing("Only the embedded AWS has this page.".to_owned());
    Ok(Reader::new(direct.ok_or_else(missing)?))
}

/// The kind and the name in the path.
fn named<'a>(call: &'a Call<'_>) -> Result<(ServiceKind, &'a str)> {
    let kind = ServiceKind::of_slug(call.part(0));
    let missing = || Missing("There is no such page.".to_owned());
    Ok((kind.ok_or_else(missing)?, call.part(1)))
}

fn existing<T>(kind: ServiceKind, name: &str, read: Result<T, DirectError>) -> Result<T> {
    match read {
        Err(error) if is_absent(&error) => Err(no_such(kind, name).into()),
        read => Ok(read?),
    }
}

fn no_such(kind: ServiceKind, name: &str) -> Missing {
    Missing(format!("The local AWS has no {} `{name}`.", kind.word()))
}
