// The browser's part of passkeys: fetches a challenge, lets the browser answer it and posts the answer by the form
// it belongs to. Such a form (data-passkey) is hidden until this runs, so where scripts or passkeys are missing nobody
// is offered what cannot work; what stands beside it for that case (data-no-passkey) is hidden instead.

const WORDS = {
  NotAllowedError: "Nothing was confirmed: it was cancelled, or took too long. Try again when you are ready.",
  InvalidStateError: "This device already holds a passkey for your account. Use that one, or choose another device.",
  NotSupportedError: "This device cannot make a passkey that asks who you are. Choose another one.",
  SecurityError: "Passkeys belong to the console's own address. Open it there and try again.",
};
const OTHER = "The passkey could not be used. Reload the page and try again, or use another way.";

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

// Browsers that do not read the JSON form themselves get it read here.
function creation(json) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  const user = { ...json.user, id: bytes(json.user.id) };
  return { ...json, user, challenge: bytes(json.challenge), excludeCredentials: listed(json.excludeCredentials) };
}
function request(json) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), allowCredentials: listed(json.allowCredentials) };
}
function written(credential) {
  if (credential.toJSON) return credential.toJSON();
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  const clientExtensionResults = credential.getClientExtensionResults();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults };
}

async function challenge(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { accept: "application/json" } });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(), { said: said.detail });
  return said;
}

async function confirm(form) {
  const { publicKey } = await challenge(form);
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: creation(publicKey) })
      : await navigator.credentials.get({ publicKey: request(publicKey) });
  form.elements.credential.value = JSON.stringify(written(credential));
  form.submit();
}

function offer(form) {
  const says = form.querySelector("[data-says]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    says.textContent = "";
    try {
      await confirm(form);
    } catch (error) {
      says.textContent = error.said ?? WORDS[error.name] ?? OTHER;
    } finally {
      button.disabled = false;
    }
  });
  form.hidden = false;
}

if (window.PublicKeyCredential && navigator.credentials) {
  document.querySelectorAll("[data-no-passkey]").forEach((words) => (words.hidden = true));
  document.querySelectorAll("form[data-passkey]").forEach(offer);
}
