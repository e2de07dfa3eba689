//! `ListSecrets`, oldest first, with the name filter only.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Circumstances, describe_secret::Metadata};
use crate::{refusal::Refusal, secret::Secret, store::Store};

/// Most secrets in one page (API Reference).
const LARGEST_PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    #[serde(default)]
    include_planned_deletion: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

/// Filters by another key are refused as an unknown variant.
#[derive(Deserialize)]
#[serde(tag = "Key", deny_unknown_fields)]
enum Filter {
    #[serde(rename = "name")]
    Name {
        #[serde(rename = "Values")]
        values: Vec<String>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(flatten)]
    metadata: Metadata,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secret_versions_to_stages: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    secret_list: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn apply(body: &Body, at: &Circumstances<'_>, store: &Store) -> Result<Answer, Refusal> {
    let page = body.page()?;
    let start = body.start()?;
    let listed = store.secrets.iter().filter(|secret| secret.region == at.region);
    let listed: Vec<&Secret> = listed.filter(|secret| body.wants(secret)).collect();
    let end = start.saturating_add(page);
    let next_token = (end < listed.len()).then(|| end.to_string());
    let secret_list = listed.into_iter().skip(start).take(page).map(Entry::of).collect();
    Ok(Answer { secret_list, next_token })
}

impl Body {
    fn page(&self) -> Result<usize, Refusal> {
        let page = self.max_results.unwrap_or(LARGEST_PAGE);
        if (1..=LARGEST_PAGE).contains(&page) {
            return Ok(page);
        }
        Err(Refusal::OutsideLimits(format!("MaxResults must be 1 to {LARGEST_PAGE}.")))
    }

    /// The token is the number of secrets already listed.
    fn start(&self) -> Result<usize, Refusal> {
        let token = self.next_token.as_deref().unwrap_or("0");
        token.parse().map_err(|_| Refusal::InvalidNextToken)
    }

    fn wants(&self, secret: &Secret) -> bool {
        let due = self.include_planned_deletion || secret.deletion.is_none();
        due && self.filters.iter().all(|filter| filter.matches(&secret.name))
    }
}

impl Filter {
    /// Whether the name begins, case-sensitively, with any of the values; a value after `!` must
    /// not be its beginning (API Reference, `Filter`).
    fn matches(&self, name: &str) -> bool {
        let Self::Name { values } = self;
        values.iter().any(|value| match value.strip_prefix('!') {
            Some(unwanted) => !name.starts_with(unwanted),
            None => name.starts_with(value.as_str()),
        })
    }
}

impl Entry {
    fn of(secret: &Secret) -> Self {
        Self { metadata: Metadata::of(secret), secret_versions_to_stages: secret.labelled() }
    }
}
