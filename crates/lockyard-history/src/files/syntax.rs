//! What JSON and EDN have in common.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Edn,
}

/// Whether this byte ends a word or a number.
pub(super) fn is_delimiter(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'"' | b'{' | b'}' | b'[' | b']' | b'(' | b')')
}

/// By byte: whether it may change how deep in brackets, strings and comments the next one stands, or in which line.
pub(super) const IS_NESTING: [bool; 256] = {
    let mut are = [false; 256];
    let bytes = b"{}[]()\"\\;\n";
    let mut at = 0;
    while at < bytes.len() {
        are[bytes[at] as usize] = true;
        at += 1;
    }
    are
};
