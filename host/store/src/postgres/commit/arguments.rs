//! The arguments of the commit function: for each table an array of each column.

use sqlx::{
    Arguments, Encode, Postgres, Type,
    postgres::{PgArguments, PgHasArrayType},
};

use crate::{
    Fence,
    changes::{Changes, MessageKey, Predecessor, Standing},
};

/// In the order of the function's parameters.
pub(super) fn arguments(
    fence: &Fence,
    session: i64,
    number: i64,
    changes: &Changes,
) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = Columns(PgArguments::default());
    arguments.add(fence.host_id.as_str())?;
    arguments.add(fence.epoch)?;
    arguments.add(session)?;
    arguments.add(number)?;
    arguments.add(place(changes.items))?;
    arguments.add_before(changes)?;
    arguments.add_changed(changes)?;
    arguments.add_new(changes)?;
    arguments.add_history(changes)?;
    arguments.add_attempts(changes)?;
    arguments.add_described(changes)?;
    arguments.add_messages(changes)?;
    arguments.add_updates(changes)?;
    Ok(arguments.0)
}

struct Columns(PgArguments);

impl Columns {
    fn add<'q, T>(&mut self, value: T) -> Result<(), sqlx::Error>
    where
        T: Encode<'q, Postgres> + Type<Postgres>,
    {
        self.0.add(value).map_err(sqlx::Error::Encode)
    }

    /// One column of a table.
    fn column<'q, R, T>(&mut self, rows: &'q [R], value: impl Fn(&'q R) -> T) -> Result<(), sqlx::Error>
    where
        T: Encode<'q, Postgres> + Type<Postgres> + PgHasArrayType,
        Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
    {
        self.add(rows.iter().map(value).collect::<Vec<T>>())
    }

    /// One column of a table that mostly has nothing in it; then it is sent as an empty array.
    fn sparse<'q, R, T>(
        &mut self,
        rows: &'q [R],
        value: impl Fn(&'q R) -> Option<T>,
    ) -> Result<(), sqlx::Error>
    where
        Option<T>: Encode<'q, Postgres> + Type<Postgres> + PgHasArrayType,
        Vec<Option<T>>: Encode<'q, Postgres> + Type<Postgres>,
    {
        let used = rows.iter().any(|row| value(row).is_some());
        self.column(if used { rows } else { &[] }, value)
    }

    fn standing<'q, R>(
        &mut self,
        rows: &'q [R],
        standing: impl Fn(&'q R) -> &'q Standing,
    ) -> Result<(), sqlx::Error> {
        self.column(rows, |row| standing(row).status)?;
        self.column(rows, |row| standing(row).close_time)?;
        self.column(rows, |row| standing(row).wake_at)?;
        self.column(rows, |row| standing(row).blocked_since)?;
        self.column(rows, |row| standing(row).blocked_reason.as_deref())
    }

    fn add_before(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.before;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.first.map(|(event, _)| event))?;
        self.column(rows, |row| row.first.map(|(_, activation)| activation))
    }

    fn add_changed(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.changed;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.run)?;
        self.standing(rows, |row| &row.standing)
    }

    fn add_new(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.new;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.namespace.as_str())?;
        self.column(rows, |row| row.workflow_id.as_str())?;
        self.column(rows, |row| row.shard)?;
        self.column(rows, |row| row.workflow_type.as_str())?;
        self.column(rows, |row| row.module.as_slice())?;
        self.column(rows, |row| row.start_time)?;
        self.column(rows, |row| row.request_id.as_ref().map(|id| id.as_str()))?;
        self.standing(rows, |row| &row.standing)?;
        self.sparse(rows, |row| row.attributes.memo.as_deref())?;
        self.sparse(rows, |row| row.attributes.search_attributes.as_deref())?;
        self.sparse(rows, |row| match row.after {
            Some(Predecessor::GoingOn(run)) => Some(run),
            _ => None,
        })?;
        self.sparse(rows, |row| match row.after {
            Some(Predecessor::New(run)) => Some(run),
            _ => None,
        })
    }

    fn add_history(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.history;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.first)?;
        self.column(rows, |row| row.events)?;
        self.column(rows, |row| row.activation)?;
        self.column(rows, |row| row.time)?;
        self.column(rows, |row| row.activated)?;
        self.column(rows, |row| row.data.as_ref())
    }

    fn add_attempts(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.puts;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.operation)?;
        self.column(rows, |row| row.attempt)?;
        self.column(rows, |row| row.due)?;
        self.column(rows, |row| row.last_failure.as_deref())?;
        let rows = &changes.deletes;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.operation)
    }

    fn add_described(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.described;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.attributes.memo.as_deref())?;
        self.column(rows, |row| row.attributes.search_attributes.as_deref())
    }

    fn add_messages(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.taken;
        self.column(rows, |row| place(row.item))?;
        self.message_key(rows, |row| &row.id)?;
        let rows = &changes.sent;
        self.column(rows, |row| place(row.item))?;
        self.message_key(rows, |row| &row.id)?;
        self.column(rows, |row| row.shard)?;
        self.column(rows, |row| row.namespace.as_str())?;
        self.column(rows, |row| row.workflow_id.as_str())?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.data.as_ref())
    }

    fn message_key<'q, R>(
        &mut self,
        rows: &'q [R],
        id: impl Fn(&'q R) -> &'q MessageKey,
    ) -> Result<(), sqlx::Error> {
        self.column(rows, |row| id(row).sender)?;
        self.column(rows, |row| id(row).event)?;
        self.column(rows, |row| id(row).kind)
    }

    fn add_updates(&mut self, changes: &Changes) -> Result<(), sqlx::Error> {
        let rows = &changes.decided;
        self.column(rows, |row| place(row.item))?;
        self.column(rows, |row| row.namespace.as_str())?;
        self.column(rows, |row| row.workflow_id.as_str())?;
        self.column(rows, |row| row.update_id.as_str())?;
        self.column(rows, |row| row.run)?;
        self.column(rows, |row| row.data.as_ref())
    }
}

/// The place of an item. A batch has far fewer than two thousand million.
fn place(item: usize) -> i32 {
    i32::try_from(item).unwrap_or(i32::MAX)
}
