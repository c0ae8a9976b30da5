//! `/s/{site}/velocity`: what one e-mail address, one IP address, one card may do in any 24 hours, with the effect of a
//! change beside it before it is saved.

use std::sync::Arc;

use leptos::prelude::*;

use crate::decision::backtest::Effect;
use crate::decision::change::{Change, amount, changes, count, switch_word};
use crate::decision::forms::velocity_input::VelocityForm;
use crate::decision::keys::KeyKind;
use crate::decision::last_week::LastWeek;
use crate::decision::pages::IF_THE_DATABASE_FAILS;
use crate::decision::pages::busiest;
use crate::decision::pages::effect::{Of, busy, effect_view, unreadable};
use crate::decision::pages::number::name_the_number;
use crate::decision::policy::{Policy, Versioned};
use crate::decision::verdict::Mode as PolicyMode;
use crate::kernel::money::Currency;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, Select};
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::effect::{EffectPreview, Picture};
use crate::ui::islands::save_bar::{self, SaveBar};
use crate::ui::layout::{Block, Head, Place, facts};
use crate::ui::mark::Mode;
use crate::ui::page::render;
use crate::ui::segment::ModeField;
use crate::ui::stale::{Differing, confirm_banner, stale_banner};
use crate::ui::text::Clockface;

/// What the page shows.
pub struct Model {
    /// The site's path: `/s/harbour-books`.
    pub base: String,
    /// The site's own currency.
    pub home: Currency,
    /// Currencies of the site's services that have no row yet.
    pub other_currencies: Vec<Currency>,
    /// What is in force.
    pub now: Arc<Versioned>,
    /// Who saved it; `None` for the defaults.
    pub by: Option<String>,
    /// What is in the fields.
    pub form: VelocityForm,
    /// What is wrong with them.
    pub problems: Problems,
    /// The policy that the fields ask for; `None` while they cannot be read.
    pub candidate: Option<Policy>,
    /// What it would have done; the policy in force, while it cannot be read. `None` while too many are being worked out.
    pub effect: Option<Effect>,
    /// What stands above the form.
    pub notice: Ask,
    /// Whether the reader may save.
    pub may_edit: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

/// What has to happen before a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Nothing.
    Nothing,
    /// Somebody saved meanwhile.
    Stale(Vec<Differing>),
    /// It loosens a protection and the proof of identity is too old.
    Confirm,
    /// It would have refused more than half of last week's approved payments: type the number.
    Type(LastWeek),
}

/// The page.
pub fn view(model: Model) -> impl IntoView {
    let path = format!("{}/velocity", model.base);
    let differ = model.candidate.as_ref().map(|candidate| changes(&model.now.policy, candidate)).unwrap_or_default();
    let lead = "Limits what one e-mail address, one IP address or one card may do in any 24 hours. Blank is no limit; 0 lets none through.";
    let bar = model.may_edit.then(|| save_bar(&model, &path, &differ));
    let notice = ask(&model, &path);
    let rail = rail(&model, &path, &differ).into_any();
    let history = format!("{}/policy", model.base);
    view! {
        <Head title="Velocity filters" crumbs=vec![("Protection".into(), None)] lead=lead.to_owned()>
            <a class="button" href=history>{icon(Icon::History)}"History"</a>
        </Head>
        {notice}
        {error_summary(&model.problems)}
        <div class="split">
            {form(model, path)}
            <div class="rail">{rail}</div>
        </div>
        {bar}
    }
}

fn ask(model: &Model, path: &str) -> AnyView {
    match &model.notice {
        Ask::Nothing | Ask::Type(_) => ().into_any(),
        Ask::Stale(differing) => stale_banner(Some(differing.clone())).into_any(),
        Ask::Confirm => confirm_banner("What you changed", path).into_any(),
    }
}

