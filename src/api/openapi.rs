//! The published description of `/v1`: OpenAPI 3.1, written from the endpoints' own types and annotations. What all
//! endpoints share (keys, scopes, refusals, Idempotency-Key) is added here once, from the route table.

use std::sync::LazyLock;

use axum::response::{IntoResponse as _, Response};
use http::header;
use utoipa::OpenApi;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder};

use crate::api::v1;
use crate::api::v1::problem::{Problem, ProblemField};
use crate::decision::order::in_markdown;
use crate::platform::http::routes::Access;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gatehouse",
        version = "1",
        description = "Ask before you charge: send an attempt, get approve, challenge or reject with the reasons, tell what became of it. \
            JSON in UTF-8, bodies up to 64 KiB, unknown and duplicate fields refused. Money is integer minor units with an ISO 4217 currency. \
            Times are RFC 3339 in UTC. Errors are RFC 9457. A card number is never sent: it is refused wherever it stands.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        v1::decisions::list::list,
        v1::decisions::create::create,
        v1::decisions::read::read,
        v1::decisions::outcome::outcome,
        v1::lists::list::list,
        v1::lists::create::create,
        v1::lists::look_up::look_up,
        v1::lists::read::read,
        v1::lists::change::change,
        v1::lists::remove::remove,
        v1::lists::entries::entries,
        v1::lists::create_entry::create_entry,
        v1::lists::change_entry::change_entry,
        v1::lists::remove_entry::remove_entry,
        v1::policy::read,
    ),
    components(schemas(Problem, ProblemField)),
    tags(
        (name = "Decisions", description = "Have attempts decided, tell what became of them, look them up."),
        (name = "Lists", description = "Allow, block and challenge lists. A key is trusted with the fresh proof of identity that \
            the console asks for before more is let through. A change that would have refused more than half of last week's good payments \
            is answered with 409 `confirmation_required` and the number in `confirm`; it is made once the request names that number."),
        (name = "Policy", description = "The security settings in force."),
    ),
)]
struct Annotated;

/// `GET /openapi.json`.
pub async fn serve() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_else(|_| "{}".into()));
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], TEXT.as_str())
        .into_response()
}

/// The whole document.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Annotated::openapi();
    let about = document.info.description.take().unwrap_or_default();
    document.info.description = Some(format!("{about}\n\n{}", in_markdown()));
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("gh_sk_live_… or gh_sk_test_…")
        .description(Some("A secret key of your site, made on the console's page API keys. It can do no more than the person who made it may do today. \
             While that person is past the deadline of a second factor that the site requires, only decisions:write is left of it."))
        .build();
    document.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(scheme));
    for endpoint in v1::routes().endpoints() {
        let Access::Key(scope) = endpoint.access else { continue };
        let Some(item) = document.paths.paths.get_mut(endpoint.path) else { continue };
        let Some(operation) = operation(item, endpoint.method) else { continue };
        operation.security = Some(vec![SecurityRequirement::new("key", [scope.as_str()])]);
        let forbidden = format!("The key lacks the scope {scope}, or has lost it with its maker.");
        let has_id = endpoint.path.contains('{');
        let writes = endpoint.method != "GET";
        let has_body = operation.request_body.is_some();
        for (status, text, applies) in [
            (
                "400",
                "The request cannot be read; `code` says why: its body, its Idempotency-Key, or a key that stands in the address.",
                true,
            ),
            ("401", "No valid key.", true),
            ("403", forbidden.as_str(), true),
            ("404", "Your site has nothing of that id.", has_id),
            (
                "409",
                "Not as things stand; `code` says why: it has changed meanwhile, a name is taken, another outcome stands, the number has to be named, the Idempotency-Key is in flight.",
                writes,
            ),
            ("413", "The body is larger than 64 KiB.", has_body),
            ("415", "The body is not application/json.", has_body),
            ("422", "A field is not acceptable; `errors` says which.", true),
            ("429", "Faster than the key's rate; Retry-After says when.", true),
            ("500", "A fault of ours, which our log has under `request_id`.", true),
            ("503", "Busy, or the database is away; nothing was done.", true),
        ] {
            if applies {
                let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                let mut refusal =
                    ResponseBuilder::new().description(text).content("application/problem+json", content).build();
                if matches!(status, "409" | "429" | "503") {
                    refusal.headers.insert("Retry-After".into(), retry_after(status));
                }
                operation.responses.responses.insert(status.into(), RefOr::T(refusal));
            }
        }
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.headers.insert("X-Request-Id".into(), request_id_header());
            }
        }
        operation.parameters.get_or_insert_default().push(RefOr::T(request_id_parameter()));
        // A look-up changes nothing, so there is nothing to do once.
        if writes && operation.operation_id.as_deref() != Some("look_up") {
            let parameter = ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(
                    "Your own name for the request, 1 to 255 printable ASCII characters. Sent again within 24 hours with the same body, it \
                     gets the first answer and has no second effect.",
                ))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .build();
            operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
        }
    }
    document
}

/// After how many seconds asking again makes sense.
fn retry_after(status: &str) -> RefOr<Header> {
    let when = if status == "409" { "While the Idempotency-Key is in flight: s" } else { "S" };
    RefOr::T(
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
            .description(Some(format!("{when}econds after which there is room again.")))
            .build(),
    )
}

fn request_id_header() -> RefOr<Header> {
    RefOr::T(
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some(
                "The request's id: yours if you sent one, else a new one. Our log and `request_id` have it too.",
            ))
            .build(),
    )
}

fn request_id_parameter() -> Parameter {
    ParameterBuilder::new()
        .name("X-Request-Id")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Your own id for the request, 1 to 64 letters, digits, dashes, dots and underscores. The answer echoes it.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

/// The operation of a path, by its method.
fn operation<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "PUT" => item.put.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}
