//! Keeping lists: names, kinds, stale forms, fresh proof, the audit log.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::decision::lists::{Field, Probe};

use super::{add_entry, hidden, matches, new_list, send_entry};
use crate::support::{Browser, TestApp};

#[tokio::test]
async fn a_list_needs_a_name_of_its_own() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let path = format!("/s/{}/lists/new", seed.handle);
    let page = owner.get(&format!("/s/{}/lists", seed.handle)).await;
    assert!(page.body.contains("Create your first list"));
    new_list(&owner, &seed.handle, "block", "Testers").await;
    let send = async |kind: &str, name: &str, more: &[(&str, &str)]| {
        let once = hidden(&owner.get(&path).await, "once");
        let mut fields = vec![("once", once.as_str()), ("kind", kind), ("name", name), ("mode", "enforce")];
        fields.extend_from_slice(more);
        owner.post(&path, &fields).await
    };
    let taken = send("block", "TESTERS", &[("reach", "all")]).await;
    assert!(
        taken.status == 422 && taken.body.contains("there is a block list with this name already"),
        "{}",
        taken.body
    );
    assert_eq!(send("allow", "Testers", &[("reach", "all")]).await.status, 303, "another kind may have the name");
    assert_eq!(send("block", " ", &[("reach", "all")]).await.status, 422);
    let foreign = gatehouse::kernel::id::ServiceId::new(stage.clock.now()).to_string();
    assert_eq!(send("block", "Foreign", &[("reach", "chosen"), ("service", &foreign)]).await.status, 422);
    assert_eq!(send("purple", "Purple", &[("reach", "all")]).await.status, 400);
    let wrong = send("block", "Also", &[("reach", "all"), ("also_challenge_list", "on")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("Only an allow list"));
    assert_eq!(send("allow", "Also", &[("reach", "all"), ("also_challenge_list", "on")]).await.status, 303);
    assert_eq!(stage.count("select count(*) from list").await, 3);
}

#[tokio::test]
async fn a_list_linked_to_nothing_is_edited_as_any_other_and_says_that_it_acts_nowhere() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let path = format!("/s/{}/lists/{list}", seed.handle);
    let service = seed.service.to_string();
    assert_eq!(owner.post(&format!("{path}/unlink"), &[("service", &service)]).await.status, 303);
    let form = owner.get(&format!("{path}/edit")).await;
    assert!(form.body.contains("With none ticked the list is linked to nothing"), "{}", form.body);
    let base = hidden(&form, "base");
    let renamed = [("base", base.as_str()), ("name", "Renamed"), ("reach", "chosen"), ("mode", "enforce")];
    let saved = owner.post(&format!("{path}/edit"), &renamed).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = owner.get(&path).await;
    assert!(page.body.contains("Renamed") && page.body.contains("acts nowhere"), "{}", page.body);
}

