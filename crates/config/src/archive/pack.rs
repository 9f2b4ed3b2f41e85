//! Writing an archive.

use std::io::{Cursor, Write};

use bytes::Bytes;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::metadata::{self, MetadataItem};
use crate::{Answer, ArchiveError, ArchiveForm, Exported};

/// Takes items one by one and gives the archive of all.
pub(crate) struct Packer {
    form: ArchiveForm,
    zip: ZipWriter<Cursor<Vec<u8>>>,
    v1: String,
    v2: Vec<MetadataItem>,
    exported: Exported,
}

impl Packer {
    pub(crate) fn new(form: ArchiveForm) -> Self {
        Self {
            form,
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            v1: String::new(),
            v2: Vec::new(),
            exported: Exported { zip: Bytes::new(), items: 0, left_out: Vec::new() },
        }
    }

    /// Adds one item.
    pub(crate) fn add(&mut self, item: &Answer) -> Result<(), ArchiveError> {
        let meta = &item.meta;
        let (group, data_id) = (meta.key.group.as_str(), meta.key.data_id.as_str());
        if self.form == ArchiveForm::V1 && !meta.encrypted_data_key.is_empty() {
            self.exported.left_out.push(meta.key.clone());
            return Ok(());
        }
        self.entry(&format!("{group}/{data_id}"), &item.content)?;
        self.exported.items += 1;
        if self.form == ArchiveForm::V1 {
            let app_name = &meta.about.app_name;
            if !app_name.trim().is_empty() && metadata::v1_can_carry(app_name) {
                self.v1.push_str(&metadata::v1_line(group, data_id, app_name));
            }
            return Ok(());
        }
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.v2.push(MetadataItem {
            app_name: said(&meta.about.app_name),
            config_tags: said(&meta.about.tags.join(",")),
            data_id: data_id.to_owned(),
            desc: said(&meta.about.description),
            encrypted_data_key: said(&meta.encrypted_data_key),
            group: group.to_owned(),
            content_type: meta.content_type.as_str().to_owned(),
        });
        Ok(())
    }

    /// The archive of everything that was added.
    pub(crate) fn finish(mut self) -> Result<Exported, ArchiveError> {
        if self.form == ArchiveForm::V2 {
            let list = metadata::write_v2(std::mem::take(&mut self.v2))?;
            self.entry(metadata::V2_ENTRY, &list)?;
        } else if !self.v1.is_empty() {
            let list = std::mem::take(&mut self.v1);
            self.entry(metadata::V1_ENTRY, &list)?;
        }
        let zip = self.zip.finish().map_err(|error| ArchiveError::NotAZip(error.to_string()))?;
        Ok(Exported { zip: zip.into_inner().into(), ..self.exported })
    }

    fn entry(&mut self, name: &str, content: &str) -> Result<(), ArchiveError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let failed = |reason: String| ArchiveError::NotAZip(reason);
        self.zip.start_file(name, options).map_err(|error| failed(error.to_string()))?;
        self.zip.write_all(content.as_bytes()).map_err(|error| failed(error.to_string()))
    }
}
