//! The route table: every endpoint with who may call it. The table is executed, not described: the row decides before
//! the handler runs, `gatehouse routes` prints it and a test walks it with every role.

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{MethodFilter, on};

use crate::access::gate;
use crate::access::permission::Permission;
use crate::api::Scope;
use crate::platform::state::App;

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; the handler reads no cookie to allow anything.
    Public,
    /// Any signed-in collaborator; the path names no site.
    SignedIn,
    /// A member of the site in the path whose role has the permission.
    May(Permission),
    /// The holder of an API key with the scope (`/v1`).
    Key(Scope),
    /// Demo mode only: the demo file's secret key, or a session of an owner of its site.
    Demo,
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `GET` or `POST` and so on.
    pub method: &'static str,
    /// As axum writes it: `/s/{site}/lists/{list}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
}

/// A router that remembers its rows.
#[derive(Default)]
pub struct Routes {
    endpoints: Vec<Endpoint>,
    router: Router<App>,
}

impl Routes {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// A page or another safe read.
    pub fn get<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add("GET", MethodFilter::GET, path, access, handler)
    }

    /// A form or another change.
    pub fn post<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add("POST", MethodFilter::POST, path, access, handler)
    }

    /// A partial change (`/v1`).
    pub fn patch<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add("PATCH", MethodFilter::PATCH, path, access, handler)
    }

    /// A whole replacement (`/v1`).
    pub fn put<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add("PUT", MethodFilter::PUT, path, access, handler)
    }

    /// A removal (`/v1`).
    pub fn delete<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add("DELETE", MethodFilter::DELETE, path, access, handler)
    }

    fn add<H, T>(
        mut self,
        method: &'static str,
        filter: MethodFilter,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.endpoints.push(Endpoint { method, path, access });
        let guarded =
            on(filter, handler).layer(middleware::from_fn(move |request, next| gate::check(access, request, next)));
        self.router = self.router.route(path, guarded);
        self
    }

    /// Both tables.
    pub fn merge(mut self, other: Routes) -> Self {
        self.endpoints.extend(other.endpoints);
        self.router = self.router.merge(other.router);
        self
    }

    /// The rows.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The router.
    pub fn into_router(self) -> Router<App> {
        self.router
    }
}
