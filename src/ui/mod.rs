//! The design system: how the console looks and speaks. It has no domain nouns; pages compose it.
//!
//! # How to write a page
//!
//! A page is a plain handler. It loads its model, then renders; nothing waits while rendering.
//!
//! ```text
//! pub async fn get(permit: Permit<ReadLists>, console: Console, …) -> Result<Response, Error> {
//!     let lists = service::all(&permit, &db).await?;
//!     Ok(console.page("Lists", move || view(lists)))
//! }
//!
//! fn view(lists: Vec<ListView>) -> impl IntoView {
//!     view! {
//!         <Head title="Lists" crumbs=vec![("Protection".into(), None)] lead="…".to_owned()>
//!             <a class="button primary" href="…">{icon(Icon::Plus)}"New list"</a>
//!         </Head>
//!         <Split rail=rail().into_any()>
//!             <Table label="Lists" cols=COLS.to_vec() rows=lists.into_iter().map(row).collect()/>
//!         </Split>
//!     }
//! }
//! ```
//!
//! The content is a closure, because islands need the reactive owner that [`page::Page`] makes. Under it lies
//! `Page::new(title, content).status(…).notice(…).in_console(&frame, chrome)`, or `.at_the_door(&frame, door)` for
//! people who are not signed in; the latter loads no islands.
//!
//! A form that failed is the same page with status 422: fields take `value` (what was typed) and `error` (how to mend
//! it, from [`feedback::Problems::of`]), and [`feedback::error_summary`] stands above. After success redirect with 303
//! to [`feedback::Done::at`]; the console reads that from the address and shows it above any of its pages.
//!
//! A settings page gives its fields `saved=` (what is in force), puts `<SaveBar form="…" …/>` after the form and
//! `<EffectPreview …/>` into the rail. Optional text props take `String`; those marked `optional_no_strip` take
//! `Option<String>` or `String`.
//!
//! # Where things are
//!
//! [`page`] the document; [`chrome`] and [`door`] what is around; [`layout`] head, blocks, rail, facts; [`form`],
//! [`segment`] fields; [`feedback`] banners, errors, empty places; [`table`]; [`dialog`]; [`mark`] outcomes and modes;
//! [`icon`]; [`text`] times and numbers; [`chart`]; [`islands`] what is alive in the browser.
//! The style sheets are in `style/`, one a part.

#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod chart;
#[cfg(feature = "ssr")]
pub mod chrome;
#[cfg(feature = "ssr")]
pub mod dialog;
#[cfg(feature = "ssr")]
pub mod door;
#[cfg(feature = "ssr")]
pub mod escape;
#[cfg(feature = "ssr")]
pub mod feedback;
#[cfg(feature = "ssr")]
pub mod form;
pub mod icon;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod layout;
pub mod mark;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod qr;
#[cfg(feature = "ssr")]
pub mod segment;
#[cfg(feature = "ssr")]
mod sprite;
#[cfg(feature = "ssr")]
pub mod stale;
#[cfg(feature = "ssr")]
pub mod table;
#[cfg(feature = "ssr")]
pub mod text;
