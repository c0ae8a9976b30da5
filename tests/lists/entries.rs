//! The form of entries: bad lines, repeats, double submits, stale edits, ends, hostile text.

use gatehouse::decision::lists::{Field, Probe};

use super::{add_entry, hidden, matches, new_list, send_entry};
use crate::support::TestApp;

#[tokio::test]
async fn a_bad_line_is_named_with_its_number_and_nothing_is_saved() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let lines = "198.51.100.128/25\n2001:db8:77::/48\n203.0.113.0/33\n192.0.2.18";
    let refused = send_entry(
        &owner,
        &seed.handle,
        &list,
        "Second range",
        &[("ip", lines), ("card_brand", "Visa")],
        &[("note", "keep me"), ("ends", "2026-12-19")],
    )
    .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Line 3: an IPv4 range ends in /0 to /32. Did you mean 203.0.113.0/24?"),
        "{}",
        refused.body
    );
    for kept in ["198.51.100.128/25", "192.0.2.18", "Second range", "keep me", "2026-12-19", "Visa"] {
        assert!(refused.body.contains(kept), "{kept} is kept");
    }
    assert_eq!(
        (
            stage.count("select count(*) from list_entry").await,
            stage.count("select count(*) from list_condition").await
        ),
        (0, 0)
    );
    for (name, field, values, words) in [
        ("", "ip", "10.0.0.1", "Name: write a name."),
        ("x", "ip", "10.0.0.7/8", "Did you mean 10.0.0.0/8, or 10.0.0.7 alone?"),
        ("x", "ip", " \n \n", "IP address: write at least one value."),
        ("x", "email", "ann", "Line 1: write an address such as name@example.com"),
        ("x", "bin", "41190", "a BIN is the first 6 or 8 digits"),
        ("x", "last4", "12345", "exactly the last four digits"),
        ("x", "billing_country", "Britain", "two letters"),
        ("x", "shoe_size", "44", "Choose a field from the list."),
    ] {
        let answer = send_entry(&owner, &seed.handle, &list, name, &[(field, values)], &[]).await;
        assert_eq!(answer.status, 422, "{field} {values}");
        assert!(answer.body.contains(words), "{field} {values}: {}", answer.body);
    }
    let past = send_entry(&owner, &seed.handle, &list, "x", &[("ip", "10.0.0.1")], &[("ends", "2026-03-01")]).await;
    assert!(past.status == 422 && past.body.contains("this day has passed"));
    assert_eq!(stage.count("select count(*) from list_entry").await, 0);
}

#[tokio::test]
async fn a_card_number_is_refused_everywhere_and_not_shown_again() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Cards").await;
    for field in Field::ALL {
        let answer =
            send_entry(&owner, &seed.handle, &list, "x", &[(field.as_str(), "4111 1111 1111 1111")], &[]).await;
        assert_eq!(answer.status, 422, "{field:?}");
        assert!(answer.body.contains("full card number"), "{field:?}");
        assert!(!answer.body.contains("4111 1111 1111 1111"), "{field:?}");
    }
    let noted = send_entry(
        &owner,
        &seed.handle,
        &list,
        "4111111111111111",
        &[("email", "a@example.com")],
        &[("note", "seen 378282246310005")],
    )
    .await;
    assert!(noted.status == 422 && !noted.body.contains("4111111111111111") && !noted.body.contains("378282246310005"));
    let look_up = format!("/s/{}/lists/look-up", seed.handle);
    let asked = owner.post(&look_up, &[("value", "4111 1111 1111 1111")]).await;
    assert!(asked.status == 422 && !asked.body.contains("4111 1111 1111 1111"), "{}", asked.body);
    assert_eq!(stage.count("select count(*) from list_condition").await, 0);
}

