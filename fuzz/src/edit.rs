//! Changes to a text that libFuzzer cannot guess, such as a sealed or signed one.

/// `text` after the edits of `script`: four bytes each, which say what to do, where (two bytes), and with which byte.
#[must_use]
pub fn edited(text: &[u8], script: &[u8]) -> Vec<u8> {
    let mut edited = text.to_vec();
    for edit in script.chunks_exact(4) {
        let at = usize::from(u16::from_be_bytes([edit[1], edit[2]])) % (edited.len() + 1);
        match edit[0] % 5 {
            0 if at < edited.len() => edited[at] = edit[3],
            1 if at < edited.len() => drop(edited.remove(at)),
            2 => edited.truncate(at),
            3 => edited.rotate_left(at),
            _ => edited.insert(at, edit[3]),
        }
    }
    edited
}
