//! `/me/second-factor/set-up` and the two kinds that end with a typed code: a number and an authenticator.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::factor::{Factor, FactorKind};
use crate::access::forms::request::{carrying, clock, redirect};
use crate::access::forms::second_factor::{
    CHOOSE, DEVICES, closed_words, first_elsewhere, status_of_sending, words_of, words_of_sending,
};
use crate::access::pages::second_factor::{choose, code, recovery};
use crate::access::service::enrol::{self, Begun, Number, Offers, Tried};
use crate::access::{Visitor, session};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::FactorId;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// Where a number is asked for.
const NUMBER: &str = "/me/second-factor/set-up?kind=sms";

/// Which kind is open.
#[derive(Debug, Default, Deserialize)]
pub struct Open {
    #[serde(default)]
    kind: Option<String>,
}

/// The kinds, and the form for a number where it is asked for.
pub async fn choose_page(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Query(query): Query<Open>,
) -> Result<Response> {
    let number = query.kind.as_deref() == Some(FactorKind::Sms.as_str());
    let (kind, here) = if number { (Some(FactorKind::Sms), NUMBER) } else { (None, CHOOSE) };
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, kind, here).await? {
        return Ok(elsewhere);
    }
    let offers = enrol::offers(&app, &visitor).await?;
    let first = !visitor.has_factor;
    let (typed, problems) = (Typed::default(), Problems::none());
    Ok(choose::page(console, choose::View { offers, number, first, typed, problems }))
}

/// A number as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// In any way people write it.
    #[serde(default)]
    pub phone: String,
    /// Two letters.
    #[serde(default)]
    pub country: String,
}

/// Texts a first code to the number.
pub async fn begin_number(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Form(form): Form<Typed>,
) -> Result<Response> {
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, Some(FactorKind::Sms), NUMBER).await? {
        return Ok(elsewhere);
    }
    let offers = offered(&app, &visitor, FactorKind::Sms).await?;
    let number = Number { text: &form.phone, country: form.country.parse().ok() };
    let words = match enrol::begin_number(&app, &visitor, number).await? {
        Begun::Waits(id) => return Ok(redirect(&set_up_path(id), [])),
        Begun::Refused(words) => words,
        Begun::Closed(until) => {
            let closed = closed_words(until, clock(&app, visitor.id).await?);
            format!("{closed} An authenticator app or a passkey works meanwhile.")
        }
    };
    let (first, problems) = (!visitor.has_factor, [("phone", words)].into_iter().collect());
    Ok(choose::page(console, choose::View { offers, number: true, first, typed: form, problems }))
}

/// Makes a secret for an authenticator.
pub async fn begin_app(State(app): State<App>, visitor: Visitor) -> Result<Response> {
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, Some(FactorKind::Totp), CHOOSE).await? {
        return Ok(elsewhere);
    }
    offered(&app, &visitor, FactorKind::Totp).await?;
    Ok(redirect(&set_up_path(enrol::begin_app(&app, &visitor).await?), []))
}

/// What the visitor can set up, this kind included.
pub(in crate::access::forms) async fn offered(app: &App, visitor: &Visitor, kind: FactorKind) -> Result<Offers> {
    let offers = enrol::offers(app, visitor).await?;
    if offers.kinds.iter().any(|offer| offer.kind == kind) {
        return Ok(offers);
    }
    let why = match kind {
        FactorKind::Sms => "your sites do not accept it, or texts cannot be sent here",
        FactorKind::Passkey => "your sites do not accept it, or this console is opened by a number, not a name",
        FactorKind::Totp => "your sites do not accept it",
    };
    Err(Error::new(Kind::Conflict, format!("{} cannot be set up: {why}. Choose another device.", kind.label())))
}

fn set_up_path(id: FactorId) -> String {
    format!("{DEVICES}/{id}/set-up")
}

/// The factor in the path, while it waits for its first code.
async fn waiting(app: &App, visitor: &Visitor, id: &str) -> Result<Factor> {
    let id: FactorId = id.parse().map_err(|_| Error::not_found())?;
    let gone = || {
        let words = "This set-up was finished, given up or begun more than an hour ago. Begin again from your devices.";
        Error::new(Kind::NotFound, words)
    };
    enrol::being_set_up(app, visitor, id).await?.ok_or_else(gone)
}

/// The QR code, or where the text went; and the field for the first code.
pub async fn code_page(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Path(id): Path<String>,
) -> Result<Response> {
    let factor = waiting(&app, &visitor, &id).await?;
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, Some(factor.kind), &set_up_path(factor.id)).await? {
        return Ok(elsewhere);
    }
    code_again(&app, &visitor, console, factor, Problems::none()).await
}

async fn code_again(
    app: &App,
    visitor: &Visitor,
    console: Console,
    factor: Factor,
    problems: Problems,
) -> Result<Response> {
    let path = format!("{DEVICES}/{}", factor.id);
    let view = code::View { offers: enrol::offers(app, visitor).await?, first: !visitor.has_factor, path, problems };
    if factor.kind == FactorKind::Totp {
        let secret = enrol::app_secret(app, visitor, &factor).await?;
        return Ok(code::app_page(console, view, code::App { secret, account: visitor.email.clone() }));
    }
    let standing = enrol::delivery(app, visitor, &factor).await?;
    let delivery = enrol::text_of(app, visitor, &factor).await?;
    let (number, clockface) = (factor.phone.unwrap_or_default(), clock(app, visitor.id).await?);
    Ok(code::number_page(console, view, code::Number { number, delivery, standing, clock: clockface }))
}

/// Texts another code.
pub async fn send_again(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Path(id): Path<String>,
) -> Result<Response> {
    let factor = waiting(&app, &visitor, &id).await?;
    let path = set_up_path(factor.id);
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, Some(factor.kind), &path).await? {
        return Ok(elsewhere);
    }
    if factor.kind != FactorKind::Sms {
        return Err(Error::not_found());
    }
    let sent = enrol::send_again(&app, &visitor, &factor).await?;
    let Some(words) = words_of_sending(&sent, clock(&app, visitor.id).await?) else {
        return Ok(redirect(&Done::Sent.at(&path), []));
    };
    let page = code_again(&app, &visitor, console, factor, [("", words)].into_iter().collect()).await?;
    Ok(status_of_sending(&sent, page, app.clock.now()))
}

/// The first code. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstCode {
    #[serde(default)]
    code: String,
}

/// Compares the first code. With the first device come the recovery codes, otherwise the dashboard.
pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Path(id): Path<String>,
    Form(form): Form<FirstCode>,
) -> Result<Response> {
    let factor = waiting(&app, &visitor, &id).await?;
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, Some(factor.kind), &set_up_path(factor.id)).await? {
        return Ok(elsewhere);
    }
    let finished = match enrol::try_code(&app, &visitor, &factor, &form.code).await? {
        Tried::Done(finished) => finished,
        Tried::Not(checked) => {
            let words = words_of(&checked, clock(&app, visitor.id).await?);
            let problems = [("code", words)].into_iter().collect();
            return code_again(&app, &visitor, console, factor, problems).await;
        }
    };
    let cookies = [session::set_cookie(&finished.session)?, finished.device];
    Ok(match finished.codes {
        Some(codes) => carrying(recovery::first(console, &codes), cookies),
        None => redirect("/", cookies),
    })
}
