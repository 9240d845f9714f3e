//! What is deployed, and what differs, without secrets. Views show parts of it, and half of a secret is not found any more. Names
//! that deploy.toml gives are the project's own words.

use super::difference::Difference;
use super::overview::Overview;
use crate::graph::FieldDifference;
use crate::plan::Reason;
use crate::world::Secrets;

impl Overview {
    /// With each secret masked in what others wrote.
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let origins = self.releases.iter_mut().flat_map(|kept| &mut kept.origin);
        let failures = self.functions.iter_mut().flat_map(|one| &mut one.failure);
        let starts = self.triggers.iter_mut().map(|one| &mut one.starts);
        let texts = origins.chain(failures).chain(starts);
        texts.for_each(|text| secrets.mask_text(text));
        self
    }
}

impl Difference {
    /// With each secret masked in what is in the definitions, the settings and the permissions.
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let text = |text: &mut String| secrets.mask_text(text);
        let fields = |fields: &mut Vec<FieldDifference>| {
            for field in fields {
                text(&mut field.path);
                let values = [&mut field.old, &mut field.new].into_iter().flatten();
                values.for_each(|value| secrets.mask_json(value));
            }
        };
        for machine in &mut self.state_machines {
            fields(&mut machine.fields);
            for state in &mut machine.states {
                state.state.iter_mut().for_each(text);
                fields(&mut state.fields);
            }
            mask_reasons(&mut machine.settings, secrets);
        }
        for function in &mut self.functions {
            mask_reasons(&mut function.differences, secrets);
        }
        for permission in &mut self.permissions {
            permission.actions.iter_mut().for_each(text);
            text(&mut permission.resource);
            let conditions = permission.condition.iter_mut();
            conditions.for_each(|condition| secrets.mask_document(condition));
        }
        self
    }
}

/// Only values are shown of them.
fn mask_reasons(reasons: &mut [Reason], secrets: &Secrets) {
    for reason in reasons {
        if let Reason::Changed { old, new, .. } = reason {
            let values = [old, new].into_iter().flatten();
            values.for_each(|value| secrets.mask_document(value));
        }
    }
}
