//! A streamed answer is written into the session chunk by chunk, each under the write lock: a hundred words keep all
//! readers out a hundred times. Fixed: chunks are gathered and written together.

use futures_util::StreamExt;
use futures_util::stream;

use crate::backend::chat::ChatContext;
use crate::backend::service::{ChatService, Chunk, ModelError, Reply};
use crate::backend::session::{SESSION, SessionError, Settle};
use lockyard_explore::Violated;

use crate::checks::pitfalls::counting_locks::{CountingLocks, taken};
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, messages, said};
use crate::checks::pitfalls::{Detection, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "write-lock-per-chunk",
    class: "contention",
    about: "each chunk of a streamed answer locks the session separately",
    met: "what Nagle's algorithm is for, where the lock is a network (J. Nagle, RFC 896, 1984)",
    trials: &[Trial::Contract(|variant| Detection::unless("writes", few_writes(variant)))],
};

const CHUNKS: usize = 40;
/// To begin, to ask, to start the stream, for the chunks, to end the stream and the turn.
const WRITES: usize = 6;

#[expect(clippy::unnecessary_wraps, reason = "it is what a model may say")]
fn in_chunks(_: u32) -> Result<Reply, ModelError> {
    let chunks = (0..CHUNKS).map(|_| Ok(Chunk::Text("word ".to_owned())));
    Ok(Reply::Stream(Box::pin(stream::iter(chunks))))
}

async fn eager_turn(it: &TurnFixture<Host<CountingLocks>>) -> Result<(), SessionError> {
    let (manager, session) = (it.manager(), it.manager().load_context(id(0)).await?);
    let begin = |context: &mut ChatContext| {
        context.begin_turn(said("hello"))?;
        context.request_model()
    };
    manager.change(&session, Settle::Acknowledged, begin).await?;
    let Ok(Reply::Stream(mut chunks)) = it.ask_model().await else { return Ok(()) };
    manager.change(&session, Settle::Later, ChatContext::start_stream).await?;
    while let Some(Ok(Chunk::Text(text))) = chunks.next().await {
        manager.change(&session, Settle::Later, |context| context.append_chunks(&text)).await?;
    }
    let end = |context: &mut ChatContext| {
        context.end_stream()?;
        context.finish_response(Vec::new())
    };
    manager.change(&session, Settle::Acknowledged, end).await.map(|_| ())
}

fn few_writes(variant: Variant) -> Result<(), Violated> {
    let it = TurnFixture::<Host<CountingLocks>>::new(in_chunks);
    let check = async move {
        let _loaded = taken(&SESSION);
        match variant {
            Variant::Wrong => eager_turn(&it).await.map_err(|error| error.to_string())?,
            Variant::Right => {
                let turn = it.backend.send_message_action(id(0), said("hello")).await;
                turn.map_err(|error| error.to_string())?;
            }
        }
        let writes = taken(&SESSION).writes;
        let said = messages(&it.now().await?).last().map(|message| message.text().len());
        if said != Some(CHUNKS * "word ".len()) {
            return Err(format!("the answer is {said:?} bytes long"));
        }
        if writes > WRITES {
            return Err(format!(
                "an answer in {CHUNKS} chunks has locked the session {writes} times to write"
            ));
        }
        Ok(())
    };
    PitfallProgram::new().finally(check).play()
}
