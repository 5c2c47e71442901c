//! The list of endpoints: the one place where all of them stand together.
//!
//! Everything that there is of each endpoint is derived from it, in files that never name one:
//!
//! | derived | where |
//! | --- | --- |
//! | names and kinds | [`operation`](super::operation) |
//! | a type for each request | [`service::request`](super::service::request) |
//! | the service's trait, and its methods | [`ChatService`](super::service::ChatService) |
//! | the same as an object, under short names | [`DynChatService`](super::service::DynChatService) |
//!
//! What is done around requests ([`Layered`](super::service::Layered)) needs no list: it is generic in the request.
//!
//! So an endpoint is added here and where it must be decided what becomes of it: how the backend serves it
//! (`service/backend.rs`), under which route it is answered (`http/contexts.rs`, or `http/turns.rs`) and asked
//! (`remote/routes.rs`), what the clients of a measurement ask (`ask.rs` and `recording.rs` among the subjects), and
//! whether the limit has it (`limit.rs` there). `tests/house/endpoint_list.rs` counts.

/// Hands the list to `$derive`, a macro, after what else it shall know. An entry reads:
///
/// ```text
/// Kind name(short name): Request { fields } [terms] -> Answer;
/// ```
///
/// `[terms]` are fields that the request has more, which the methods leave empty: `condition`, a `chat::VersionCondition`, where a
/// session is changed, and `key`, an `Option<chat::IdempotencyKey>`, where a repetition would change it again
/// (`term` in `service/request.rs` has the types). Turns have both without a word, and one name more: that of the method that
/// reports what the turn does. Types are named as in `chat::ContextId` and `body::MessagePage`, so that code that derives from
/// them brings the two modules into scope.
macro_rules! for_each_endpoint {
    ($derive:ident $($known:tt)*) => {
        $derive! {
            $($known)*
            endpoints {
                /// Creates a session; its id is the answer, and it is stored by then.
                Create create_context(create): CreateContext {
                    /// What the session shall be.
                    body: body::CreateContext,
                } [key] -> chat::ContextId;

                /// One page of all sessions, by id, from the store's index.
                List list_contexts(list): ListContexts {
                    /// The page begins after this id; with the first session if there is none.
                    after: Option<chat::ContextId>,
                    /// How many sessions at most, 1 to 1,000.
                    limit: usize,
                } -> body::ContextList;

                /// What a session is, without its messages.
                Read get_context(context): GetContext {
                    /// The session.
                    id: chat::ContextId,
                } -> chat::ChatContextDTO;

                /// One page of a branch's messages.
                Read get_context_messages(messages): GetContextMessages {
                    /// The session.
                    id: chat::ContextId,
                    /// Which of its messages.
                    page: body::MessagePage,
                } -> chat::MessagesDTO;

                /// Where a session is in its conversation: the cheapest read, and the one that clients poll.
                Read get_context_state(state): GetContextState {
                    /// The session.
                    id: chat::ContextId,
                } -> chat::ContextStateDTO;

                /// Changes a session's configuration or active branch; with an expected version, only if it is still
                /// that.
                Write update_context(update): UpdateContext {
                    /// The session.
                    id: chat::ContextId,
                    /// What to change.
                    body: body::UpdateContext,
                } [condition] -> chat::Version;

                /// Deletes a session for good.
                Write delete_context(delete): DeleteContext {
                    /// The session.
                    id: chat::ContextId,
                } [condition] -> ();

                /// Appends a message to a branch, in any state, and starts no turn.
                Write add_context_message(append): AddContextMessage {
                    /// The session.
                    id: chat::ContextId,
                    /// The message.
                    message: chat::NewMessage,
                    /// The branch; the active one if none is named.
                    branch: Option<String>,
                } [condition key] -> chat::AppendedDTO;

                /// Approves or denies tool calls and leaves it at that: `approve_tools_action` continues the turn.
                Write approve_context_tools(decide): ApproveContextTools {
                    /// The session.
                    id: chat::ContextId,
                    /// One for each call that is decided on.
                    decisions: Vec<chat::ToolDecision>,
                } [condition key] -> chat::Version;
            }
            turns {
                /// A whole turn: takes the user's message, asks the model, and answers when the session is idle, has
                /// failed, or waits for approval of tool calls. Refused while another turn is under way.
                Turn send_message_action(send, send_message_action_watched): SendMessageAction {
                    /// The session.
                    id: chat::ContextId,
                    /// What the user says.
                    message: chat::NewMessage,
                } -> body::ActionDTO;

                /// Approves or denies tool calls; once none is pending, runs the approved ones and continues the
                /// turn.
                Turn approve_tools_action(resume, approve_tools_action_watched): ApproveToolsAction {
                    /// The session.
                    id: chat::ContextId,
                    /// One for each call that is decided on.
                    decisions: Vec<chat::ToolDecision>,
                } -> body::ActionDTO;
            }
        }
    };
}

pub(crate) use for_each_endpoint;
