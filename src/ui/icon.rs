//! Icons: a typed name for each symbol of `icons/sprite.svg`, and the element that shows it.
//! An icon is never the only sign: a word stands beside it, or a label on its button.

use leptos::prelude::*;

macro_rules! icons {
    ($($name:ident = $id:literal),+ $(,)?) => {
        /// A symbol of the sprite (Lucide's names).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the pictures' own")]
        pub enum Icon { $($name),+ }

        impl Icon {
            /// All of them, so that a test can see that none is missing from the sprite.
            pub const ALL: &[Icon] = &[$(Icon::$name),+];

            /// The reference that shows it, as `<use>` wants it.
            pub fn href(self) -> &'static str {
                match self { $(Icon::$name => concat!("#i-", $id)),+ }
            }
        }
    };
}

icons! {
Activity = "activity", ArrowRight = "arrow-right", Ban = "ban", Blocks = "blocks",
Check = "check", ChevronDown = "chevron-down",     ChevronRight = "chevron-right", ChevronsUpDown = "chevrons-up-down", CircleAlert = "circle-alert",
CircleCheck = "circle-check", Clock = "clock", Copy = "copy",
CreditCard = "credit-card", Download = "download", Ellipsis = "ellipsis",     Eye = "eye", Fingerprint = "fingerprint-pattern", History = "history", Inbox = "inbox",
Info = "info", KeyRound = "key-round", LayoutDashboard = "layout-dashboard", List = "list",
ListFilter = "list-filter", Lock = "lock", LogOut = "log-out", Mail = "mail", Menu = "menu",
Monitor = "monitor", Pencil = "pencil", Plus = "plus", Printer = "printer",     QrCode = "qr-code", Rotate = "rotate-ccw", ScrollText = "scroll-text", Search = "search", Send = "send",     Settings = "settings", Shield = "shield", ShieldAlert = "shield-alert", Smartphone = "smartphone", Trash = "trash-2",
TriangleAlert = "triangle-alert", UserPlus = "user-plus", UserRound = "user-round",
Users = "users", X = "x", }

/// The icon at text size, silent to screen readers.
pub fn icon(icon: Icon) -> impl IntoView + use<> {
    view! { <svg class="icon" aria-hidden="true"><use_ href=icon.href()></use_></svg> }
}

/// The icon small: chevrons in buttons and summaries.
pub fn tiny_icon(icon: Icon) -> impl IntoView + use<> {
    view! { <svg class="icon tiny" aria-hidden="true"><use_ href=icon.href()></use_></svg> }
}
