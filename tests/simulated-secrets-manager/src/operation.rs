//! The operations on offer, named as in the API Reference.

/// One operation of Secrets Manager; any other is answered `UnknownOperationException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A new secret, with or without a first version.
    CreateSecret,
    /// One version's value, found by label, by version id, or by both.
    GetSecretValue,
    /// A new version of an existing secret.
    PutSecretValue,
    /// Everything about a secret except its values.
    DescribeSecret,
    /// One staging label added, moved or removed.
    UpdateSecretVersionStage,
    /// Deletion, after a recovery window or at once.
    DeleteSecret,
    /// The secrets of a region, optionally by name prefix.
    ListSecrets,
}

impl Operation {
    /// Reads the `X-Amz-Target` header, `secretsmanager.<Operation>` (AWS JSON 1.1).
    pub(crate) fn from_target(target: &str) -> Option<Self> {
        match target.strip_prefix("secretsmanager.")? {
            "CreateSecret" => Some(Self::CreateSecret),
            "GetSecretValue" => Some(Self::GetSecretValue),
            "PutSecretValue" => Some(Self::PutSecretValue),
            "DescribeSecret" => Some(Self::DescribeSecret),
            "UpdateSecretVersionStage" => Some(Self::UpdateSecretVersionStage),
            "DeleteSecret" => Some(Self::DeleteSecret),
            "ListSecrets" => Some(Self::ListSecrets),
            _ => None,
        }
    }
}
