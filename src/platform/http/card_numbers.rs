//! No card number stays in an address of the console. Whoever typed one into a search is led to the same page without
//! it, and told so: the address that the browser keeps, shows and sends on as `Referer` is the clean one. `/v1` refuses
//! card numbers itself (see [`crate::api::permit`]).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::Method;

use crate::access::next::own_path;
use crate::kernel::card_number;
use crate::ui::feedback::Done;

/// The layer.
pub async fn lead_away(request: Request, next: Next) -> Response {
    let (uri, asks) = (request.uri(), matches!(*request.method(), Method::GET | Method::HEAD));
    if asks && !uri.path().starts_with("/v1/") && uri.query().is_some_and(holds_card_number) {
        let path = own_path(uri.path()).unwrap_or_else(|| "/".to_owned());
        return Redirect::to(&Done::CardNumberLeftOut.at(&path)).into_response();
    }
    next.run(request).await
}

/// Whether a name or a value of the query is one, as it is read. The random token of a mailed link is not looked at: it
/// would be lost by chance.
fn holds_card_number(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name != "token" && (card_number::found_in(&name) || card_number::found_in(&value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_seen_however_the_query_spells_it() {
        for query in ["q=4111111111111111", "a=b&q=4111+1111+1111+1111", "q=%34111-1111-1111-1111", "4111111111111111"]
        {
            assert!(holds_card_number(query), "{query}");
        }
        for query in
            ["", "q=4111", "q=1111", "token=4111111111111111", "after=dec_01jnz4v5k2e0srn4tqr0p8y2f7", "q=203.0.113.77"]
        {
            assert!(!holds_card_number(query), "{query}");
        }
    }
}
