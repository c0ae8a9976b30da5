//! What islands ask for, as JSON: the effect of the filters on the page and their pictures, before they are saved.

use axum::Json;
use axum::extract::{Form, State};

use crate::access::{Permit, grant};
use crate::decision::change::changes;
use crate::decision::forms::velocity_input::VelocityForm;
use crate::decision::pages::effect::{Of, busy, effect_view, unreadable};
use crate::decision::pages::velocity::pictures;
use crate::decision::service::{backtest, policy};
use crate::error::Result;
use crate::platform::state::App;
use crate::ui::islands::effect::EffectView;

/// `POST /s/{site}/velocity/effect`: the form's fields in, the rail's answer out. Saves nothing, so reading is enough.
pub async fn velocity_effect(
    State(app): State<App>,
    permit: Permit<grant::ReadPolicy>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Json<EffectView>> {
    let form = VelocityForm::read(fields, permit.site().currency)?;
    let now = policy::current(&app, permit.site_id()).await?;
    let Ok(candidate) = form.policy(&now.policy) else { return Ok(Json(unreadable())) };
    let of = Of::changes(changes(&now.policy, &candidate).len());
    let effect = backtest::effect(&app, &permit, candidate.clone()).await?;
    let shown = |effect| EffectView { pictures: pictures(&effect, &candidate), ..effect_view(&effect, of, &candidate) };
    Ok(Json(effect.map_or_else(|| busy(of), shown)))
}
