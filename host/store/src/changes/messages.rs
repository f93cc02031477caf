//! What runs tell each other, taken apart into rows.

use dalsegno_engine::message::MessageId;

use super::{
    Changes, check_name, check_size,
    rows::{Decided, MessageKey, Sent, Taken},
    small,
};
use crate::{Item, MessageRow, UpdateRow, convert, shard::shard_of};

impl Changes {
    pub(super) fn add_messages(&mut self, item: usize, changes: &Item) -> Result<(), String> {
        for id in &changes.consumed {
            self.taken.push(Taken { item, id: message_key(id)? });
        }
        for message in &changes.outbox {
            self.sent.push(sent(item, message)?);
        }
        for update in &changes.updates {
            self.decided.push(decided(item, changes, update)?);
        }
        Ok(())
    }
}

fn sent(item: usize, message: &MessageRow) -> Result<Sent, String> {
    let MessageRow { id, namespace, workflow_id, run_id, data } = message;
    check_name(namespace.as_str())?;
    check_name(workflow_id.as_str())?;
    check_size("a message", data)?;
    let run =
        run_id.as_ref().map(|run| convert::run_uuid(run).ok_or("the id of a message's target is no UUID"));
    Ok(Sent {
        item,
        id: message_key(id)?,
        shard: small(shard_of(namespace, workflow_id))?,
        namespace: namespace.clone(),
        workflow_id: workflow_id.clone(),
        run: run.transpose()?,
        data: data.clone(),
    })
}

fn message_key(id: &MessageId) -> Result<MessageKey, String> {
    Ok(MessageKey {
        sender: convert::run_uuid(&id.sender).ok_or("the id of a message's sender is no UUID")?,
        event: small(id.event)?,
        kind: id.kind.into(),
    })
}

/// The workflow id is that of the item: an update belongs to it, whichever run decided.
fn decided(item: usize, changes: &Item, update: &UpdateRow) -> Result<Decided, String> {
    let UpdateRow { update_id, run_id, data } = update;
    let (namespace, workflow_id) = (&changes.run.namespace, &changes.run.workflow_id);
    for name in [namespace.as_str(), workflow_id.as_str(), update_id] {
        check_name(name)?;
    }
    check_size("the outcome of an update", data)?;
    Ok(Decided {
        item,
        namespace: namespace.clone(),
        workflow_id: workflow_id.clone(),
        update_id: update_id.clone(),
        run: convert::run_uuid(run_id).ok_or("the id of an update's run is no UUID")?,
        data: data.clone(),
    })
}
