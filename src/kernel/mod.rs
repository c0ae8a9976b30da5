//! Shared pure words: what every slice speaks. No I/O, no configuration, no domain.
//!
//! - [`id`]: prefixed, sortable identifiers
//! - [`clock`]: the program's only source of time
//! - [`email`], [`ip`], [`money`]: parsed values with their canonical forms
//! - [`country`], [`phone`]: countries with their calling codes, and numbers that can be texted to
//! - [`fold`]: what makes two spellings the same text
//! - [`card_number`]: finds what must be stored nowhere; [`card_brand`]: one spelling a brand
//! - [`secret`]: derived keys, keyed digests, random tokens
//! - [`name`]: what people call things
//! - [`page`]: keyset paging

pub mod card_brand;
#[cfg(feature = "ssr")]
pub mod card_number;
pub mod clock;
pub mod country;
pub mod email;
pub mod fold;
pub mod id;
pub mod ip;
pub mod money;
pub mod name;
pub mod page;
pub mod phone;
pub mod secret;
