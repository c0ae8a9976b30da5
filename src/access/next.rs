//! Where to go after signing in: `next=` may only be a path of our own.

use url::Url;

/// The path with its query, if it leads nowhere else, however a browser reads it.
pub fn own_path(text: &str) -> Option<String> {
    let plain = |t: &str| {
        t.starts_with('/')
            && !t.starts_with("//")
            && !t.contains('\\')
            && !t.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    if text.len() > 2_000 || !plain(text) || !plain(&decoded(text)) || !plain(&decoded(&decoded(text))) {
        return None;
    }
    // As a browser resolves it: dots are gone, and the path that stays may not begin a new host either.
    let home = Url::parse("https://own.invalid/").ok()?;
    let there = home.join(text).ok()?;
    let path = there.path();
    if there.origin() != home.origin() || !there.username().is_empty() || !plain(path) || path.starts_with("/sign-") {
        return None;
    }
    Some(there.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
}

/// Percent escapes of the path read once, as a proxy in front might.
fn decoded(text: &str) -> String {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escape = tail
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escape {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_pages_are_kept() {
        for path in [
            "/",
            "/s/harbour-books/overview",
            "/s/shop/decisions?outcome=reject&after=dec_1",
            "/me/profile",
            "/s/a/lists?q=a%20b",
        ] {
            assert_eq!(own_path(path).as_deref(), Some(path));
        }
        assert_eq!(own_path("/s/a/../b").as_deref(), Some("/s/b"));
        assert_eq!(own_path("/s/a#frag").as_deref(), Some("/s/a"));
    }

    #[test]
    fn every_other_place_is_refused() {
        let corpus = [
            "",
            "evil.example",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "https://evil.example",
            "http:evil.example",
            "https:/evil.example",
            "HTTPS://evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "/\t/evil.example",
            "/%09/evil.example",
            "/%0a/evil.example",
            "/%0d%0aLocation:%20x",
            "/x\r\nLocation: //evil.example",
            "/\n/evil.example",
            " /ok",
            "/ /evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/%2e//evil.example",
            "/%2e%2e//evil.example",
            "/%2f/evil.example",
            "/%5cevil.example",
            "/%5c%5cevil.example",
            "/%252f/evil.example",
            "?x",
            "#x",
            ".//evil.example",
            "@evil.example",
            "/\u{0}",
            "/\u{2028}x",
            "/\u{7f}",
            "mailto:a@b.example",
            "//evil%E3%80%82example",
            "/sign-in?next=/",
            "/sign-out",
        ];
        assert!(corpus.len() >= 40);
        for bad in corpus {
            assert_eq!(own_path(bad), None, "{bad:?}");
        }
        assert_eq!(own_path(&format!("/{}", "a".repeat(2_000))), None);
    }
}