fn save_bar(model: &Model, path: &str, differ: &[Change]) -> impl IntoView + use<> {
    let save = format!("Save as version {}", model.now.version + 1);
    let lines = differ
        .iter()
        .map(|c| save_bar::Change { label: c.label.clone(), from: c.from.clone(), to: c.to.clone() })
        .collect();
    view! { <SaveBar form="velocity".to_owned() save=save discard=path.to_owned() changes=lines/> }
}

fn form(model: Model, path: String) -> impl IntoView {
    let saved = VelocityForm::of(&model.now.policy, model.now.version, model.home);
    let off = !model.may_edit;
    let keys: Vec<_> = KeyKind::ALL.into_iter().map(|key| limits(&model, key)).collect();
    let typed = typed_field(&model);
    let others = other_currencies(&model, off);
    let window = vec![
        ("Window", "Sliding, 24 hours".into_any()),
        ("Counts", "Payments attempted; amounts approved and pending; bank declines that the site has told".into_any()),
        (IF_THE_DATABASE_FAILS.0, IF_THE_DATABASE_FAILS.1.into_any()),
    ];
    let mode = read_mode(&model.form.mode);
    view! {
        <form action=path method="post" id="velocity">
            // Enter in a field presses the first button of a form: it shows the effect, and never saves or removes anything.
            <button class="said" type="submit" name="action" value="preview" tabindex="-1" aria-hidden="true">"Preview effect"</button>
            <input type="hidden" name="base_version" value=model.form.base_version.to_string()/>
            {typed}
            <div class="block first row wide">
                <ModeField value=mode saved=read_mode(&saved.mode) disabled=off/>
                {facts(window)}
            </div>
            <div class="filters block">
                <p class="small quiet caption">
                    "Bars: how many addresses or cards made that many payments in their busiest 24 hours, on a log scale. \
                     Right of the line is over the limit."
                </p>
                {keys}
            </div>
            {others}
            <section class="block last" aria-label="Preview">
                <CheckboxRow
                    name="fold_email_tags" label="Count spellings of one mailbox together" checked=model.form.fold_email_tags disabled=off
                    saved=model.now.policy.fold_email_tags
                    help="ann+shop@example.com counts as ann@example.com, and dots in Gmail names mean nothing. It acts on new attempts; \
                          what was counted before stays as it was.".to_owned()
                />
                {(!off).then(|| view! {
                    <p class="row preview"><button class="button" type="submit" name="action" value="preview">{icon(Icon::Eye)}"Preview effect"</button></p>
                })}
            </section>
        </form>
    }
}

fn typed_field(model: &Model) -> Option<AnyView> {
    let Ask::Type(week) = model.notice else { return None };
    Some(name_the_number(week, model.form.typed.as_deref(), "make the limits wider"))
}

/// One kind of key: its three limits and how busy its keys were.
fn limits(model: &Model, key: KeyKind) -> impl IntoView + use<> {
    let name = key.as_str();
    let (form, in_force) = (&model.form, model.now.policy.velocity.limits(key));
    let field = |what: String| model.problems.of(&format!("{name}_{what}"));
    let words = words(key);
    let off = !model.may_edit;
    let payments = form.payments.get(key).clone();
    let help = words.counted.to_owned();
    let home = model.home;
    let typed_amount = form.amounts.get(&home).map(|row| row.get(key).clone()).unwrap_or_default();
    let saved = VelocityForm::of(&model.now.policy, model.now.version, home);
    let saved_amount = saved.amounts.get(&home).map(|row| row.get(key).clone()).unwrap_or_default();
    let limit = model.candidate.as_ref().map_or(in_force.payments, |c| c.velocity.limits(key).payments);
    let picture = model.effect.as_ref().map(|effect| picture(effect, key, limit));
    view! {
        <fieldset>
            <legend>{words.one}</legend>
            <Field
                name=format!("{name}_payments") label="Payments" unit="in 24 h".to_owned() value=payments error=field("payments".into())
                help=help placeholder="No limit" inputmode="numeric" disabled=off
                saved=saved.payments.get(key).clone() bar=format!("{}, payments", key.label())
            />
            <Field
                name=format!("{name}_amount_{home}") label="Amount" prefix=home.symbol() value=typed_amount error=field(format!("amount_{home}"))
                placeholder="No limit" inputmode="decimal" disabled=off saved=saved_amount bar=format!("{}, amount", key.label())
            />
            <Field
                name=format!("{name}_declines") label="Bank declines" value=form.declines.get(key).clone() error=field("declines".into())
                placeholder="No limit" inputmode="numeric" disabled=off
                saved=saved.declines.get(key).clone() bar=format!("{}, bank declines", key.label())
            />
            <figure id=busiest::place(key)>{picture}</figure>
        </fieldset>
    }
}

