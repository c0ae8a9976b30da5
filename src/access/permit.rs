//! Proofs. A [`Visitor`] proves that somebody is signed in, a [`Permit`] that they may do a certain thing at a certain
//! site. Only [`super::gate`] makes them, from the session cookie; services ask for them in their signatures, so what
//! was forgotten does not compile.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::access::factor::Means;
use crate::access::permission::{Grant, Role};
use crate::access::session::Assurance;
use crate::error::{Error, Kind};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::platform::state::App;
use crate::sites::Site;

/// A signed-in collaborator and the session they came with.
#[derive(Debug, Clone)]
pub struct Visitor(pub(super) Arc<VisitorParts>);

/// What is known of a [`Visitor`].
#[derive(Debug)]
pub struct VisitorParts {
    /// Who.
    pub id: CollaboratorId,
    /// Their name.
    pub name: String,
    /// Their address, as typed.
    pub email: String,
    /// SHA-256 of the session cookie: the session's key.
    pub session: [u8; 32],
    /// How the session was proved.
    pub assurance: Assurance,
    /// By what means besides the password they last proved who they are.
    pub means: Option<Means>,
    /// Whether they have an active second factor. The gate lets nobody in who has one and did not prove it.
    pub has_factor: bool,
    /// When they last proved who they are.
    pub proved_at: Timestamp,
    /// The idle limit in minutes: that of the strictest of the person's sites.
    pub idle_minutes: i32,
    /// When the session ends without further activity.
    pub idle_ends_at: Timestamp,
    /// When the session ends in any case.
    pub expires_at: Timestamp,
    /// Where this request came from.
    pub address: ClientAddress,
    /// The browser's own words about itself.
    pub user_agent: String,
}

impl std::ops::Deref for Visitor {
    type Target = VisitorParts;
    fn deref(&self) -> &VisitorParts {
        &self.0
    }
}

impl Visitor {
    /// For how long the session lives without further activity.
    pub fn seconds_left(&self, now: Timestamp) -> u32 {
        u32::try_from((self.idle_ends_at.min(self.expires_at) - now).num_seconds()).unwrap_or(0)
    }

    /// Whether the last proof is fresh enough (10 minutes) for what asks for a step-up.
    pub fn proved_recently(&self, now: Timestamp) -> bool {
        now - self.proved_at <= chrono::TimeDelta::minutes(10)
    }
}

/// A visitor's place at the site in the path. Inserted by the gate.
#[derive(Debug, Clone)]
pub struct Place {
    /// The site.
    pub site: Arc<Site>,
    /// The visitor's role there.
    pub role: Role,
}

/// Proof that a visitor may do `P` at a site.
#[derive(Debug, Clone)]
pub struct Permit<P> {
    visitor: Visitor,
    place: Place,
    grants: PhantomData<P>,
}

impl<P: Grant> Permit<P> {
    /// The proof, if the role has the permission.
    pub fn of(visitor: &Visitor, place: &Place) -> Result<Self, Error> {
        if place.role.may(P::PERMISSION) {
            Ok(Self { visitor: visitor.clone(), place: place.clone(), grants: PhantomData })
        } else {
            Err(Error::new(
                Kind::Forbidden,
                format!("The role {} may not do this. Ask an owner or admin.", place.role.label()),
            ))
        }
    }

    /// Another proof of the same visitor at the same site.
    pub fn also<Q: Grant>(&self) -> Result<Permit<Q>, Error> {
        Permit::of(&self.visitor, &self.place)
    }

    /// Who.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// Where.
    pub fn site(&self) -> &Site {
        &self.place.site
    }

    /// The site's id.
    pub fn site_id(&self) -> SiteId {
        self.place.site.id
    }

    /// The visitor's role there.
    pub fn role(&self) -> Role {
        self.place.role
    }

    /// Refuses when the last proof of identity is older than ten minutes.
    pub fn fresh(&self, now: Timestamp) -> Result<(), Error> {
        if self.visitor.proved_recently(now) {
            Ok(())
        } else {
            Err(Error::new(Kind::StepUpRequired, "Confirm that it is you, then do this again."))
        }
    }
}

impl<P: Grant> FromRequestParts<App> for Permit<P> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let visitor = parts.extensions.get::<Visitor>().ok_or_else(not_signed_in)?;
        let place = parts.extensions.get::<Place>().ok_or_else(Error::not_found)?;
        Self::of(visitor, place)
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        parts.extensions.get::<Visitor>().cloned().ok_or_else(not_signed_in)
    }
}

/// Nobody is signed in.
pub(super) fn not_signed_in() -> Error {
    Error::new(Kind::Unauthenticated, "Sign in first.")
}