#[tokio::test]
async fn a_thousand_pasted_lines_become_one_block_entry_or_a_thousand_allow_entries() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let pasted: String = (0..1_000)
        .map(|n| format!("Customer.{n}@example.com\r\n"))
        .chain(["customer.7@EXAMPLE.com".to_owned()])
        .collect();
    let block = new_list(&owner, &seed.handle, "block", "Testers").await;
    let answer = send_entry(&owner, &seed.handle, &block, "Pasted", &[("email", &pasted)], &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().ends_with("?added=1&repeated=1"), "{}", answer.location());
    assert!(owner.get(answer.location()).await.body.contains("1 value repeated another and counted once."));
    assert_eq!(
        (
            stage.count("select count(*) from list_entry").await,
            stage.count("select count(*) from list_condition").await
        ),
        (1, 1_000)
    );

    let allow = new_list(&owner, &seed.handle, "allow", "Friends").await;
    let answer =
        send_entry(&owner, &seed.handle, &allow, "Pasted", &[("email", &pasted), ("ip", "203.0.113.7")], &[]).await;
    assert!(answer.location().ends_with("?added=1001&repeated=1"), "{}", answer.location());
    let one = Probe::new().with(Field::Email, "customer.999@example.com");
    let found = matches(&stage, &seed, &one).await;
    assert_eq!(found.len(), 2, "blocked by one entry and allowed by another: {found:?}");
    let page = owner.get(&format!("/s/{}/lists/{allow}", seed.handle)).await;
    assert!(page.body.contains("Next page") && page.body.contains("1,001 entries"), "{}", page.body);
    let huge = "a".repeat(600 * 1024);
    assert_eq!(send_entry(&owner, &seed.handle, &block, "Huge", &[("email", &huge)], &[]).await.status, 413);
}

#[tokio::test]
async fn an_allow_form_makes_one_entry_a_value_unless_all_must_match() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "allow", "Friends").await;
    let rows = [("email", "ann@example.com"), ("ip", "203.0.113.7")];
    let both = send_entry(&owner, &seed.handle, &list, "Ann at home", &rows, &[("together", "on")]).await;
    assert!(both.location().ends_with("?added=1"), "{}", both.location());
    let ann = || Probe::new().with(Field::Email, "ann@example.com");
    let home = gatehouse::kernel::ip::ClientAddress::parse("203.0.113.7");
    assert!(matches(&stage, &seed, &ann()).await.is_empty());
    assert_eq!(matches(&stage, &seed, &ann().address(home)).await.len(), 1);
    let either = send_entry(&owner, &seed.handle, &list, "Either", &rows, &[]).await;
    assert!(either.location().ends_with("?added=2"), "{}", either.location());
    assert_eq!(matches(&stage, &seed, &ann()).await.len(), 1);
    assert_eq!(matches(&stage, &seed, &ann().address(home)).await.len(), 3);
}

#[tokio::test]
async fn sending_a_form_twice_adds_once() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let path = format!("/s/{}/lists/{list}/entries/new", seed.handle);
    let once = hidden(&owner.get(&path).await, "once");
    let fields = [("once", once.as_str()), ("name", "Ann"), ("field-1", "email"), ("values-1", "ann@example.com")];
    let (one, two) = tokio::join!(owner.post(&path, &fields), owner.post(&path, &fields));
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (303, 303), "{} {}", one.body, two.body);
    assert_eq!(owner.post(&path, &fields).await.status, 303, "again, later");
    assert_eq!(stage.count("select count(*) from list_entry").await, 1);
    let other = [("once", once.as_str()), ("name", "Bob"), ("field-1", "email"), ("values-1", "bob@example.com")];
    let answer = owner.post(&path, &other).await;
    assert_eq!(answer.status, 409, "the same form with other words is not dropped silently");
    assert!(answer.body.contains("This form was sent before.") && answer.body.contains("bob@example.com"));
    assert_ne!(hidden(&answer, "once"), once, "it can be sent again, as another entry");

    let form = owner.get(&format!("/s/{}/lists/new", seed.handle)).await;
    let once = hidden(&form, "once");
    let fields = [("once", once.as_str()), ("kind", "block"), ("name", "Twice"), ("reach", "all"), ("mode", "enforce")];
    let path = format!("/s/{}/lists/new", seed.handle);
    assert_eq!(owner.post(&path, &fields).await.status, 303);
    assert_eq!(owner.post(&path, &fields).await.status, 303);
    assert_eq!(stage.count("select count(*) from list").await, 2);
}

