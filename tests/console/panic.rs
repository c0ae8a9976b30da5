//! *Block all requests* in the console.

use gatehouse::access::Role;
use gatehouse::decision::verdict::Outcome;

use crate::support::TestApp;

const PATH: &str = "/s/harbour-books/panic";

#[tokio::test]
async fn it_is_turned_on_with_the_sites_name_and_a_reason_and_off_with_a_fresh_proof() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let wrong = owner.post(PATH, &[("turn", "on"), ("typed", "some other shop"), ("reason", "card testing")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("Type the site’s name") && wrong.body.contains("value=\"card testing\""),
        "{}",
        wrong.body
    );
    assert_eq!(owner.post(PATH, &[("turn", "on"), ("typed", "harbour books"), ("reason", " ")]).await.status, 422);

    // Somebody whose proof is old may still pull the brake.
    stage.wait(chrono::TimeDelta::minutes(11));
    let on =
        owner.post(PATH, &[("turn", "on"), ("typed", " Harbour Books "), ("reason", "card testing since noon")]).await;
    assert_eq!((on.status.as_u16(), on.location()), (303, "/s/harbour-books/overview?done=switched_on"), "{}", on.body);
    let answer = gatehouse::decision::service::decide::decide(&stage.second_process().await, super::payment(&seed))
        .await
        .unwrap();
    assert_eq!(answer.outcome, Outcome::Reject);
    let page = owner.get(PATH).await;
    assert!(
        page.body.contains("card testing since noon") && page.body.contains("Let requests through again"),
        "{}",
        page.body
    );

    let off = owner.post(PATH, &[("turn", "off")]).await;
    assert_eq!((off.status.as_u16(), off.location()), (303, "/me/confirm?next=%2Fs%2Fharbour-books%2Fpanic"));
    let fresh = stage.signed_in(seed.owner).await;
    assert_eq!(fresh.post(PATH, &[("turn", "off")]).await.location(), "/s/harbour-books/overview?done=switched_off");
    assert_eq!(fresh.post(PATH, &[("turn", "off")]).await.location(), "/s/harbour-books/overview?done=unchanged");
}

#[tokio::test]
async fn it_says_how_many_it_would_have_refused_and_wants_the_number_typed() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    super::pay(&stage, &seed, 3).await;
    let page = owner.get(PATH).await;
    assert!(page.body.contains("Type 3 to go on") && page.body.contains("refused all 3."), "{}", page.body);
    assert!(page.words("Effect of blocking all", "p").starts_with("It would have turned away 3 more payments"));
    let on = [("turn", "on"), ("typed", "harbour books"), ("reason", "card testing")];
    let with = |number: &'static str| [&on[..], &[("number", number)]].concat();
    for refused in [owner.post(PATH, &on).await, owner.post(PATH, &with("2")).await] {
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("Type how many it would have refused, 3,"), "{}", refused.body);
        assert!(refused.body.contains("value=\"card testing\""), "the input is kept");
    }
    let on = owner.post(PATH, &with("3")).await;
    assert_eq!(on.location(), "/s/harbour-books/overview?done=switched_on", "{}", on.body);
    assert!(!owner.get(PATH).await.body.contains("Effect of blocking all"), "it is no question any more");
}

#[tokio::test]
async fn in_shadow_it_records_what_it_would_refuse_and_refuses_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let shadow = owner.post(PATH, &[("turn", "shadow"), ("typed", ""), ("reason", "")]).await;
    assert_eq!(shadow.location(), "/s/harbour-books/overview?done=shadowed", "{}", shadow.body);
    let answer = super::pay(&stage, &seed, 1).await;
    assert_eq!((answer.outcome, answer.shadow), (Outcome::Approve, true));
    let page = owner.get(&format!("/s/harbour-books/decisions/{}", answer.id)).await;
    assert!(page.body.contains("it would have refused this attempt"), "{}", page.body);
    let page = owner.get(PATH).await;
    assert!(page.body.contains("In shadow: recorded, nothing is refused") && page.body.contains("Stop recording"));
    assert!(!page.body.contains("All requests are blocked."), "no alarm where nothing is stopped");
    assert!(owner.get("/s/harbour-books/overview").await.body.contains("Nothing is stopped."));

    stage.wait(chrono::TimeDelta::minutes(11));
    assert!(owner.post(PATH, &[("turn", "off")]).await.location().starts_with("/me/confirm"), "weaker than before");
    let long = "x".repeat(201);
    let fresh = stage.signed_in(seed.owner).await;
    assert_eq!(fresh.post(PATH, &[("turn", "off"), ("reason", &long)]).await.status, 422);
    assert_eq!(fresh.post(PATH, &[("turn", "off")]).await.location(), "/s/harbour-books/overview?done=switched_off");
}

#[tokio::test]
async fn after_the_proof_the_page_says_that_it_is_given_and_what_to_press() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    crate::access::stage::give_password(&stage, seed.owner, crate::access::stage::GOOD).await;
    let owner = stage.signed_in(seed.owner).await;
    let on = [("turn", "on"), ("typed", "harbour books"), ("reason", "card testing")];
    assert_eq!(owner.post(PATH, &on).await.status, 303);
    stage.wait(chrono::TimeDelta::minutes(11));
    let asked = owner.post(PATH, &[("turn", "off")]).await.location().to_owned();
    let page = owner.get(&asked).await;
    assert!(page.body.contains("switch Block all requests off"), "{}", page.body);
    let proof = [("password", crate::access::stage::GOOD), ("next", PATH)];
    let back = owner.post("/me/confirm", &proof).await.location().to_owned();
    let page = owner.get(&back).await;
    assert!(page.body.contains("Nothing is changed yet") && page.body.contains("one press is enough"), "{}", page.body);
    assert_eq!(owner.post(PATH, &[("turn", "off")]).await.location(), "/s/harbour-books/overview?done=switched_off");
}

#[tokio::test]
async fn only_owners_and_admins_reach_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    for (role, status) in [(Role::Admin, 200), (Role::Support, 403), (Role::Developer, 403), (Role::Analyst, 403)] {
        let actor = stage.actor(seed.site, role).await;
        assert_eq!(actor.get(PATH).await.status.as_u16(), status, "{role:?}");
        if status == 403 {
            assert_eq!(
                actor.post(PATH, &[("turn", "on"), ("typed", "harbour books"), ("reason", "x")]).await.status,
                403,
                "{role:?}"
            );
        }
    }
}
