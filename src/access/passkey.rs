//! Passkeys: who we are to a browser, the challenges we set, and what its answer must say. Pure: keys, counters and
//! challenges are arguments. The cryptography is webauthn-rs's; what it leaves to us is here: passkeys are kept by the
//! device (so that they can begin a sign-in), and nothing that was confirmed inside another site's frame counts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// How long a challenge may be answered.
pub const MINUTES: i64 = 5;

/// The longest answer that is read. Real ones have two or three thousand characters.
const LONGEST: usize = 32_000;

/// Why an answer is not taken. Outside, all of them look alike; the log of the audit tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not an answer at all.
    Unreadable,
    /// The challenge was not set for this browser and purpose, was answered before, or is too old.
    Stale,
    /// It was confirmed inside a frame of another site.
    Framed,
    /// Nobody has this passkey (any more), or it is somebody else's.
    Unknown,
    /// Its counter went backwards: there are two of it.
    Copied,
    /// It is theirs, and was not used beside their present password yet: it opens nothing alone.
    PasswordFirst,
    /// The device does not keep it, so it cannot begin a sign-in.
    NotKept,
    /// A check of the verifier: signature, challenge, origin, the person not verified.
    Wrong,
}

impl Refusal {
    /// Its word in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Stale => "stale",
            Self::Framed => "framed",
            Self::Unknown => "unknown",
            Self::Copied => "copied",
            Self::PasswordFirst => "password_first",
            Self::NotKept => "not_kept",
            Self::Wrong => "wrong",
        }
    }
}

impl Refusal {
    /// What somebody reads who is not known yet: whether the passkey is anybody's is not for strangers. Who is told that
    /// the password comes first has proved that the passkey is theirs.
    pub fn words_to_strangers(self) -> &'static str {
        match self {
            Self::Stale | Self::PasswordFirst => self.words(),
            _ => Self::Wrong.words(),
        }
    }

    /// What the person reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stale => "That took too long, or another page asked meanwhile. Try again.",
            Self::NotKept => "This device made a passkey but does not keep it. Choose another device.",
            Self::PasswordFirst => {
                "Your password has changed since this passkey was used beside it. Sign in with your present password this once and confirm with the passkey: from then on it opens alone again."
            }
            Self::Unknown => "This passkey belongs to no account here any more. Use another way.",
            Self::Copied => {
                "This passkey was refused, since there seem to be two of it. Use another way, and mark it as lost."
            }
            _ => "The passkey was refused. Try again, or use another way.",
        }
    }
}

impl From<WebauthnError> for Refusal {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::CredentialPossibleCompromise => Self::Copied,
            WebauthnError::CredentialCrossOrigin => Self::Framed,
            _ => Self::Wrong,
        }
    }
}

/// A person as a new passkey names them.
pub struct Person<'a> {
    /// What the passkey carries; says nothing of the person.
    pub handle: Uuid,
    /// Their address: what the browser's list shows.
    pub email: &'a str,
    /// Their name.
    pub name: &'a str,
}

/// The console as browsers know it. `None` where passkeys cannot work: its address is a number, not a name.
pub struct Party(Webauthn);

impl Party {
    /// From `GATEHOUSE_PUBLIC_URL`.
    pub fn new(public_url: &Url) -> Option<Self> {
        let name = public_url.domain()?;
        let built = WebauthnBuilder::new(name, public_url).and_then(|builder| builder.rp_name("Gatehouse").build());
        built.ok().map(Self)
    }

    /// What the browser is asked for, and what is kept to check its answer: a new passkey, kept by the device, made only
    /// after the device has checked who holds it.
    pub fn ask_for_new(&self, person: &Person<'_>, has: Vec<Vec<u8>>) -> anyhow::Result<(Value, Value)> {
        let (asked, state) = self.0.start_passkey_registration(person.handle, person.email, person.name, Some(has))?;
        let mut asked = serde_json::to_value(asked)?;
        let choice = &mut asked["publicKey"]["authenticatorSelection"];
        choice["residentKey"] = json!("required");
        choice["requireResidentKey"] = json!(true);
        Ok((asked, serde_json::to_value(state)?))
    }

    /// The new passkey, if the answer belongs to what was kept.
    pub fn accept_new(&self, answer: &NewPasskey, state: Value) -> Result<Passkey, Refusal> {
        unframed(&answer.0.response.client_data_json)?;
        if answer.0.extensions.cred_props.as_ref().is_some_and(|said| said.rk == Some(false)) {
            return Err(Refusal::NotKept);
        }
        let state: PasskeyRegistration = serde_json::from_value(state).map_err(|_| Refusal::Stale)?;
        Ok(self.0.finish_passkey_registration(&answer.0, &state)?)
    }

    /// What the browser is asked to prove, and what is kept to check its answer. `among`: the passkeys of a person who is
    /// known already; empty: any passkey the device keeps for us.
    pub fn ask_for_proof(&self, among: &[Vec<u8>]) -> anyhow::Result<(Value, Value)> {
        let (asked, state) = self.0.start_discoverable_authentication()?;
        let mut asked = serde_json::to_value(asked)?;
        let named = among.iter().map(|id| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id) }));
        asked["publicKey"]["allowCredentials"] = named.collect();
        if let Some(all) = asked.as_object_mut() {
            all.remove("mediation");
        }
        Ok((asked, serde_json::to_value(state)?))
    }

    /// The passkey as it is to be kept from now on, if the answer belongs to what was kept and to this passkey.
    pub fn accept_proof(&self, answer: &Answer, state: Value, passkey: Value) -> Result<Value, Refusal> {
        unframed(&answer.0.response.client_data_json)?;
        let state: DiscoverableAuthentication = serde_json::from_value(state).map_err(|_| Refusal::Stale)?;
        let mut passkey: Passkey = serde_json::from_value(passkey).map_err(|_| Refusal::Unknown)?;
        let proved: AuthenticationResult = self.0.finish_discoverable_authentication_v2(&answer.0, state, &passkey)?;
        if !proved.user_verified() {
            return Err(Refusal::Wrong);
        }
        passkey.update_credential(&proved).ok_or(Refusal::Unknown)?;
        serde_json::to_value(passkey).map_err(|_| Refusal::Wrong)
    }
}