#[tokio::test]
async fn who_changes_an_entry_second_undoes_no_field_of_it_that_they_have_not_touched() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com"), ("ip", "203.0.113.7")]).await;
    let probe = |email, ip| Probe::new().with(Field::Email, email).with(Field::Ip, ip);
    let entry = matches(&stage, &seed, &probe("ann@example.com", "203.0.113.7")).await[0].entry_id;
    let path = format!("/s/{}/lists/{list}/entries/{entry}/edit", seed.handle);
    let opened = owner.get(&path).await.form(&path);
    assert!(
        opened.iter().any(|(_, value)| value == "ann@example.com") && opened.iter().any(|(_, value)| value == "ip")
    );
    let with = |changes: &[(&str, &str)]| {
        let mut form = opened.clone();
        for (old, new) in changes {
            form.iter_mut().find(|(name, value)| name == old || value == old).unwrap().1 = (*new).to_owned();
        }
        form
    };
    let post = async |path: &str, form: &[(String, String)]| {
        let fields: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        owner.post(path, &fields).await
    };
    let theirs = with(&[("note", "Seen twice"), ("ann@example.com", "ann@example.com\r\ntheirs@example.com")]);
    assert_eq!(post(&path, &theirs).await.status, 303);
    let told = post(&path, &with(&[("name", "Mine"), ("203.0.113.7", "203.0.113.9")])).await;
    assert_eq!(told.status, 409, "{}", told.body);
    let next = regex::Regex::new(r#"action="(/s/[^"]+/edit)""#).unwrap().captures(&told.body).unwrap()[1].to_owned();
    assert_eq!(post(&next, &told.form(&next)).await.status, 303);
    let stands = matches(&stage, &seed, &probe("theirs@example.com", "203.0.113.9")).await;
    assert_eq!(stands.len(), 1, "{}", told.body);
    let shown = owner.get(&format!("/s/{}/lists/{list}/entries/{}", seed.handle, stands[0].entry_id)).await.body;
    assert!(shown.contains("Mine") && shown.contains("Seen twice"), "{shown}");
}

#[tokio::test]
async fn the_second_of_two_people_is_told_and_keeps_the_input() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    let entry = matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await[0].entry_id;
    let path = format!("/s/{}/lists/{list}/entries/{entry}/edit", seed.handle);
    assert!(owner.get(&path).await.body.contains("ann@example.com"));
    let mine = [("name", "Mine"), ("field-1", "email"), ("values-1", "ann@example.com\nmine@example.com")];
    let theirs = [("name", "Theirs"), ("field-1", "email"), ("values-1", "ann@example.com\ntheirs@example.com")];
    let first = owner.post(&path, &theirs).await;
    assert_eq!(first.status, 303);
    assert_eq!(owner.post(&path, &theirs).await.status, 303, "the same words again are no conflict");
    let second = owner.post(&path, &mine).await;
    assert_eq!(second.status, 409);
    assert!(
        second.body.contains("Somebody changed this entry while you were editing")
            && second.body.contains("theirs@example.com"),
        "{}",
        second.body
    );
    assert!(second.body.contains("mine@example.com"), "the input is kept");
    let next = regex::Regex::new(r#"action="(/s/[^"]+/edit)""#).unwrap().captures(&second.body).unwrap()[1].to_owned();
    assert_ne!(next, path);
    assert_eq!(owner.post(&next, &mine).await.status, 303, "saving again puts it over theirs");
    let mine_stands = matches(&stage, &seed, &Probe::new().with(Field::Email, "mine@example.com")).await;
    assert_eq!(mine_stands.len(), 1);
    assert!(matches(&stage, &seed, &Probe::new().with(Field::Email, "theirs@example.com")).await.is_empty());
    // The old row is still there for old decisions, and leads to what stands.
    let old = owner.get(&format!("/s/{}/lists/{list}/entries/{entry}", seed.handle)).await;
    assert!(
        old.body.contains("This entry was changed since") && old.body.contains(&mine_stands[0].entry_id.to_string()),
        "{}",
        old.body
    );

    let newest = mine_stands[0].entry_id;
    let at = |what: &str| format!("/s/{}/lists/{list}/entries/{newest}/{what}", seed.handle);
    assert_eq!(owner.post(&at("remove"), &[]).await.status, 303);
    assert_eq!(owner.post(&at("remove"), &[]).await.status, 303, "removing twice is removing");
    let late = owner.post(&at("edit"), &theirs).await;
    assert!(late.status == 409 && late.body.contains("removed this entry"), "{}", late.body);
    assert_eq!(owner.post(&format!("/s/{}/lists/{list}/entries/{entry}/remove", seed.handle), &[]).await.status, 303);
}

