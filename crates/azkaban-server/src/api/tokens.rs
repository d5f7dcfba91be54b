//! API tokens: what programs show instead of a session.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_core::time::UnixMillis;
use azkaban_engine::{ApiToken, NewToken, TokenError, TokenScope};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path, Query, Signed};
use super::list::{Page, Paging};
use super::problem::{Answer, Problem};
use super::session::{reply, reply_with};
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum ScopeName {
    /// Looking.
    Read,
    /// Looking, and starting and steering executions.
    Execute,
    /// All that its owner may do, but managing tokens.
    All,
}

impl From<TokenScope> for ScopeName {
    fn from(scope: TokenScope) -> Self {
        match scope {
            TokenScope::Read => Self::Read,
            TokenScope::Execute => Self::Execute,
            TokenScope::All => Self::All,
        }
    }
}

impl From<ScopeName> for TokenScope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Read => Self::Read,
            ScopeName::Execute => Self::Execute,
            ScopeName::All => Self::All,
        }
    }
}

/// An API token without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenItem {
    id: i64,
    /// Whose it is.
    user: String,
    /// What its owner calls it.
    name: String,
    scope: ScopeName,
    created_at: i64,
    /// From when on it is good for nothing; null: never. Those that have ended are shown for 30 days.
    expires_at: Option<i64>,
    /// Null: not yet.
    used_at: Option<i64>,
    /// The address that used it last.
    used_ip: Option<String>,
}

fn item(token: ApiToken) -> TokenItem {
    let (used_at, used_ip) = token.used.map(|(at, ip)| (at.0, ip)).unzip();
    TokenItem {
        id: token.id,
        user: token.user,
        name: token.name,
        scope: token.scope.into(),
        created_at: token.created_at.0,
        expires_at: token.expires_at.map(|at| at.0),
        used_at,
        used_ip,
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TokensQuery {
    /// Everybody's, for administrators; else one's own.
    #[serde(default)]
    all: bool,
}

/// API tokens, the newest first.
#[utoipa::path(get, path = "/tokens", tag = "tokens", operation_id = "listTokens", params(TokensQuery, Paging),
    responses((status = 200, description = "A page of tokens.", body = Page<TokenItem>)))]
async fn list(
    signed: Signed,
    Query(query): Query<TokensQuery>,
    Query(paging): Query<Paging>,
) -> Answer<Response> {
    let engine = signed.engine();
    let tokens = if query.all {
        signed.require_admin()?;
        engine.tokens_all()
    } else {
        engine.tokens_of(&signed.caller.user.name)
    };
    Ok(reply(&Page::of(tokens.into_iter().map(item), &paging)?))
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TokenRequest {
    /// What to call it, 1 to 100 characters.
    name: String,
    scope: ScopeName,
    /// From when on it is good for nothing, ten years away at most; absent: never.
    expires_at: Option<i64>,
}

/// A new token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedToken {
    token: TokenItem,
    /// For `Authorization: Bearer`. It is told here and never again.
    secret: String,
}

fn refused(error: TokenError) -> Problem {
    match error {
        TokenError::NameInvalid => Problem::invalid(
            "name",
            "format",
            "A name has 1 to 100 characters, none of them a control character.",
        ),
        TokenError::ExpiryInvalid => {
            Problem::invalid("expiresAt", "range", "The end lies in the future, ten years away at most.")
        }
        TokenError::TooMany { limit } => {
            Problem::conflict("tooMany", format!("You have {limit} tokens already.")).param("limit", limit)
        }
        TokenError::ByToken => Problem::of(StatusCode::FORBIDDEN)
            .code("tokenScope")
            .detail("An API token manages no tokens; log in for that."),
        TokenError::NotFound => Problem::not_found("token"),
        TokenError::Internal(error) => error.into(),
    }
}

/// Makes a token of one's own.
#[utoipa::path(post, path = "/tokens", tag = "tokens", operation_id = "createToken", request_body = TokenRequest,
    responses((status = 201, description = "The token with its secret.", body = CreatedToken)))]
async fn create(signed: Signed, Json(request): Json<TokenRequest>) -> Answer<Response> {
    let expires_at = request.expires_at.map(UnixMillis);
    let new = NewToken { name: request.name, scope: request.scope.into(), expires_at };
    let (token, secret) = signed.engine().token_create(&signed.caller, new).await.map_err(refused)?;
    Ok(reply_with(StatusCode::CREATED, &CreatedToken { token: item(token), secret: secret.0 }))
}

/// Revokes a token of one's own, or for administrators anybody's.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", operation_id = "revokeToken",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 204, description = "Revoked.")))]
async fn revoke(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    signed.engine().token_revoke(&signed.caller, id).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
