//! `wasi:io`: streams that take everything or are at their end, and polls that never wait.

use wasmtime::{
    StoreContextMut,
    component::{ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType, WasmList},
};

use super::{clocks, name};
use crate::{context::Context, stdio::Stream, stop::Stop};

type Store<'a> = StoreContextMut<'a, Context>;

/// Something to wait for: a time. Streams are ready from the beginning.
#[derive(Debug)]
pub(super) struct Pollable {
    /// On the monotonic clock, in nanoseconds.
    pub(super) ready_at: u64,
}

/// Standard input, always at its end. Its representation says nothing.
pub(super) struct InputStream;

/// One of the standard streams; its representation says which.
pub(super) struct OutputStream;

/// Never made, since no stream fails.
struct IoError;

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

type StreamResult<T> = wasmtime::Result<(Result<T, StreamError>,)>;

/// What a stream takes in one call.
const WRITE_BYTES_MAX: u64 = 64 << 10;

/// A wait that passes at once. No workflow means so short a sleep, but Go's runtime takes some of a millisecond
/// each between saying why it dies and dying.
const PASSED_WAIT_NANOS_MAX: u64 = 1_000_000;

const STDERR: u32 = 2;

impl OutputStream {
    pub(super) fn handle(stream: Stream) -> Resource<Self> {
        Resource::new_own(match stream {
            Stream::Stdout => 1,
            Stream::Stderr => STDERR,
        })
    }

    fn stream(handle: &Resource<Self>) -> Stream {
        if handle.rep() == STDERR { Stream::Stderr } else { Stream::Stdout }
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let mut error = linker.instance(&name("io/error"))?;
    error.resource("error", ResourceType::host::<IoError>(), |_, _| Ok(()))?;
    add_poll(&mut linker.instance(&name("io/poll"))?)?;
    let mut streams = linker.instance(&name("io/streams"))?;
    streams.resource("input-stream", ResourceType::host::<InputStream>(), |_, _| Ok(()))?;
    streams.resource("output-stream", ResourceType::host::<OutputStream>(), |_, _| Ok(()))?;
    add_input(&mut streams)?;
    add_output(&mut streams)
}

fn add_poll(poll: &mut LinkerInstance<'_, Context>) -> wasmtime::Result<()> {
    poll.resource("pollable", ResourceType::host::<Pollable>(), |mut store, handle| {
        store.data_mut().handles.delete(Resource::<Pollable>::new_own(handle))?;
        Ok(())
    })?;
    poll.func_wrap("[method]pollable.ready", |store: Store<'_>, (this,)| Ok((is_ready(&store, &this)?,)))?;
    poll.func_wrap("[method]pollable.block", |store: Store<'_>, (this,)| {
        if is_ready(&store, &this)? { Ok(()) } else { Err(would_wait().into()) }
    })?;
    poll.func_wrap("poll", |store: Store<'_>, (list,): (Vec<Resource<Pollable>>,)| {
        let mut ready = Vec::new();
        for (index, pollable) in (0_u32..).zip(&list) {
            if is_ready(&store, pollable)? {
                ready.push(index);
            }
        }
        if ready.is_empty() { Err(would_wait().into()) } else { Ok((ready,)) }
    })
}

fn is_ready(store: &Store<'_>, pollable: &Resource<Pollable>) -> wasmtime::Result<bool> {
    let context = store.data();
    let soon = clocks::monotonic_nanos(context.time).saturating_add(PASSED_WAIT_NANOS_MAX);
    Ok(context.handles.get(pollable)?.ready_at <= soon)
}

fn would_wait() -> Stop {
    Stop::Forbidden {
        what: "a blocking wait (a sleep, for example)".to_owned(),
        instead: "it would stop the host's thread, and nothing could go on after a restart; use the \
                  SDK's own sleep, a durable timer",
    }
}

/// A pollable that is ready from the beginning.
fn always_ready(mut store: Store<'_>) -> wasmtime::Result<(Resource<Pollable>,)> {
    Ok((store.data_mut().handles.push(Pollable { ready_at: 0 })?,))
}

fn add_input(streams: &mut LinkerInstance<'_, Context>) -> wasmtime::Result<()> {
    type This = Resource<InputStream>;
    for read in ["read", "blocking-read"] {
        streams.func_wrap(
            &format!("[method]input-stream.{read}"),
            |_: Store<'_>, (_, _): (This, u64)| -> StreamResult<Vec<u8>> { Ok((Err(StreamError::Closed),)) },
        )?;
    }
    for skip in ["skip", "blocking-skip"] {
        streams.func_wrap(
            &format!("[method]input-stream.{skip}"),
            |_: Store<'_>, (_, _): (This, u64)| -> StreamResult<u64> { Ok((Err(StreamError::Closed),)) },
        )?;
    }
    streams.func_wrap("[method]input-stream.subscribe", |store: Store<'_>, (_,): (This,)| always_ready(store))
}

fn add_output(streams: &mut LinkerInstance<'_, Context>) -> wasmtime::Result<()> {
    type This = Resource<OutputStream>;
    streams.func_wrap(
        "[method]output-stream.check-write",
        |_: Store<'_>, (_,): (This,)| -> StreamResult<u64> { Ok((Ok(WRITE_BYTES_MAX),)) },
    )?;
    for write in ["write", "blocking-write-and-flush"] {
        streams.func_wrap(&format!("[method]output-stream.{write}"), write_list)?;
    }
    for write in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        streams.func_wrap(
            &format!("[method]output-stream.{write}"),
            |mut store: Store<'_>, (this, length): (This, u64)| -> StreamResult<()> {
                let length = usize::try_from(length.min(WRITE_BYTES_MAX)).unwrap_or_default();
                store.data_mut().write(OutputStream::stream(&this), &vec![0; length]);
                Ok((Ok(()),))
            },
        )?;
    }
    for flush in ["flush", "blocking-flush"] {
        streams.func_wrap(
            &format!("[method]output-stream.{flush}"),
            |_: Store<'_>, (_,): (This,)| -> StreamResult<()> { Ok((Ok(()),)) },
        )?;
    }
    for splice in ["splice", "blocking-splice"] {
        streams.func_wrap(
            &format!("[method]output-stream.{splice}"),
            |_: Store<'_>, (_, _, _): (This, Resource<InputStream>, u64)| -> StreamResult<u64> {
                Ok((Err(StreamError::Closed),))
            },
        )?;
    }
    streams
        .func_wrap("[method]output-stream.subscribe", |store: Store<'_>, (_,): (This,)| always_ready(store))
}

fn write_list(
    mut store: Store<'_>,
    (this, list): (Resource<OutputStream>, WasmList<u8>),
) -> StreamResult<()> {
    let bytes = list.as_le_slice(&store).to_vec();
    store.data_mut().write(OutputStream::stream(&this), &bytes);
    Ok((Ok(()),))
}
