//! A page of messages is put together from two looks at a session: how many there are, then which. A client appends
//! in between, and the page says of one version what is true of another. Fixed: one look.

use crate::backend::chat::{MessageDTO, MessagesDTO};
use crate::backend::service::{ChatService, MessagePage};
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use crate::checks::spec::{Answer, Call, Page, Token};
use lockyard_explore::Setting;

use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, of_session, plainly, said};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "torn-page",
    class: "visibility",
    about: "one answer is assembled from two reads, and shows a state that never existed",
    met: "read skew: H. Berenson et al., \"A critique of ANSI SQL isolation levels\", 1995",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::History(|variant| fixture::<Host>(variant).history()),
    ],
};

const ALL: usize = 100;

async fn page<E: SessionEnv>(it: &TurnFixture<E>, variant: Variant) -> Result<MessagesDTO, SessionError> {
    match variant {
        Variant::Wrong => {
            let refused = |source| SessionError::Refused { id: id(0), source };
            let head = it
                .manager()
                .read(id(0), |context| MessagesDTO::page(context, None, 1, 0, usize::MAX))
                .await?;
            let head = head.map_err(refused)?;
            E::yield_now().await;
            let body = it
                .manager()
                .read(id(0), |context| MessagesDTO::page(context, None, ALL, 0, usize::MAX))
                .await?;
            Ok(MessagesDTO { messages: body.map_err(refused)?.messages, ..head })
        }
        Variant::Right => {
            let page = MessagePage { branch: None, limit: ALL, offset: 0 };
            it.backend.get_context_messages(id(0), page).await.map_err(of_session)
        }
    }
}

async fn reader<E: SessionEnv>(it: TurnFixture<E>, variant: Variant) {
    let token = |message: &MessageDTO| message.content.first().map_or(Token::FOREIGN, |_| Token::of("text"));
    let asked = Call::Page { offset: 0, limit: ALL as u32 };
    let read = async { Ok(Answer::Page(Page::of(&page(&it, variant).await?, token))) };
    it.log.ask(0, 0, asked, read).await;
}

async fn writer<E: SessionEnv>(it: TurnFixture<E>) {
    let append = async {
        let appended = it.backend.add_context_message(id(0), said("text"), None).await;
        Ok(appended.map_err(of_session)?.into())
    };
    it.log.ask(1, 0, Call::Append(Token::of("text")), append).await;
}

fn fixture<E: SessionEnv<Clock: Copy>>(variant: Variant) -> Fixture {
    let it = TurnFixture::<E>::new(plainly);
    let program =
        PitfallProgram::new().part("reader", reader(it.clone(), variant)).part("writer", writer(it.clone()));
    Fixture::new(program, it.log.clone(), async move { it.left().await })
}
