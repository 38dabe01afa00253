// What the pages do beside sending forms. Without this all of it goes on, but for passkeys.

import {
  ask,
  createCredential,
  getCredential,
  signalAllAcceptedCredentials,
  signalCurrentUserDetails,
  site,
  supported,
  upgrades,
} from "./mfa.js";

const all = (selector) => document.querySelectorAll(selector);

// A form is sent once, however often somebody presses.
for (const form of all("form[data-mfa]"))
  form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-sent")) event.preventDefault();
    form.setAttribute("data-sent", "");
  });

// What is shown only once is gone when the page is left: a browser may keep a page whole, for its back button.
addEventListener("pagehide", () => {
  for (const secret of all("[data-mfa=codes], [data-mfa=secret], [data-mfa=qr]")) secret.remove();
  release();
});

// Whoever has stopped the page may press again, where the browser tells of that.
globalThis.navigation?.addEventListener("navigateerror", release);

for (const button of all("[data-mfa=passkey]")) button.addEventListener("click", () => prove(button));

// A passkey is offered after a login by a code only to whom this browser can make one.
if (supported())
  PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().then((capable) => {
    for (const form of capable ? all("form[data-mfa=verify]:not([data-options])") : [])
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "passkeys", value: "1" }));
  });

const pressed = new AbortController();
let begun; // the last request for options
for (const form of all("form[data-quiet]")) upgrade(form);

// What is gone, or called otherwise by now, is so in the password manager, too.
for (const { dataset } of all("[data-mfa=signals]")) {
  const told = JSON.parse(dataset.told);
  signalAllAcceptedCredentials(told);
  signalCurrentUserDetails(told);
}

const doing = { copy, download, print: () => print() };
for (const [name, act] of Object.entries(doing))
  for (const button of all(`button[data-mfa=${name}]`)) button.addEventListener("click", () => act(button));

for (const scripted of all(".mfa-scripted")) scripted.hidden = false;

function release() {
  for (const form of all("[data-sent]")) form.removeAttribute("data-sent");
}

/** Has a passkey made or used, and sends what it says by the form. */
async function prove(button) {
  const { form } = button;
  button.disabled = true;
  say(form, "");
  pressed.abort();
  try {
    await begun?.catch(() => {}); // or else the later of two registrations might take the place of this one
    if (form.hasAttribute("data-sent")) return;
    if (!supported()) return say(form, form.dataset.unsupported);
    await send(form, form.dataset.options);
  } catch ({ code, status, message }) {
    if (code === "not_authenticated") return location.assign(location.href); // which leads to log in, and back
    const words = { cancelled: form.dataset.cancelled, already_registered: form.dataset.registered };
    say(form, status ? message : (words[code] ?? form.dataset.failed));
  } finally {
    button.disabled = false;
  }
}

/** Has a passkey made without a dialog, where the browser may; otherwise nobody notices. */
async function upgrade(form) {
  const { signal } = pressed;
  if (!(await upgrades()) || signal.aborted) return;
  await send(form, form.dataset.quiet, { mediation: "conditional", signal }).catch(() => {});
}

async function send(form, url, how) {
  const at = site({ csrf: form.elements.csrfmiddlewaretoken.value });
  begun = ask(at, "POST", url);
  const { options, confirm } = await begun;
  const credential = await (options.user ? createCredential : getCredential)(options, how);
  if (confirm) form.action = confirm;
  form.elements.value.value = JSON.stringify(credential);
  form.requestSubmit();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(textOf(button));
    say(button.parentElement, button.dataset.done);
  } catch {
    getSelection().selectAllChildren(shownBy(button));
    say(button.parentElement, button.dataset.selected);
  }
}

function download(button) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([textOf(button), "\n"], { type: "text/plain" }));
  link.download = button.dataset.name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function say(place, words) {
  const said = place.querySelector("[role=status]");
  said.textContent = words;
  said.hidden = !words;
}

const shownBy = (button) => document.getElementById(button.dataset.of);

function textOf(button) {
  const lines = [...shownBy(button).querySelectorAll("li")].map((line) => line.textContent.trim());
  return lines.join("\n") || shownBy(button).textContent.trim();
}
