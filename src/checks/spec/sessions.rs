//! The sessions of this backend as a [`SequentialSpec`]: how they would behave if they were asked one thing at a time.

use std::borrow::Cow;

use lockyard_history::SequentialSpec;

use super::known::SessionState;
use super::token::Token;
use super::words::{Answer, Call, Context};

/// Sessions, each by its key. What this specification sees and what not is said in the [module](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct Sessions;

/// What a process writes down of its requests.
pub type Log = lockyard_history::Log<Sessions>;

/// The logs of all processes, and how the sessions were before the first request.
pub type Recording = lockyard_history::Recording<Sessions>;

/// One request, as it is kept.
pub(super) type Record = lockyard_history::Record<Call, Answer>;

// Millions of them have to fit into memory.
const _: () = assert!(Log::BYTES_AN_OPERATION <= 100);

impl SequentialSpec for Sessions {
    type Call = Call;
    type Answer = Answer;
    type State = SessionState;

    fn initial(&self) -> SessionState {
        SessionState::Absent
    }

    fn step(&self, state: &SessionState, call: &Call, answer: Option<&Answer>) -> Option<SessionState> {
        let mut next = state.clone();
        next.take(call, answer).then_some(next)
    }

    fn is_read(&self, call: &Call, _: Option<&Answer>) -> bool {
        matches!(call, Call::State | Call::Context | Call::Page { .. } | Call::Ended { .. })
    }

    fn is_given(&self, call: &Call) -> bool {
        *call == Call::Given
    }

    fn learns(&self, call: &Call) -> bool {
        self.is_read(call, None)
    }

    fn second(call: &Call, answer: &Answer) -> Option<(Call, Answer)> {
        match (call, answer) {
            (Call::Send(_) | Call::Resume, Answer::Turn { began, after, .. }) => {
                Some((Call::Ended { began: *began }, Answer::Context(*after)))
            }
            _ => None,
        }
    }

    fn function(&self, call: &Call) -> Cow<'static, str> {
        name(call).into()
    }

    fn describe(&self, call: &Call, answer: Option<&Answer>) -> String {
        let asked = asked(call);
        match answer.map(answered).filter(|answered| !answered.is_empty()) {
            Some(answered) => format!("{asked}: {answered}"),
            None => asked,
        }
    }

    fn expected(&self, state: &SessionState, call: &Call) -> String {
        state.expected(call)
    }
}

/// The endpoint that is asked.
fn name(call: &Call) -> &'static str {
    match call {
        Call::Given => "given",
        Call::Create(_) => "create_context",
        Call::State => "get_context_state",
        Call::Context | Call::Ended { .. } => "get_context",
        Call::Page { .. } => "get_context_messages",
        Call::Append(_) => "add_context_message",
        Call::Update { .. } => "update_context",
        Call::Decide => "approve_context_tools",
        Call::Send(_) => "send_message_action",
        Call::Resume => "approve_tools_action",
        Call::Delete => "delete_context",
    }
}

fn asked(call: &Call) -> String {
    match call {
        Call::Given => "given".to_owned(),
        Call::Create(_) => "create".to_owned(),
        Call::State => "state".to_owned(),
        Call::Context => "context".to_owned(),
        Call::Page { offset, limit } => format!("page of {limit} from {offset}"),
        Call::Append(token) => format!("append {}", short(*token)),
        Call::Update { expected: None, .. } => "update".to_owned(),
        Call::Update { expected: Some(version), .. } => format!("update if version {version}"),
        Call::Decide => "approve".to_owned(),
        Call::Send(token) => format!("send {}", short(*token)),
        Call::Resume => "approve and go on".to_owned(),
        Call::Ended { .. } => "turn ended".to_owned(),
        Call::Delete => "delete".to_owned(),
    }
}

/// A token that is a small number may be one; a hash is shown by its end.
fn short(token: Token) -> String {
    if token.0 < 1_000_000 { token.0.to_string() } else { format!("#{:06x}", token.0 & 0xff_ffff) }
}

fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Gone => "not found".to_owned(),
        Answer::Done => String::new(),
        Answer::Changed(version) => format!("version {version}"),
        Answer::Appended { version, id } => format!("version {version}, message {id}"),
        Answer::State { version, kind } => format!("version {version}, {kind}"),
        Answer::Context(context) => shown(context),
        Answer::Page(page) => {
            let digest = page.digest & 0xffff;
            format!("version {}, {} of {} messages, #{digest:04x}", page.version, page.count, page.total)
        }
        Answer::Turn { began, message: None, .. } => format!("version {began}"),
        Answer::Turn { began, message: Some(message), .. } => format!("version {began}, message {message}"),
    }
}

fn shown(Context { version, total, settings, kind }: &Context) -> String {
    let settings = (settings.model ^ settings.mode.rotate_left(8) ^ settings.parameters) & 0xffff;
    format!("version {version}, {kind}, {total} messages, set to #{settings:04x}")
}

impl SessionState {
    /// What could be answered from here.
    pub(super) fn expected(&self, call: &Call) -> String {
        let live = match (self, call) {
            (Self::Absent, Call::Create(_) | Call::Given) => return "done".to_owned(),
            (Self::Absent | Self::Deleted, _) => return "not found".to_owned(),
            (Self::LiveSession(live), _) => live,
        };
        let messages = if live.least == live.most {
            format!("{} messages", live.least)
        } else {
            format!("{} to {} messages", live.least, live.most)
        };
        let kinds: Vec<_> = live.kinds.iter().map(|kind| kind.to_string()).collect();
        let (version, kinds) = (live.version, kinds.join(" or "));
        match call {
            Call::State => format!("version {version}, {kinds}"),
            Call::Context | Call::Ended { .. } => format!("version {version}, {kinds}, {messages}"),
            Call::Page { offset, limit } => {
                let end = offset.saturating_add(*limit).min(live.least);
                let digest = live.messages.digest((*offset).min(end)..end).map(|digest| digest & 0xffff);
                let digest = digest.map_or(String::new(), |digest| format!(", #{digest:04x}"));
                format!("version {version}, {messages}{digest}")
            }
            Call::Append(_) => format!("version {}, message {}", version + 1, live.least),
            Call::Create(_) | Call::Given => "nothing: it is there already".to_owned(),
            Call::Delete => "done".to_owned(),
            _ => format!("version {}", version + 1),
        }
    }
}
