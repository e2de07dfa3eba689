//! The three ways a request names a secret: name, complete ARN, partial ARN.

/// The account in every ARN: nobody's.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The hyphen and six random characters AWS adds to the name in an ARN.
const SUFFIX_LENGTH: usize = 7;

/// `arn:aws:secretsmanager:{region}:000000000000:secret:{name}-XXXXXX`.
pub(crate) fn arn(region: &str, name: &str, suffix: &str) -> String {
    format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-{suffix}")
}

/// Whether `id`, as sent in `SecretId`, means the secret with this name and ARN.
///
/// An ARN that ends in a hyphen and six characters counts as complete and is compared whole, even
/// where it is really the partial ARN of a name with such an ending: AWS warns against these names
/// for this reason (User Guide, "Finding a secret from a partial ARN").
pub(crate) fn names(id: &str, name: &str, arn: &str) -> bool {
    if !id.starts_with("arn:") {
        return id == name;
    }
    if without_suffix(id).is_some() {
        return id == arn;
    }
    without_suffix(arn) == Some(id)
}

/// The name within `id`, read from the text alone, for the record of calls.
pub(crate) fn name_in(id: &str) -> &str {
    let Some((_, resource)) = id.strip_prefix("arn:").and_then(|_| id.split_once(":secret:")) else {
        return id;
    };
    without_suffix(resource).unwrap_or(resource)
}

/// `text` without its hyphen and six characters, or `None` if it does not end so.
fn without_suffix(text: &str) -> Option<&str> {
    let split = text.len().checked_sub(SUFFIX_LENGTH)?;
    let (start, suffix) = text.split_at_checked(split)?;
    let random = suffix.strip_prefix('-')?;
    random.chars().all(|c| c.is_ascii_alphanumeric()).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::{arn, name_in, names};

    #[test]
    fn a_name_an_arn_and_a_partial_arn_mean_the_same_secret() {
        let full = arn("eu-west-1", "vault/a", "AbC123");
        assert!(names("vault/a", "vault/a", &full));
        assert!(names(&full, "vault/a", &full));
        let partial = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:vault/a";
        assert!(names(partial, "vault/a", &full));
        assert_eq!((name_in(&full), name_in(partial), name_in("vault/a")), ("vault/a", "vault/a", "vault/a"));
    }

    #[test]
    fn another_suffix_or_a_prefix_of_the_name_means_no_secret() {
        let full = arn("eu-west-1", "vault/a", "AbC123");
        assert!(!names(&arn("eu-west-1", "vault/a", "AbC124"), "vault/a", &full));
        assert!(!names("vault", "vault/a", &full));
        assert!(!names("arn:aws:secretsmanager:eu-west-1:000000000000:secret:vault", "vault/a", &full));
    }

    #[test]
    fn a_partial_arn_that_looks_complete_is_taken_as_complete() {
        let full = arn("eu-west-1", "vault-backup", "AbC123");
        let partial = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:vault-backup";
        assert!(!names(partial, "vault-backup", &full));
    }
}
