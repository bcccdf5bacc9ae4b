//! An organization put into a database, account by account.

use std::path::Path;

use rolewalk::org::reading::Origin;
use rolewalk::snapshot::{SnapshotId, Source, Store, StoreError};

use super::Plan;

/// Writes the organization as a snapshot of its own. `progress` is told how many accounts are
/// written.
pub(crate) fn write(
    plan: &Plan,
    path: &Path,
    mut progress: impl FnMut(usize),
) -> Result<SnapshotId, StoreError> {
    let origin = Origin {
        collected_at: None,
        collected_by: Some("a generated organization".to_owned()),
        tool_version: None,
    };
    let mut writer = Store::open(path)?.begin(&origin, Source::Import)?;
    writer.put_organization(&plan.organization())?;
    for (at, reading) in plan.accounts().enumerate() {
        writer.put_account(&reading)?;
        progress(at + 1);
    }
    for reading in plan.hcp() {
        writer.put_hcp(&reading)?;
    }
    let id = writer.id();
    writer.finish(true)?;
    Ok(id)
}
