//! `dalsegno test-server`

use std::{io::Read as _, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::Args;
use dalsegno_engine::{Millis, ids::Namespace};
use dalsegno_server::{
    Host,
    config::{AllowedHost, HostConfig, LogFormat},
    service::{ModuleStatus, Service},
    telemetry::logs,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::serve::stop_on_signals;
use crate::{args::Global, error::CliError, input, output};

const EXAMPLES: &str = "\
Examples:
  dalsegno test-server --module order.wasm
  dalsegno test-server --listen 127.0.0.1:7400 --allow-http-host 127.0.0.1:7500

It is the real host, with everything in memory and time that is skipped: while a client waits for the end of a run or of \
an update and nothing is under way, the clock jumps to the next moment at which a run has something to do. So a wait of \
three days takes milliseconds. An attempt of an activity is under way until it is answered, and no time is skipped \
meanwhile: its limits of time are those of the clock on the wall, and one without start_to_close that nobody answers \
holds time for ever. So register an answer, poll, or set the limit; /test/v1/time tells what is under way.

The calls that most tests need, below /api/v1/namespaces/NAME:

  POST   /workflows                  {\"workflow_type\": …, \"workflow_id\": …, \"input\": […]}: start a run
  POST   /workflows/ID/signals/NAME  {\"input\": […]}; so for queries/NAME and updates/NAME
  GET    /workflows/ID/result?wait=30s
                                     the end of the run; without `wait` nobody waits, and no time is skipped

And those that only a test server has:

  GET    /test/v1/time               the time, and what is under way
  POST   /test/v1/time/lock          skip no time, whoever waits
  POST   /test/v1/time/unlock        takes a lock away; without one, skip time although nobody waits
  POST   /test/v1/time/sleep         {\"duration\": \"3 days\"}: skip so much, with all that happens meanwhile
  PUT    /test/v1/activities/TYPE    {\"result\": …}, {\"failure\": {\"type\": …, \"message\": …}}, {\"timeout\": \
\"start_to_close\"}
                                     or {\"sequence\": […]}: what its attempts end with
  POST   /test/v1/activities:poll    an attempt that nothing is registered for, to be answered at
                                     /api/v1/namespaces/NAME/activities/TOKEN/complete or …/fail

/openapi.json of the running server describes these calls beside the usual ones. Once it is ready and has the modules, \
it prints one line of JSON: {\"address\": \"http://…\", \"modules\": […]}.";

/// For one module to be compiled.
const COMPILE_TIME_MAX: Duration = Duration::from_secs(120);
/// Between two looks whether the host is ready.
const LOOK_PAUSE: Duration = Duration::from_millis(2);

/// What the server has.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TestServerArgs {
    /// Where to listen; port 0 is any free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    listen: String,
    /// A component to begin with, a .wasm file; repeat it for several
    #[arg(long = "module", value_name = "FILE")]
    modules: Vec<PathBuf>,
    /// A host that the activity `http` may really call; without one, its attempts are answered as those of any other
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',')]
    allow_http_host: Vec<AllowedHost>,
    /// Stop once stdin is closed, as when the program ends that started the server
    #[arg(long)]
    stdin_lifeline: bool,
    /// The folder of compiled modules [default: ~/.cache/dalsegno]
    #[arg(long, value_name = "FOLDER", env = "DALSEGNO_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    /// How log lines look: text or json; DALSEGNO_LOG filters them, by default `warn`
    #[arg(long, value_name = "FORM", default_value = "text")]
    log_format: LogFormat,
}

/// Serves until told to stop.
pub(crate) fn run(args: TestServerArgs, global: &Global) -> Result<(), CliError> {
    logs::init_with(args.log_format, "warn").map_err(|error| CliError::usage(error.to_string()))?;
    let modules = args.modules.iter().map(|file| input::read_file(file)).collect::<Result<Vec<_>, _>>()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the program cannot start its threads")?;
    runtime.block_on(serve(args, modules, Namespace::new(&global.namespace)))
}

async fn serve(args: TestServerArgs, modules: Vec<Vec<u8>>, namespace: Namespace) -> Result<(), CliError> {
    let shutdown = CancellationToken::new();
    stop_on_signals(shutdown.clone())?;
    if args.stdin_lifeline {
        stop_with_stdin(shutdown.clone())?;
    }
    let mut config = HostConfig {
        listen: args.listen,
        cache_dir: args.cache_dir,
        // Nothing is kept, so nothing has to be waited for.
        drain: Millis(0),
        ..HostConfig::default()
    };
    config.activities.http.allow = args.allow_http_host;
    config.check().map_err(|error| CliError::usage(error.to_string()))?;
    let host = Host::builder().config(config).for_tests().build().await?;
    let address = host.address().context("the host has no address")?;
    let service = host.service();
    let served = tokio::spawn(host.serve(shutdown.clone()));
    let begun = tokio::select! {
        begun = begin(&service, &namespace, modules) => begun,
        () = shutdown.cancelled() => Ok(Vec::new()),
    };
    let told = begun.and_then(|modules| {
        let told = json!({"address": format!("http://{address}"), "modules": modules});
        output::data(&told.to_string())
    });
    if told.is_err() {
        shutdown.cancel();
    }
    served.await.context("the host came to an unexpected end")??;
    told
}

/// Waits until the host takes requests, and gives it its modules.
async fn begin(
    service: &Arc<Service>,
    namespace: &Namespace,
    modules: Vec<Vec<u8>>,
) -> Result<Vec<Value>, CliError> {
    while service.not_ready().await.is_some() {
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    let mut told = Vec::with_capacity(modules.len());
    for bytes in modules {
        told.push(upload(service, namespace, bytes).await?);
    }
    Ok(told)
}

async fn upload(service: &Service, namespace: &Namespace, bytes: Vec<u8>) -> Result<Value, CliError> {
    let failed = |error: dalsegno_server::service::ServiceError| CliError::Failed(error.to_string());
    let uploaded = service.upload(namespace, bytes.into(), COMPILE_TIME_MAX, true).await.map_err(failed)?;
    let digest = uploaded.module.digest;
    let module = service.module(namespace, &digest).await.map_err(failed)?;
    match module.status {
        ModuleStatus::Ready { definition, .. } => {
            let workflows: Vec<&str> =
                definition.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
            Ok(json!({"digest": digest, "workflows": workflows}))
        }
        _ => Err(CliError::Failed(format!("the module {digest} is not compiled yet; try again"))),
    }
}

/// Stops once stdin is closed.
fn stop_with_stdin(shutdown: CancellationToken) -> Result<(), CliError> {
    let wait = move || {
        let mut bytes = [0; 256];
        let mut stdin = std::io::stdin().lock();
        while stdin.read(&mut bytes).is_ok_and(|read| read > 0) {}
        shutdown.cancel();
    };
    std::thread::Builder::new()
        .name("lifeline".to_owned())
        .spawn(wait)
        .context("the program cannot start a thread")?;
    Ok(())
}
