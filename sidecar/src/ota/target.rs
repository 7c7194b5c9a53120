//! Where releases go, as the user writes it: a folder or a bucket.
//! Opens it, and asks nothing of it yet.

use std::path::Path;

use crate::ota::Bucket;
use crate::ota::Folder;
use crate::ota::OtaError;
use crate::ota::Store;

/// Opens `FOLDER` (relative to `base`), `s3://BUCKET/PREFIX`, `gs://…` or `az://…`.
pub fn open(text: &str, base: &Path) -> Result<Box<dyn Store>, OtaError> {
    if text.trim().is_empty() {
        let why = "it is empty";
        return Err(OtaError::Target {
            text: text.to_owned(),
            why,
        });
    }
    if text.contains("://") {
        return Ok(Box::new(Bucket::open(text)?));
    }
    Ok(Box::new(Folder::at(&base.join(text))))
}