/// How busy the keys of a kind were, with the limit that is asked for.
fn picture(effect: &Effect, key: KeyKind, limit: Option<u32>) -> AnyView {
    busiest::busiest(effect.busiest.get(key), limit, words(key).noun, effect.payments > 0)
}

/// The pictures under the limits of a candidate, for the page that shows those of before.
pub fn pictures(effect: &Effect, candidate: &Policy) -> Vec<Picture> {
    KeyKind::ALL
        .into_iter()
        .map(|key| {
            let limit = candidate.velocity.limits(key).payments;
            Picture { of: busiest::place(key), drawn: render(|| picture(effect, key, limit)) }
        })
        .collect()
}

/// How a kind of key is spoken of.
struct KeyWords {
    one: &'static str,
    noun: (&'static str, &'static str),
    counted: &'static str,
}

fn words(key: KeyKind) -> KeyWords {
    match key {
        KeyKind::Email => KeyWords {
            one: "One e-mail",
            noun: ("address", "addresses"),
            counted: "A limit of 3 passes three and refuses the fourth",
        },
        KeyKind::Ip => {
            KeyWords { one: "One IP address", noun: ("address", "addresses"), counted: "IPv6 by /64 network" }
        }
        KeyKind::Card => KeyWords {
            one: "One card",
            noun: ("card", "cards"),
            counted: "By fingerprint, else brand, last 4 and expiry",
        },
    }
}

fn other_currencies(model: &Model, off: bool) -> impl IntoView + use<> {
    let rows: Vec<_> = model
        .form
        .amounts
        .keys()
        .filter(|c| **c != model.home)
        .map(|currency| currency_row(model, *currency, off))
        .collect();
    let unlimited: Vec<&str> = model.other_currencies.iter().map(|c| c.code()).collect();
    let note = if unlimited.is_empty() {
        "An amount limit counts payments in its own currency only.".to_owned()
    } else {
        format!(
            "An amount limit counts payments in its own currency only. Payments in {} are counted by number, and have no amount limit.",
            unlimited.join(", ")
        )
    };
    let shown: Vec<Currency> = model.form.amounts.keys().copied().collect();
    let choices: Vec<(String, String)> = std::iter::once((String::new(), "Choose a currency".to_owned()))
        .chain(
            Currency::all()
                .into_iter()
                .filter(|c| !shown.contains(c))
                .map(|c| (c.code().to_owned(), format!("{}, {}", c.code(), c.name()))),
        )
        .collect();
    let add = (!off).then(|| {
        let chosen = model.form.add_currency.clone();
        let error = model.problems.of("add_currency");
        view! {
            <div class="row add-currency">
                <Select name="add_currency" label="Add a currency" options=choices value=chosen quiet_label=true error=error/>
                <button class="button" type="submit" name="action" value="add_currency">{icon(Icon::Plus)}"Add a currency"</button>
            </div>
        }
    });
    view! {
        <section class="block filters" aria-label="Amounts in other currencies">
            <div class="block-head"><h2>"Amounts in other currencies"</h2></div>
            <p class="mid caption">{note}</p>
            {rows}
            {add}
        </section>
    }
}

