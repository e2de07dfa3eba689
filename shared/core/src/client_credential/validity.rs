//! When a certificate ends (RFC 5280 §4.1.2.5), read from its DER; the rest of it is Microsoft's to judge.

use chrono::NaiveDateTime;

use crate::time::Timestamp;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0]`: the version, which a certificate of version 1 leaves out.
const VERSION: u8 = 0xa0;

/// The end of a certificate's validity; none if it cannot be read.
pub(super) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    if let Some((_, rest)) = element(fields, VERSION) {
        fields = rest;
    }
    // Serial number, signature algorithm, issuer; then the validity.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        (_, fields) = element(fields, tag)?;
    }
    let (validity, _) = element(fields, SEQUENCE)?;
    let (_, end) = time(validity)?;
    time(end).map(|(at, _)| at)
}

/// The content of the element that `der` begins with, if it has this tag, and what follows it (X.690 §8.1).
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    if found != tag {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=3).contains(&count))?;
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    rest.split_at_checked(length)
}

fn time(der: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (text, rest, century) = match element(der, UTC_TIME) {
        // Two digits of a year are those of 1950 to 2049.
        Some((text, rest)) => (text, rest, if text.first()? < &b'5' { "20" } else { "19" }),
        None => element(der, GENERALIZED_TIME).map(|(text, rest)| (text, rest, ""))?,
    };
    let text = format!("{century}{}", std::str::from_utf8(text).ok()?);
    let at = NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?;
    Some((Timestamp::from_seconds(at.and_utc().timestamp()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let length = match u8::try_from(length) {
            Ok(short) if short < 0x80 => vec![short],
            _ => vec![0x82, (length >> 8).to_le_bytes()[0], length.to_le_bytes()[0]],
        };
        [&[tag][..], &length, content].concat()
    }

    fn certificate(version: &[u8], end: &[u8]) -> Vec<u8> {
        let validity = der(SEQUENCE, &[der(UTC_TIME, b"260101000000Z"), end.to_vec()].concat());
        let issuer = der(SEQUENCE, &[0; 300]);
        let fields = [version, &der(INTEGER, &[1]), &der(SEQUENCE, &[]), &issuer, &validity].concat();
        der(SEQUENCE, &der(SEQUENCE, &fields))
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        let version = der(VERSION, &der(INTEGER, &[2]));
        for (tag, text, end) in [
            (UTC_TIME, "271126120000Z", "2027-11-26T12:00:00Z"),
            (UTC_TIME, "991126120000Z", "1999-11-26T12:00:00Z"),
            (GENERALIZED_TIME, "20501126120000Z", "2050-11-26T12:00:00Z"),
        ] {
            let expected: Option<Timestamp> = end.parse().ok();
            for version in [&version[..], &[]] {
                assert_eq!(not_after(&certificate(version, &der(tag, text.as_bytes()))), expected, "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_has_no_end() {
        let whole = certificate(&[], &der(UTC_TIME, b"271126120000Z"));
        for length in 0..whole.len() - 1 {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        for end in [&b"271326120000Z"[..], b"2711261200Z", b"271126120000+0100", b"\xff", b""] {
            assert_eq!(not_after(&certificate(&[], &der(UTC_TIME, end))), None, "{end:?}");
        }
        assert_eq!(not_after(&[SEQUENCE, 0x84, 1, 1, 1, 1]), None);
    }
}
