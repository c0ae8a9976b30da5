//! What became of a text with a code.

use leptos::prelude::*;

use crate::access::service::codes::Standing;
use crate::platform::sms::{Delivery, Status};
use crate::ui::mark::{Outcome, outcome_saying};

/// The sentence, and where the text fails what to do otherwise. As long as the code can be typed and the text is under way,
/// what became of it is looked for again (`refresh.js`); the link is for people without scripts.
pub fn delivery(text: &Delivery, standing: &Standing, here: String, otherwise: &'static str) -> impl IntoView + use<> {
    let outcome = match text.status {
        Status::Delivered => Outcome::Approve,
        Status::Failed => Outcome::Reject,
        Status::Queued | Status::Sent => Outcome::None,
    };
    let open = is_open(text, standing);
    let link = open.then(|| view! { " "<a href=here>"Look again"</a> });
    let failed = (outcome == Outcome::Reject).then(|| format!(" {}", otherwise));
    view! {
        <p class="small" id="delivery" role="status" aria-live="polite" data-refresh=open.then_some("4")>
            {outcome_saying(outcome, text.words())}{failed}{link}
        </p>
    }
}

/// Whether more may become of it.
pub fn is_open(text: &Delivery, standing: &Standing) -> bool {
    standing.live_until.is_some() && matches!(text.status, Status::Queued | Status::Sent)
}