fn currency_row(model: &Model, currency: Currency, off: bool) -> impl IntoView + use<> {
    let fields: Vec<_> = KeyKind::ALL
        .into_iter()
        .map(|key| {
            let name = format!("{}_amount_{currency}", key.as_str());
            let value = model.form.amounts.get(&currency).map(|row| row.get(key).clone()).unwrap_or_default();
            let in_force = VelocityForm::of(&model.now.policy, model.now.version, currency);
            let saved = in_force.amounts.get(&currency).map(|row| row.get(key).clone()).unwrap_or_default();
            let error = model.problems.of(&name);
            let bar = format!("{}, amount in {currency}", key.label());
            view! {
                <Field
                    name=name label=words(key).one prefix=currency.symbol() value=value error=error placeholder="No limit" inputmode="decimal"
                    disabled=off saved=saved bar=bar
                />
            }
        })
        .collect();
    let remove = (!off).then(|| {
        let (value, said) = (format!("remove_{currency}"), format!("Remove {currency}"));
        view! {
            <div class="field end">
                <button class="button plain" type="submit" name="action" value=value aria-label=said>{icon(Icon::Trash)}"Remove"</button>
            </div>
        }
    });
    view! {
        <fieldset>
            <legend>{currency.code()}<small class="quiet">{currency.name()}</small></legend>
            {fields}
            {remove}
        </fieldset>
    }
}

fn rail(model: &Model, path: &str, differ: &[Change]) -> impl IntoView + use<> {
    let of = Of::changes(differ.len());
    let effect = match (&model.candidate, &model.effect) {
        (Some(candidate), Some(effect)) => effect_view(effect, of, candidate),
        (Some(_), None) => busy(of),
        (None, _) => unreadable(),
    };
    let url = format!("{path}/effect");
    let version = format!("{}/policy/{}", model.base, model.now.version);
    let changed = match (&model.by, model.now.version) {
        (Some(name), _) => format!("{name}, {}", model.clock.day(model.now.created_at)),
        (None, 0..=1) => "Never: the defaults of a new site".to_owned(),
        (None, _) => format!("Command line, {}", model.clock.day(model.now.created_at)),
    };
    let about = vec![
        ("Comes from", "Site, on every service".into_any()),
        ("Last changed", changed.into_any()),
        ("Policy", view! { <a href=version>{format!("Version {}", model.now.version)}</a> }.into_any()),
    ];
    let who = if model.may_edit {
        "Widening a limit, or a weaker mode, asks you to confirm that it is you."
    } else {
        "You can see these filters. An owner or admin can change them."
    };
    view! {
        <EffectPreview form="velocity".to_owned() url=url effect=effect/>
        <Block title="Origin and last change" place=Place::Last>
            {facts(about)}
            <p class="pager">{who}</p>
        </Block>
    }
}

fn read_mode(typed: &str) -> Mode {
    typed.parse::<PolicyMode>().unwrap_or_default().into()
}

/// How the other's version and what was typed differ, setting by setting.
pub fn differing(now: &Policy, typed: &Policy) -> Vec<Differing> {
    changes(now, typed).into_iter().map(|c| Differing::new(c.label, c.from, c.to)).collect()
}

/// All limits of a policy in words, for a version's page.
pub fn in_words(policy: &Policy) -> Vec<(String, String)> {
    let mut lines = vec![("Mode".to_owned(), crate::decision::change::mode_word(policy.velocity.mode))];
    for key in KeyKind::ALL {
        let limits = policy.velocity.limits(key);
        lines.push((format!("{}, payments", key.label()), count(limits.payments)));
        lines.extend(limits.amounts.keys().map(|c| (format!("{}, amount in {c}", key.label()), amount(limits, *c))));
        lines.push((format!("{}, bank declines", key.label()), count(limits.declines)));
    }
    lines.push((
        "Spellings of one mailbox".to_owned(),
        if policy.fold_email_tags { "counted together".into() } else { "counted apart".into() },
    ));
    lines.push(("Block all requests".to_owned(), switch_word(policy.panic)));
    lines
}
