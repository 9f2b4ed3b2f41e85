//! The applied state as everybody sees it: replaced as a whole after each apply.

use std::{ops::ControlFlow, sync::Arc};

use bytes::{Bytes, BytesMut};

use super::{
    commit_record::lease_of,
    planner::Applied,
    rows::{self, DamagedRow, DataRow, KeyMeta, StoredValue},
};
use crate::{
    Key, KeyRange, KeyValue, Page, Revision, Unavailable,
    engine::{EngineError, EngineSnapshot, Span, Table},
};

/// The state after one commit.
pub(super) struct View {
    /// The last commit in it.
    pub(super) applied: u64,
    pub(super) engine: Arc<dyn EngineSnapshot>,
}

impl View {
    pub(super) fn revision(&self) -> Revision {
        Revision::new(self.applied)
    }

    /// The value of one key.
    pub(super) fn get(&self, key: &Key) -> Result<Option<KeyValue>, Unavailable> {
        match self.row(key)? {
            Some(row) => Ok(Some(self.pair(key.clone(), row)?)),
            None => Ok(None),
        }
    }

    /// Up to `limit` pairs of a range, from its start or from its end.
    pub(super) fn page(
        &self,
        range: &KeyRange,
        limit: usize,
        falling: bool,
    ) -> Result<Page, Unavailable> {
        let limit = limit.max(1);
        let mut found: Vec<(Key, DataRow)> = Vec::with_capacity(limit.min(1_024));
        let mut damaged = None;
        let mut more = false;
        let start = rows::data_key(range.start.as_bytes());
        let end = range
            .end
            .as_ref()
            .map_or(rows::DATA_END.to_vec(), |end| rows::data_key(end.as_bytes()));
        let span = Span { table: Table::Data, start: &start, end: Some(&end), falling };
        let scanned = self.engine.scan(span, &mut |key, row| {
            if found.len() == limit {
                more = true;
                return ControlFlow::Break(());
            }
            match (rows::key_of_data(key), rows::read_data(key, row)) {
                (Some(name), Ok(row)) => found.push((name, row)),
                _ => {
                    damaged = Some(DamagedRow::new(Table::Data, key));
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        scanned.map_err(unavailable)?;
        if let Some(row) = damaged {
            return Err(row.into());
        }
        let last = found.last().map(|(key, _)| key.clone()).filter(|_| more);
        let rest = last.map(|last| {
            if falling {
                KeyRange { start: range.start.clone(), end: Some(last) }
            } else {
                range.after(&last)
            }
        });
        let pairs: Result<_, _> = found.into_iter().map(|(key, row)| self.pair(key, row)).collect();
        Ok(Page { pairs: pairs?, rest })
    }

    fn row(&self, key: &Key) -> Result<Option<DataRow>, Unavailable> {
        let row_key = rows::data_key(key.as_bytes());
        match self.engine.get(Table::Data, &row_key).map_err(unavailable)? {
            Some(row) => Ok(Some(rows::read_data(&row_key, &row)?)),
            None => Ok(None),
        }
    }

    /// The value that a row has or refers to.
    pub(super) fn value(&self, key: &Key, row: DataRow) -> Result<Bytes, Unavailable> {
        match row.value {
            StoredValue::Inline(value) => Ok(value),
            StoredValue::InPieces { bytes } => self.pieces(key, row.meta.chunks, bytes),
        }
    }

    fn pair(&self, key: Key, row: DataRow) -> Result<KeyValue, Unavailable> {
        let KeyMeta { created, modified, lease, .. } = row.meta;
        let value = self.value(&key, row)?;
        Ok(KeyValue { key, value, created, modified, lease: lease_of(lease) })
    }

    fn pieces(&self, key: &Key, chunks: u32, bytes: u64) -> Result<Bytes, Unavailable> {
        let mut value = BytesMut::with_capacity(chunks as usize * rows::PIECE_BYTES);
        for number in 0..chunks {
            let row_key = rows::chunk_key(key.as_bytes(), number);
            let row = self.engine.get(Table::Chunk, &row_key).map_err(unavailable)?;
            let row = row.ok_or_else(|| DamagedRow::new(Table::Chunk, &row_key))?;
            value.extend_from_slice(rows::checked(Table::Chunk, &row_key, &row)?);
        }
        if value.len() as u64 == bytes {
            Ok(value.freeze())
        } else {
            Err(DamagedRow::new(Table::Data, key.as_bytes()).into())
        }
    }
}

impl Applied for View {
    fn meta(&self, key: &Key) -> Result<Option<KeyMeta>, Unavailable> {
        Ok(self.row(key)?.map(|row| row.meta))
    }
}

/// How callers are told that the engine failed.
pub(super) fn unavailable(error: EngineError) -> Unavailable {
    Unavailable { reason: format!("the state cannot be read: {error}") }
}

impl From<DamagedRow> for Unavailable {
    fn from(row: DamagedRow) -> Self {
        tracing::error!(%row, "damaged row");
        Self { reason: row.to_string() }
    }
}
