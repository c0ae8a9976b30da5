//! Shared pure words: what every slice speaks. No I/O, no configuration, no domain.
//!
//! - [`id`]: prefixed, sortable identifiers
//! - [`clock`]: the program's only source of time
//! - [`email`], [`ip`], [`money`]: parsed values with their canonical forms
//! - [`country`], [`phone`]: countries with their calling codes, and numbers that can be texted to
//! - [`fold`]: what makes two spellings the same text; [`letters`]: case and classes, in the browser too
//! - [`card_number`]: finds what must be stored nowhere; [`card_brand`]: one spelling a brand
//! - [`secret`]: derived keys, keyed digests, random tokens
//! - [`name`]: what people call things
//! - [`page`]: keyset paging

#[cfg(feature = "ssr")]
pub mod card_brand;
#[cfg(feature = "ssr")]
pub mod card_number;
#[cfg(feature = "ssr")]
pub mod clock;
#[cfg(feature = "ssr")]
pub mod country;
#[cfg(feature = "ssr")]
pub mod email;
#[cfg(feature = "ssr")]
pub mod fold;
#[cfg(feature = "ssr")]
pub mod id;
#[cfg(feature = "ssr")]
pub mod ip;
#[cfg(feature = "hydrate")]
pub mod letters;
#[cfg(not(feature = "hydrate"))]
#[path = "letters_no_browser.rs"]
pub mod letters;
#[cfg(feature = "ssr")]
pub mod money;
#[cfg(feature = "ssr")]
pub mod name;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod phone;
#[cfg(feature = "ssr")]
pub mod secret;
