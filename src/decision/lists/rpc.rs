//! What the form of an entry asks while values are typed: how many are good, and which lines are not.

use axum::Json;

use crate::access::{Permit, grant};
use crate::decision::lists::field::Field;
use crate::decision::lists::forms::body::Pairs;
use crate::decision::lists::forms::entry::read_entry;
use crate::decision::lists::lines;
use crate::error::Result;
use crate::ui::islands::lines::{BadLine, LinesView};

/// The most lines that are named one by one.
const NAMED: usize = 10;

/// `POST /s/{site}/lists/check-lines`: the whole form, as it stands; nothing is saved.
pub async fn check_lines(_permit: Permit<grant::EditBlockEntries>, mut pairs: Pairs) -> Result<Json<LinesView>> {
    let (input, _) = read_entry(&mut pairs)?;
    let mut view = LinesView::default();
    let several = input.rows.len() > 1;
    for row in &input.rows {
        let Ok(field) = row.field.parse::<Field>() else { continue };
        let (values, bad) = lines::read(field, &row.values);
        view.good += values.len();
        view.bad_in_all += bad.len();
        view.bad.extend(bad.into_iter().map(|line| BadLine {
            line: line.number,
            words: if several { format!("{}: {}", field.label(), line.why) } else { line.why.to_string() },
        }));
    }
    view.bad.truncate(NAMED);
    Ok(Json(view))
}
