//! Factors of people in tests, and a browser half-way in.

use gatehouse::access::recovery::RecoveryCode;
use gatehouse::access::totp::{Secret, step_of};
use gatehouse::kernel::id::{CodeId, CollaboratorId, FactorId};
use gatehouse::kernel::secret::{Purpose, Token};

use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

pub const STEP: &str = "/sign-in/second-step";
pub const STEP_COOKIE: &str = "__Host-gatehouse-step";
pub const NUMBER: &str = "+4915123456789";

/// An authenticator that the test holds.
pub struct Authenticator {
    pub id: FactorId,
    pub secret: Secret,
}

impl Authenticator {
    /// The code it shows, `ahead` steps from now.
    pub fn code(&self, app: &TestApp, ahead: i64) -> String {
        self.secret.code(step_of(app.clock.now()) + ahead).reveal().to_owned()
    }

    /// A code that it does not show.
    pub fn wrong(&self, app: &TestApp) -> String {
        let shown: Vec<String> = (-1..=1).map(|ahead| self.code(app, ahead)).collect();
        (0..10).map(|n| format!("00000{n}")).find(|code| !shown.contains(code)).unwrap()
    }
}

/// An active authenticator.
pub async fn authenticator(app: &TestApp, who: CollaboratorId) -> Authenticator {
    let (id, secret) = (FactorId::new(app.clock.now()), Secret::random());
    let sealed = app.app.keys.seal(Purpose::FactorSecret, id.to_string().as_bytes(), secret.bytes()).unwrap();
    let mut db = app.superuser().await;
    let query = sqlx::query(
        "insert into second_factor (id, collaborator_id, kind, name, secret_sealed, created_at, activated_at)
         values ($1, $2, 'totp', 'Pocket app', $3, $4, $4)",
    );
    query.bind(id.0).bind(who.0).bind(sealed).bind(app.clock.now()).execute(&mut db).await.unwrap();
    Authenticator { id, secret }
}

/// An active number, [`NUMBER`].
pub async fn number(app: &TestApp, who: CollaboratorId) -> FactorId {
    let id = FactorId::new(app.clock.now());
    let mut db = app.superuser().await;
    let query = sqlx::query(
        "insert into second_factor (id, collaborator_id, kind, name, phone, created_at, activated_at)
         values ($1, $2, 'sms', 'Work phone', $3, $4, $4)",
    );
    query.bind(id.0).bind(who.0).bind(NUMBER).bind(app.clock.now()).execute(&mut db).await.unwrap();
    id
}

/// Ten recovery codes.
pub async fn recovery_codes(app: &TestApp, who: CollaboratorId) -> Vec<String> {
    let set = RecoveryCode::set();
    let mut db = app.superuser().await;
    for code in &set {
        sqlx::query("insert into recovery_code (collaborator_id, code_hash, created_at) values ($1, $2, $3)")
            .bind(who.0)
            .bind(code.hash().to_vec())
            .bind(app.clock.now())
            .execute(&mut db)
            .await
            .unwrap();
    }
    set.iter().map(RecoveryCode::reveal).collect()
}

/// A house whose owner has an authenticator.
pub async fn guarded_house() -> (TestApp, Seed, Authenticator) {
    let (app, seed) = house().await;
    let pocket = authenticator(&app, seed.owner).await;
    (app, seed, pocket)
}

/// A browser in which the owner's password was right and nothing else.
pub async fn half_in(app: &TestApp) -> Browser {
    let browser = app.browser();
    let answer = try_to_sign_in(&browser, OWNER, GOOD).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, STEP));
    assert!(browser.cookie(STEP_COOKIE).is_some());
    browser
}

/// Types a code for a way.
pub async fn type_code(browser: &Browser, with: impl ToString, code: &str) -> Answer {
    browser.post(STEP, &[("with", &with.to_string()), ("code", code)]).await
}

/// Puts a code in the place of one that was texted to [`NUMBER`] in this browser's pending sign-in.
pub async fn plant_code(app: &TestApp, who: CollaboratorId, factor: FactorId, browser: &Browser, code: &str) {
    let flow = Token::presented(&browser.cookie(STEP_COOKIE).unwrap()).hash();
    let said = format!("sign_in|{}|{NUMBER}|{code}", hex::encode(flow));
    let now = app.clock.now();
    let mut db = app.superuser().await;
    sqlx::query("update one_time_code set ended_at = $1 where ended_at is null")
        .bind(now)
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query(
        "insert into one_time_code (id, collaborator_id, flow, purpose, factor_id, destination, code_mac, created_at, expires_at)
         values ($1, $2, $3, 'sign_in', $4, $5, $6, $7, $7 + interval '5 minutes')",
    )
    .bind(CodeId::new(now).0)
    .bind(who.0)
    .bind(&flow[..])
    .bind(factor.0)
    .bind(NUMBER)
    .bind(&app.app.keys.digest(Purpose::OneTimeCode, said.as_bytes())[..])
    .bind(now)
    .execute(&mut db)
    .await
    .unwrap();
}
