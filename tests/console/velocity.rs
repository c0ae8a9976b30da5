//! The velocity filters in the console.

use gatehouse::access::Role;
use gatehouse::decision::service::{outcome, policy};
use gatehouse::decision::verdict::Mode;

use crate::support::{Browser, Seed, TestApp};

const PATH: &str = "/s/harbour-books/velocity";

/// The form as the page of a new site shows it, with changes.
fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("base_version", "0"), ("mode", "enforce"), ("add_currency", "")];
    for key in ["email", "ip", "card"] {
        let names: [&str; 3] = match key {
            "email" => ["email_payments", "email_amount_GBP", "email_declines"],
            "ip" => ["ip_payments", "ip_amount_GBP", "ip_declines"],
            _ => ["card_payments", "card_amount_GBP", "card_declines"],
        };
        fields.extend([(names[0], "3"), (names[1], ""), (names[2], "")]);
    }
    for (name, value) in changes {
        match fields.iter_mut().find(|(n, _)| n == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

async fn stage() -> (TestApp, Seed, Browser) {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    (stage, seed, owner)
}

/// What is in force, once the snapshot has followed.
async fn in_force(stage: &TestApp, seed: &Seed) -> gatehouse::decision::policy::Versioned {
    policy::current(&stage.second_process().await, seed.site).await.unwrap().as_ref().clone()
}

#[tokio::test]
async fn the_page_says_what_counts_and_what_happens_when_the_database_fails() {
    let (_stage, _seed, owner) = stage().await;
    let page = owner.get(PATH).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for words in [
        "Sliding, 24 hours",
        "Payments attempted; amounts approved and pending; bank declines that the site has told",
        "Closed",
        "Blank is no limit; 0 lets none through",
        "A limit of 3 passes three and refuses the fourth",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
}

#[tokio::test]
async fn a_tighter_limit_is_saved_as_the_next_version() {
    let (stage, seed, owner) = stage().await;
    let base = in_force(&stage, &seed).await.version;
    let answer = owner
        .post(
            PATH,
            &form(&[("base_version", &base.to_string()), ("card_payments", "2"), ("email_amount_GBP", "1,500.00")]),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.location()),
        (303, "/s/harbour-books/velocity?done=saved"),
        "{}",
        answer.body
    );
    let now = in_force(&stage, &seed).await;
    assert_eq!(now.version, base + 1);
    assert_eq!(now.policy.velocity.card.payments, Some(2));
    assert_eq!(now.policy.velocity.email.amounts.get(&"GBP".parse().unwrap()), Some(&150_000));
    assert!(now.note.contains("Card, payments: 3 → 2"), "{}", now.note);
}

#[tokio::test]
async fn bad_input_is_told_and_saves_nothing() {
    let (stage, seed, owner) = stage().await;
    let base = in_force(&stage, &seed).await.version;
    for (field, bad) in [
        ("card_payments", "-1"),
        ("card_payments", "abc"),
        ("ip_declines", "10001"),
        ("email_amount_GBP", "1.999"),
        ("mode", "maybe"),
    ] {
        let answer =
            owner.post(PATH, &form(&[("base_version", &base.to_string()), (field, bad), ("ip_payments", "77")])).await;
        assert_eq!(answer.status, 422, "{field} {bad}");
        assert!(
            answer.body.contains("href=\"#f-") && answer.body.contains("value=\"77\""),
            "{field} {bad}: {}",
            answer.body
        );
    }
    for (field, bad) in [("panic", "on"), ("card_holder", "x"), ("action", "destroy")] {
        assert_eq!(owner.post(PATH, &form(&[(field, bad)])).await.status, 400, "{field}");
    }
    assert_eq!(in_force(&stage, &seed).await.version, base);
}

#[tokio::test]
async fn the_effect_is_shown_without_scripts_and_as_json_and_neither_saves() {
    let (stage, seed, owner) = stage().await;
    for _ in 0..3 {
        let decision = super::pay(&stage, &seed, 1).await;
        outcome::report(&stage.app, seed.site, decision.id, outcome::Told::plain(outcome::Became::Approved))
            .await
            .unwrap();
    }
    let base = in_force(&stage, &seed).await.version.to_string();
    let fields = form(&[("base_version", &base), ("card_payments", "2"), ("action", "preview")]);
    let page = owner.post(PATH, &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Effect of your change") && page.body.contains("was 3"), "{}", page.body);
    assert!(
        page.body.contains("They would have turned away ") && page.body.contains("more approved one"),
        "{}",
        page.body
    );

    let answer = owner.post("/s/harbour-books/velocity/effect", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["title"], "Effect of your change");
    assert_eq!(answer.json()["groups"][0]["rows"][1]["change"], "+1");
    let effect = answer.json();
    let pictures = effect["pictures"].as_array().unwrap();
    let card = pictures.iter().find(|picture| picture["of"] == "busiest-card").unwrap();
    let drawn = card["drawn"].as_str().unwrap();
    assert!(drawn.contains("limit after 2. 1 card went over 2"), "the picture has the typed limit: {drawn}");
    assert!(page.body.contains(&format!("<figure id=\"busiest-card\">{drawn}")), "as the page draws it: {}", page.body);
    let saved = owner.get(PATH).await.body;
    assert!(saved.contains("limit after 3. 0 cards") && !saved.contains(drawn), "{saved}");
    let unreadable = owner.post("/s/harbour-books/velocity/effect", &form(&[("card_payments", "x")])).await;
    assert!(unreadable.json()["headline"][0]["text"].as_str().unwrap().contains("cannot be read"));
    assert_eq!(in_force(&stage, &seed).await.version.to_string(), base);
}

#[tokio::test]
async fn a_change_that_turns_most_good_payments_away_wants_the_number_typed() {
    let (stage, seed, owner) = stage().await;
    for _ in 0..3 {
        let decision = super::pay(&stage, &seed, 1).await;
        outcome::report(&stage.app, seed.site, decision.id, outcome::Told::plain(outcome::Became::Approved))
            .await
            .unwrap();
    }
    let base = in_force(&stage, &seed).await.version.to_string();
    let harsh = [("base_version", base.as_str()), ("card_payments", "1")];
    let asked = owner.post(PATH, &form(&harsh)).await;
    assert_eq!(asked.status, 422);
    assert!(
        asked.body.contains("refused 2 of the 3 payments") && asked.body.contains("Type 2 to go on"),
        "{}",
        asked.body
    );
    let wrong = owner.post(PATH, &form(&[harsh[0], harsh[1], ("typed", "3")])).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(in_force(&stage, &seed).await.version.to_string(), base);
    let right = owner.post(PATH, &form(&[harsh[0], harsh[1], ("typed", "2")])).await;
    assert_eq!(right.status, 303, "{}", right.body);
    assert_eq!(in_force(&stage, &seed).await.policy.velocity.card.payments, Some(1));
}

#[tokio::test]
async fn the_second_of_two_sees_the_others_change_and_keeps_the_input() {
    let (stage, seed, owner) = stage().await;
    let base = in_force(&stage, &seed).await.version;
    let text = base.to_string();
    assert_eq!(owner.post(PATH, &form(&[("base_version", &text), ("card_payments", "2")])).await.status, 303);
    let second =
        owner.post(PATH, &form(&[("base_version", &text), ("card_payments", "1"), ("ip_payments", "2")])).await;
    assert_eq!(second.status, 409);
    assert!(second.body.contains("Somebody saved while you were editing"), "{}", second.body);
    assert!(second.body.contains(&format!("name=\"base_version\" value=\"{}\"", base + 1)));
    assert_eq!(in_force(&stage, &seed).await.policy.velocity.card.payments, Some(2));
}

#[tokio::test]
async fn who_saves_second_undoes_nothing_that_they_have_not_touched() {
    let (stage, seed, owner) = stage().await;
    let base = in_force(&stage, &seed).await.version;
    let text = base.to_string();
    let colleague = form(&[("base_version", &text), ("ip_declines", "9"), ("card_amount_GBP", "500")]);
    assert_eq!(owner.post(PATH, &colleague).await.status, 303);
    let second = owner.post(PATH, &form(&[("base_version", &text), ("card_payments", "1")])).await;
    assert_eq!(second.status, 409);
    let told = second.words("id=\"problems\"", "ul");
    assert!(told.contains("Card, payments") && !told.contains("bank declines") && !told.contains("amount"), "{told}");
    let shown = |name: &str| {
        let field = regex::Regex::new(&format!(r#"<input[^>]* name="{name}"[^>]*>"#)).unwrap();
        let value = regex::Regex::new(r#" value="([^"]*)""#).unwrap();
        let field = field.find(&second.body).unwrap_or_else(|| panic!("no {name} in {}", second.body)).as_str();
        value.captures(field).map(|found| found[1].to_owned()).unwrap_or_default()
    };
    let (base, declines, amount) = (shown("base_version"), shown("ip_declines"), shown("card_amount_GBP"));
    assert_eq!((declines.as_str(), amount.as_str(), shown("card_payments").as_str()), ("9", "500", "1"));
    let again = form(&[
        ("base_version", &base),
        ("card_payments", "1"),
        ("ip_declines", &declines),
        ("card_amount_GBP", &amount),
    ]);
    assert_eq!(owner.post(PATH, &again).await.status, 303);
    let limits = in_force(&stage, &seed).await.policy.velocity;
    assert_eq!((limits.card.payments, limits.ip.declines), (Some(1), Some(9)));
}

#[tokio::test]
async fn loosening_asks_who_you_are_and_keeps_the_input() {
    let (stage, seed, owner) = stage().await;
    let base = in_force(&stage, &seed).await.version.to_string();
    stage.wait(chrono::TimeDelta::minutes(11));
    for (field, loose) in [("card_payments", "4"), ("card_payments", ""), ("mode", "shadow"), ("mode", "off")] {
        let answer = owner.post(PATH, &form(&[("base_version", &base), (field, loose), ("ip_declines", "9")])).await;
        assert_eq!(answer.status, 403, "{field} {loose}: {}", answer.body);
        assert!(
            answer.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fvelocity")
                && answer.body.contains("value=\"9\""),
            "{}",
            answer.body
        );
    }
    assert_eq!(in_force(&stage, &seed).await.policy.velocity.mode, Mode::Enforce);
    let tighter = owner.post(PATH, &form(&[("base_version", &base), ("card_payments", "2")])).await;
    assert_eq!(tighter.status, 303, "tightening does not ask: {}", tighter.body);
}

#[tokio::test]
async fn another_currency_is_added_and_taken_away_without_scripts() {
    let (stage, seed, owner) = stage().await;
    let base = in_force(&stage, &seed).await.version.to_string();
    let added = owner
        .post(
            PATH,
            &form(&[
                ("base_version", &base),
                ("add_currency", "EUR"),
                ("action", "add_currency"),
                ("card_payments", "2"),
            ]),
        )
        .await;
    assert_eq!(added.status, 200);
    assert!(
        added.body.contains("name=\"card_amount_EUR\"") && added.body.contains("value=\"remove_EUR\""),
        "{}",
        added.body
    );
    let saved = owner
        .post(
            PATH,
            &form(&[
                ("base_version", &base),
                ("card_amount_EUR", "200"),
                ("email_amount_EUR", ""),
                ("ip_amount_EUR", ""),
            ]),
        )
        .await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert!(owner.get(PATH).await.body.contains("name=\"card_amount_EUR\""));
    let gone =
        owner.post(PATH, &form(&[("base_version", "1"), ("card_amount_EUR", "200"), ("action", "remove_EUR")])).await;
    assert!(!gone.body.contains("name=\"card_amount_EUR\""), "{}", gone.body);
    let none = owner.post(PATH, &form(&[("base_version", "1"), ("action", "add_currency")])).await;
    assert_eq!(none.status, 422);
    assert!(none.body.contains("Choose the currency first"));
}

#[tokio::test]
async fn who_may_see_and_who_may_save() {
    let (stage, seed, _) = stage().await;
    for (role, read, write) in
        [(Role::Admin, 200, 303), (Role::Developer, 200, 403), (Role::Analyst, 200, 403), (Role::Support, 403, 403)]
    {
        let actor = stage.actor(seed.site, role).await;
        let page = actor.get(PATH).await;
        assert_eq!(page.status.as_u16(), read, "{role:?} reads");
        if write == 403 {
            assert!(!page.body.contains("Save as version"), "{role:?} sees no button");
        }
        let base = in_force(&stage, &seed).await.version.to_string();
        let answer = actor.post(PATH, &form(&[("base_version", &base), ("card_payments", "2")])).await;
        assert_eq!(answer.status.as_u16(), write, "{role:?} writes: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_is_shown_without_an_effect_that_takes_long_and_with_it_afterwards() {
    let stage = TestApp::new().await;
    let mut owners = Vec::new();
    for handle in ["first-shop", "second-shop", "third-shop"] {
        let seed = stage.seed_site(handle).await;
        owners.push((format!("/s/{handle}/velocity"), stage.signed_in(seed.owner).await));
    }
    // Replays stand still at the history.
    let mut db = stage.superuser().await;
    sqlx::raw_sql("begin; lock table attempt in access exclusive mode").execute(&mut db).await.unwrap();
    for (path, owner) in &owners {
        let shown =
            tokio::time::timeout(std::time::Duration::from_secs(8), owner.get(path)).await.expect("it waits for them");
        assert_eq!(shown.status, 200, "{}", shown.body);
        assert!(
            shown.body.contains("Not worked out") && shown.body.contains("name=\"card_payments\""),
            "{}",
            shown.body
        );
    }
    sqlx::raw_sql("rollback").execute(&mut db).await.unwrap();
    let asked_again = async {
        for (path, owner) in &owners {
            while owner.get(path).await.body.contains("Not worked out") {}
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(8), asked_again).await.expect("it was worked out meanwhile");
}