#[tokio::test]
async fn lists_entries_and_the_panic_switch_say_what_happens_when_the_database_fails() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    let entry = matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await[0].entry_id;
    for path in ["lists", &format!("lists/{list}"), &format!("lists/{list}/entries/{entry}"), "panic"] {
        let page = owner.get(&format!("/s/{}/{path}", seed.handle)).await;
        assert!(page.body.contains("Closed: nothing is let through undecided"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn the_second_to_save_a_list_is_told() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let path = format!("/s/{}/lists/{list}/edit", seed.handle);
    let base = hidden(&owner.get(&path).await, "base");
    let theirs = [("base", base.as_str()), ("name", "Known testers"), ("reach", "all"), ("mode", "enforce")];
    let mine = [("base", base.as_str()), ("name", "My testers"), ("reach", "all"), ("mode", "enforce")];
    assert_eq!(owner.post(&path, &theirs).await.status, 303);
    let stale = owner.post(&path, &mine).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("Known testers") && stale.body.contains("My testers"), "{}", stale.body);
    let base = hidden(&stale, "base");
    let again = [("base", base.as_str()), ("name", "My testers"), ("reach", "all"), ("mode", "enforce")];
    assert_eq!(owner.post(&path, &again).await.status, 303);
    assert!(owner.get(&format!("/s/{}/lists", seed.handle)).await.body.contains("My testers"));
}

#[tokio::test]
async fn loosening_asks_for_a_fresh_proof_and_tightening_does_not() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let fresh = stage.signed_in(seed.owner).await;
    let block = new_list(&fresh, &seed.handle, "block", "Testers").await;
    let allow = new_list(&fresh, &seed.handle, "allow", "Friends").await;
    add_entry(&fresh, &seed.handle, &block, "Ann", &[("email", "ann@example.com")]).await;
    let ann = Probe::new().with(Field::Email, "ann@example.com");
    let entry = matches(&stage, &seed, &ann).await[0].entry_id;
    let allow_form = hidden(&fresh.get(&format!("/s/{}/lists/{allow}/entries/new", seed.handle)).await, "once");

    stage.wait(TimeDelta::minutes(11));
    let at = |list: &str, rest: &str| format!("/s/{}/lists/{list}{rest}", seed.handle);
    let asked = |answer: &crate::support::Answer| {
        answer.status == 303 && answer.location().starts_with("/me/confirm?next=%2Fs%2F")
    };
    assert!(asked(&fresh.post(&at(&block, "/switch"), &[("to", "off")]).await));
    assert!(asked(&fresh.post(&at(&block, "/remove"), &[]).await));
    assert!(asked(&fresh.post(&at(&block, &format!("/entries/{entry}/remove")), &[]).await));
    assert!(asked(&fresh.get(&at(&allow, "/entries/new")).await));
    let kept = fresh
        .post(
            &at(&allow, "/entries/new"),
            &[("once", &allow_form), ("name", "Friend"), ("field-1", "email"), ("values-1", "ann@example.com")],
        )
        .await;
    assert_eq!(kept.status, 403);
    assert!(kept.body.contains("Confirm that it is you") && kept.body.contains("ann@example.com"), "{}", kept.body);
    let narrower = fresh
        .post(
            &at(&block, &format!("/entries/{entry}/edit")),
            &[("name", "Ann"), ("field-1", "email"), ("values-1", "other@example.com")],
        )
        .await;
    assert_eq!(narrower.status, 403);
    assert_eq!(matches(&stage, &seed, &ann).await.len(), 1, "nothing changed");

    let wider = fresh
        .post(
            &at(&block, &format!("/entries/{entry}/edit")),
            &[("name", "Ann"), ("field-1", "email"), ("values-1", "ann@example.com\nbob@example.com")],
        )
        .await;
    assert_eq!(wider.status, 303, "{}", wider.body);
    assert_eq!(send_entry(&fresh, &seed.handle, &block, "More", &[("ip", "10.0.0.1")], &[]).await.status, 303);
    assert_eq!(fresh.post(&at(&allow, "/switch"), &[("to", "off")]).await.status, 303);
    assert_eq!(fresh.get(&at(&allow, "")).await.status, 200);
    assert_eq!(
        fresh.post(&at(&allow, "/remove"), &[("typed", "Friends")]).await.location(),
        format!("/s/{}/lists?done=removed", seed.handle)
    );
}

#[tokio::test]
async fn weaker_modes_of_what_stops_and_stronger_ones_of_what_trusts_ask_for_a_fresh_proof() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let block = new_list(&owner, &seed.handle, "block", "Testers").await;
    let allow = new_list(&owner, &seed.handle, "allow", "Friends").await;
    let switch = async |list: &str, to: &str| {
        let answer = owner.post(&format!("/s/{}/lists/{list}/switch", seed.handle), &[("to", to)]).await;
        (answer.status.as_u16(), answer.location().rsplit(['?', '/']).next().unwrap().to_owned())
    };
    assert_eq!(switch(&allow, "off").await, (303, "done=switched_off".into()));
    stage.wait(TimeDelta::minutes(11));
    for (list, to) in [(&block, "shadow"), (&block, "off"), (&allow, "shadow"), (&allow, "enforce")] {
        assert!(switch(list, to).await.1.starts_with("next="), "{list} {to}");
    }
    assert_eq!(switch(&block, "sideways").await.0, 400);
    assert_eq!(stage.count("select count(*) from list where mode = 'enforce' and kind = 'block'").await, 1);
    assert_eq!(stage.count("select count(*) from list where mode = 'off' and kind = 'allow'").await, 1);
}

