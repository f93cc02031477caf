//! Several runs, and what carries messages between them.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Run,
    event::{ExternalFailure, IdReusePolicy, WorkflowExecutionStarted},
    ids::RunId,
    message::{Address, Message, MessageBody, RunIdentity, StartChild},
    run::{Accepted, Refusal},
    state::Status,
};

use super::{Way, Workflow, World, started};

/// Messages carried until all are silent; more is an endless talk.
const CARRIED_MAX: usize = 10_000;

/// Runs by the time of their start, and the code of their types.
pub(crate) struct Net {
    way: Way,
    types: BTreeMap<&'static str, Workflow>,
    pub(crate) worlds: Vec<World>,
}

/// Runs a scenario of several runs in every way. The first type is that of the first run.
pub(crate) fn net_scenario(types: &[(&'static str, Workflow)], play: impl Fn(&mut Net)) {
    net_scenario_from(started(), types, play);
}

/// As [`net_scenario`], of a first run that starts in this way.
pub(crate) fn net_scenario_from(
    started: WorkflowExecutionStarted,
    types: &[(&'static str, Workflow)],
    play: impl Fn(&mut Net),
) {
    let [resident, evicted] = [Way::Resident, Way::Evicted].map(|way| {
        let mut net = Net::start(way, started.clone(), types);
        play(&mut net);
        let stored = |world: World| (world.stored.history, world.stored.sent, world.stored.successor);
        net.worlds.into_iter().map(stored).collect::<Vec<_>>()
    });
    assert_eq!(resident, evicted, "eviction changed the histories, or what the runs said");
}

impl Net {
    pub(crate) fn start(
        way: Way,
        started: WorkflowExecutionStarted,
        types: &[(&'static str, Workflow)],
    ) -> Self {
        let first = World::start(way, types[0].1.clone(), started);
        Self { way, types: types.iter().cloned().collect(), worlds: vec![first] }
    }

    /// The newest run of a workflow id.
    pub(crate) fn run(&mut self, workflow_id: &str) -> &mut World {
        let of_id = |world: &&mut World| world.identity().workflow_id.as_str() == workflow_id;
        self.worlds.iter_mut().rfind(of_id).unwrap_or_else(|| panic!("`{workflow_id}` has no run"))
    }

    pub(crate) fn parent(&mut self) -> &mut World {
        self.run("order-1")
    }

    /// Carries messages, and starts the runs that follow, until nobody says anything.
    pub(crate) fn carry_all(&mut self) {
        for _ in 0..CARRIED_MAX {
            self.follow();
            let Some(message) = self.messages().into_iter().next() else { return };
            self.carry(&message);
        }
        panic!("they never fall silent: {:?}", self.messages());
    }

    /// Time passes for all, with what they say to each other on the way.
    pub(crate) fn advance(&mut self, millis: u64) {
        self.carry_all();
        self.worlds.iter_mut().for_each(|world| world.advance(millis));
        self.carry_all();
    }

    /// All messages that nobody has recorded, oldest sender first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.worlds.iter().flat_map(|world| world.stored.inbox()).collect()
    }

    /// Carries one message.
    pub(crate) fn carry(&mut self, message: &Message) {
        let carried = match &message.body {
            MessageBody::StartChild(start) => self.start_child(message, start),
            _ => self.deliver(message),
        };
        let sender = self.place(&message.id.sender).expect("it sent the message");
        let back = match carried {
            Ok(Accepted::Duplicate) if matches!(message.body, MessageBody::Cancel { .. }) => {
                self.worlds[sender].turn(|run| run.taken_before(message));
                return;
            }
            Ok(_) => None,
            Err(cause) => Some(cause),
        };
        match back {
            None => self.worlds[sender].recorded(&message.id),
            Some(cause) => self.worlds[sender].turn(|run| run.undeliverable(message, cause)),
        }
        self.follow();
    }

    /// Starts the runs that follow others.
    fn follow(&mut self) {
        for place in 0..self.worlds.len() {
            let world = &self.worlds[place];
            let (now, Some(next)) = (world.now, &world.stored.successor) else { continue };
            if self.place(next.started.run_id()).is_none() {
                let run = Run::start(next.started.clone(), now);
                let code = self.types[next.started.workflow_type.as_str()].clone();
                self.begin(World::of(self.way, code, run, now));
            }
        }
    }

    fn begin(&mut self, mut world: World) {
        world.turn(|_| ());
        self.worlds.push(world);
    }

    fn place(&self, run_id: &RunId) -> Option<usize> {
        self.worlds.iter().position(|world| world.identity().run_id == *run_id)
    }

    fn target(&self, to: &Address) -> Option<usize> {
        self.worlds.iter().rposition(|world| {
            let RunIdentity { namespace, workflow_id, run_id } = world.identity();
            let same_run = to.run_id.as_ref().is_none_or(|wanted| *wanted == run_id);
            namespace == to.namespace && workflow_id == to.workflow_id && same_run
        })
    }

    fn deliver(&mut self, message: &Message) -> Result<Accepted, ExternalFailure> {
        let place = self.target(&message.to).ok_or(ExternalFailure::WorkflowNotFound)?;
        self.worlds[place].hear_message(message).map_err(|refusal| match refusal {
            Refusal::NotAChild => ExternalFailure::NotAChild,
            Refusal::TooManySignals(_) | Refusal::TooManySignalBytes(_) | Refusal::HistoryFull => {
                ExternalFailure::SignalLimit
            }
            _ => ExternalFailure::WorkflowClosed,
        })
    }

    fn start_child(&mut self, message: &Message, start: &StartChild) -> Result<Accepted, ExternalFailure> {
        let initiated = &start.initiated;
        let code = self.types.get(initiated.workflow_type.as_str());
        let code = code.ok_or(ExternalFailure::WorkflowTypeNotFound)?.clone();
        let newest = self.target(&initiated.workflow()).map(|place| self.worlds[place].status());
        match (newest, initiated.id_reuse_policy) {
            (Some(Status::Running), _) => return Err(ExternalFailure::WorkflowAlreadyRunning),
            (Some(_), IdReusePolicy::Reject) => return Err(ExternalFailure::WorkflowIdReused),
            _ => {}
        }
        let now = self.worlds[0].now;
        let run = Run::start_child(&message.id, start, start.module.clone(), now);
        self.begin(World::of(self.way, code, run, now));
        let child = self.worlds.last().expect("just begun");
        assert!(child.stored.consumed.contains(&message.id), "it is gone with the child's start");
        Ok(Accepted::New)
    }
}
