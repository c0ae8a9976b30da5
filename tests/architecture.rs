//! The rules of the house, executed: what a reader may rely on without looking.

use std::path::{Path, PathBuf};

/// Every file of the program, by its path.
pub fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_owned(), text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// The text before the file's unit tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

fn complain(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}\n{}", broken.join("\n"));
}

#[test]
fn every_module_opens_with_a_sentence_about_itself() {
    let broken: Vec<_> = sources()
        .iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path.display().to_string())
        .collect();
    complain(&broken, "every file under src begins with a //! line that says what it is");
}

#[test]
fn sql_stands_only_in_stores() {
    let allowed = |path: &Path| {
        let text = path.to_string_lossy();
        text.contains("/store") || text == "src/platform/db.rs"
    };
    let broken: Vec<_> = sources()
        .iter()
        .filter(|(path, text)| {
            !allowed(path)
                && (without_tests(text).contains("sqlx::query") || without_tests(text).contains("sqlx::raw_sql"))
        })
        .map(|(path, _)| path.display().to_string())
        .collect();
    complain(&broken, "SQL belongs into the store of its slice");
}

/// The last part of a path that says what a file is for: `store` for `src/decision/store/policy.rs`.
fn part_of(path: &Path) -> String {
    let known =
        ["service", "store", "forms", "pages", "rpc", "routes", "commands", "mod", "v1", "demo"].map(str::to_owned);
    let names: Vec<String> =
        path.with_extension("").components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    names.into_iter().rev().find(|name| known.contains(name)).unwrap_or_else(|| "rule".into())
}

/// The code of a file without comments and unit tests, where it names one of these modules of ours.
fn naming(path: &Path, text: &str, forbidden: &[&str]) -> Vec<String> {
    let names = |line: &str, module: &str| {
        let mut around = line.match_indices(module).map(|(at, _)| (&line[..at], &line[at + module.len()..]));
        let apart = |sign: char| !sign.is_alphanumeric() && sign != '_';
        around.any(|(before, after)| {
            before.chars().next_back().is_none_or(apart)
                && (after.starts_with("::") || line.starts_with("use ") && after.chars().next().is_none_or(apart))
        })
    };
    without_tests(text)
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(number, line)| {
            let found = forbidden.iter().filter(move |module| names(line, module));
            found.map(move |module| format!("{}:{}: {module}", path.display(), number + 1))
        })
        .collect()
}

#[test]
fn services_and_stores_name_no_screen() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        if ["service", "store"].contains(&part_of(&path).as_str()) {
            broken.extend(naming(&path, &text, &["forms", "pages", "rpc", "ui", "console"]));
        }
    }
    complain(&broken, "neither a use case nor a store knows how it is shown");
}

#[test]
fn rules_and_nouns_name_neither_use_cases_nor_rows_nor_screens() {
    // Doors look up who is there before any service is called; a memory holds what a service read a moment ago.
    let doors = [
        "src/access/session.rs",
        "src/access/device.rs",
        "src/api/permit.rs",
        "src/api/lookup.rs",
        "src/api/idempotency.rs",
        "src/reports/tally.rs",
    ]
    .map(Path::new);
    // An id is stored as it is; a database that cannot answer is an error like others.
    let stored = ["src/kernel/id.rs", "src/error.rs"].map(Path::new);
    // What puts slices together, and what they stand on.
    let around = ["src/platform", "src/ui", "src/app.rs", "src/console.rs", "src/main.rs", "src/lib.rs"];
    let mut broken = Vec::new();
    for (path, text) in sources() {
        if part_of(&path) != "rule" || around.iter().any(|place| path.starts_with(place)) {
            continue;
        }
        let all = ["service", "store", "forms", "pages", "rpc", "ui", "console", "sqlx"];
        let may: &[&str] = match &*path {
            // Whether a deadline shuts the site is said in one place, which the pages ask, too.
            gate if gate == Path::new("src/access/gate.rs") => &["store", "service"],
            door if doors.contains(&door) => &["store"],
            noun if stored.contains(&noun) => &["sqlx"],
            _ => &[],
        };
        broken.extend(naming(&path, &text, &all.into_iter().filter(|name| !may.contains(name)).collect::<Vec<_>>()));
    }
    complain(&broken, "a rule is told what it needs: no service, no store, no SQL, no page");
}

#[test]
fn cfg_stands_only_on_mod_lines() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<&str> = without_tests(&text).lines().collect();
        for (number, line) in lines.iter().enumerate() {
            if !line.trim_start().starts_with("#[cfg(feature") {
                continue;
            }
            let next = lines.get(number + 1).copied().unwrap_or_default().trim_start();
            let on_mod = next.starts_with("mod ")
                || next.starts_with("pub mod ")
                || next.starts_with("pub(crate) mod ")
                || next.starts_with("pub use ");
            let on_hydrate = path == Path::new("src/lib.rs") && next.starts_with("#[wasm_bindgen");
            if !on_mod && !on_hydrate {
                broken.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    complain(&broken, "cfg(feature) stands on mod lines and on hydrate() only");
}

#[test]
fn text_areas_are_made_by_the_component_that_escapes() {
    let broken: Vec<_> = sources()
        .iter()
        .filter(|(path, text)| !path.starts_with("src/ui") && text.contains("<textarea"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    complain(&broken, "a raw <textarea is not escaped in server rendering: use ui's TextArea");
}

#[test]
fn nothing_is_styled_or_scripted_inline() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (number, line) in without_tests(&text).lines().enumerate() {
            if line.contains(" style=\"")
                || line.contains(" onclick=")
                || line.contains("on:click={") && !path.starts_with("src/ui/islands")
            {
                broken.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    complain(&broken, "the content security policy refuses inline styles and handlers");
}

#[test]
fn every_tenant_table_is_guarded_and_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "sql"))
        .collect();
    files.sort();
    let all: String = files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
    // Looked up before the site is known, or read across a person's sites; each says so in its comment.
    let unguarded =
        ["site", "membership", "api_key", "job", "access_settings", "invitation", "invitation_mail", "text_message"];
    let mut broken = Vec::new();
    for part in all.split("\ncreate table ").skip(1) {
        let name = part.split([' ', '(']).next().unwrap();
        let body = part.split(';').next().unwrap();
        if !all.contains(&format!("comment on table {name} is")) {
            broken.push(format!("{name}: no comment"));
        }
        if body.contains("\n  site_id ")
            && !unguarded.contains(&name)
            && !all.contains(&format!("call tenant_table('{name}'"))
        {
            broken.push(format!("{name}: no row security"));
        }
    }
    complain(&broken, "tables");
}
