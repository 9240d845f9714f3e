//! Finds the step that a `%` means, which then binds its context.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::fault::Fault;
use super::node::{Kind, Node, Slot};

/// Goes one step up from a slot.
pub(super) fn seek_parent(node: &mut Node, slot: &Arc<Slot>) -> Result<(), Fault> {
    match &mut node.kind {
        Kind::Name(_) | Kind::Wildcard => {
            let level = slot.level.fetch_sub(1, Ordering::Relaxed) - 1;
            if level == 0 {
                if let Some(ancestor) = &node.step.ancestor {
                    slot.take_label_of(ancestor);
                }
                node.step.ancestor = Some(Arc::clone(slot));
                node.step.tuple = true;
            }
        }
        Kind::Parent(_) => {
            slot.level.fetch_add(1, Ordering::Relaxed);
        }
        Kind::Block(expressions) => {
            if let Some(last) = expressions.last_mut() {
                node.step.tuple = true;
                seek_parent(last, slot)?;
            }
        }
        Kind::Path(steps) => {
            node.step.tuple = true;
            let mut steps = steps.iter_mut().rev();
            if let Some(last) = steps.next() {
                seek_parent(last, slot)?;
            }
            for step in steps {
                if slot.level.load(Ordering::Relaxed) <= 0 {
                    break;
                }
                seek_parent(step, slot)?;
            }
        }
        _ => {
            let fault = Fault::new("S0217").token(node.type_name());
            return Err(fault.at(node.position));
        }
    }
    Ok(())
}

/// The slots of an inner expression are those of the outer one, too.
pub(super) fn push_ancestry(seeking: &mut Vec<Arc<Slot>>, value: &Node) {
    seeking.extend(value.seeking.iter().map(Arc::clone));
    if let Kind::Parent(slot) = &value.kind {
        seeking.push(Arc::clone(slot));
    }
}

/// Resolves what the last step of a path seeks in the steps before it.
pub(super) fn resolve_ancestry(path: &mut Node) -> Result<(), Fault> {
    let Kind::Path(steps) = &mut path.kind else {
        return Ok(());
    };
    let Some((last, before)) = steps.split_last_mut() else {
        return Ok(());
    };
    if let Kind::Parent(slot) = &last.kind {
        last.seeking.push(Arc::clone(slot));
    }
    for slot in &last.seeking {
        let mut index = before.len();
        while slot.level.load(Ordering::Relaxed) > 0 {
            if index == 0 {
                path.seeking.push(Arc::clone(slot));
                break;
            }
            index -= 1;
            // Steps that bind their item side by side have the same context.
            while index > 0
                && before[index].step.focus.is_some()
                && before[index - 1].step.focus.is_some()
            {
                index -= 1;
            }
            seek_parent(&mut before[index], slot)?;
        }
    }
    Ok(())
}