/// A browser's answer to a challenge.
pub struct Answer(PublicKeyCredential);

impl Answer {
    /// Reads the browser's JSON.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let answer: PublicKeyCredential = read(text)?;
        same_id(&answer.id, &answer.raw_id, &answer.type_)?;
        Ok(Self(answer))
    }

    /// Which passkey it claims to be.
    pub fn credential_id(&self) -> &[u8] {
        &self.0.raw_id
    }

    /// Whose it claims to be. Devices may leave it out where the person was known before.
    pub fn handle(&self) -> Result<Option<Uuid>, Refusal> {
        self.0.get_user_unique_id().map(|bytes| Uuid::from_slice(bytes).map_err(|_| Refusal::Unknown)).transpose()
    }
}

/// A browser's answer with a passkey it has made.
pub struct NewPasskey(RegisterPublicKeyCredential);

impl NewPasskey {
    /// Reads the browser's JSON.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let answer: RegisterPublicKeyCredential = read(text)?;
        same_id(&answer.id, &answer.raw_id, &answer.type_)?;
        Ok(Self(answer))
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    if text.len() > LONGEST {
        return Err(Refusal::Unreadable);
    }
    serde_json::from_str(text).map_err(|_| Refusal::Unreadable)
}

/// Both ways of naming the credential say the same.
fn same_id(id: &str, raw_id: &[u8], kind: &str) -> Result<(), Refusal> {
    let same = URL_SAFE_NO_PAD.encode(raw_id) == id.trim_end_matches('=');
    if same && kind == "public-key" { Ok(()) } else { Err(Refusal::Unreadable) }
}

/// What the browser says of the page that asked. The verifier looks at `crossOrigin` in one ceremony and at `topOrigin`
/// in none (WebAuthn L3, 7.1 steps 10 and 11, 7.2 steps 13 and 14).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asking {
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<Value>,
}

fn unframed(client_data: &[u8]) -> Result<(), Refusal> {
    let asking: Asking = serde_json::from_slice(client_data).map_err(|_| Refusal::Unreadable)?;
    if asking.cross_origin == Some(true) || asking.top_origin.is_some() { Err(Refusal::Framed) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(url: &str) -> Option<Party> {
        Party::new(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_console_without_a_name_has_no_passkeys() {
        assert!(party("http://127.0.0.1:3000").is_none() && party("https://[::1]/").is_none());
        assert!(party("http://localhost:3000").is_some() && party("https://gate.example.com").is_some());
    }

    #[test]
    fn a_new_passkey_is_kept_by_a_device_that_checks_who_holds_it() {
        let person = Person { handle: Uuid::nil(), email: "ann@example.com", name: "Ann" };
        let (asked, _) = party("https://gate.example.com").unwrap().ask_for_new(&person, vec![vec![1, 2, 3]]).unwrap();
        let asked = &asked["publicKey"];
        let choice = &asked["authenticatorSelection"];
        assert_eq!((&choice["residentKey"], &choice["userVerification"]), (&json!("required"), &json!("required")));
        assert_eq!(asked["rp"]["id"], "gate.example.com");
        assert_eq!(asked["excludeCredentials"][0]["id"], "AQID");
        assert_eq!(asked["challenge"].as_str().map(str::len), Some(43), "256 random bits");
        assert_eq!(asked["attestation"], "none");
    }

    #[test]
    fn who_is_not_known_yet_is_shown_no_passkeys() {
        let party = party("https://gate.example.com").unwrap();
        let (asked, _) = party.ask_for_proof(&[]).unwrap();
        assert_eq!(asked["publicKey"]["allowCredentials"], json!([]));
        assert_eq!(asked["publicKey"]["userVerification"], "required");
        let (asked, _) = party.ask_for_proof(&[vec![1, 2, 3]]).unwrap();
        assert_eq!(asked["publicKey"]["allowCredentials"], json!([{ "type": "public-key", "id": "AQID" }]));
    }

    #[test]
    fn what_was_confirmed_in_a_frame_does_not_count() {
        assert!(unframed(br#"{"crossOrigin":false}"#).is_ok() && unframed(b"{}").is_ok());
        assert_eq!(unframed(br#"{"crossOrigin":true}"#), Err(Refusal::Framed));
        assert_eq!(unframed(br#"{"topOrigin":"https://gate.example.com"}"#), Err(Refusal::Framed));
        assert_eq!(unframed(b"not json"), Err(Refusal::Unreadable));
    }

    #[test]
    fn anything_but_an_answer_is_unreadable() {
        for text in ["", "{}", "null", "[]", "{\"id\":\"AQID\"}"] {
            assert!(matches!(Answer::parse(text), Err(Refusal::Unreadable)), "{text}");
            assert!(matches!(NewPasskey::parse(text), Err(Refusal::Unreadable)), "{text}");
        }
    }
}