#[tokio::test]
async fn a_list_goes_only_for_who_types_its_name() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Card testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    let remove = format!("/s/{}/lists/{list}/remove", seed.handle);
    let question = owner.get(&remove).await;
    assert!(question.body.contains("Type Card testers to go on") && question.body.contains("its 1 entry"));
    for typed in [&[][..], &[("typed", "")], &[("typed", "Card tester")], &[("typed", "card testers")]] {
        let answer = owner.post(&remove, typed).await;
        assert_eq!(answer.status, 422, "{typed:?}");
        assert!(answer.body.contains("Type Card testers, the name of the list."), "{}", answer.body);
    }
    assert_eq!(matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await.len(), 1);
    assert_eq!(owner.post(&remove, &[("typed", " Card testers ")]).await.status, 303);
    assert!(matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await.is_empty());
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_without_the_values() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    let entry = matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await[0].entry_id;
    let path = format!("/s/{}/lists/{list}", seed.handle);
    owner
        .post(
            &format!("{path}/entries/{entry}/edit"),
            &[("name", "Ann and Bob"), ("field-1", "email"), ("values-1", "ann@example.com\nbob@example.com")],
        )
        .await;
    let entry = matches(&stage, &seed, &Probe::new().with(Field::Email, "bob@example.com")).await[0].entry_id;
    owner.post(&format!("{path}/entries/{entry}/remove"), &[]).await;
    owner.post(&format!("{path}/switch"), &[("to", "shadow")]).await;
    owner.post(&format!("{path}/switch"), &[("to", "off")]).await;
    owner.post(&format!("{path}/switch"), &[("to", "enforce")]).await;
    owner.post(&format!("{path}/remove"), &[("typed", "Testers")]).await;
    let mut db = stage.superuser().await;
    let log: Vec<(String, String)> = sqlx::query_as(
        "select action, coalesce(old::text, '') || coalesce(new::text, '') from audit where site_id = $1 order by seq",
    )
    .bind(seed.site.0)
    .fetch_all(&mut db)
    .await
    .unwrap();
    let actions: Vec<&str> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "list.created",
            "list_entry.added",
            "list_entry.changed",
            "list_entry.removed",
            "list.set_to_shadow",
            "list.disabled",
            "list.enabled",
            "list.removed"
        ]
    );
    assert!(log.iter().all(|(_, words)| !words.contains("@example.com")), "{log:?}");
    assert!(log[4].1.contains("enforce") && log[4].1.contains("shadow"), "old and new mode: {log:?}");
}

#[tokio::test]
async fn a_lists_page_says_who_changed_it_last_to_readers_of_the_audit_log() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let theo = stage.person("theo@example.com").await;
    stage.member(seed.site, theo, Role::Admin).await;
    let (owner, admin) = (stage.signed_in(seed.owner).await, stage.signed_in(theo).await);
    let (analyst, support) = (stage.actor(seed.site, Role::Analyst).await, stage.actor(seed.site, Role::Support).await);
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    new_list(&admin, &seed.handle, "block", "Another").await;
    let path = format!("/s/{}/lists/{list}", seed.handle);
    let last = async |reader: &Browser| reader.get(&path).await.words("About this list", "dl");
    assert!(!last(&owner).await.contains("Last changed"), "not since it was made");

    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    assert!(last(&analyst).await.contains("Last changed owner, "), "{}", last(&analyst).await);
    let entry = matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await[0].entry_id;
    let edited = [("name", "Ann and Bob"), ("field-1", "email"), ("values-1", "ann@example.com\nbob@example.com")];
    assert_eq!(admin.post(&format!("{path}/entries/{entry}/edit"), &edited).await.status, 303);
    assert!(last(&owner).await.contains("Last changed theo, "), "{}", last(&owner).await);
    assert_eq!(owner.post(&format!("{path}/switch"), &[("to", "shadow")]).await.status, 303);
    assert!(last(&admin).await.contains("Last changed owner, "), "{}", last(&admin).await);
    let told = last(&support).await;
    assert!(told.contains("Last changed") && !told.contains("owner") && !told.contains("theo"), "{told}");
}

#[tokio::test]
async fn the_audit_log_tells_which_entries_a_form_of_many_made() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "allow", "Friends").await;
    let values = "ann@example.com\nbob@example.com\ncleo@example.com";
    let answer = send_entry(&owner, &seed.handle, &list, "Friends", &[("email", values)], &[]).await;
    assert!(answer.location().ends_with("?added=3"), "{}", answer.location());
    let mut db = stage.superuser().await;
    let new: serde_json::Value = sqlx::query_scalar("select new from audit where action = 'list_entries.added'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let mut logged: Vec<uuid::Uuid> = new["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().parse::<gatehouse::kernel::id::EntryId>().unwrap().0)
        .collect();
    logged.sort();
    let made: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from list_entry order by id").fetch_all(&mut db).await.unwrap();
    assert_eq!(logged, made);
}
