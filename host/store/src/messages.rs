//! Reading messages between runs, and outcomes of updates.

use dalsegno_engine::{
    ids::{Namespace, WorkflowId},
    message::MessageId,
};
use uuid::Uuid;

use crate::{
    MessageRow, StoreError, UpdateRow, convert::Reader, dialect::Backend, reads::cursor_run, values::Cells,
};

pub(crate) async fn inbox<B: Backend>(
    backend: &B,
    after: Option<&MessageId>,
    limit: u32,
) -> Result<Vec<MessageRow>, StoreError> {
    // No event is before the first.
    let (sender, event, kind) = match after {
        Some(MessageId { sender, event, kind }) => {
            (cursor_run(sender)?, i64::try_from(*event).unwrap_or(i64::MAX), i64::from(*kind))
        }
        None => (Uuid::nil(), -1, -1),
    };
    let values = [sender.into(), event.into(), kind.into(), i64::from(limit).into()];
    let rows = backend.read(B::QUERIES.inbox, &values).await?;
    rows.iter().map(message_row).collect()
}

pub(crate) async fn discard<B: Backend>(backend: &B, message: &MessageId) -> Result<(), StoreError> {
    let event = i64::try_from(message.event).unwrap_or(i64::MAX);
    let values = [cursor_run(&message.sender)?.into(), event.into(), i64::from(message.kind).into()];
    backend.write(B::QUERIES.discard_message, &values).await.map(drop)
}

pub(crate) async fn update<B: Backend>(
    backend: &B,
    namespace: &Namespace,
    id: &WorkflowId,
    update_id: &str,
) -> Result<Option<UpdateRow>, StoreError> {
    let values = [namespace.as_str().into(), id.as_str().into(), update_id.into()];
    let rows = backend.read(B::QUERIES.update, &values).await?;
    rows.first().map(update_row).transpose()
}

fn message_row<R: Cells>(row: &R) -> Result<MessageRow, StoreError> {
    let mut row = Reader::new(row);
    Ok(MessageRow {
        id: MessageId { sender: row.run_id()?, event: row.number()?, kind: row.number()? },
        namespace: Namespace::new(row.text()?),
        workflow_id: WorkflowId::new(row.text()?),
        run_id: row.maybe_run_id()?,
        data: row.bytes()?.into(),
    })
}

fn update_row<R: Cells>(row: &R) -> Result<UpdateRow, StoreError> {
    let mut row = Reader::new(row);
    Ok(UpdateRow { update_id: row.text()?, run_id: row.run_id()?, data: row.bytes()?.into() })
}
