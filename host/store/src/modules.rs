//! Modules, and which of them new runs get.

use dalsegno_engine::ids::{ModuleDigest, Namespace, WorkflowType};

use crate::{
    ModuleRow, StoreError,
    convert::{self, Reader, micros},
    dialect::Backend,
    values::Cells,
};

/// The bytes first: if the host is lost in between, they lie there unused until the same module comes again.
pub(crate) async fn put<B: Backend>(
    backend: &B,
    module: &ModuleRow,
    bytes: &[u8],
) -> Result<bool, StoreError> {
    let digest = known(&module.digest)?;
    backend.write(B::QUERIES.put_module_bytes, &[digest.as_slice().into(), bytes.into()]).await?;
    let size = i64::try_from(module.bytes).unwrap_or(i64::MAX);
    let values = [
        module.namespace.as_str().into(),
        digest.as_slice().into(),
        size.into(),
        module.definition.as_str().into(),
        micros(module.uploaded_at).into(),
    ];
    let rows = backend.write(B::QUERIES.put_module, &values).await?;
    Ok(!rows.is_empty())
}

pub(crate) async fn get<B: Backend>(
    backend: &B,
    namespace: &Namespace,
    digest: &ModuleDigest,
) -> Result<Option<ModuleRow>, StoreError> {
    let Some(digest) = convert::digest_bytes(digest) else { return Ok(None) };
    let values = [namespace.as_str().into(), digest.as_slice().into()];
    let rows = backend.read(B::QUERIES.module, &values).await?;
    rows.first().map(module_row).transpose()
}

pub(crate) async fn bytes<B: Backend>(
    backend: &B,
    digest: &ModuleDigest,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(digest) = convert::digest_bytes(digest) else { return Ok(None) };
    let rows = backend.read(B::QUERIES.module_bytes, &[digest.as_slice().into()]).await?;
    rows.first().map(|row| Reader::new(row).bytes()).transpose()
}

pub(crate) async fn list<B: Backend>(
    backend: &B,
    namespace: &Namespace,
) -> Result<Vec<ModuleRow>, StoreError> {
    let rows = backend.read(B::QUERIES.modules, &[namespace.as_str().into()]).await?;
    rows.iter().map(module_row).collect()
}

pub(crate) async fn deployment<B: Backend>(
    backend: &B,
    namespace: &Namespace,
    workflow_type: &WorkflowType,
) -> Result<Option<ModuleDigest>, StoreError> {
    let values = [namespace.as_str().into(), workflow_type.as_str().into()];
    let rows = backend.read(B::QUERIES.deployment, &values).await?;
    rows.first().map(|row| Reader::new(row).digest()).transpose()
}

/// `sql` says whether a module that is current already stays so.
pub(crate) async fn deploy<B: Backend>(
    backend: &B,
    sql: &'static str,
    namespace: &Namespace,
    workflow_type: &WorkflowType,
    module: &ModuleDigest,
) -> Result<ModuleDigest, StoreError> {
    let digest = known(module)?;
    let values = [namespace.as_str().into(), workflow_type.as_str().into(), digest.as_slice().into()];
    let rows = backend.write(sql, &values).await?;
    let row = rows.first().ok_or_else(|| StoreError::Damaged("nothing was deployed".to_owned()))?;
    Reader::new(row).digest()
}

fn known(digest: &ModuleDigest) -> Result<[u8; 32], StoreError> {
    convert::digest_bytes(digest)
        .ok_or_else(|| StoreError::Damaged(format!("{digest} is no digest of a module")))
}

fn module_row<R: Cells>(row: &R) -> Result<ModuleRow, StoreError> {
    let mut row = Reader::new(row);
    Ok(ModuleRow {
        namespace: Namespace::new(row.text()?),
        digest: row.digest()?,
        bytes: row.number()?,
        definition: row.text()?,
        uploaded_at: row.time()?,
    })
}
