//! One simulation: commands of one stage, one after the other or two at once, whole, cut off or interrupted.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;
use txflow::exit::Exit;
use txflow_local_aws::{Random, Weather};

use super::checkout::{Checkout, Ended, Until};
use super::cloud::Cloud;
use super::truth::Truth;
use super::wish::Wish;

/// What a deploy says that meets something of its stage that was not there when it looked.
const OTHER_DEPLOY: [&str; 3] = [
    // Removed a moment ago, and AWS still showed it.
    "gave up after",
    "another deploy of this stage is running",
    "was changed by someone else during this deploy",
];

/// After this long in calm weather, everything that AWS was told is in force and shown.
const SETTLED: Duration = Duration::from_secs(120);
/// After what time AWS shows everywhere what was done.
const SHOWN: Duration = Duration::from_secs(10);

pub struct Story {
    rng: Rng,
    cloud: Cloud,
    weather: Weather,
    truth: Truth,
    began: Instant,
    /// Two people deploy.
    checkouts: [Checkout; 2],
    /// What was ever asked for.
    wishes: Vec<Wish>,
    /// What happened so far.
    pub told: Vec<String>,
    /// How many calls there were before the last command.
    calls_before: usize,
    /// When the last command ended.
    ended: Option<Instant>,
}

/// Whether a deploy has met what the command before was still doing when it was cut off.
fn meets_another(ended: &Ended) -> bool {
    let mut other = OTHER_DEPLOY.iter();
    other.any(|text| ended.printed.contains(text))
}

impl Story {
    pub async fn begin(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let weather = if rng.u8(..10) == 0 {
            Weather::calm()
        } else {
            Weather::realistic(seed)
        };
        let cloud = Cloud::new(seed, Weather::calm());
        let truth = Truth::begin(&cloud).await;
        cloud.aws.set_weather(weather);
        let random = Random::seeded(seed);
        Self {
            rng,
            weather,
            truth,
            began: Instant::now(),
            checkouts: [(); 2].map(|()| Checkout::new(&random)),
            cloud,
            wishes: Vec::new(),
            told: Vec::new(),
            calls_before: 0,
            ended: None,
        }
    }

    /// Some commands, each with what must hold after it; then a deploy, after which there is nothing to do, and a destroy,
    /// after which there is nothing.
    pub async fn go_on_to_the_end(&mut self) {
        for _ in 0..self.rng.usize(2..7) {
            self.something_happens().await;
            self.check().await;
        }
        let wish = self.wish();
        self.deploys(&wish).await;
        self.settle().await;
        self.nothing_is_left_to_do(&wish).await;
        let tested = self.command(0, &["test"], Until::End).await;
        self.expect("test", &tested, &[Exit::Done]);
        self.triggers_start_executions(&wish).await;
        let destroyed = self.command(0, &["destroy", "--yes"], Until::End).await;
        self.expect("destroy", &destroyed, &[Exit::Done]);
        self.settle().await;
        self.calm(async |truth| truth.nothing_of_the_stack_is_left().await)
            .await;
    }

    pub fn calls(&self) -> Vec<String> {
        self.cloud.calls.lock().unwrap().clone()
    }

