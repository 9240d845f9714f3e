use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::super::value::Value;

/// The variables of a block or a call.
#[derive(Debug, Default)]
pub(in super::super) struct Frame {
    bindings: RefCell<Vec<(Arc<str>, Value)>>,
    enclosing: RefCell<Option<Rc<Frame>>>,
    /// Whether a function refers to it, so that it may refer to itself.
    captured: Cell<bool>,
}

impl Frame {
    pub(super) fn root() -> Rc<Self> {
        Rc::default()
    }

    pub(super) fn inside(enclosing: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self {
            enclosing: RefCell::new(Some(Rc::clone(enclosing))),
            ..Self::default()
        })
    }

    /// The name must not be bound in this frame.
    pub(super) fn add(&self, name: Arc<str>, value: Value) {
        self.bindings.borrow_mut().push((name, value));
    }

    pub(super) fn bind(&self, name: &Arc<str>, value: Value) {
        let mut bindings = self.bindings.borrow_mut();
        match bindings.iter_mut().find(|(bound, _)| bound == name) {
            Some((_, bound)) => *bound = value,
            None => bindings.push((Arc::clone(name), value)),
        }
    }

    pub(super) fn lookup(self: &Rc<Self>, name: &str) -> Option<Value> {
        let mut frame = Rc::clone(self);
        loop {
            let found = frame
                .bindings
                .borrow()
                .iter()
                .find(|(bound, _)| **bound == *name)
                .map(|(_, value)| value.clone());
            if found.is_some() {
                return found;
            }
            let enclosing = frame.enclosing.borrow().clone()?;
            frame = enclosing;
        }
    }

    /// Marks this frame and those around it. Adds those that were not marked.
    pub(super) fn capture(self: &Rc<Self>, captured: &mut Vec<Rc<Self>>) {
        let mut frame = Rc::clone(self);
        while !frame.captured.replace(true) {
            captured.push(Rc::clone(&frame));
            let enclosing = frame.enclosing.borrow().clone();
            match enclosing {
                Some(enclosing) => frame = enclosing,
                None => break,
            }
        }
    }

    /// Forgets everything, so that frames which refer to each other are freed.
    pub(super) fn clear(&self) {
        let bindings = self.bindings.take();
        let enclosing = self.enclosing.take();
        drop((bindings, enclosing));
    }
}
