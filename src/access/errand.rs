//! What somebody proves who they are for, told from the page that they go on to: in words of ours, so that a link cannot
//! put others into the console's mouth. Pure.

/// Pages that a proof leads to (`*` stands for one part of a path), what is done there, and how many parts of the path go
/// for the nearest page that asks for no proof. The first that fits counts.
const ERRANDS: &[(&str, &str, usize)] = &[
    ("s/*/panic", "switch Block all requests off, or to shadow", 0),
    ("s/*/velocity", "loosen a velocity filter", 0),
    ("s/*/policy/*", "bring an older version of the policy back", 0),
    ("s/*/lists/entries/new", "add an entry to a list", 2),
    ("s/*/lists/*/entries/new", "add an entry to a list", 2),
    ("s/*/lists/*/entries/*/edit", "change an entry of a list", 1),
    ("s/*/lists/*/entries/*/remove", "remove an entry of a list", 1),
    ("s/*/lists/*/switch", "change the mode of a list", 1),
    ("s/*/lists/*/remove", "remove a list", 1),
    ("s/*/lists/*/edit", "change a list", 1),
    ("s/*/lists/*", "change a list", 0),
    ("s/*/api-keys/new", "make an API key", 1),
    ("s/*/api-keys/*/rate", "change the rate of an API key", 2),
    ("s/*/api-keys/*/revoke", "revoke an API key", 2),
    ("s/*/services/new", "make a payment service", 1),
    ("s/*/services/*/archive", "archive a payment service", 1),
    ("s/*/services/*", "change a payment service", 0),
    ("s/*/settings", "change the site’s settings", 0),
    ("s/*/messages", "change what people are texted, or text a test", 0),
    ("s/*/mfa", "change what second factor is asked of people", 0),
    ("s/*/passwords", "loosen what is asked of passwords, or unlock somebody", 0),
    ("s/*/collaborators", "change somebody’s place or invitation", 0),
    ("s/*/collaborators/invite", "invite a collaborator", 1),
    ("s/*/collaborators/*", "change what is asked of a collaborator, or their role", 1),
    ("s/*/collaborators/*/disable", "shut a collaborator out", 2),
    ("s/*/collaborators/*/remove", "remove a collaborator", 2),
    ("s/*/collaborators/*/hand-over", "hand ownership over", 2),
    ("s/*/collaborators/*/reset-mfa", "reset a collaborator’s second factor", 2),
    ("s/*/leave", "give up your place", 1),
    ("s/*/system", "discard a job", 0),
    ("sites/new", "make a site", 0),
    ("me/invitation", "accept an invitation", 0),
    ("me/second-factor/recovery-codes", "make new recovery codes", 1),
    ("me/second-factor/mail", "set a device up", 1),
    ("me/second-factor/set-up", "set a device up", 1),
    ("me/second-factor/passkey", "make a passkey", 1),
    ("me/second-factor/*/set-up", "set a device up", 2),
    ("me/second-factor/*/end", "remove a device, or mark it as lost", 1),
    ("me/second-factor/*", "remove a device, or mark it as lost", 0),
];

/// What somebody is about to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Errand<'a> {
    /// "remove a list".
    pub what: &'static str,
    /// The handle of the site where it is done, if it is a site's.
    pub site: Option<&'a str>,
    /// A page near by that asks for no proof.
    pub back: String,
}

/// What is done on the page with this path of ours; `None` where nobody says.
pub fn errand(next: &str) -> Option<Errand<'_>> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let fits = |pattern: &str| {
        let wanted: Vec<&str> = pattern.split('/').collect();
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(want, part)| *want == "*" || want == part)
    };
    let (pattern, what, up) = ERRANDS.iter().find(|(pattern, ..)| fits(pattern))?;
    let near: Vec<&str> = parts.iter().copied().take(parts.len() - up).collect();
    let site = parts.get(1).copied().filter(|_| pattern.starts_with("s/"));
    Some(Errand { what, site, back: format!("/{}", near.join("/")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_one_goes_on_to_says_what_is_done_and_where_to_turn_back() {
        for (next, what, site, back) in [
            ("/s/shop/panic", "switch Block all requests off, or to shadow", Some("shop"), "/s/shop/panic"),
            ("/s/shop/lists/lst_1/switch?to=off", "change the mode of a list", Some("shop"), "/s/shop/lists/lst_1"),
            ("/s/shop/lists/entries/new?from=dec_1", "add an entry to a list", Some("shop"), "/s/shop/lists"),
            ("/s/shop/collaborators/invite", "invite a collaborator", Some("shop"), "/s/shop/collaborators"),
            ("/s/shop/collaborators/col_1/remove", "remove a collaborator", Some("shop"), "/s/shop/collaborators"),
            ("/s/shop/leave", "give up your place", Some("shop"), "/s/shop"),
            ("/me/second-factor/set-up?kind=totp", "set a device up", None, "/me/second-factor"),
            ("/me/second-factor/fac_1/set-up", "set a device up", None, "/me/second-factor"),
        ] {
            let found = errand(next).unwrap_or_else(|| panic!("{next}"));
            assert_eq!((found.what, found.site, &*found.back), (what, site, back), "{next}");
        }
        for nowhere in ["/", "", "/s/shop/overview", "/s/shop/lists/lst_1/remove/more", "/me/profile"] {
            assert_eq!(errand(nowhere), None, "{nowhere}");
        }
    }
}
