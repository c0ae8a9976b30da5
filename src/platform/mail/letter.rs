//! A mail as text and as HTML from the same words. Whatever is put in is escaped: names and addresses are strangers'.

use serde::{Deserialize, Serialize};

use crate::ui::escape::escape;

/// A mail, ready to go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain form.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Mails carry addresses and single-use links: nothing of them is for logs.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// A mail in the making: paragraphs and links, in order.
#[derive(Clone)]
pub struct Letter {
    subject: String,
    parts: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Line(String),
    Link { label: String, url: String },
    Facts(Vec<(String, String)>),
}

impl Letter {
    /// Begins with the subject.
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), parts: Vec::new() }
    }

    /// A paragraph.
    #[must_use]
    pub fn line(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Line(text.into()));
        self
    }

    /// A link that stands alone: a button in HTML, an address of its own line in text.
    #[must_use]
    pub fn link(mut self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.parts.push(Part::Link { label: label.into(), url: url.into() });
        self
    }

    /// Names with values: when, from where, with what.
    #[must_use]
    pub fn facts<A: Into<String>, B: Into<String>>(mut self, facts: impl IntoIterator<Item = (A, B)>) -> Self {
        self.parts.push(Part::Facts(facts.into_iter().map(|(a, b)| (a.into(), b.into())).collect()));
        self
    }

    /// The finished mail.
    pub fn to(self, address: &str) -> Mail {
        let subject = one_line(&self.subject);
        Mail { to: address.to_owned(), text: self.text(), html: self.html(&subject), subject }
    }

    fn text(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Line(text) => plain(text),
                Part::Link { label, url } => format!("{}:\n{}", one_line(label), one_line(url)),
                Part::Facts(facts) => facts
                    .iter()
                    .map(|(a, b)| format!("{}: {}", one_line(a), one_line(b)))
                    .collect::<Vec<_>>()
                    .join("\n"),
            })
            .collect();
        parts.join("\n\n") + "\n"
    }

    fn html(&self, subject: &str) -> String {
        let mut body = String::new();
        for part in &self.parts {
            match part {
                Part::Line(text) => body.push_str(&format!("<p>{}</p>", escape(&plain(text)))),
                Part::Link { label, url } => {
                    let url = escape(&one_line(url));
                    body.push_str(&format!(
                        "<p><a class=\"button\" href=\"{url}\">{}</a></p><p class=\"small\">{url}</p>",
                        escape(&one_line(label))
                    ));
                }
                Part::Facts(facts) => {
                    body.push_str("<table>");
                    for (name, value) in facts {
                        body.push_str(&format!(
                            "<tr><th>{}</th><td>{}</td></tr>",
                            escape(&one_line(name)),
                            escape(&one_line(value))
                        ));
                    }
                    body.push_str("</table>");
                }
            }
        }
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
            escape(subject)
        )
    }
}

/// Mail programs have no stylesheets of ours.
const STYLE: &str = "body{margin:0;background:#f6f7f9;color:#16191d;font:16px/1.5 system-ui,sans-serif}\
main{max-width:34rem;margin:0 auto;padding:32px 24px;background:#fff}\
.button{display:inline-block;padding:10px 18px;border-radius:6px;background:#2f5bd7;color:#fff;text-decoration:none}\
.small{color:#5b6470;font-size:13px;word-break:break-all}\
th{padding:4px 16px 4px 0;color:#5b6470;font-weight:400;text-align:left}td{padding:4px 0}";

/// Line breaks stay, other control characters go.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// No line break can begin a header or a line of its own.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same_and_escape() {
        let mail = Letter::new("Reset\r\nBcc: x@example.com")
            .line("Hello <b>Ann</b> & \"co\"\u{0}")
            .link("Choose a new password", "https://gate.example.com/reset?token=a&b='c\"")
            .facts([("From", "203.0.113.7\r\n<script>")])
            .to("ann@example.com");
        assert_eq!(mail.subject, "Reset  Bcc: x@example.com");
        assert!(mail.text.starts_with(
            "Hello <b>Ann</b> & \"co\"\n\nChoose a new password:\nhttps://gate.example.com/reset?token=a&b='c\"\n"
        ));
        assert!(mail.html.contains("Hello &lt;b&gt;Ann&lt;/b&gt; &amp; &quot;co&quot;"));
        assert!(mail.html.contains("href=\"https://gate.example.com/reset?token=a&amp;b=&#39;c&quot;\""));
        assert!(!mail.html.contains("<script>"));
        assert_eq!(format!("{mail:?}"), "Mail(…)");
    }
}
