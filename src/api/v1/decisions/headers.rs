//! What is kept of a client's request headers: nothing that lets somebody in, and no more than a check could read.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::api::fields::Faults;

/// The longest value that is kept.
pub(super) const KEPT: usize = 1_000;

/// Header names fold to lower case; those that carry secrets are left out, and so are values that are one.
pub(super) fn read(faults: &mut Faults, given: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    if given.len() > 64 {
        faults.add("headers", "too_many", "has at most 64 entries");
        return kept;
    }
    for (name, value) in given {
        let token = (1..=100).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        if !token {
            faults.add(
                "headers",
                "not_a_header",
                "its names are header names of at most 100 characters, such as X-Forwarded-For",
            );
            return kept;
        }
        let name = name.to_ascii_lowercase();
        if names_a_secret(&name) || is_a_credential(&value) {
            continue;
        }
        match kept.entry(name) {
            Entry::Vacant(free) => {
                free.insert(cut(&value, KEPT));
            }
            // The same header in two spellings: one line after the other, as HTTP joins them.
            Entry::Occupied(mut first) => {
                let joined = format!("{}, {value}", first.get());
                first.insert(cut(&joined, KEPT));
            }
        }
    }
    kept
}

/// Whether a header of this name (in lower case) carries what lets somebody in: authorization, cookies, keys, tokens,
/// session ids, passwords, signatures. No check reads one, so what merely sounds like it is left out too.
fn names_a_secret(name: &str) -> bool {
    const WORDS: [&str; 19] = [
        "auth",
        "authentication",
        "bearer",
        "credential",
        "credentials",
        "csrf",
        "cvc",
        "cvv",
        "jwt",
        "key",
        "keys",
        "otp",
        "pan",
        "pin",
        "sid",
        "sig",
        "signature",
        "xsrf",
        "nonce",
    ];
    const PARTS: [&str; 9] =
        ["authoriz", "cookie", "token", "secret", "passw", "passphrase", "session", "apikey", "csrf"];
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
        || PARTS.iter().any(|part| name.contains(part))
}

/// Whether a value is what an Authorization header carries, wherever it stands.
fn is_a_credential(value: &str) -> bool {
    let scheme = value.trim_start().split(' ').next().unwrap_or_default();
    ["bearer", "basic", "digest"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) || value.contains("gh_sk_")
}

/// What comes from a browser is cut, not refused: a decision must not fail because a client sends nonsense.
pub(super) fn cut(text: &str, longest: usize) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_sound_like_secrets_are_left_out() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "X-Amz-Security-Token",
            "Cookie",
            "Cookie2",
            "Set-Cookie",
            "X-Api-Key",
            "apikey",
            "Api_Key",
            "X-Auth-Token",
            "X-CSRF-Token",
            "X-XSRF-TOKEN",
            "Client-Secret",
            "X-Session-Id",
            "X-Auth",
            "X-Amz-Signature",
            "X-Password",
            "X-Goog-Api-Key",
            "Ocp-Apim-Subscription-Key",
            "X-JWT-Assertion",
        ] {
            assert!(names_a_secret(&name.to_ascii_lowercase()), "{name}");
        }
        for name in [
            "Accept",
            "Accept-Language",
            "User-Agent",
            "Via",
            "Forwarded",
            "X-Forwarded-For",
            "Client-IP",
            "Referer",
            "Origin",
            "Proxy-Connection",
            "Sec-CH-UA-Platform",
            "X-Long",
            "X-Author",
        ] {
            assert!(!names_a_secret(&name.to_ascii_lowercase()), "{name}");
        }
        let given = [("X-Odd", "Bearer abc"), ("X-Api-Key", "k"), ("Via", "1.1 a")];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let kept = read(&mut Faults::default(), given);
        assert_eq!(kept.into_keys().collect::<Vec<_>>(), ["via"]);
    }
}
