//! What a context takes, and whether there is room in it for more: asked before anything is changed.

use super::limits::check_size;
use super::size::CONTEXT;
use super::{ChatContext, ChatError};

impl ChatContext {
    /// How many bytes of memory the context takes, roughly.
    pub fn size(&self) -> usize {
        CONTEXT + self.settings_size + self.pool.size() + self.receipts.size()
    }

    /// Refuses a message that would be too large or one too many. What is said must have been found to be well formed.
    pub(super) fn admit_message(&self, field: &'static str, size: usize) -> Result<(), ChatError> {
        let max = self.limits.messages;
        if self.pool.len() >= max {
            return Err(ChatError::Full { what: "messages", max });
        }
        self.admit_growth(field, 0, size)
    }

    /// Refuses to let a message of so many bytes grow by so many more, if it would be too large, or the context.
    pub(super) fn admit_growth(
        &self,
        field: &'static str,
        message: usize,
        more: usize,
    ) -> Result<(), ChatError> {
        check_size(field, message + more, self.limits.message_bytes)?;
        let max = self.limits.bytes;
        if self.size() + more > max { Err(ChatError::Full { what: "bytes", max }) } else { Ok(()) }
    }

    /// Refuses to be set to what takes so many bytes, if they are too many, or the context would be too large.
    pub(super) fn admit_settings(&self, size: usize) -> Result<(), ChatError> {
        check_size("settings", size, self.limits.message_bytes)?;
        let max = self.limits.bytes;
        let after = self.size() - self.settings_size + size;
        if size > self.settings_size && after > max {
            Err(ChatError::Full { what: "bytes", max })
        } else {
            Ok(())
        }
    }
}
