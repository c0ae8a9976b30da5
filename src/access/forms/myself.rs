//! `/me/…`: a person's own pages. They name no site.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use serde::Deserialize;

use crate::access::forms::request::{Origin, clock, redirect};
use crate::access::hashing::Password;
use crate::access::next::own_path;
use crate::access::pages;
use crate::access::pages::profile::Typed;
use crate::access::service::myself::{self, NewPassword};
use crate::access::service::sessions;
use crate::access::{Visitor, session};
use crate::console::Console;
use crate::error::{Error, Kind, Result, sentence};
use crate::kernel::email::Email;
use crate::kernel::phone::{NotAPhone, Phone};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::page::Theme;

const PROFILE: &str = "/me/profile";
/// What a wrong password is answered with.
pub const WRONG: &str = "That is not your password.";

/// The profile as it stands.
async fn saved(app: &App, visitor: &Visitor) -> Result<Typed> {
    let asked = myself::asked(app, visitor).await?;
    let phone = myself::phone(app, visitor).await?.unwrap_or_default();
    let country = phone.parse::<Phone>().map_or("", |phone| phone.country().code()).to_owned();
    Ok(Typed::saved(visitor, asked, Number { phone, country }))
}

/// The profile.
pub async fn profile(State(app): State<App>, visitor: Visitor, console: Console) -> Result<Response> {
    let saved = saved(&app, &visitor).await?;
    Ok(pages::profile::page(console, saved, Problems::none()))
}

/// A name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    name: String,
}

/// Changes the name.
pub async fn rename(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Form(form): Form<Name>,
) -> Result<Response> {
    let saved = saved(&app, &visitor).await?;
    match myself::rename(&app, &visitor, &form.name).await {
        Ok(()) => Ok(redirect(&Done::Saved.at(PROFILE), [])),
        Err(error) if error.kind == Kind::Invalid => {
            let problems = error.fields.into_iter().map(|f| (f.field, f.message)).collect();
            Ok(pages::profile::page(console, Typed { name: form.name, ..saved }, problems))
        }
        Err(error) => Err(error),
    }
}

/// A new address, and the password. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAddress {
    email: String,
    password: String,
}

/// Sends a link to the new address.
pub async fn change_email(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    origin: Origin,
    Form(form): Form<NewAddress>,
) -> Result<Response> {
    let saved = saved(&app, &visitor).await?;
    let again = |problems: Problems| {
        let typed = Typed { email: form.email.clone(), ..saved };
        pages::profile::page(console, typed, problems)
    };
    let email: Email = match form.email.parse() {
        Ok(email) => email,
        Err(e) => return Ok(again([("email", format!("{e}."))].into_iter().collect())),
    };
    let password = match Password::typed(&form.password) {
        Ok(password) => password,
        Err(error) => return Ok(again([("password", error.detail)].into_iter().collect())),
    };
    match myself::ask_for_address(&app, &visitor, origin.device.as_deref(), &email, password).await {
        Ok(true) => Ok(redirect(&Done::Sent.at(PROFILE), [])),
        Ok(false) => Ok(again([("password", WRONG)].into_iter().collect())),
        Err(error) if error.kind == Kind::Invalid => {
            Ok(again(error.fields.into_iter().map(|f| (f.field, f.message)).collect()))
        }
        Err(error) => Err(error),
    }
}

/// A number as typed. Empty takes it out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// In any way people write it.
    pub phone: String,
    /// Two letters.
    pub country: String,
}

impl Number {
    fn read(&self) -> std::result::Result<Option<Phone>, NotAPhone> {
        if self.phone.trim().is_empty() {
            return Ok(None);
        }
        Phone::parse(&self.phone, self.country.parse().ok()).map(Some)
    }
}

/// Changes the number.
pub async fn change_phone(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Form(form): Form<Number>,
) -> Result<Response> {
    let phone = match form.read() {
        Ok(phone) => phone,
        Err(why) => {
            let typed = Typed { number: form, ..saved(&app, &visitor).await? };
            return Ok(pages::profile::page(console, typed, [("phone", sentence(&why))].into_iter().collect()));
        }
    };
    let changed = myself::set_phone(&app, &visitor, phone.as_ref()).await?;
    let done = if changed { Done::Saved } else { Done::Unchanged };
    Ok(redirect(&done.at(PROFILE), []))
}

/// The present password and the new one, twice. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    current_password: String,
    new_password: String,
    again: String,
}

/// Changes the password.
pub async fn change_password(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    origin: Origin,
    Form(form): Form<ChangePassword>,
) -> Result<Response> {
    let saved = saved(&app, &visitor).await?;
    let again = |problems: Problems| pages::profile::page(console, saved, problems);
    if form.new_password != form.again {
        return Ok(again(
            [("again", "The two are not the same. Write the same password twice.")].into_iter().collect(),
        ));
    }
    let mut problems = Problems::none();
    let mut read = |field, typed| Password::typed(typed).map_err(|error| problems.add(field, error.detail)).ok();
    let typed = read("current_password", &form.current_password).zip(read("new_password", &form.new_password));
    let Some((present, new)) = typed else { return Ok(again(problems)) };
    match myself::change_password(&app, &visitor, origin.device.as_deref(), present, new).await? {
        NewPassword::Set { session, device } => {
            Ok(redirect(&Done::PasswordChanged.at(PROFILE), [session::set_cookie(&session)?, device]))
        }
        NewPassword::Refused => Ok(again([("current_password", WRONG)].into_iter().collect())),
        NewPassword::Weak(weak) => Ok(again(weak.iter().map(|w| ("new_password", w.to_string())).collect())),
    }
}

/// The signed-in browsers.
pub async fn sessions_page(State(app): State<App>, visitor: Visitor, console: Console) -> Result<Response> {
    let listed = sessions::list(&app, &visitor).await?;
    Ok(pages::sessions::page(console, listed, clock(&app, visitor.id).await?))
}

/// Which session: a key, or all others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    #[serde(default)]
    key: Option<String>,
}

/// Ends one session, or all others.
pub async fn end_sessions(State(app): State<App>, visitor: Visitor, Form(form): Form<EndSession>) -> Result<Response> {
    match form.key.as_deref() {
        Some(key) => {
            if !sessions::end(&app, &visitor, key).await? {
                return Err(Error::not_found());
            }
        }
        None => {
            sessions::end_others(&app, &visitor).await?;
        }
    }
    Ok(redirect(&Done::Revoked.at("/me/sessions"), []))
}

/// The person is still there: this request itself moves the idle limit. Answers how many seconds are left, which near
/// the end of the twelve hours are fewer than the idle limit has.
pub async fn stay(State(app): State<App>, visitor: Visitor) -> String {
    visitor.seconds_left(app.clock.now()).to_string()
}

/// Light, dark, or as the system says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChooseTheme {
    theme: String,
    #[serde(default)]
    next: String,
}

/// Keeps the choice in a cookie of this browser.
pub async fn theme(_: Visitor, Form(form): Form<ChooseTheme>) -> Result<Response> {
    let theme = Theme::parse(&form.theme).name();
    let cookie = format!("theme={theme}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000");
    let cookie = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
    Ok(redirect(own_path(&form.next).as_deref().unwrap_or("/"), [cookie]))
}
