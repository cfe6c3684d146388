//! Clone, fetch and push over HTTP, by Git's own server program.

use super::{
    Gitea,
    git::{command, talk},
};
use axum::{
    body::Bytes,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Reading is open as on a public repository; pushing takes a token with the right to write as
/// the password of any user.
pub(super) async fn serve(
    State(gitea): State<Gitea>,
    Path((owner, repo, _)): Path<(String, String, String)>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let name = repo
        .strip_suffix(".git")
        .map(|name| format!("{owner}/{name}"));
    let Some(Ok(repo)) = name.map(|it| it.parse()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let dir = gitea.store.dir(&repo);
    if !dir.is_dir() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let query = uri.query().unwrap_or_default();
    let pushing =
        uri.path().ends_with("/git-receive-pack") || query.contains("service=git-receive-pack");
    if pushing && !password(&headers).is_some_and(|it| gitea.may_write(&it)) {
        let ask = [("www-authenticate", "Basic realm=\"Gitea\"")];
        return (StatusCode::UNAUTHORIZED, ask).into_response();
    }
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    };
    let mut cgi = command(&gitea.store.root);
    cgi.arg("http-backend")
        .env_remove("GIT_DIR")
        .env("GIT_PROJECT_ROOT", &gitea.store.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", method.as_str())
        .env("CONTENT_TYPE", text("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
        .env("GIT_PROTOCOL", text("git-protocol"));
    if pushing {
        cgi.env("REMOTE_USER", "git");
    }
    match talk(cgi, &body).await {
        Ok(output) => from_cgi(&output.stdout),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn password(headers: &HeaderMap) -> Option<String> {
    let basic = headers
        .get("authorization")?
        .to_str()
        .ok()?
        .strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
    decoded
        .split_once(':')
        .map(|(_, password)| password.to_owned())
}

fn from_cgi(output: &[u8]) -> Response {
    let Some(end) = output.windows(4).position(|it| it == b"\r\n\r\n") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let mut response = output[end + 4..].to_vec().into_response();
    for line in head.lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if name.eq_ignore_ascii_case("status") {
            let code = value
                .split(' ')
                .next()
                .and_then(|it| it.parse::<u16>().ok());
            let code = code.and_then(|it| StatusCode::from_u16(it).ok());
            *response.status_mut() = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) =
            (HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
