//! What one session must do whichever server is asked: the sequential specification of a session that several servers share.

use std::borrow::Cow;
use std::sync::Arc;

use lockyard_history::{Judge, SequentialSpec};

use crate::backend::chat::Version;
use crate::backend::shared::{SharedSession, Text, Token, TurnHold};

/// The specification. A session begins as in [`new_session`].
#[derive(Clone, Copy, Debug)]
pub struct SharedSessionSpec;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SharedCall {
    /// How is it?
    Read,
    /// A message is added, and the body, which has all of them in one text, is made anew.
    Append(&'static str),
    /// The same, of this version only.
    AppendAt(Version, &'static str),
    /// The same, for a request that several servers are asked.
    AppendOnce(&'static str),
    /// It is deleted.
    Delete,
    /// A turn begins.
    Begin(TurnHold, &'static str),
    /// A step of the turn.
    Step(Token, &'static str),
    /// The turn ends.
    End(Token, &'static str),
    /// A turn of whomever ends that is overdue.
    Abandon(&'static str),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SharedAnswer {
    /// It is this.
    Session(Arc<SharedSession>),
    /// It is of this version now.
    Made(Version),
    /// A turn has begun, in this version, and has taken over this one, whose deadline had passed.
    Began(Version, Option<Token>),
    /// It was refused: the session is of this version.
    OtherVersion(Version),
    /// Another turn is at work.
    Busy,
    /// The turn is not the session's any more.
    TurnLost,
    /// The request was made before.
    Repeated,
    /// There is no such session.
    Gone,
}

/// How each session begins.
pub fn new_session() -> SharedSession {
    let (body, settings) = (Text::from(""), Text::from(""));
    SharedSession { version: Version(1), body, settings, messages: Vec::new(), turn: None }
}

/// The body and the message that a text makes of a session. The body is made from the messages that were seen, and stands in
/// another row: so a change that was made from an old copy of either shows.
pub fn texts(session: &SharedSession, text: &'static str) -> (Text, Text) {
    let before: String = session.messages.iter().map(|message| &**message).collect();
    (format!("{before}{text}").into(), text.into())
}

impl SharedCall {
    fn text(&self) -> Option<&'static str> {
        match self {
            Self::Read | Self::Delete => None,
            Self::Append(text)
            | Self::AppendAt(_, text)
            | Self::AppendOnce(text)
            | Self::Abandon(text)
            | Self::Begin(_, text)
            | Self::Step(_, text)
            | Self::End(_, text) => Some(text),
        }
    }

    /// The session after this call, if it takes effect.
    fn effect(&self, session: &SharedSession) -> Option<SharedSession> {
        let text = self.text()?;
        let turn = match self {
            Self::Begin(turn, _) => Some(*turn),
            Self::End(..) | Self::Abandon(_) => None,
            _ => session.turn,
        };
        let (body, message) = texts(session, text);
        let messages = session.messages.iter().cloned().chain([message]).collect();
        Some(SharedSession { version: session.version.next(), body, messages, turn, ..session.clone() })
    }

    /// Whether it may take effect, and what it then answers; what it answers if not.
    fn answer(&self, session: &SharedSession) -> Result<SharedAnswer, SharedAnswer> {
        let made = SharedAnswer::Made(session.version.next());
        let current = session.turn.map(|turn| turn.token);
        match self {
            Self::Read => Err(SharedAnswer::Session(Arc::new(session.clone()))),
            Self::AppendAt(version, _) if *version != session.version => {
                Err(SharedAnswer::OtherVersion(session.version))
            }
            Self::Step(token, _) | Self::End(token, _) if current != Some(*token) => {
                Err(SharedAnswer::TurnLost)
            }
            Self::Abandon(_) if current.is_none() => Err(SharedAnswer::TurnLost),
            Self::AppendOnce(text) if session.messages.iter().any(|message| **message == **text) => {
                Err(SharedAnswer::Repeated)
            }
            Self::Begin(..) => Ok(SharedAnswer::Began(session.version.next(), current)),
            _ => Ok(made),
        }
    }
}

impl SequentialSpec for SharedSessionSpec {
    type Call = SharedCall;
    type Answer = SharedAnswer;
    type State = Option<Arc<SharedSession>>;

    fn initial(&self) -> Self::State {
        Some(Arc::new(new_session()))
    }

    fn step(
        &self,
        state: &Self::State,
        call: &SharedCall,
        answer: Option<&SharedAnswer>,
    ) -> Option<Self::State> {
        let Some(session) = state else {
            return answer.is_none_or(|answer| *answer == SharedAnswer::Gone).then_some(None);
        };
        // A turn is in the way of another as long as its deadline has not passed. Only the database knows whether it has, so
        // both answers are right: that it was taken over, which says of which turn, and that it is at work.
        if answer == Some(&SharedAnswer::Busy) {
            let needs_its_end = matches!(call, SharedCall::Begin(..) | SharedCall::Abandon(_));
            return (needs_its_end && session.turn.is_some()).then(|| state.clone());
        }
        let after = || call.effect(session).map(Arc::new);
        match (call.answer(session), answer) {
            (Ok(_), None) => Some(after()),
            (Ok(honest), Some(answer)) => (honest == *answer).then(after),
            (Err(_), None) => Some(state.clone()),
            (Err(honest), Some(answer)) => (honest == *answer).then(|| state.clone()),
        }
    }

    fn is_read(&self, call: &SharedCall, answer: Option<&SharedAnswer>) -> bool {
        let changes_nothing =
            |answer: &SharedAnswer| !matches!(answer, SharedAnswer::Made(_) | SharedAnswer::Began(..));
        *call == SharedCall::Read || answer.is_some_and(changes_nothing)
    }

    fn function(&self, call: &SharedCall) -> Cow<'static, str> {
        match call {
            SharedCall::Read => "read",
            SharedCall::Append(_) | SharedCall::AppendAt(..) | SharedCall::AppendOnce(_) => "append",
            SharedCall::Delete => "delete",
            SharedCall::Begin(..) => "begin turn",
            SharedCall::Step(..) => "step of turn",
            SharedCall::End(..) => "end turn",
            SharedCall::Abandon(_) => "abandon turn",
        }
        .into()
    }

    fn describe(&self, call: &SharedCall, answer: Option<&SharedAnswer>) -> String {
        let asked = match call {
            SharedCall::AppendAt(version, text) => format!("append {text:?} to version {version}"),
            SharedCall::AppendOnce(text) => format!("append {text:?} once"),
            SharedCall::Abandon(text) => format!("abandon the turn that is overdue, {text:?}"),
            SharedCall::Begin(turn, text) => format!("begin turn {} {text:?}", number(turn.token)),
            SharedCall::Step(token, text) => format!("step of turn {} {text:?}", number(*token)),
            SharedCall::End(token, text) => format!("end turn {} {text:?}", number(*token)),
            call => match call.text() {
                Some(text) => format!("append {text:?}"),
                None => self.function(call).into_owned(),
            },
        };
        let answered = match answer {
            None => return asked,
            Some(SharedAnswer::Session(session)) => in_words(session),
            Some(SharedAnswer::Made(version) | SharedAnswer::Began(version, None)) => {
                format!("version {version}")
            }
            Some(SharedAnswer::Began(version, Some(over))) => {
                format!("version {version}, over turn {}", number(*over))
            }
            Some(SharedAnswer::OtherVersion(version)) => format!("refused, it is of version {version}"),
            Some(SharedAnswer::Busy) => "busy".to_owned(),
            Some(SharedAnswer::TurnLost) => "the turn is lost".to_owned(),
            Some(SharedAnswer::Repeated) => "it was made before".to_owned(),
            Some(SharedAnswer::Gone) => "gone".to_owned(),
        };
        format!("{asked}: {answered}")
    }

    fn expected(&self, state: &Self::State, call: &SharedCall) -> String {
        let Some(session) = state else { return "gone".to_owned() };
        let honest = match call.answer(session) {
            Ok(answer) | Err(answer) => answer,
        };
        self.describe(call, Some(&honest))
    }

    fn describe_state(&self, state: &Self::State) -> String {
        state.as_ref().map_or_else(|| "deleted".to_owned(), |session| in_words(session))
    }
}

impl Judge for SharedSessionSpec {}

fn number(token: Token) -> u128 {
    token.0.as_u128()
}

fn in_words(session: &SharedSession) -> String {
    let SharedSession { version, body, messages, turn, .. } = session;
    let turn = turn.map(|turn| format!(", in turn {}", number(turn.token))).unwrap_or_default();
    let messages: String = messages.iter().map(|it| &**it).collect();
    if *messages == **body {
        format!("version {version} {body:?}{turn}")
    } else {
        format!("version {version} {body:?}, and messages {messages:?}{turn}")
    }
}
