//! A browser without scripts: follows nothing by itself, keeps cookies, says where its posts come from.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// See the module.
pub struct Browser {
    router: axum::Router,
    cookies: Mutex<BTreeMap<String, String>>,
    address: SocketAddr,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    /// What a reader reads in the first such element after a text of the page: words without tags, a space apart.
    pub fn words(&self, after: &str, element: &str) -> String {
        let place = self.body.find(after).unwrap_or_else(|| panic!("no {after} in {}", self.body));
        let place = &self.body[place..];
        let begin = place.find(&format!("<{element}")).unwrap_or_else(|| panic!("no {element} in {place}"));
        let end = place[begin..].find(&format!("</{element}>")).unwrap_or_else(|| panic!("no end in {place}"));
        let (mut words, mut inside) = (String::new(), false);
        for sign in place[begin..begin + end].chars() {
            match sign {
                '<' => inside = true,
                '>' if inside => {
                    inside = false;
                    words.push(' ');
                }
                sign if !inside => words.push(sign),
                _ => {}
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What a browser posts of the form with this action, as it stands on the page and sent by a button without a name:
    /// names and values, in their order.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let begin = format!("action=\"{action}\"");
        let rest = self.body.split(&begin).nth(1).unwrap_or_else(|| panic!("no form {action} in {}", self.body));
        let form = rest.split("</form>").next().unwrap();
        let controls = r"(?s)(<input[^>]*>)|(<select[^>]*>)(.*?)</select>|(<textarea[^>]*>)\n?(.*?)</textarea>";
        let mut fields = Vec::new();
        for control in regex::Regex::new(controls).unwrap().captures_iter(form) {
            let part = |place: usize| control.get(place).map(|found| found.as_str());
            let tag = part(1).or(part(2)).or(part(4)).unwrap();
            let Some(name) = attribute(tag, "name").filter(|_| !says(tag, "disabled")) else { continue };
            let value = match (part(3), part(5)) {
                (Some(options), _) => chosen(options),
                (_, Some(text)) => Some(decoded(text)),
                _ => match attribute(tag, "type").as_deref() {
                    Some("checkbox" | "radio") if !says(tag, "checked") => None,
                    Some("checkbox" | "radio") => Some(attribute(tag, "value").unwrap_or_else(|| "on".to_owned())),
                    Some("submit" | "button" | "reset" | "image") => None,
                    _ => Some(attribute(tag, "value").unwrap_or_default()),
                },
            };
            fields.extend(value.map(|value| (name, value)));
        }
        fields
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.body))
    }
}

/// An attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next().map(decoded)
}

/// Whether a tag has an attribute that needs no value.
fn says(tag: &str, name: &str) -> bool {
    let bare = regex::Regex::new("\"[^\"]*\"").unwrap().replace_all(tag, "");
    bare.split(['<', '>', ' ', '\n']).any(|word| word.split('=').next() == Some(name))
}

/// The value of the option that a browser shows as chosen: the last that says so, else the first that may be chosen.
fn chosen(options: &str) -> Option<String> {
    let options: Vec<_> =
        regex::Regex::new(r"(?s)(<option[^>]*>)(.*?)</option>").unwrap().captures_iter(options).collect();
    let shown = options.iter().rfind(|option| says(&option[1], "selected"));
    let shown = shown.or_else(|| options.iter().find(|option| !says(&option[1], "disabled")))?;
    (!says(&shown[1], "disabled")).then(|| attribute(&shown[1], "value").unwrap_or_else(|| decoded(shown[2].trim())))
}

/// A text of the page as its reader has it.
fn decoded(text: &str) -> String {
    [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (written, read)| text.replace(written, read))
}

impl Browser {
    pub fn new(router: axum::Router) -> Self {
        Self { router, cookies: Mutex::default(), address: "203.0.113.1:50000".parse().unwrap() }
    }

    /// The same cookies from another address.
    pub fn at(&self, ip: &str) -> Self {
        let address = SocketAddr::new(ip.parse().unwrap(), 50_000);
        Self { router: self.router.clone(), cookies: Mutex::new(self.cookies.lock().unwrap().clone()), address }
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Posts a form from our own page.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).unwrap();
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Posts JSON as an island does.
    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("sec-fetch-site", "same-origin");
        let mut request = request.body(Body::from(body.to_string())).unwrap();
        request.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
        self.send(request).await
    }

    /// Calls the API with a key and no cookie.
    pub async fn call(&self, method: Method, path: &str, key: &str, body: Option<&serde_json::Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .header(header::AUTHORIZATION, format!("Bearer {key}"));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.send(request.body(body.map_or_else(Body::empty, |b| Body::from(b.to_string()))).unwrap()).await
    }

    /// A request as this browser begins it.
    pub fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .header(header::ACCEPT, "text/html")
            .header(header::USER_AGENT, "test browser");
        if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies) }
    }

    /// Sends any request and keeps the cookies of the answer.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(self.address));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.lock().unwrap().remove(name);
            } else {
                self.set_cookie(name, value);
            }
        }
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}
