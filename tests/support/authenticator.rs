//! A passkey in software: makes credentials and signs challenges as a browser with its device does, and lies where a
//! test tells it to.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use gatehouse::access::passkey::{NewPasskey, Party, Person};
use gatehouse::kernel::secret::{random_bytes, sha256};
use serde_json::{Value, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// See the module. One device with one passkey.
pub struct Authenticator {
    keys: EcdsaKeyPair,
    pub id: Vec<u8>,
    /// Whose it is, as the server said when it was made.
    pub handle: Option<Vec<u8>>,
    pub counter: u32,
}

/// What a device may say wrongly. The default is the truth.
#[derive(Clone)]
pub struct Says {
    pub kind: Option<&'static str>,
    pub origin: &'static str,
    pub party: &'static str,
    pub present: bool,
    pub verified: bool,
    /// More fields of the client data.
    pub client: Value,
    pub challenge: Option<String>,
    pub kept: bool,
    pub spoil_signature: bool,
    pub handle: Option<Option<Vec<u8>>>,
}

impl Default for Says {
    fn default() -> Self {
        Self {
            kind: None,
            origin: "http://localhost:3000",
            party: "localhost",
            present: true,
            verified: true,
            client: json!({ "crossOrigin": false }),
            challenge: None,
            kept: true,
            spoil_signature: false,
            handle: None,
        }
    }
}

impl Says {
    fn flags(&self) -> u8 {
        (if self.present { PRESENT } else { 0 }) | (if self.verified { VERIFIED } else { 0 })
    }

    fn client_data(&self, kind: &'static str, options: &Value) -> Vec<u8> {
        let challenge = self.challenge.clone().unwrap_or_else(|| options["challenge"].as_str().unwrap().to_owned());
        let mut said = json!({ "type": self.kind.unwrap_or(kind), "challenge": challenge, "origin": self.origin });
        said.as_object_mut().unwrap().extend(self.client.as_object().unwrap().clone());
        serde_json::to_vec(&said).unwrap()
    }

    fn auth_data(&self, flags: u8, counter: u32) -> Vec<u8> {
        [&sha256(self.party.as_bytes())[..], &[self.flags() | flags], &counter.to_be_bytes()].concat()
    }
}

/// CBOR's head of a value: its kind and its length.
fn cbor(kind: u8, length: usize) -> Vec<u8> {
    match length {
        0..24 => vec![kind << 5 | length as u8],
        24..256 => vec![kind << 5 | 24, length as u8],
        _ => vec![kind << 5 | 25, (length >> 8) as u8, length as u8],
    }
}

fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    [cbor(2, bytes.len()), bytes.to_vec()].concat()
}

fn cbor_text(text: &str) -> Vec<u8> {
    [cbor(3, text.len()), text.as_bytes().to_vec()].concat()
}

impl Authenticator {
    pub fn new() -> Self {
        let keys = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { keys, id: random_bytes::<32>().to_vec(), handle: None, counter: 0 }
    }

    /// The public key as COSE writes it: EC2, ES256, P-256, x, y.
    fn public_key(&self) -> Vec<u8> {
        let point = self.keys.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..65]);
        [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21][..], &cbor_bytes(x), &[0x22], &cbor_bytes(y)].concat()
    }

    /// What the verifier keeps of this passkey once it has accepted it.
    pub fn as_verifiers_keep_it(&mut self) -> Value {
        let party = Party::new(&"http://localhost:3000".parse().unwrap()).unwrap();
        let handle = self.handle.take();
        let person =
            Person { handle: uuid::Uuid::from_slice(&handle.unwrap()).unwrap(), email: "a@b.example", name: "A" };
        let (asked, state) = party.ask_for_new(&person, Vec::new()).unwrap();
        let answer = NewPasskey::parse(&self.create(&asked)).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let passkey = party.accept_new(&answer, state).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        serde_json::to_value(passkey).unwrap()
    }

    /// Answers the options of `navigator.credentials.create`, truthfully.
    pub fn create(&mut self, options: &Value) -> String {
        self.create_saying(options, &Says::default())
    }

    /// Answers them as told.
    pub fn create_saying(&mut self, options: &Value, says: &Says) -> String {
        let options = &options["publicKey"];
        self.handle = Some(B64.decode(options["user"]["id"].as_str().unwrap()).unwrap());
        let client = says.client_data("webauthn.create", options);
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let auth =
            [says.auth_data(ATTESTED, self.counter), vec![0; 16], length.to_vec(), self.id.clone(), self.public_key()]
                .concat();
        let object = [
            cbor(5, 3),
            cbor_text("fmt"),
            cbor_text("none"),
            cbor_text("attStmt"),
            cbor(5, 0),
            cbor_text("authData"),
            cbor_bytes(&auth),
        ]
        .concat();
        json!({
            "id": B64.encode(&self.id),
            "rawId": B64.encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": B64.encode(client),
                "attestationObject": B64.encode(object),
                "transports": ["internal", "something-new"],
                "publicKeyAlgorithm": -7,
            },
            "clientExtensionResults": { "credProps": { "rk": says.kept } },
        })
        .to_string()
    }

    /// Answers the options of `navigator.credentials.get`, truthfully; its counter goes up.
    pub fn get(&mut self, options: &Value) -> String {
        self.counter += 1;
        self.get_saying(options, &Says::default())
    }

    /// Answers them as told, with the counter as it is.
    pub fn get_saying(&self, options: &Value, says: &Says) -> String {
        let client = says.client_data("webauthn.get", &options["publicKey"]);
        let auth = says.auth_data(0, self.counter);
        let signed = [auth.clone(), sha256(&client).to_vec()].concat();
        let mut signature = self.keys.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec();
        if says.spoil_signature {
            let last = signature.len() - 1;
            signature[last] ^= 1;
        }
        let handle = says.handle.clone().unwrap_or_else(|| self.handle.clone());
        json!({
            "id": B64.encode(&self.id),
            "rawId": B64.encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": B64.encode(client),
                "authenticatorData": B64.encode(auth),
                "signature": B64.encode(signature),
                "userHandle": handle.map(|bytes| B64.encode(bytes)),
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }
}
