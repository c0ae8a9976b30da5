//! Signs that mean one thing everywhere: how an attempt ended, and what a control does.
//! Each is a shape and a word; the colour only helps.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How something ended, as a shape: disc, diamond, square, dashed ring, hollow square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Let through.
    Approve,
    /// Let through after a proof.
    Challenge,
    /// Turned away.
    Reject,
    /// Would have been stronger, had a control not been in shadow.
    Shadow,
    /// Declined by somebody else: not our outcome.
    Bank,
    /// No effect, not run, not known.
    None,
}

impl Outcome {
    /// The name that style sheets select by.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Approve => "approve",
            Outcome::Challenge => "challenge",
            Outcome::Reject => "reject",
            Outcome::Shadow => "shadow",
            Outcome::Bank => "bank",
            Outcome::None => "none",
        }
    }

    /// The word that stands beside the shape unless a page has a better one.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Approve => "Approved",
            Outcome::Challenge => "Challenged",
            Outcome::Reject => "Refused",
            Outcome::Shadow => "Shadow",
            Outcome::Bank => "Declined by the bank",
            Outcome::None => "No effect",
        }
    }

    /// The reference to its shape.
    pub fn href(self) -> &'static str {
        match self {
            Outcome::Approve => "#o-approve",
            Outcome::Challenge => "#o-challenge",
            Outcome::Reject => "#o-reject",
            Outcome::Shadow => "#o-shadow",
            Outcome::Bank => "#o-bank",
            Outcome::None => "#o-none",
        }
    }
}

/// The shape and its usual word.
pub fn outcome(outcome: Outcome) -> impl IntoView + use<> {
    outcome_saying(outcome, outcome.word())
}

/// The shape with a word of the page's own.
pub fn outcome_saying(outcome: Outcome, word: impl Into<String>) -> AnyView {
    view! {
        <span class="outcome" data-o=outcome.name()>
            <svg viewBox="0 0 16 16" aria-hidden="true"><use_ href=outcome.href()></use_></svg>
            {word.into()}
        </span>
    }
    .into_any()
}

/// The shape alone, where the words stand next to it; its own word is for screen readers and on hover.
pub fn outcome_only(outcome: Outcome, word: impl Into<String>) -> AnyView {
    let word = word.into();
    let title = word.clone();
    view! {
        <span class="outcome only" data-o=outcome.name() title=title>
            <svg viewBox="0 0 16 16" aria-hidden="true"><use_ href=outcome.href()></use_></svg>
            <span class="said">{word}</span>
        </span>
    }
    .into_any()
}

/// The large shape at the head of a verdict.
pub fn outcome_head(outcome: Outcome) -> impl IntoView + use<> {
    view! {
        <svg class="glyph" data-o=outcome.name() viewBox="0 0 16 16" aria-hidden="true">
            <use_ href=outcome.href()></use_>
        </svg>
    }
}

/// A word on an outcome's ground.
pub fn tag(outcome: Outcome, word: impl Into<String>) -> AnyView {
    view! { <span class="tag" data-o=outcome.name()>{word.into()}</span> }.into_any()
}

/// A word on a neutral ground.
pub fn plain_tag(word: impl Into<String>) -> AnyView {
    view! { <span class="tag">{word.into()}</span> }.into_any()
}

/// What a control does: nothing, record, act; or that it is fighting right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Hollow ring.
    Off,
    /// Dashed ring.
    Shadow,
    /// Full dot.
    Enforce,
    /// Triangle.
    Attack,
}

impl Mode {
    /// The name that style sheets and forms use.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Shadow => "shadow",
            Mode::Enforce => "enforce",
            Mode::Attack => "attack",
        }
    }

    /// The word in a form or table.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Off => "Off",
            Mode::Shadow => "Shadow",
            Mode::Enforce => "Enforce",
            Mode::Attack => "Under attack",
        }
    }

    /// How a sentence says it: "in shadow".
    pub fn said(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Shadow => "in shadow",
            Mode::Enforce => "enforced",
            Mode::Attack => "under attack",
        }
    }

    /// The reference to its dot.
    pub fn href(self) -> &'static str {
        match self {
            Mode::Off => "#o-off",
            Mode::Shadow => "#o-shadow",
            Mode::Enforce => "#o-enforce",
            Mode::Attack => "#o-attack",
        }
    }
}

/// The dot and a word.
pub fn mode_saying(mode: Mode, word: impl Into<String>) -> AnyView {
    view! {
        <span class="mode" data-mode=mode.name()>
            <svg viewBox="0 0 16 16" aria-hidden="true"><use_ href=mode.href()></use_></svg>
            {word.into()}
        </span>
    }
    .into_any()
}

/// The dot and its usual word.
pub fn mode(mode: Mode) -> impl IntoView + use<> {
    mode_saying(mode, mode.word())
}

/// The dot alone, at the end of a navigation item; read as ", in shadow".
pub fn mode_dot(mode: Mode) -> impl IntoView + use<> {
    view! {
        <span class="mode state" data-mode=mode.name() title=mode.said()>
            <svg viewBox="0 0 16 16" aria-hidden="true"><use_ href=mode.href()></use_></svg>
            <span class="said">{format!(", {}", mode.said())}</span>
        </span>
    }
}
