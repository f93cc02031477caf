//! The host itself: an embedded one, with the activities of the workloads.

use std::{
    io::{Read as _, Write as _},
    net::SocketAddr,
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, channel},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use dalsegno_server::{
    ActivityContext, Host,
    config::{ByteSize, HostConfig},
    telemetry::logs,
};
use serde_json::Value;

/// What activities return: as much as the workloads say.
const RESULT: &str = "thirty-two bytes of some result.";
/// The argument with which an activity tells when it begins.
const WOKEN: &str = "woken";

/// A host of the benchmark.
#[derive(clap::Args)]
pub(crate) struct HostArgs {
    /// Where it stores.
    #[arg(long)]
    database: String,
    /// Where it keeps compiled modules.
    #[arg(long)]
    cache: PathBuf,
    /// Memory of resting guests that is kept, in MiB.
    #[arg(long)]
    resident_mib: Option<u64>,
}

/// What it says on its stdout.
#[derive(Debug)]
pub(crate) enum Line {
    /// Where it listens.
    Listening(SocketAddr),
    /// A marked activity has begun.
    Mark { workflow: String, nanos: u64 },
}

impl Line {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        match (words.next()?, words.next()?, words.next()) {
            ("listening", address, None) => Some(Self::Listening(address.parse().ok()?)),
            ("mark", nanos, Some(workflow)) => {
                Some(Self::Mark { workflow: workflow.to_owned(), nanos: nanos.parse().ok()? })
            }
            _ => None,
        }
    }

    fn write(&self) -> std::io::Result<()> {
        let mut output = std::io::stdout().lock();
        match self {
            Self::Listening(address) => writeln!(output, "listening {address}")?,
            Self::Mark { workflow, nanos } => writeln!(output, "mark {nanos} {workflow}")?,
        }
        output.flush()
    }
}

/// The machine's clock, the same in all its processes, in nanoseconds.
pub(crate) fn machine_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Serves until stdin ends.
pub(crate) fn serve(args: HostArgs) -> anyhow::Result<()> {
    if std::env::var_os(logs::FILTER_VARIABLE).is_some() {
        logs::init(Default::default())?;
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        let (say, said) = channel();
        std::thread::spawn(move || speak(said));
        let host = with_activities(config(args), &say).await?;
        say.send(Line::Listening(host.address()?)).context("stdout is closed")?;
        let shutdown = Default::default();
        let serving = host.serve(Clone::clone(&shutdown));
        let stop = shutdown.clone();
        std::thread::spawn(move || {
            // Nobody writes to it: it ends with the process that started this one.
            let _ = std::io::stdin().read(&mut [0]);
            stop.cancel();
        });
        serving.await
    })
}

fn config(args: HostArgs) -> HostConfig {
    let mut config = HostConfig {
        listen: "127.0.0.1:0".to_owned(),
        database: args.database.into(),
        cache_dir: Some(args.cache),
        // Activities that hold a workflow never end.
        drain: dalsegno_engine::Millis(100),
        ..HostConfig::default()
    };
    if let Some(mebibytes) = args.resident_mib {
        config.resident_bytes_max = ByteSize::from_mib(mebibytes);
    }
    config
}

async fn with_activities(config: HostConfig, say: &Sender<Line>) -> anyhow::Result<Host> {
    let (woken, marked) = (say.clone(), say.clone());
    let mut builder = Host::builder()
        .config(config)
        .activity("noop", move |context: ActivityContext, argument: Value| {
            if argument == WOKEN {
                mark(&context, &woken);
            }
            async { Ok(RESULT) }
        })
        .activity("mark", move |context: ActivityContext, _: Value| {
            mark(&context, &marked);
            async { Ok(RESULT) }
        });
    for steps in HOLDS {
        builder = builder.activity(&hold(steps), move |_: ActivityContext, step: u64| async move {
            if step >= steps {
                std::future::pending::<()>().await;
            }
            Ok(RESULT)
        });
    }
    builder.build().await
}

/// Steps after which a workflow can be held, by the activity of that name.
const HOLDS: [u64; 2] = [9, 1_999];

/// The activity that never ends once so many have.
pub(crate) fn hold(steps: u64) -> String {
    format!("hold-{steps}")
}

fn mark(context: &ActivityContext, say: &Sender<Line>) {
    let nanos = machine_nanos();
    let workflow = context.info().workflow_id.to_string();
    // Nobody listens any more: the benchmark has ended.
    let _ = say.send(Line::Mark { workflow, nanos });
}

fn speak(said: Receiver<Line>) {
    for line in said {
        if line.write().is_err() {
            return;
        }
    }
}
