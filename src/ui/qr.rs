//! A text as a QR code: one path of an inline SVG, so that no picture is fetched and the policy needs no exception.

use std::fmt::Write as _;

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code, as readers want them.
const QUIET: usize = 4;

/// The code; nothing if the text is too long for one. `label` is for screen readers.
pub fn qr(text: &str, label: &'static str) -> Option<AnyView> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let path = path(&code.to_colors(), width);
    let all = width + 2 * QUIET;
    let view_box = format!("-{QUIET} -{QUIET} {all} {all}");
    Some(
        view! {
            <svg class="qr" viewBox=view_box shape-rendering="crispEdges" role="img" aria-label=label><path d=path></path></svg>
        }
        .into_any(),
    )
}

/// Dark runs, a horizontal stroke each.
fn path(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{x} {y}.5h{}", run.len());
            }
            x += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;

    #[test]
    fn every_dark_module_is_drawn_and_no_other() {
        let code = QrCode::new("otpauth://totp/Gatehouse:mara%40example.com?secret=JBSWY3DPEHPK3PXP").unwrap();
        let (width, modules) = (code.width(), code.to_colors());
        let mut drawn = vec![Color::Light; width * width];
        for stroke in path(&modules, width).split('M').skip(1) {
            let (x, rest) = stroke.split_once(' ').unwrap();
            let (y, run) = rest.split_once(".5h").unwrap();
            let (x, y, run): (usize, usize, usize) = (x.parse().unwrap(), y.parse().unwrap(), run.parse().unwrap());
            drawn[y * width + x..][..run].fill(Color::Dark);
        }
        assert!(drawn == modules);
    }

    #[test]
    fn the_code_is_a_picture_with_a_name() {
        let html = render(|| qr("otpauth://totp/x?secret=AAAA", "QR code").into_any());
        assert!(
            html.contains("role=\"img\"") && html.contains("aria-label=\"QR code\"") && html.contains("<path d=\"M")
        );
        assert!(!html.contains("AAAA"), "the secret is in the picture only");
        assert!(qr(&"x".repeat(5_000), "QR code").is_none());
    }
}
