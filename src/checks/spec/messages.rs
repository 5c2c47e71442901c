//! The messages of a session as a row of sums, so that a page is judged in no time, however long it is.
//!
//! The digest of a page is the sum over its messages of a number made from the place and the token of each. The sums
//! over all beginnings of the conversation then give the digest of any page by one subtraction.

use std::ops::Range;
use std::sync::Arc;

use super::token::{PLACE, Token, token_term};

/// Messages further from the beginning are not distinguished: a history that names such a place has other faults, and is
/// not worth the memory.
const MOST: u32 = 1 << 26;

/// What is known of a session's messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Messages {
    /// So many were there in the beginning.
    base: u32,
    /// By place from the base on: what all tokens before it add to a digest. The last one holds from there on.
    sums: Arc<Vec<u64>>,
    /// From this place on, a message may stand whose place is unknown.
    blur: u32,
}

impl Messages {
    pub(super) fn new(base: u32) -> Self {
        Self { base, sums: Arc::new(vec![0]), blur: u32::MAX }
    }

    /// Puts a message at a place behind all that have one.
    pub(super) fn put(&mut self, place: u32, token: Token) {
        if place - self.base > MOST {
            return self.put_somewhere(place);
        }
        let sums = Arc::make_mut(&mut self.sums);
        let last = *sums.last().expect("the first sum is that of nothing");
        // What lies between was not sent in this history.
        sums.resize((place - self.base) as usize + 1, last);
        sums.push(last.wrapping_add(token_term(place, token)));
    }

    /// Somewhere from this place on there is one more.
    pub(super) fn put_somewhere(&mut self, from: u32) {
        self.blur = self.blur.min(from);
    }

    /// The digest of these places; none if a message may be among them, or not.
    pub(super) fn digest(&self, places: Range<u32>) -> Option<u64> {
        if places.end > self.blur {
            return None;
        }
        let (start, end) = (u64::from(places.start), u64::from(places.end));
        let sum_of_places = (start + end).wrapping_sub(1).wrapping_mul(end - start) / 2;
        let tokens = self.sum(places.end).wrapping_sub(self.sum(places.start));
        Some(tokens.wrapping_add(if end == start { 0 } else { sum_of_places.wrapping_mul(PLACE) }))
    }

    fn sum(&self, place: u32) -> u64 {
        let at = place.saturating_sub(self.base) as usize;
        self.sums[at.min(self.sums.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::Page;
    use super::*;

    #[test]
    fn any_page_has_the_digest_of_its_messages() {
        let mut messages = Messages::new(3);
        let mut all: Vec<(u32, Token)> = (0..3).map(|place| (place, Token::FOREIGN)).collect();
        for (place, token) in [(3, 7), (4, 0), (5, 0), (6, 7), (7, 9)] {
            if token != 0 {
                messages.put(place, Token(token));
            }
            all.push((place, Token(token)));
        }
        for start in 0..=8 {
            for end in start..=8 {
                let page = Page::new(1, 8, all[start as usize..end as usize].iter().copied());
                assert_eq!(messages.digest(start..end), Some(page.digest), "{start}..{end}");
            }
        }
    }

    #[test]
    fn a_message_twice_missing_moved_or_exchanged_is_noticed() {
        let digest = |messages: &[(u32, u64)]| {
            Page::new(1, 9, messages.iter().map(|&(place, token)| (place, Token(token)))).digest
        };
        let right = digest(&[(0, 0), (1, 5), (2, 6)]);
        for wrong in [
            &[(0, 0), (1, 5), (1, 5)][..],
            &[(0, 0), (1, 6), (2, 5)],
            &[(0, 0), (1, 5), (2, 0)],
            &[(1, 0), (1, 5), (2, 6)],
            &[(0, 0), (1, 5)],
        ] {
            assert_ne!(digest(wrong), right, "{wrong:?}");
        }
    }

    #[test]
    fn nothing_is_said_about_what_may_be_there() {
        let mut messages = Messages::new(0);
        messages.put(0, Token(1));
        messages.put_somewhere(2);
        assert!(messages.digest(0..2).is_some());
        assert_eq!(messages.digest(0..3), None);
    }
}
