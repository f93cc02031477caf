//! Programs by chance.

use std::collections::BTreeMap;

use dalsegno_tests::dice::Dice;

use crate::{
    model::Sent,
    program::{Endless, Op, Program},
};

/// How deep operations lie in each other.
const DEPTH_MAX: u64 = 4;
/// How deep children lie in each other.
const GENERATIONS_MAX: u64 = 2;
/// Stages of a program at most: runs of its chain.
const STAGES_MAX: u64 = 3;
/// Operations of a list at most.
const LIST_MAX: u64 = 4;

/// A program, and what it is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) program: Program,
    pub(crate) sent: Sent,
}

/// A program of this workflow id.
pub(crate) fn case(dice: &mut Dice, id: String) -> Case {
    let mut writer = Writer { dice, id: id.clone(), names: 0 };
    let (program, sent) = writer.program(0, true);
    Case { id, program, sent }
}

struct Writer<'d> {
    dice: &'d mut Dice,
    /// Of the whole tree.
    id: String,
    /// Names given so far.
    names: u64,
}

/// Where an operation stands.
struct Place<'s> {
    depth: u64,
    /// Children around it.
    generation: u64,
    /// What its run is to be sent; nothing, if the run may be tried again.
    sent: Option<&'s mut Sent>,
}

impl Place<'_> {
    fn deeper(&mut self) -> Place<'_> {
        Place { depth: self.depth + 1, generation: self.generation, sent: self.sent.as_deref_mut() }
    }
}

impl Writer<'_> {
    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}-{}", self.names)
    }

    fn number(&mut self) -> i64 {
        i64::try_from(self.dice.between(0, 999)).unwrap_or_default()
    }

    fn program(&mut self, generation: u64, is_sent: bool) -> (Program, Sent) {
        let mut sent = Sent::default();
        let number = if is_sent { self.dice.between(1, STAGES_MAX) } else { 1 };
        let mut stages = Vec::new();
        for _ in 0..number {
            let mut place = Place { depth: 0, generation, sent: is_sent.then_some(&mut sent) };
            stages.push(self.op(&mut place));
        }
        (Program { stages, done: 0, given: BTreeMap::new() }, sent)
    }

    fn op(&mut self, place: &mut Place<'_>) -> Op {
        // What holds others is as likely as what does not, and never at the bottom.
        let is_leaf = place.depth >= DEPTH_MAX || (place.depth > 0 && self.dice.between(0, 1) == 0);
        if is_leaf { self.leaf(place) } else { self.branch(place) }
    }

    fn leaf(&mut self, place: &mut Place<'_>) -> Op {
        match self.dice.between(0, 19) {
            0..=4 => Op::Activity(self.number()),
            5..=8 => Op::Local(self.number()),
            9..=10 => Op::Timer(self.dice.between(0, 40)),
            11 => Op::Fail(self.name("Failure")),
            12 => Op::BadActivity,
            13..=15 => self.signal(place),
            16..=17 => self.update(place),
            18 => self.tell_self(place),
            _ => Op::Value(self.number()),
        }
    }

    fn signal(&mut self, place: &mut Place<'_>) -> Op {
        let (name, number) = (self.name("signal"), self.number());
        match &mut place.sent {
            Some(sent) => {
                sent.signals.insert(name.clone(), number);
                Op::Signal(name)
            }
            None => Op::Value(number),
        }
    }

    /// Only clients send updates, and they do not know children.
    fn update(&mut self, place: &mut Place<'_>) -> Op {
        let (name, number) = (self.name("update"), self.number());
        match &mut place.sent {
            Some(sent) if place.generation == 0 => {
                sent.updates.insert(name.clone(), number);
                Op::Update(name)
            }
            _ => Op::Value(number),
        }
    }

    /// A run that signals itself, and waits for that.
    fn tell_self(&mut self, place: &Place<'_>) -> Op {
        let (name, number) = (self.name("own"), self.number());
        // The signal's number is the activity's, so that the model need not know it.
        match place.sent {
            Some(_) => Op::Sequence(vec![Op::TellSelf(name, number), Op::Local(number)]),
            None => Op::Value(number),
        }
    }

    fn branch(&mut self, place: &mut Place<'_>) -> Op {
        match self.dice.between(0, 9) {
            0..=2 => Op::Sequence(self.list(place)),
            3..=5 => Op::Parallel(self.list(place)),
            6 => Op::Catch(Box::new(self.op(&mut place.deeper()))),
            7 => self.cancel(place),
            _ if place.generation < GENERATIONS_MAX => self.child(place),
            _ => Op::Catch(Box::new(self.op(&mut place.deeper()))),
        }
    }

    fn list(&mut self, place: &mut Place<'_>) -> Vec<Op> {
        let number = self.dice.between(1, LIST_MAX);
        (0..number).map(|_| self.op(&mut place.deeper())).collect()
    }

    fn child(&mut self, place: &Place<'_>) -> Op {
        let name = self.name("child");
        let id = format!("{}-{name}", self.id);
        let generation = place.generation + 1;
        if self.dice.between(0, 3) > 0 {
            let (program, sent) = self.program(generation, true);
            return Op::Child { id, program, signals: sent.signals.into_iter().collect(), attempts: None };
        }
        // A run that is tried again does not get the signals of the one before.
        let (mut program, _) = self.program(generation, false);
        let first = Op::FailUntil(u32::try_from(self.dice.between(1, 3)).unwrap_or(1));
        program.stages = vec![Op::Sequence(vec![first, program.stages.remove(0)])];
        Op::Child { id, program, signals: Vec::new(), attempts: Some(2) }
    }

    fn cancel(&mut self, place: &mut Place<'_>) -> Op {
        let first = Box::new(self.op(&mut place.deeper()));
        let endless = (0..self.dice.between(1, 3)).map(|_| self.endless(place.generation)).collect();
        Op::Cancel { first, endless, cleanup: Box::new(self.op(&mut place.deeper())) }
    }

    fn endless(&mut self, generation: u64) -> Endless {
        match self.dice.between(0, 5) {
            0 | 1 => Endless::Timer,
            2 => Endless::Activity,
            3 => Endless::Signal,
            _ if generation < GENERATIONS_MAX => {
                let name = self.name("endless");
                let id = format!("{}-{name}", self.id);
                let inner = (0..self.dice.between(1, 2)).map(|_| self.endless(generation + 1)).collect();
                Endless::Child(id, inner)
            }
            _ => Endless::Timer,
        }
    }
}
