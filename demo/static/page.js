// The demo's page: what is clicked becomes a call of `mfa.js`, and what comes back is shown.

import * as mfa from "./mfa.js";

/** Options for a login serve for five minutes; those that wait behind the field are made anew a little earlier. */
const OFFERED_FOR = 4 * 60 * 1000;

const at = mfa.site();
const find = (selector, within = document) => within.querySelector(selector);
const bound = !/^[\d.]+$|^\[/.test(location.hostname); // to a domain, as passkeys are
let offered = null;

// Telling

function tell(text, kind = "good", code = "") {
  const message = find("#message");
  message.textContent = text;
  message.className = kind;
  message.dataset.code = code;
}

/** Does something that was asked for, and tells how it went. */
async function doing(act) {
  tell("", "");
  try {
    tell((await act()) ?? "");
  } catch (error) {
    if (!(error instanceof mfa.MfaError)) throw error;
    if (error.code === "aborted") return;
    tell(error.message, "bad", error.code);
    if (at.token !== null && error.status === 401 && error.code !== "invalid_value") leave(); // the token is gone
  }
}

const on = (element, kind, act) =>
  element.addEventListener(kind, (event) => {
    event.preventDefault();
    return doing(() => act(event));
  });

// Logging in and out

async function enter(token) {
  withdraw();
  at.token = token;
  find("#login").reset();
  find("#login").hidden = true;
  find("#account").hidden = false;
  await refresh();
}

function leave() {
  at.token = null;
  find("#login").hidden = false;
  find("#account").hidden = true;
  offer();
}

/** Has a passkey chosen, and returns what it signed. */
async function chosen(how) {
  const { options, state } = await mfa.passkeyOptions(at);
  return { state, value: await mfa.getCredential(options, how) };
}

async function byPasskey({ state, value }) {
  await enter((await mfa.passkeyLogin(at, state, value)).token);
  return "You are logged in, and verified, by a passkey.";
}

/** Offers passkeys where the user name is typed, for as long as nobody is logged in. */
async function offer() {
  withdraw();
  const mine = new AbortController();
  offered = mine;
  const again = setTimeout(() => offered === mine && offer(), OFFERED_FOR);
  mine.signal.addEventListener("abort", () => clearTimeout(again));
  if (!bound || !(await mfa.autofills()) || offered !== mine) return;
  let answer;
  try {
    answer = await chosen({ mediation: "conditional", signal: mine.signal });
  } catch (error) {
    if (!(error instanceof mfa.MfaError)) throw error;
    return; // nobody has asked for anything, so nobody is told
  }
  await doing(() => byPasskey(answer));
}

function withdraw() {
  offered?.abort();
  offered = null;
}

on(find("#login"), "submit", async () => {
  const form = new FormData(find("#login"));
  await enter(await mfa.login(at, form.get("username"), form.get("password")));
  return "You are logged in, by password alone.";
});

on(find("#passkey"), "click", async () => {
  withdraw();
  try {
    return await byPasskey(await chosen());
  } finally {
    if (at.token === null) offer();
  }
});

on(find("#leave"), "click", () => {
  leave();
  return "You are logged out.";
});

// Devices

async function refresh() {
  const [standing, listed] = [await mfa.status(at), await mfa.devices(at)];
  const left = standing["verifications-left"];
  find("#standing").textContent = standing.verified
    ? "This token is verified."
    : `This token is not verified: ${left} to go.`;
  find("#standing").dataset.verified = standing.verified;
  find("#devices").replaceChildren(...listed.map(row));
}

function row(device) {
  const item = find("#device").content.cloneNode(true).firstElementChild;
  const typed = device.method !== "webauthn";
  item.dataset.index = device.index;
  find(".name", item).textContent = device.name || device.verbose_name;
  const state = device.active ? (device.confirmed ? "verified" : "to be verified") : "pending";
  find(".state", item).textContent = state;
  find(".state", item).classList.toggle("verified", state === "verified");
  find(".code", item).hidden = !typed;
  find(".send", item).hidden = !typed || !device.dispatchable;
  on(find(".send", item), "click", async () => {
    await mfa.dispatch(at, device.index, { reverify: true });
    return "A code is on its way.";
  });
  on(find(".verify", item), "click", () => prove(device, typed ? find(".code", item).value : null));
  on(find(".remove", item), "click", () => drop(device));
  return item;
}

async function prove(device, code) {
  await mfa.verify(at, device.index, code ?? (await signed(device)));
  await refresh();
  return "Verified.";
}

async function signed(device) {
  const { options } = await mfa.dispatch(at, device.index, { reverify: true });
  return device.active ? mfa.getCredential(options) : mfa.createCredential(options);
}

async function drop(device) {
  await mfa.remove(at, device.index);
  await refresh();
  return "Removed.";
}

on(find("#register"), "submit", async () => {
  const device = await mfa.register(at, "webauthn", { name: new FormData(find("#register")).get("name") });
  try {
    await mfa.verify(at, device.index, await mfa.createCredential(device.options));
  } finally {
    await refresh();
  }
  find("#register").reset();
  return "The passkey is registered.";
});

on(find("#open"), "click", async () => (await mfa.ask(at, "GET", "/protected/")).detail);

const elsewhere = Object.assign(new URL(location.href), { hostname: "localhost" });
find("#elsewhere").hidden = bound;
find("#elsewhere a").textContent = find("#elsewhere a").href = elsewhere.href;

offer();
