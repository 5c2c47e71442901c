//! A person sees a tool call and approves "what is pending". Meanwhile another client has decided, the model has
//! gone on, and what is pending now is another call, which no person has seen. Fixed: an approval names its calls.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use crate::backend::chat::{ChatContext, ChatError, NewToolCall, ToolCallId, ToolDecision};
use crate::backend::service::ChatService;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, plainly, said};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::{context, id};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "wrong-approval",
    class: "check then act",
    about: "an approval applies to what is pending now, not to what was reviewed",
    met: "stale approvals of pull requests, which GitHub dismisses when new commits are pushed, if it is asked to",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| Detection::unless("wrong approval", tasks::<Host>(variant).play())),
    ],
};

fn wants(context: &mut ChatContext, tool: &str) -> Result<(), ChatError> {
    context.request_model()?;
    context.full_response("let me")?;
    context.finish_response(vec![NewToolCall::new(tool, tool, Value::Null)])?;
    Ok(())
}

/// A session in which the model wants to read, and a person is to decide.
fn wants_to_read() -> ChatContext {
    let mut context = context(0);
    let begun = context.begin_turn(said("clean up")).and_then(|_| wants(&mut context, "read"));
    begun.expect("the first round of a turn");
    context
}

fn pending(context: &ChatContext) -> Vec<ToolCallId> {
    context.pending_calls().map(|call| call.id.clone()).collect()
}

fn approved(call_id: ToolCallId) -> ToolDecision {
    ToolDecision { call_id, approve: true }
}

type Seen = Rc<RefCell<Vec<ToolCallId>>>;

async fn person<E: SessionEnv>(it: TurnFixture<E>, variant: Variant, has_seen: Seen) {
    let Ok(seen) = it.manager().read(id(0), pending).await else { return };
    has_seen.borrow_mut().clone_from(&seen);
    E::yield_now().await; // thinks
    let _refused = match variant {
        Variant::Wrong => {
            let approve = |context: &mut ChatContext| {
                let now: Vec<_> = pending(context).into_iter().map(approved).collect();
                context.decide_tools(&now)
            };
            it.manager().write(id(0), approve).await.is_err()
        }
        Variant::Right => {
            let decisions = seen.into_iter().map(approved).collect();
            it.backend.approve_context_tools(id(0), decisions).await.is_err()
        }
    };
}

/// Denies, and the turn goes on until the model wants to delete.
async fn other_client<E: SessionEnv>(it: TurnFixture<E>) {
    let deny = |context: &mut ChatContext| {
        context.decide_tools(&[ToolDecision { call_id: "read".into(), approve: false }])?;
        context.resume_after_approval()?;
        wants(context, "delete")
    };
    let _decided_already = it.manager().write(id(0), deny).await.is_err();
}

fn tasks<E: SessionEnv<Clock: Copy>>(variant: Variant) -> PitfallProgram {
    let (it, seen) = (TurnFixture::<E>::from(wants_to_read(), plainly), Seen::default());
    let program = PitfallProgram::new()
        .part("person", person(it.clone(), variant, seen.clone()))
        .part("other client", other_client(it.clone()));
    program.finally(async move {
        let now = it.now().await?;
        match now.approved_calls().find(|call| !seen.borrow().contains(&call.id)) {
            Some(call) => Err(format!("a call is approved that no client has reviewed: {}", call.name)),
            None => Ok(()),
        }
    })
}
