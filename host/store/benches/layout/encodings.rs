//! Encodings of transitions and of single events.

use std::{hint::black_box, time::Instant};

use dalsegno_engine::{Transition, event::EventAttributes};
use serde::{Serialize, de::DeserializeOwned};

use crate::steps::{step, step_with};

/// How values become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Encoding {
    /// MessagePack, fields by place: what the engine writes.
    MessagePack,
    /// MessagePack, fields by name.
    NamedMessagePack,
    /// JSON.
    Json,
}

impl Encoding {
    pub(crate) const ALL: [Self; 3] = [Self::MessagePack, Self::NamedMessagePack, Self::Json];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MessagePack => "MessagePack",
            Self::NamedMessagePack => "MessagePack, named fields",
            Self::Json => "JSON",
        }
    }

    pub(crate) fn encode<T: Serialize>(self, value: &T) -> Vec<u8> {
        match self {
            Self::MessagePack => rmp_serde::to_vec(value).unwrap(),
            Self::NamedMessagePack => rmp_serde::to_vec_named(value).unwrap(),
            Self::Json => serde_json::to_vec(value).unwrap(),
        }
    }

    pub(crate) fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> T {
        match self {
            Self::MessagePack | Self::NamedMessagePack => rmp_serde::from_slice(bytes).unwrap(),
            Self::Json => serde_json::from_slice(bytes).unwrap(),
        }
    }
}

pub(crate) fn print_table() {
    let large = format!("\"{}\"", "x".repeat(100_000));
    println!("## Encodings of a step (two events)\n");
    println!("| encoding | result of | bytes | encode, µs | decode, µs |");
    println!("|---|---|---|---|---|");
    for (what, transition) in [("32 B", step(5)), ("100 KB", step_with(5, &large))] {
        for encoding in Encoding::ALL {
            let bytes = encoding.encode(&transition);
            let encode = micros(|| drop(black_box(encoding.encode(black_box(&transition)))));
            let decode = micros(|| drop(black_box(encoding.decode::<Transition>(black_box(&bytes)))));
            println!("| {} | {what} | {} | {encode:.2} | {decode:.2} |", encoding.name(), bytes.len());
        }
    }
    let events: Vec<EventAttributes> = step(5).inputs.into_iter().chain(step(5).commands).collect();
    let sizes: Vec<usize> = events.iter().map(|event| Encoding::MessagePack.encode(event).len()).collect();
    println!("\nThe two events by themselves, in MessagePack: {sizes:?} bytes.");
}

/// The best of many rounds: what disturbs only ever adds.
fn micros(mut work: impl FnMut()) -> f64 {
    let rounds = (0..30).map(|_| {
        let start = Instant::now();
        for _ in 0..500 {
            work();
        }
        start.elapsed().as_secs_f64() * 1e6 / 500.0
    });
    rounds.fold(f64::INFINITY, f64::min)
}
