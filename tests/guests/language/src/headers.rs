//! What travels beside arguments.

use dalsegno_sdk::{Context, Failure, continue_as_new, external, headers, info, workflow};

/// The trace of the present code.
fn trace() -> String {
    headers().get("trace").and_then(|trace| trace.decode().ok()).unwrap_or_default()
}

#[derive(Default)]
pub(crate) struct Traced {
    noted: Vec<String>,
}

/// Goes on in a second run with the headers of the first, and tells the traces of its start and of two notes, of which
/// it writes the second itself.
#[workflow]
impl Traced {
    #[run]
    async fn run(ctx: Context<Self>, is_second: Option<bool>) -> Result<Vec<String>, Failure> {
        if is_second != Some(true) {
            return continue_as_new().input(&true).headers(headers()).await;
        }
        ctx.wait_condition(|traced| traced.noted.len() == 2).await?;
        let mut traces = ctx.state(|traced| traced.noted.clone());
        traces.push(trace());
        Ok(traces)
    }

    #[signal]
    async fn note(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.state_mut(|traced| traced.noted.push(trace()));
        if ctx.state(|traced| traced.noted.len()) == 1 {
            external(info().workflow_id).signal("note").headers(headers()).await?;
        }
        Ok(())
    }

    /// Its own trace.
    #[query]
    fn trace(&self) -> String {
        trace()
    }

    #[update]
    fn traced(&mut self) -> String {
        trace()
    }
}
