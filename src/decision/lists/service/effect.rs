//! What a changed list or entry would have done with past payments: shown beside the form, and asked before a save.

use crate::decision::backtest::Effect;
use crate::decision::last_week::LastWeek;
use crate::decision::lists::entry::{Draft, Entry};
use crate::decision::lists::list::{List, Settings};
use crate::decision::lists::service::Editor;
use crate::decision::lists::store;
use crate::decision::lists::trial::{Entries, Trial};
use crate::decision::service::backtest;
use crate::error::Result;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Entries in place of one that stands; either may be none.
///
/// # Errors
/// `Forbidden` for those who may not change entries of such a list.
pub fn of_entries(editor: &Editor, list: &List, before: Option<&Entry>, after: &[Draft]) -> Result<Trial> {
    editor.need_entries(list.kind)?;
    Ok(Trial::of_entries(list, before, after))
}

/// The list with other settings, or gone, its entries as they stand.
///
/// # Errors
/// `Forbidden` for those who may not change lists; a database failure.
pub async fn of_settings(
    tx: &mut Tx,
    app: &App,
    editor: &Editor,
    list: &List,
    after: Option<&Settings>,
) -> Result<Trial> {
    editor.need_lists()?;
    let conditions = store::entry::conditions(tx, editor.site(), list.id, app.clock.now()).await?;
    Ok(Trial::of_settings(list, Entries::of(conditions), after))
}

/// What it would have done; `None` while too many are being worked out. Holds no connection meanwhile but its own.
pub async fn preview(app: &App, editor: &Editor, trial: &Trial) -> Result<Option<Box<Effect>>> {
    Ok(backtest::effect_of_list(app, editor.site(), trial).await?.map(Box::new))
}

/// How many good payments of last week have to be named before it may be saved; `None` if it may, for `typed` names them
/// or most would have passed. Nothing is replayed for what cannot refuse more.
pub async fn unnamed(app: &App, editor: &Editor, trial: &Trial, typed: Option<&str>) -> Result<Option<LastWeek>> {
    if !trial.may_refuse_more() {
        return Ok(None);
    }
    let week = backtest::before_saving_list(app, editor.site(), trial).await?;
    Ok((!week.may_pass(typed)).then_some(week))
}
