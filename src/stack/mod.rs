//! What one `deploy.toml` and one stage own: its names, ARNs and tags.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{MachineName, RolesConfig, StackConfig};

mod account;
mod origin;

pub use account::Account;
pub use origin::Origin;

/// Names every resource of a stack, and knows which resources belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    pub name: String,
    pub stage: String,
    pub account: Account,
    pub roles: RolesConfig,
    /// Whether `deploy.toml` names any triggers.
    pub has_triggers: bool,
}

/// The alias that callers start executions on.
pub const LIVE: &str = "live";

/// The one inline policy that txflow writes into a role.
pub const POLICY: &str = "txflow";

/// The name of the main state machine's role after the stack's prefix. Those of the others go on with their names after a
/// dot, which no function has in its name: a role tells what it was made for, also after deploy.toml names that no longer.
const STATE_MACHINE: &str = "state-machine";

/// The name of the role of the triggers after the stack's prefix.
const TRIGGERS: &str = "triggers";

/// The tags that say whose a resource is.
const STACK_TAG: &str = "txflow:stack";
const STAGE_TAG: &str = "txflow:stage";

/// The region of the stack, on its roles: IAM has none.
pub const REGION_TAG: &str = "txflow:region";

/// The version of txflow that created it.
pub const VERSION_TAG: &str = "txflow:version";

/// Under `/aws/vendedlogs/`, where log delivery keeps the log group's resource policy small.
const STATE_MACHINE_LOGS: &str = "/aws/vendedlogs/states/";

pub type Tags = BTreeMap<String, String>;

/// The functions and state machines of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    pub handlers: BTreeSet<String>,
    pub state_machines: BTreeSet<MachineName>,
}

impl Members {
    pub fn of(config: &StackConfig) -> Self {
        Self {
            handlers: config.handlers.clone(),
            state_machines: config.state_machines.names().collect(),
        }
    }
}

fn state_machine_after_prefix(name: &str) -> Option<MachineName> {
    match name.strip_prefix(STATE_MACHINE)? {
        "" => Some(MachineName::Main),
        more => Some(MachineName::Named(more.strip_prefix('.')?.to_owned())),
    }
}

/// Whether resources with these tags belong to one stack and stage.
pub fn same_stack(a: &Tags, b: &Tags) -> bool {
    let mut keys = [STACK_TAG, STAGE_TAG].iter();
    keys.all(|key| a.contains_key(*key) && a.get(*key) == b.get(*key))
}

impl Stack {
    pub fn of(config: &StackConfig, account: Account) -> Self {
        Self {
            name: config.name.clone(),
            stage: config.stage.clone(),
            account,
            roles: config.roles.clone(),
            has_triggers: config.has_triggers,
        }
    }

    /// `transactions-dev`, what every name of the stack begins with.
    pub fn prefix(&self) -> String {
        format!("{}-{}", self.name, self.stage)
    }

    /// The IAM path under which all roles of the stack are found, whatever `deploy.toml` says now.
    pub fn role_path(&self) -> String {
        format!(
            "{}/txflow/{}/{}/",
            self.roles.path_prefix, self.name, self.stage
        )
    }

    /// Whether the roles of the stack were under this path before `path-prefix` changed.
    pub fn is_former_path(&self, path: &str) -> bool {
        let own = format!("/txflow/{}/{}/", self.name, self.stage);
        path.ends_with(&own) && path != self.role_path()
    }

    /// The name of a handler's function.
    pub fn function_name(&self, handler: &str) -> String {
        format!("{}-{handler}", self.prefix())
    }

