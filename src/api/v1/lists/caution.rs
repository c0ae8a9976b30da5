//! What the console asks a person to name before a harsh change, asked of a key: the number goes along as `confirm`.

use crate::api::KeyPermit;
use crate::api::idempotency::Idempotency;
use crate::api::once;
use crate::decision::last_week::LastWeek;
use crate::decision::lists::entry::{Draft, Entry};
use crate::decision::lists::list::{List, Settings};
use crate::decision::lists::service::{Editor, effect, read};
use crate::decision::lists::trial::Trial;
use crate::error::{Error, FieldError, Kind, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::kernel::money::thousands;
use crate::platform::state::App;

/// Weighs a change before its transaction begins: none is held while past payments are replayed.
pub struct Caution<'a> {
    app: &'a App,
    editor: &'a Editor,
    confirm: Option<u64>,
}

impl<'a> Caution<'a> {
    /// Of a request that names this number. `None` for one that was answered before, and will be answered so again.
    pub async fn due(
        app: &'a App,
        permit: &KeyPermit,
        editor: &'a Editor,
        idempotency: Option<&Idempotency>,
        confirm: Option<u64>,
    ) -> Result<Option<Self>> {
        let answered = once::is_answered(app, permit, idempotency).await?;
        Ok((!answered).then_some(Self { app, editor, confirm }))
    }

    /// The list.
    pub async fn list(&self, id: ListId) -> Result<List> {
        let mut tx = self.app.db.site(self.editor.site()).await?;
        read::list(&mut tx, self.editor.site(), id).await?.ok_or_else(Error::not_found)
    }

    /// The entry.
    pub async fn entry(&self, list: ListId, id: EntryId) -> Result<Entry> {
        let mut tx = self.app.db.site(self.editor.site()).await?;
        read::entry(&mut tx, self.editor.site(), list, id).await?.ok_or_else(Error::not_found)
    }

    /// An entry in place of one that stands; either may be none. What no longer stands cannot be changed, and another name
    /// or note refuses nobody.
    pub async fn of_entry(&self, list: ListId, before: Option<&Entry>, after: Option<&Draft>) -> Result<()> {
        let alike = |before: &Entry| after.is_some_and(|a| a.conditions.same_as(&before.draft.conditions));
        if before.is_some_and(|before| before.valid_to.is_some() || alike(before)) {
            return Ok(());
        }
        let list = self.list(list).await?;
        self.weigh(&effect::of_entries(self.editor, &list, before, after.map_or(&[], std::slice::from_ref))?).await
    }

    /// The list with other settings, or gone. The list's version, if it was weighed: only that one may be changed.
    pub async fn of_list(&self, list: &List, after: Option<&Settings>) -> Result<Option<i32>> {
        if after == Some(&list.settings) {
            return Ok(None);
        }
        let mut tx = self.app.db.site(self.editor.site()).await?;
        let trial = effect::of_settings(&mut tx, self.app, self.editor, list, after).await?;
        tx.rollback().await?;
        self.weigh(&trial).await?;
        Ok(trial.may_refuse_more().then_some(list.version))
    }

    async fn weigh(&self, trial: &Trial) -> Result<()> {
        let named = self.confirm.map(|number| number.to_string());
        let unnamed = effect::unnamed(self.app, self.editor, trial, named.as_deref()).await?;
        unnamed.map_or(Ok(()), |week| Err(asked(week)))
    }
}

fn asked(week: LastWeek) -> Error {
    let figure = |n: u64| thousands(&n.to_string());
    let detail = format!(
        "This would have refused {} of the {} payments that went through in the last 7 days. If that is meant, send it again \
         with {} as confirm.",
        figure(week.refused),
        figure(week.approved),
        week.refused
    );
    let field = FieldError::new("confirm", "confirmation_required", format!("must be {}", week.refused));
    let error = Error::new(Kind::Conflict, detail).code("confirmation_required").confirm(week.refused);
    Error { fields: vec![field], ..error }
}

/// The number in a query.
pub fn named(text: Option<&str>) -> Result<Option<u64>> {
    let wrong = |_| Error::field("confirm", "wrong_type", "must be a whole number");
    text.map(|text| text.parse().map_err(wrong)).transpose()
}
