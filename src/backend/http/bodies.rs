//! Bodies and queries that stand beside those of the service because serde cannot refuse unknown fields of what is flattened.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::backend::chat::{ContextUpdate, Version, bounded_parameters};
use crate::backend::service::UpdateContext;

/// A change of settings, and the version it was made for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub(super) struct Update {
    /// Which model from now on.
    #[schema(min_length = 1)]
    model_id: Option<String>,
    /// The manner from now on.
    #[schema(min_length = 1)]
    mode: Option<String>,
    /// All settings from now on. They may take 1 MiB of memory, and 64 levels.
    #[serde(default, deserialize_with = "bounded_parameters")]
    parameters: Option<BTreeMap<String, Value>>,
    /// The branch that is read and written where none is named. A turn under way stays on its own branch.
    active_branch: Option<String>,
    /// The version this change was made for: a context that has moved on refuses it.
    expected_version: Option<Version>,
}

impl Update {
    /// The change; none if it would change nothing.
    pub(super) fn into_update(self) -> Option<UpdateContext> {
        let Self { model_id, mode, parameters, active_branch, expected_version } = self;
        let update = ContextUpdate { model_id, mode, parameters, active_branch };
        (update != ContextUpdate::default()).then_some(UpdateContext { update, expected_version })
    }
}

/// The query of a route that has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoQuery {}
