//! A message as a number, and what it adds to the digest of a page.

/// A message, as far as it is distinguished from others. Clients should send no text twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

impl Token {
    /// A message that was not sent in this history: it was there before, or the model wrote it.
    pub const FOREIGN: Self = Self(0);

    /// The token of a text; never [`FOREIGN`](Self::FOREIGN).
    pub fn of(text: &str) -> Self {
        Self(hash(text.as_bytes()).max(1))
    }
}

/// The places of messages on a page differ by this at least, and so do the digests of pages with other places on them.
pub(super) const PLACE: u64 = 0x9e37_79b9_7f4a_7c15;

/// What one message adds to the digest of a page.
pub(super) fn term(place: u32, token: Token) -> u64 {
    token_term(place, token).wrapping_add(u64::from(place).wrapping_mul(PLACE))
}

/// The same for the token alone.
pub(super) fn token_term(place: u32, token: Token) -> u64 {
    if token == Token::FOREIGN { 0 } else { mix(token.0 ^ u64::from(place).wrapping_mul(PLACE)) }
}

/// FNV-1a (Fowler, Noll and Vo), mixed once more for the sake of short texts.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(fnv)
}

/// The finalizer of `SplitMix64` (Steele, Lea and Flood, 2014): every bit depends on every other.
fn mix(mut x: u64) -> u64 {
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}
