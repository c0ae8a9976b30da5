//! "Is it listed?"

use super::{add_entry, new_list, send_entry};
use crate::support::TestApp;

#[tokio::test]
async fn a_value_is_found_in_every_list_that_holds_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let block = new_list(&owner, &seed.handle, "block", "Known card testers").await;
    let challenge = new_list(&owner, &seed.handle, "challenge", "Ask for 3DS").await;
    let allow = new_list(&owner, &seed.handle, "allow", "Office").await;
    add_entry(&owner, &seed.handle, &block, "Hosting range", &[("ip", "203.0.113.0/24")]).await;
    add_entry(&owner, &seed.handle, &challenge, "Wide range", &[("ip", "203.0.112.0/22"), ("card_brand", "Visa")])
        .await;
    let office =
        send_entry(&owner, &seed.handle, &allow, "Office", &[("email", "ann@example.com")], &[("ends", "2026-03-02")])
            .await;
    assert_eq!(office.status, 303);
    let path = format!("/s/{}/lists/look-up", seed.handle);
    let look = async |value: &str, field: &str| owner.post(&path, &[("value", value), ("field", field)]).await;

    let found = look("203.0.113.77", "").await;
    assert_eq!(found.status, 200);
    for words in [
        "is on 2 of 3 lists, in 2 entries",
        "Known card testers",
        "203.0.113.0/24",
        "Ask for 3DS",
        "203.0.112.0/22",
        "If another field matches too",
    ] {
        assert!(found.body.contains(words), "{words}: {}", found.body);
    }
    let range = look("203.0.113.0/25", "").await;
    assert!(range.body.contains("is on 2 of 3 lists"), "a range lies in wider ones: {}", range.body);
    assert!(look("203.0.112.0/21", "").await.body.contains("is not listed"), "a range does not lie in its parts");
    assert!(look("ANN@example.com", "").await.body.contains("is on 1 of 3 lists"));
    assert!(look("203.0.113.77", "email").await.status == 422, "not an e-mail address");
    assert!(look("bob@example.com", "").await.body.contains("is not listed"));
    assert!(look("", "").await.status == 200);
    stage.wait(chrono::TimeDelta::days(1));
    let owner = stage.signed_in(seed.owner).await;
    let ended = owner.post(&path, &[("value", "ann@example.com")]).await;
    assert!(ended.body.contains("No: it has ended"), "{}", ended.body);
}

#[tokio::test]
async fn what_is_looked_up_stands_in_no_address() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let forms = regex::Regex::new(r#"<form[^>]*action="[^"]*/lists/look-up"[^>]*>"#).unwrap();
    for page in ["/lists", "/lists/look-up"] {
        let body = owner.get(&format!("/s/{}{page}", seed.handle)).await.body;
        let form = forms.find(&body).unwrap_or_else(|| panic!("no form in {body}")).as_str();
        assert!(form.contains(" method=\"post\""), "{page}: {form}");
    }
    let asked = owner.get(&format!("/s/{}/lists/look-up?value=ann%40example.com", seed.handle)).await;
    assert!(asked.status == 200 && !asked.body.contains("ann@example.com"), "an address is no question");
}