    async fn something_happens(&mut self) {
        match self.rng.u8(..20) {
            0..6 => {
                let wish = self.wish();
                self.deploys(&wish).await;
            }
            6..10 => {
                let wish = self.wish();
                let until = self.cut(120);
                self.checkouts[0].write(&wish);
                let ended = self.command(0, &["deploy"], until).await;
                if !meets_another(&ended) {
                    self.expect("cut deploy", &ended, &[Exit::Done, Exit::Interrupted]);
                }
            }
            10..12 => self.two_deploy().await,
            12..14 => {
                let until = if self.rng.bool() {
                    Until::End
                } else {
                    self.cut(30)
                };
                let ended = self.command(0, &["rollback"], until).await;
                // There may be no earlier release, or nothing at all.
                let exits = [Exit::Done, Exit::Interrupted, Exit::Failed];
                self.expect("rollback", &ended, &exits);
            }
            14..16 => {
                self.settle().await;
                let ended = self.command(0, &["test"], Until::End).await;
                let live = self.calm(async |truth| truth.live().await.is_some()).await;
                let exit = if live { Exit::Done } else { Exit::Failed };
                self.expect("test", &ended, &[exit]);
            }
            16 => {
                let until = if self.rng.bool() {
                    Until::End
                } else {
                    self.cut(80)
                };
                let ended = self.command(0, &["destroy", "--yes"], until).await;
                self.expect("destroy", &ended, &[Exit::Done, Exit::Interrupted]);
                if ended.exit == Some(Exit::Done) {
                    self.settle().await;
                    self.calm(async |truth| truth.nothing_of_the_stack_is_left().await)
                        .await;
                }
            }
            17 => {
                let ended = self.command(0, &["status"], Until::End).await;
                self.expect("status", &ended, &[Exit::Done, Exit::Failed]);
            }
            _ => {
                let pause = Duration::from_secs(self.rng.u64(1..120));
                self.told
                    .push(format!("nothing happens for {} s", pause.as_secs()));
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// A deploy that nobody disturbs succeeds, whatever the weather, and what it says is live is.
    async fn deploys(&mut self, wish: &Wish) {
        self.checkouts[0].write(wish);
        let soon = self.ended.is_some_and(|ended| ended.elapsed() < SHOWN);
        let mut ended = self.command(0, &["deploy"], Until::End).await;
        if meets_another(&ended) || (soon && !self.is_deployed(wish).await) {
            // What the command before has done was not to be seen yet, or was done since: it wanted something else.
            tokio::time::sleep(SHOWN).await;
            ended = self.command(0, &["deploy"], Until::End).await;
        }
        self.expect("deploy", &ended, &[Exit::Done]);
        let live = self.calm(async |truth| truth.live().await).await;
        let live = live.map(|live| live.is_of(wish));
        assert_eq!(live, Some(true), "what was deployed is live");
        // What AWS did not show, since it was made a moment ago, may be left.
        self.has_triggers(wish).await;
    }

    async fn is_deployed(&self, wish: &Wish) -> bool {
        self.calm(async |truth| {
            let live = truth.live().await;
            live.is_some_and(|live| live.is_of(wish)) && truth.triggers().await.include(wish)
        })
        .await
    }

    /// Gives how many there are.
    async fn has_triggers(&self, wish: &Wish) -> usize {
        let triggers = self.calm(async |truth| truth.triggers().await).await;
        let wanted = &wish.triggers;
        assert!(triggers.include(wish), "{wanted:?} became {triggers:?}");
        triggers.len()
    }

    async fn two_deploy(&mut self) {
        let [one, other] = [(); 2].map(|()| self.wish());
        self.checkouts[0].write(&one);
        self.checkouts[1].write(&other);
        self.told.push(format!("two deploy: {one:?} and {other:?}"));
        let lines = [self.cloud.line(), self.cloud.line()];
        let [first, second] =
            [0, 1].map(|i| self.checkouts[i].run(&["deploy"], Until::End, &lines[i]));
        let (first, second) = tokio::join!(first, second);
        self.ended = Some(Instant::now());
        for ended in [&first, &second] {
            self.expect("deploy beside another", ended, &[Exit::Done, Exit::Failed]);
        }
        if first.exit == Some(Exit::Failed) && second.exit == Some(Exit::Failed) {
            self.told.push(format!(
                "both failed:\n{}\n{}",
                first.printed, second.printed
            ));
        }
    }

    /// A deploy that read what had just changed may have missed a part of it; the next one does not.
    async fn nothing_is_left_to_do(&mut self, wish: &Wish) {
        self.checkouts[0].write(wish);
        let mut plan = self.plans().await;
        if plan.exit == Some(Exit::ChangesPending) {
            self.deploys(wish).await;
            self.settle().await;
            plan = self.plans().await;
        }
        self.expect("plan", &plan, &[Exit::Done]);
        assert_eq!(self.has_triggers(wish).await, wish.triggers.len());
    }

    async fn plans(&mut self) -> Ended {
        self.command(0, &["plan", "--exit-code"], Until::End).await
    }

    /// What the triggers wait for happens, and executions come of it that succeed.
    async fn triggers_start_executions(&self, wish: &Wish) {
        let before = self.calm(async |truth| truth.executions().await).await;
        let due = self.calm(async |truth| truth.set_off(wish).await).await;
        self.settle().await;
        let mut started = self.calm(async |truth| truth.executions().await).await;
        started.retain(|execution, _| !before.contains_key(execution));
        assert!(started.len() >= due, "{due} were due: {started:?}");
        let mut ends = started.values();
        let all_succeeded = ends.all(|end| end == "SUCCEEDED");
        assert!(all_succeeded, "{started:?}");
    }

    /// What holds after each command, however it ended.
    async fn check(&mut self) {
        let wishes = self.wishes.clone();
        self.calm(async |truth| {
            truth.bystanders_are_as_before().await;
            truth.can_start(&truth.triggers().await).await;
            if let Some(live) = truth.live().await {
                truth.can_be_called(&live).await;
                assert!(
                    wishes.iter().any(|wish| live.is_of(wish)),
                    "callers get a mix: {live:#?}"
                );
            }
        })
        .await;
    }

    /// Looks at what AWS holds, without weather.
    async fn calm<T>(&self, look: impl AsyncFnOnce(&Truth) -> T) -> T {
        self.cloud.aws.set_weather(Weather::calm());
        let seen = look(&self.truth).await;
        self.cloud.aws.set_weather(self.weather);
        seen
    }

    async fn settle(&self) {
        tokio::time::sleep(SETTLED).await;
    }

    fn wish(&mut self) -> Wish {
        // Often the same as before, or as once was.
        let wish = match self.rng.u8(..4) {
            0 if !self.wishes.is_empty() => {
                self.wishes[self.rng.usize(..self.wishes.len())].clone()
            }
            _ => Wish::any(&mut self.rng),
        };
        self.wishes.push(wish.clone());
        wish
    }

    fn cut(&mut self, calls: usize) -> Until {
        let call = self.rng.usize(1..calls);
        if self.rng.bool() {
            Until::Killed(call)
        } else {
            Until::Interrupted(call)
        }
    }

    /// Lambda may fail to set up a function. Whoever is told so tries again.
    async fn command(&mut self, folder: usize, arguments: &[&str], until: Until) -> Ended {
        let mut ended = self.attempt(folder, arguments, until).await;
        while ended.exit == Some(Exit::Failed)
            && ended.printed.contains("failed with InternalError")
        {
            ended = self.attempt(folder, arguments, Until::End).await;
        }
        ended
    }

    async fn attempt(&mut self, folder: usize, arguments: &[&str], until: Until) -> Ended {
        if self.checkouts[folder].wish.is_none() {
            let wish = self.wish();
            self.checkouts[folder].write(&wish);
        }
        let wish = &self.checkouts[folder].wish;
        self.told.push(format!(
            "txflow {} until {until:?}: {wish:?}",
            arguments.join(" ")
        ));
        self.calls_before = self.cloud.calls.lock().unwrap().len();
        let line = match until {
            Until::End => self.cloud.line(),
            Until::Killed(call) | Until::Interrupted(call) => self.cloud.line_with_alarm(call),
        };
        let ended = self.checkouts[folder].run(arguments, until, &line).await;
        let exit = ended
            .exit
            .map_or("killed".to_owned(), |exit| format!("{exit:?}"));
        let at = self.began.elapsed().as_secs_f64();
        self.ended = Some(Instant::now());
        self.told
            .push(format!("{}  {exit} at {at:.1} s", ended.printed));
        ended
    }

    fn expect(&mut self, what: &str, ended: &Ended, exits: &[Exit]) {
        let Some(exit) = ended.exit else {
            return;
        };
        if !exits.contains(&exit) {
            let calls = self.cloud.calls.lock().unwrap()[self.calls_before..].join("\n  ");
            panic!(
                "{what} came to {exit:?}:\n{}\ncalls:\n  {calls}",
                ended.printed
            );
        }
    }
}
