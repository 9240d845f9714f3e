//! What is answered, with the headers that each answer has.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Response, StatusCode};
use maud::{DOCTYPE, Markup, html};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::deadline::Deadline;
use super::url::Url;

/// An answer.
pub struct Reply {
    status: StatusCode,
    content_type: &'static str,
    headers: Vec<(HeaderName, String)>,
    content: Content,
    /// Until when others may be given the same.
    current: Option<Current>,
    /// The place that a stream takes while it goes on.
    place: Option<OwnedSemaphorePermit>,
}

/// Whether what a page was made from is still the newest.
pub type Current = Box<dyn Fn() -> bool>;

enum Content {
    Text(Cow<'static, str>),
    /// Parts that are sent as they come.
    Parts(mpsc::Receiver<Bytes>),
}

impl Reply {
    pub fn page(page: Markup) -> Self {
        Self::html(StatusCode::OK, page)
    }

    /// A page that says what went wrong.
    pub fn problem(status: StatusCode, page: Markup) -> Self {
        Self::html(status, page)
    }

    pub fn asset(content_type: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::text(StatusCode::OK, content_type, text)
    }

    pub fn plain(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self::text(status, "text/plain; charset=utf-8", text)
    }

    /// Leads to another page, which is then read with GET.
    pub fn see_other(url: &Url) -> Self {
        let mut reply = Self::plain(StatusCode::SEE_OTHER, "");
        reply.headers.push((LOCATION, url.to_string()));
        reply
    }

    /// A page that leads to another one by itself. A browser sends no cookie along a redirect that began on another site.
    pub fn go_on(url: &Url) -> Self {
        Self::page(html! {
            (DOCTYPE)
            meta charset="utf-8";
            meta http-equiv="refresh" content=(format!("0; url={url}"));
            title { "txflow" }
        })
    }

    /// Server-sent events.
    pub fn events(parts: mpsc::Receiver<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: "text/event-stream",
            headers: Vec::new(),
            content: Content::Parts(parts),
            current: None,
            place: None,
        }
    }

    /// Whoever asks for the same is given it as long as it is current.
    #[must_use]
    pub fn while_current(mut self, current: Current) -> Self {
        self.current = Some(current);
        self
    }

    /// Whether it goes on for as long as the client listens.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.content, Content::Parts(_))
    }

    pub(super) fn in_place(mut self, place: OwnedSemaphorePermit) -> Self {
        self.place = Some(place);
        self
    }

    pub(super) fn take_current(&mut self) -> Option<Current> {
        self.current.take()
    }

    /// The same once more. `None` if it goes on.
    pub(super) fn again(&self) -> Option<Self> {
        let Content::Text(text) = &self.content else {
            return None;
        };
        Some(Self {
            status: self.status,
            content_type: self.content_type,
            headers: self.headers.clone(),
            content: Content::Text(text.clone()),
            current: None,
            place: None,
        })
    }

    /// With another status, such as that of a form that was refused.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self.current = None;
        self
    }

    pub(super) fn with_cookie(mut self, cookie: String) -> Self {
        self.headers.push((SET_COOKIE, cookie));
        self
    }

    /// With its text changed, such as without secrets.
    #[must_use]
    pub fn mapped(mut self, change: impl FnOnce(&str) -> Option<String>) -> Self {
        if let Content::Text(text) = &mut self.content
            && let Some(changed) = change(text)
        {
            *text = Cow::Owned(changed);
        }
        self
    }

    fn html(status: StatusCode, page: Markup) -> Self {
        Self::text(status, "text/html; charset=utf-8", page.into_string())
    }

    fn text(
        status: StatusCode,
        content_type: &'static str,
        text: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            content: Content::Text(text.into()),
            current: None,
            place: None,
        }
    }

    pub(super) fn into_response(self, deadline: Deadline) -> Response<Sent> {
        let mut response = Response::new(Sent {
            left: match self.content {
                Content::Text(text) => Left::Whole(match text {
                    Cow::Borrowed("") => None,
                    Cow::Borrowed(text) => Some(Bytes::from_static(text.as_bytes())),
                    Cow::Owned(text) => Some(Bytes::from(text)),
                }),
                Content::Parts(parts) => Left::Parts(parts),
            },
            deadline,
            _place: self.place,
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in SAFETY {
            let name = HeaderName::from_static(name);
            headers.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in self.headers {
            // They are made of ASCII that is encoded.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            }
        }
        response
    }
}

/// Nothing from elsewhere, nothing inline, no frame around it, nothing kept. Forms would have no `Origin` without any
/// referrer, so the page itself is told where it comes from.
const SAFETY: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// A body that gives its client more time with each part that it takes.
pub(super) struct Sent {
    left: Left,
    deadline: Deadline,
    _place: Option<OwnedSemaphorePermit>,
}

enum Left {
    Whole(Option<Bytes>),
    Parts(mpsc::Receiver<Bytes>),
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.deadline.renew();
        let next = match &mut self.left {
            Left::Whole(text) => Poll::Ready(text.take()),
            Left::Parts(parts) => parts.poll_recv(context),
        };
        next.map(|part| part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.left, Left::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.left {
            Left::Whole(text) => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
            Left::Parts(_) => SizeHint::default(),
        }
    }
}
