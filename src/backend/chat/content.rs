//! What a message from outside may say. What a model says is taken as it comes.

use super::{ChatError, ContentPart, NewMessage};

impl NewMessage {
    /// Agrees if the message says something, and its pictures stand where a picture may. How large it is is another question.
    ///
    /// # Errors
    /// [`ChatError::Empty`] without content or with a part that has no text; [`ChatError::UnsupportedUrl`] for the address of a
    /// picture that is none of `http:`, `https:` and `data:image/`: whoever shows the conversation might run what it names.
    pub(super) fn check(&self) -> Result<(), ChatError> {
        let says_nothing = |part: &ContentPart| matches!(part, ContentPart::Text { text } if text.is_empty());
        if self.content.is_empty() || self.content.iter().any(says_nothing) {
            return Err(ChatError::Empty { field: "content" });
        }
        self.content.iter().try_for_each(|part| match part {
            ContentPart::ImageUrl { url } if !is_picture(url) => {
                Err(ChatError::UnsupportedUrl { url: url.clone() })
            }
            _ => Ok(()),
        })
    }
}

/// Whether a picture may stand at this address.
fn is_picture(url: &str) -> bool {
    ["https://", "http://", "data:image/"].into_iter().any(|scheme| {
        url.split_at_checked(scheme.len())
            .is_some_and(|(given, rest)| given.eq_ignore_ascii_case(scheme) && !rest.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::super::Role;
    use super::*;

    #[test]
    fn a_message_says_something_and_its_pictures_can_only_be_shown() {
        let of = |content| NewMessage { role: Role::User, content };
        let text = |text: &str| ContentPart::Text { text: text.to_owned() };
        let image = |url: &str| ContentPart::ImageUrl { url: url.to_owned() };
        for empty in [vec![], vec![text("")], vec![text("hi"), text("")]] {
            assert_eq!(of(empty).check(), Err(ChatError::Empty { field: "content" }));
        }
        for url in ["http://a/b.png", "HTTPS://a/b.png", "data:image/png;base64,AA=="] {
            assert_eq!(of(vec![image(url)]).check(), Ok(()), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "file:///etc",
            "a.png",
            "https://",
            "ä",
        ] {
            let refused = Err(ChatError::UnsupportedUrl { url: url.to_owned() });
            assert_eq!(of(vec![text("look"), image(url)]).check(), refused);
        }
    }
}
