//! How each request to a service is sent to a server: by which method, to which path, with which body.

use hyper::Method;

use crate::backend::chat::{AppendedDTO, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, Version};
use crate::backend::service::request::{
    AddContextMessage, ApproveContextTools, ApproveToolsAction, CreateContext, DeleteContext, GetContext,
    GetContextMessages, GetContextState, ListContexts, SendMessageAction, UpdateContext,
};
use crate::backend::service::{ActionDTO, ContextList, MessagePage, Serve, ServiceError};
use crate::backend::wire::{Append, Changed, Created, Decisions};

use super::http::{ANY, Terms};
use super::server::{CONTEXTS, Remote, json, read};

impl Serve<CreateContext> for Remote {
    async fn serve(&self, CreateContext { body, key }: CreateContext) -> Result<ContextId, ServiceError> {
        let body = Some(json(&body)?);
        let Created { id } = read(
            &self.answered(None, Method::POST, CONTEXTS.to_owned(), &Terms { key, ..ANY }, body).await?,
        )?;
        Ok(id)
    }
}

impl Serve<ListContexts> for Remote {
    async fn serve(&self, ListContexts { after, limit }: ListContexts) -> Result<ContextList, ServiceError> {
        let cursor = after.map(|after| format!("&cursor={}", self.named(after))).unwrap_or_default();
        let path = format!("{CONTEXTS}?limit={limit}{cursor}");
        read(&self.answered(None, Method::GET, path, &ANY, None).await?)
    }
}

impl Serve<GetContext> for Remote {
    async fn serve(&self, GetContext { id }: GetContext) -> Result<ChatContextDTO, ServiceError> {
        self.get(id, "").await
    }
}

impl Serve<GetContextMessages> for Remote {
    async fn serve(
        &self,
        GetContextMessages { id, page }: GetContextMessages,
    ) -> Result<MessagesDTO, ServiceError> {
        let MessagePage { branch, limit, offset } = page;
        let branch = branch.map(|branch| format!("&branch={}", escaped(&branch))).unwrap_or_default();
        self.get(id, &format!("/messages?limit={limit}&offset={offset}{branch}")).await
    }
}

impl Serve<GetContextState> for Remote {
    async fn serve(&self, GetContextState { id }: GetContextState) -> Result<ContextStateDTO, ServiceError> {
        self.get(id, "/state").await
    }
}

impl Serve<UpdateContext> for Remote {
    async fn serve(
        &self,
        UpdateContext { id, body, condition }: UpdateContext,
    ) -> Result<Version, ServiceError> {
        let Changed { version } = self.send(id, Method::PUT, "", Terms { condition, ..ANY }, &body).await?;
        Ok(version)
    }
}

impl Serve<DeleteContext> for Remote {
    async fn serve(&self, DeleteContext { id, condition }: DeleteContext) -> Result<(), ServiceError> {
        let terms = Terms { condition, ..ANY };
        self.answered(Some(id), Method::DELETE, self.path(id, ""), &terms, None).await.map(drop)
    }
}

impl Serve<AddContextMessage> for Remote {
    async fn serve(
        &self,
        AddContextMessage { id, message, branch, condition, key }: AddContextMessage,
    ) -> Result<AppendedDTO, ServiceError> {
        self.send(id, Method::POST, "/messages", Terms { condition, key }, &Append::new(message, branch))
            .await
    }
}

impl Serve<ApproveContextTools> for Remote {
    async fn serve(
        &self,
        ApproveContextTools { id, decisions, condition, key }: ApproveContextTools,
    ) -> Result<Version, ServiceError> {
        let Changed { version } = self
            .send(id, Method::POST, "/tools/approve", Terms { condition, key }, &Decisions { decisions })
            .await?;
        Ok(version)
    }
}

// A turn elsewhere is seen at its end only: its steps are not reported.

impl Serve<SendMessageAction<'_>> for Remote {
    async fn serve(
        &self,
        SendMessageAction { id, message, condition, key, .. }: SendMessageAction<'_>,
    ) -> Result<ActionDTO, ServiceError> {
        self.send(id, Method::POST, "/actions/send_message", Terms { condition, key }, &message).await
    }
}

impl Serve<ApproveToolsAction<'_>> for Remote {
    async fn serve(
        &self,
        ApproveToolsAction { id, decisions, condition, key, .. }: ApproveToolsAction<'_>,
    ) -> Result<ActionDTO, ServiceError> {
        self.send(
            id,
            Method::POST,
            "/actions/approve_tools",
            Terms { condition, key },
            &Decisions { decisions },
        )
        .await
    }
}

/// A text as a query carries it.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_carries_any_text() {
        assert_eq!(escaped("a b&c=ä~1"), "a%20b%26c%3D%C3%A4~1");
    }
}
