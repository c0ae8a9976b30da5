//! Who may call what: every endpoint of the route table, asked by every role, by nobody, and by the owner of another
//! site. An endpoint without a row here is a red test.

use gatehouse::access::{Permission, Role};
use gatehouse::platform::http::routes::Access;

/// The permissions and the roles that have them, as the specification states it. Written out on purpose: it must
/// not follow the code.
fn stated(permission: Permission) -> &'static [Role] {
    use Permission as P;
    use Role::{Admin, Analyst, Developer, Owner, Support};
    match permission {
        P::ReadOverview | P::ReadDecisions | P::ReadLists => &[Owner, Admin, Support, Developer, Analyst],
        P::ReadPolicy | P::ReadServices | P::ReadApiKeys | P::ReadSite => &[Owner, Admin, Developer, Analyst],
        P::EditProtection | P::EditAllowEntries | P::ReadSystem | P::EditSite | P::ManageCollaborators => &[Owner, Admin],
        P::EditBlockEntries => &[Owner, Admin, Support],
        P::EditServices | P::EditApiKeys => &[Owner, Admin, Developer],
        P::ReadAudit => &[Owner, Admin, Analyst],
    }
}

#[test]
fn each_role_may_exactly_what_is_stated() {
    for endpoint in gatehouse::app::routes().endpoints() {
        if let Access::May(permission) = endpoint.access {
            for role in Role::ALL {
                assert_eq!(role.may(permission), stated(permission).contains(&role), "{role:?} {permission:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in_and_a_missing_page_looks_like_ours() {
    let stage = crate::support::TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let answer = owner.get("/no/such/page").await;
    assert_eq!(answer.status, 404);
    assert_eq!(stage.browser().get("/healthz").await.status, 200);
    assert_eq!(stage.browser().get("/readyz").await.status, 200);
}
