//! `dalsegno module list`

use serde_json::Value;

use super::{Session, names, types};
use crate::{error::CliError, table};

pub(crate) async fn run(session: &Session) -> Result<(), CliError> {
    let answer = session.client.send(&session.client.get(&["modules"])).await?;
    session.show(&answer, |answer| Ok(text(&answer.json()?)))
}

fn text(list: &Value) -> String {
    let mut rows = table::Rows::new(&["digest", "uploaded", "workflows", "new runs use it"]);
    for module in list["modules"].as_array().into_iter().flatten() {
        let text = |name: &str| module[name].as_str().unwrap_or_default();
        rows.add([
            text("digest"),
            &table::time(text("uploaded_at")),
            &types(module),
            &names(&module["deployed"]),
        ]);
    }
    rows.text()
}
