//! The console around a page: the site and its switcher, search, navigation that is also a status board, the person,
//! banners. It knows no names of pages; those come as data.

use leptos::prelude::*;

use super::{
    feedback::{Banner, Notice, banner, notice_line},
    icon::{Icon, icon, tiny_icon},
    islands::{
        palette::{CommandPalette, PaletteItem},
        session_timer::SessionTimer,
    },
    mark::{Mode, mode_dot},
    page::Theme,
};

/// Everything around a console page.
#[derive(Debug, Clone, Default)]
pub struct Chrome {
    /// The site whose page this is; none on pages of a person without one.
    pub site: Option<Place>,
    /// The person's other sites.
    pub sites: Vec<Place>,
    /// What else the switcher offers ("Create a site").
    pub site_actions: Vec<NavItem>,
    /// The navigation, in order.
    pub nav: Vec<Nav>,
    /// The path of this page: marks the current item, and is where the theme's form comes back to.
    pub path: String,
    /// Who is signed in.
    pub person: Person,
    /// The search box; a plain GET form.
    pub search: Option<Search>,
    /// What must be said on every page, above its heading.
    pub banners: Vec<Banner>,
    /// When the session ends by itself.
    pub idle: Option<Idle>,
}

/// A site in the switcher.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// A line below: its domain, or that it is for tests.
    pub detail: String,
    /// Its front page.
    pub href: String,
}

/// A line of the navigation.
#[derive(Debug, Clone)]
pub enum Nav {
    /// A page by itself.
    Item(NavItem),
    /// A group of pages.
    Group {
        /// Its name.
        label: String,
        /// Its sign.
        icon: Icon,
        /// Its pages.
        items: Vec<NavItem>,
    },
}

/// A page in the navigation or in a menu.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// Its name.
    pub label: String,
    /// Where it is.
    pub href: String,
    /// A sign, for items that stand alone.
    pub icon: Option<Icon>,
    /// What its control does now.
    pub mode: Option<Mode>,
}

impl NavItem {
    /// A page with a name and an address.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        NavItem { label: label.into(), href: href.into(), icon: None, mode: None }
    }

    /// With a sign before it.
    pub fn icon(self, icon: Icon) -> Self {
        NavItem { icon: Some(icon), ..self }
    }

    /// With its control's mode behind it.
    pub fn mode(self, mode: Mode) -> Self {
        NavItem { mode: Some(mode), ..self }
    }
}

/// Who is signed in.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The name.
    pub name: String,
    /// A line below: the role at this site.
    pub detail: String,
    /// Their own pages.
    pub menu: Vec<NavItem>,
}

/// The search box of the sidebar.
#[derive(Debug, Clone)]
pub struct Search {
    /// Where its words go, as `q`.
    pub action: String,
    /// What may be searched, for the label.
    pub label: String,
}

/// When the session ends if nothing is done.
#[derive(Debug, Clone, Copy)]
pub struct Idle {
    /// Seconds until the end, from this page's making.
    pub ends_in_s: u32,
    /// Seconds before the end at which the page asks.
    pub warn_s: u32,
}

impl Chrome {
    /// The item of this page: the one with the longest address that the path is or lies below. A lone item (the
    /// front page) only counts when it is the page itself.
    fn current(&self) -> Option<String> {
        let items = self.nav.iter().flat_map(|nav| match nav {
            Nav::Item(item) => std::slice::from_ref(item),
            Nav::Group { items, .. } => items.as_slice(),
        });
        let lone = |href: &str| self.nav.iter().any(|nav| matches!(nav, Nav::Item(item) if item.href == href));
        items
            .map(|item| item.href.as_str())
            .filter(|href| {
                self.path == *href || !lone(href) && self.path.strip_prefix(href).is_some_and(|r| r.starts_with('/'))
            })
            .max_by_key(|href| href.len())
            .map(Into::into)
    }

    fn palette(&self) -> Vec<PaletteItem> {
        let pages = self.nav.iter().flat_map(|nav| match nav {
            Nav::Item(item) => vec![PaletteItem::new(&item.label, "", &item.href)],
            Nav::Group { label, items, .. } => {
                items.iter().map(|item| PaletteItem::new(&item.label, label, &item.href)).collect()
            }
        });
        let mine = self.person.menu.iter().map(|item| PaletteItem::new(&item.label, "You", &item.href));
        let sites = self.sites.iter().map(|site| PaletteItem::new(&site.name, "Change site", &site.href));
        pages.chain(mine).chain(sites).collect()
    }
}