#[tokio::test]
async fn text_that_looks_like_markup_stays_text() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let evil = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let list = new_list(&owner, &seed.handle, "block", evil).await;
    add_entry(&owner, &seed.handle, &list, evil, &[("card_holder", evil)]).await;
    let entry = matches(&stage, &seed, &Probe::new().with(Field::CardHolder, evil)).await[0].entry_id;
    let base = format!("/s/{}/lists", seed.handle);
    let query: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    for path in [
        base.clone(),
        format!("{base}/{list}"),
        format!("{base}/{list}?q={query}&field={query}&show={query}&after={query}"),
        format!("{base}/{list}/edit"),
        format!("{base}/{list}/remove"),
        format!("{base}/{list}/entries/new"),
        format!("{base}/{list}/entries/{entry}"),
        format!("{base}/{list}/entries/{entry}/edit"),
        format!("{base}/{list}/entries/{entry}/remove"),
        format!("{base}/new?kind={query}"),
    ] {
        let page = owner.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path}: {}", page.body);
    }
    let asked = owner.post(&format!("{base}/look-up"), &[("value", evil)]).await;
    assert!(asked.body.contains("is on 1 of"), "{}", asked.body);
    assert!(!asked.body.contains("<script>alert") && !asked.body.contains("<img src=x"), "{}", asked.body);
    let again = send_entry(&owner, &seed.handle, &list, "x", &[("card_holder", evil), ("ip", "bad")], &[]).await;
    assert!(again.status == 422 && !again.body.contains("<script>alert"), "{}", again.body);
}

#[tokio::test]
async fn fields_come_and_go_without_scripts_and_input_is_kept() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let path = format!("/s/{}/lists/{list}/entries/new", seed.handle);
    let once = hidden(&owner.get(&path).await, "once");
    let more = owner
        .post(
            &path,
            &[
                ("once", &once),
                ("name", "Ring"),
                ("field-1", "email"),
                ("values-1", "ann@example.com"),
                ("action", "add-field"),
            ],
        )
        .await;
    assert_eq!(more.status, 200);
    assert!(more.body.contains("values-2") && more.body.contains("ann@example.com") && more.body.contains("Ring"));
    let fewer = owner
        .post(
            &path,
            &[
                ("once", &once),
                ("field-1", "email"),
                ("values-1", "ann@example.com"),
                ("field-2", "ip"),
                ("values-2", "10.0.0.1"),
                ("action", "remove-field-1"),
            ],
        )
        .await;
    assert!(fewer.status == 200 && !fewer.body.contains("ann@example.com") && fewer.body.contains("10.0.0.1"));
    for odd in [
        [("once", once.as_str()), ("action", "explode")],
        [("once", once.as_str()), ("colour", "red")],
        [("name", "a"), ("name", "b")],
    ] {
        assert_eq!(owner.post(&path, &odd).await.status, 400, "{odd:?}");
    }
    let checked = owner.post_json(&format!("/s/{}/lists/check-lines", seed.handle), &serde_json::json!({})).await;
    assert_eq!(checked.status, 415);
    let checked = owner
        .post(
            &format!("/s/{}/lists/check-lines", seed.handle),
            &[("once", &once), ("field-1", "ip"), ("values-1", "10.0.0.1\n10.0.0.999\n10.0.0.0/24")],
        )
        .await;
    assert_eq!(checked.json()["good"], 2);
    assert_eq!(checked.json()["bad"][0]["line"], 2);
    assert_eq!(stage.count("select count(*) from list_entry").await, 0);
}

#[tokio::test]
async fn entries_are_found_by_text_field_address_and_end() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Hosting range", &[("ip", "203.0.113.0/24")]).await;
    add_entry(&owner, &seed.handle, &list, "Throwaway mail", &[("email", "ann@example.com")]).await;
    let soon = send_entry(
        &owner,
        &seed.handle,
        &list,
        "Short-lived",
        &[("email", "bob@example.com")],
        &[("ends", "2026-03-03"), ("note", "until Tuesday")],
    )
    .await;
    assert_eq!(soon.status, 303);
    let shown = async |query: &str| {
        let page = owner.get(&format!("/s/{}/lists/{list}?{query}", seed.handle)).await;
        assert_eq!(page.status, 200);
        ["Hosting range", "Throwaway mail", "Short-lived"].map(|name| page.body.contains(name))
    };
    assert_eq!(shown("").await, [true, true, true]);
    assert_eq!(shown("q=THROW").await, [false, true, false]);
    assert_eq!(shown("q=tuesday").await, [false, false, true]);
    assert_eq!(shown("q=ann%40example").await, [false, true, false]);
    assert_eq!(shown("q=203.0.113.77").await, [true, false, false]);
    assert_eq!(shown("field=email").await, [false, true, true]);
    assert_eq!(shown("show=ended").await, [false, false, false]);
    stage.wait(chrono::TimeDelta::days(3));
    let owner = stage.signed_in(seed.owner).await;
    let page = owner.get(&format!("/s/{}/lists/{list}?show=ended", seed.handle)).await;
    assert!(page.body.contains("Short-lived") && !page.body.contains("Throwaway"), "{}", page.body);
}