    /// The handler whose role has this name; `None` for the roles of state machines and of the triggers, and for
    /// names that do not belong to the stack.
    pub fn handler_of_role<'a>(&self, role: &'a str) -> Option<&'a str> {
        let handler = self.after_prefix(role.strip_prefix(&self.roles.name_prefix)?)?;
        let is_machine = state_machine_after_prefix(handler).is_some();
        (!is_machine && handler != TRIGGERS).then_some(handler)
    }

    /// The state machine whose role has this name.
    pub fn state_machine_of_role(&self, role: &str) -> Option<MachineName> {
        state_machine_after_prefix(self.after_prefix(role.strip_prefix(&self.roles.name_prefix)?)?)
    }

    /// The handler of a function of this stack; the name itself if it belongs to another.
    pub fn handler_of_function<'a>(&self, function: &'a str) -> &'a str {
        self.after_prefix(function).unwrap_or(function)
    }

    fn after_prefix<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(&self.prefix())?.strip_prefix('-')
    }

    pub fn function_log_group(&self, handler: &str) -> String {
        format!("/aws/lambda/{}", self.function_name(handler))
    }

    /// The handler of the log group of a function.
    pub fn handler_of_log_group<'a>(&self, log_group: &'a str) -> Option<&'a str> {
        self.after_prefix(log_group.strip_prefix("/aws/lambda/")?)
    }

    /// The state machine of the log group of one.
    pub fn state_machine_of_log_group(&self, log_group: &str) -> Option<MachineName> {
        self.state_machine_named(log_group.strip_prefix(STATE_MACHINE_LOGS)?)
    }

    /// The state machine of this stack with this name in AWS.
    pub fn state_machine_named(&self, name: &str) -> Option<MachineName> {
        if name == self.prefix() {
            return Some(MachineName::Main);
        }
        Some(MachineName::Named(self.after_prefix(name)?.to_owned()))
    }

    pub fn state_machine_name(&self, machine: &MachineName) -> String {
        match machine {
            MachineName::Main => self.prefix(),
            MachineName::Named(name) => format!("{}-{name}", self.prefix()),
        }
    }

    /// The name of the role that txflow makes for a handler's function.
    pub fn function_role(&self, handler: &str) -> String {
        format!("{}{}", self.roles.name_prefix, self.function_name(handler))
    }

    /// The name of the role that txflow makes for a state machine.
    pub fn state_machine_role(&self, machine: &MachineName) -> String {
        match machine {
            MachineName::Main => self.function_role(STATE_MACHINE),
            MachineName::Named(name) => self.function_role(&format!("{STATE_MACHINE}.{name}")),
        }
    }

    /// The name of the role by which the triggers start executions.
    pub fn triggers_role(&self) -> String {
        self.function_role(TRIGGERS)
    }

    /// The ARN of the role of a handler's function, whoever made it.
    pub fn function_role_arn(&self, handler: &str) -> String {
        let given = self.roles.of_others.get(handler).cloned();
        given.unwrap_or_else(|| self.role_arn(&self.function_role(handler)))
    }

    /// The ARN of the role of a state machine, whoever made it.
    pub fn state_machine_role_arn(&self, machine: &MachineName) -> String {
        let given = self.roles.of_state_machines.get(machine).cloned();
        given.unwrap_or_else(|| self.role_arn(&self.state_machine_role(machine)))
    }

    /// The names of the roles that txflow makes for these members, and for the triggers.
    pub fn own_roles(&self, members: &Members) -> impl Iterator<Item = String> {
        let handlers = members.handlers.iter();
        let handlers = handlers.filter(|handler| !self.roles.of_others.contains_key(*handler));
        let machines = members.state_machines.iter();
        let machines =
            machines.filter(|machine| !self.roles.of_state_machines.contains_key(*machine));
        handlers
            .map(|handler| self.function_role(handler))
            .chain(machines.map(|machine| self.state_machine_role(machine)))
            .chain(self.has_triggers.then(|| self.triggers_role()))
    }

    /// The ARNs of the roles that others made for functions and state machines.
    pub fn roles_of_others(&self) -> BTreeSet<&String> {
        let of_functions = self.roles.of_others.values();
        let of_state_machines = self.roles.of_state_machines.values();
        of_functions.chain(of_state_machines).collect()
    }

    pub fn state_machine_log_group(&self, machine: &MachineName) -> String {
        format!("{STATE_MACHINE_LOGS}{}", self.state_machine_name(machine))
    }

    pub fn role_arn(&self, role: &str) -> String {
        let role = format!("role{}{role}", self.role_path());
        self.account.iam_arn(&role)
    }

    pub fn function_arn(&self, handler: &str) -> String {
        self.account.arn(
            "lambda",
            &format!("function:{}", self.function_name(handler)),
        )
    }

    pub fn log_group_arn(&self, log_group: &str) -> String {
        self.account.arn("logs", &format!("log-group:{log_group}"))
    }

    pub fn state_machine_arn(&self, machine: &MachineName) -> String {
        self.account.arn(
            "states",
            &format!("stateMachine:{}", self.state_machine_name(machine)),
        )
    }

    /// The alias of the main state machine, as a plan names it.
    pub fn alias_name(&self) -> String {
        format!("{}:{LIVE}", self.state_machine_name(&MachineName::Main))
    }

    pub fn alias_arn(&self) -> String {
        format!("{}:{LIVE}", self.state_machine_arn(&MachineName::Main))
    }

    /// The group of all schedules of the stack.
    pub fn schedule_group(&self) -> String {
        self.prefix()
    }

    pub fn schedule_group_arn(&self) -> String {
        let group = format!("schedule-group/{}", self.schedule_group());
        self.account.arn("scheduler", &group)
    }

    pub fn schedule_arn(&self, schedule: &str) -> String {
        let schedule = format!("schedule/{}/{schedule}", self.schedule_group());
        self.account.arn("scheduler", &schedule)
    }

    /// The name of a rule. No stage and no function has a dot in its name, so that no other stack has rules that begin
    /// like those of this one.
    pub fn rule_name(&self, trigger: &str) -> String {
        format!("{}.{trigger}", self.prefix())
    }

    /// `rule` is its name, behind that of its event bus if that is not the default one.
    pub fn rule_arn(&self, rule: &str) -> String {
        self.account.arn("events", &format!("rule/{rule}"))
    }

    pub fn execution_arn(&self, machine: &MachineName, name: &str) -> String {
        let execution = format!("execution:{}:{name}", self.state_machine_name(machine));
        self.account.arn("states", &execution)
    }

    /// The Map Runs of a state machine.
    pub fn map_runs(&self, machine: &MachineName) -> String {
        let runs = format!("mapRun:{}/*", self.state_machine_name(machine));
        self.account.arn("states", &runs)
    }

    /// The executions that a Distributed Map of a state machine starts.
    pub fn map_run_executions(&self, machine: &MachineName) -> String {
        let executions = format!("execution:{}/*", self.state_machine_name(machine));
        self.account.arn("states", &executions)
    }

    /// The tags that mark a resource as the stack's own, without the version of txflow.
    pub fn ownership_tags(&self) -> Tags {
        Tags::from([
            (STACK_TAG.to_owned(), self.name.clone()),
            (STAGE_TAG.to_owned(), self.stage.clone()),
        ])
    }

    /// Every tag of a role.
    pub fn role_tags(&self, own: &Tags) -> Tags {
        let mut tags = self.tags(own);
        tags.insert(REGION_TAG.to_owned(), self.account.region.clone());
        tags
    }

    /// Every tag of a resource: the user's own, and txflow's.
    pub fn tags(&self, own: &Tags) -> Tags {
        let mut tags = own.clone();
        tags.extend(self.ownership_tags());
        tags.insert(VERSION_TAG.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        tags
    }

    /// The tags of ownership that are not among these.
    pub fn missing_tags(&self, tags: &Tags) -> Tags {
        let own = self.ownership_tags().into_iter();
        own.filter(|(key, value)| tags.get(key) != Some(value))
            .collect()
    }

    /// The name and the stage of the stack to which a resource with these tags belongs, whichever it is.
    pub fn owner(tags: &Tags) -> Option<(&str, &str)> {
        Some((tags.get(STACK_TAG)?, tags.get(STAGE_TAG)?))
    }

    /// Whether a resource with these tags is the stack's own.
    pub fn owns(&self, tags: &Tags) -> bool {
        same_stack(&self.ownership_tags(), tags)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn stack() -> Stack {
        Stack {
            name: "transactions".to_owned(),
            stage: "dev".to_owned(),
            account: Account {
                partition: "aws".to_owned(),
                id: "123456789012".to_owned(),
                region: "eu-west-1".to_owned(),
            },
            roles: RolesConfig::default(),
            has_triggers: false,
        }
    }

    #[test]
    fn names_are_those_of_the_design() {
        let stack = stack();
        assert_eq!(stack.role_path(), "/txflow/transactions/dev/");
        assert_eq!(
            stack.function_role_arn("purchase-handler"),
            "arn:aws:iam::123456789012:role/txflow/transactions/dev/transactions-dev-purchase-handler"
        );
        assert_eq!(
            stack.alias_arn(),
            "arn:aws:states:eu-west-1:123456789012:stateMachine:transactions-dev:live"
        );
    }

    #[test]
    fn a_role_leads_back_to_its_handler_and_no_other_stack_is_taken_for_this_one() {
        let stack = stack();
        assert_eq!(
            stack.handler_of_role("transactions-dev-old-handler"),
            Some("old-handler")
        );
        assert_eq!(
            stack.handler_of_role("transactions-dev-state-machine"),
            None
        );
        assert_eq!(stack.handler_of_role("transactions-developer"), None);
    }

    #[test]
    fn a_resource_with_only_our_name_is_foreign() {
        let stack = stack();
        assert!(stack.owns(&stack.tags(&Tags::new())));
        assert!(!stack.owns(&Tags::new()));
        let mut other = stack.tags(&Tags::new());
        other.insert("txflow:stage".to_owned(), "prod".to_owned());
        assert!(!stack.owns(&other));
    }

    #[test]
    fn a_user_tag_cannot_claim_a_resource_for_another_stack() {
        let own = Tags::from([("txflow:stack".to_owned(), "else".to_owned())]);
        assert!(stack().owns(&stack().tags(&own)));
    }
}