/// The body of a console page.
pub fn console(chrome: Chrome, theme: Theme, notice: Option<Notice>, content: AnyView) -> impl IntoView {
    let current = chrome.current();
    let palette = chrome.palette();
    let search_action = chrome.search.as_ref().map(|s| s.action.clone());
    let name = chrome.site.as_ref().map_or_else(|| "Gatehouse".into(), |site| site.name.clone());
    let banners: Vec<_> = chrome.banners.into_iter().map(banner).collect();
    let person = person_menu(chrome.person, theme, chrome.path.clone());
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="shell">
            <aside class="side" id="side" popover="auto" aria-label="Sidebar">
                {switcher(chrome.site, chrome.sites, chrome.site_actions)}
                {chrome.search.map(search_box)}
                <nav class="nav" aria-label="Main">
                    {chrome.nav.into_iter().map(|nav| nav_line(nav, current.as_deref())).collect_view()}
                </nav>
                <div class="side-foot">{person}</div>
            </aside>
            <div class="main">
                <header class="topbar">
                    <button class="button plain square" type="button" popovertarget="side" aria-label="Menu">
                        {icon(Icon::Menu)}
                    </button>
                    <b>{name}</b>
                </header>
                <main class="body" id="main" tabindex="-1">
                    {notice.map(notice_line)}
                    {banners}
                    {content}
                </main>
            </div>
        </div>
        <CommandPalette items=palette search=search_action/>
        {chrome.idle.map(|idle| view! { <SessionTimer ends_in_s=idle.ends_in_s warn_s=idle.warn_s/> })}
    }
}

/// The gate, our mark.
pub fn gate_mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 28 28" aria-hidden="true">
            <path
                fill="currentColor"
                fill-rule="evenodd"
                d="M3 24V7.5h3V5h3v2.5h3V5h4v2.5h3V5h3v2.5h3V24h-6.5v-6.2a4.5 4.5 0 0 0-9 0V24Z"
            ></path>
        </svg>
    }
}

fn switcher(site: Option<Place>, others: Vec<Place>, actions: Vec<NavItem>) -> impl IntoView {
    let here = site.unwrap_or_else(|| Place { name: "Gatehouse".into(), ..Place::default() });
    let others: Vec<_> = others
        .into_iter()
        .map(|place| {
            view! { <a href=place.href><span class="two">{place.name}<small>{place.detail}</small></span></a> }
        })
        .collect();
    let rule = (!others.is_empty() && !actions.is_empty()).then(|| view! { <hr/> });
    view! {
        <details class="site-switch">
            <summary class="site">
                {gate_mark()}
                <span><b>{here.name}</b><span>{here.detail}</span></span>
                {icon(Icon::ChevronsUpDown)}
                <span class="said">", change site"</span>
            </summary>
            <div class="menu">{others}{rule}{actions.into_iter().map(menu_item).collect_view()}</div>
        </details>
    }
}

fn search_box(search: Search) -> impl IntoView {
    view! {
        <form class="find" action=search.action method="get" role="search">
            {icon(Icon::Search)}
            <input type="search" name="q" id="find" placeholder="Search" aria-label=search.label autocomplete="off"/>
            <span class="keys" aria-hidden="true"><kbd>"/"</kbd></span>
        </form>
    }
}

fn nav_line(nav: Nav, current: Option<&str>) -> AnyView {
    match nav {
        Nav::Item(item) => nav_link(item, current).into_any(),
        Nav::Group { label, icon: sign, items } => {
            let items: Vec<_> = items.into_iter().map(|item| view! { <li>{nav_link(item, current)}</li> }).collect();
            view! {
                <details open>
                    <summary>{icon(sign)}{label}<svg class="icon tiny turn" aria-hidden="true"><use_ href="#i-chevron-right"></use_></svg></summary>
                    <ul>{items}</ul>
                </details>
            }
            .into_any()
        }
    }
}

fn nav_link(item: NavItem, current: Option<&str>) -> impl IntoView + use<> {
    let here = (current == Some(item.href.as_str())).then_some("page");
    view! {
        <a href=item.href aria-current=here>
            {item.icon.map(icon)} {item.label} {item.mode.map(mode_dot)}
        </a>
    }
}

fn menu_item(item: NavItem) -> impl IntoView {
    view! { <a href=item.href>{item.icon.map(icon)} {item.label}</a> }
}

fn person_menu(person: Person, theme: Theme, back: String) -> impl IntoView {
    let themes: Vec<_> = [(Theme::System, "System"), (Theme::Light, "Light"), (Theme::Dark, "Dark")]
        .into_iter()
        .map(|(choice, word)| {
            let pressed = if choice == theme { "true" } else { "false" };
            view! { <button type="submit" name="theme" value=choice.name() aria-pressed=pressed>{word}</button> }
        })
        .collect();
    view! {
        <details class="me">
            <summary>
                {who(&person.name)}
                <span class="name">{person.name}<small>{person.detail}</small></span>
                {icon(Icon::ChevronsUpDown)}
            </summary>
            <div class="menu">
                {person.menu.into_iter().map(menu_item).collect_view()}
                <hr/>
                <form action="/me/theme" method="post">
                    <input type="hidden" name="next" value=back/>
                    <span class="segments" role="group" aria-label="Theme">{themes}</span>
                </form>
                <hr/>
                <form action="/sign-out" method="post">
                    <button type="submit">{icon(Icon::LogOut)}"Sign out"</button>
                </form>
            </div>
        </details>
    }
}

/// Initials in a ring. Decoration: the name stands beside it.
pub fn who(name: &str) -> impl IntoView + use<> {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let initials: String = words.next().into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect();
    view! { <span class="who" aria-hidden="true">{initials}</span> }
}

/// A small chevron for buttons that open something.
pub fn chevron() -> impl IntoView {
    tiny_icon(Icon::ChevronDown)
}
