// Every button of the console is a call of `mfa.js`; what that sends, and what comes back, is shown below the button.

import * as mfa from "../mfa/mfa.js";

const at = mfa.site();
const find = (id) => document.getElementById(id);
const devices = new Map(); // by index
const FIELDS = { sms: { number: "+1 202-555-0123" } };

const STEPS = {
  login: async () => {
    const [username, password] = [find("username").value, find("password").value];
    const { token, mfa: standing } = await mfa.ask({ ...at, token: null }, "POST", "/login/", { username, password });
    at.token = token;
    find("token").textContent = `${username} has the token ${token.slice(0, 6)}…`;
    know(standing.devices);
  },
  status: () => mfa.status(at, "transfer"),
  devices: async () => know(await mfa.devices(at)),
  methods: () => mfa.methods(at),
  activity: () => mfa.activity(at),
  open: () => mfa.ask(at, "GET", "/protected/"),
  transfer: () => mfa.ask(at, "POST", "/transfer/", { to: "Bert", amount: 10 }),
  dispatch: () => mfa.dispatch(at, chosen().index, { reverify: true }),
  verify: async () => {
    const device = chosen();
    const value = device.method === "webauthn" ? await signed(device) : find("value").value;
    await mfa.verify(at, device.index, value, find("trust").checked ? { trust: true } : {});
    find("value").value = "";
    proved?.(true);
  },
  register: async () => {
    const method = find("method").value;
    const device = await mfa.register(at, method, { name: nameOf(method), ...FIELDS[method] });
    know([...devices.values(), device], device.index);
    if (device.secret) await read(device);
  },
  any: () => mfa.ask(at, find("verb").value, find("path").value, JSON.parse(find("body").value || "null") ?? undefined),
};

// What is refused for want of a verification waits for one, and is then sent once more. The module asks `fetch`, so all
// that it does is guarded here, and all of it is shown.

let proved = null; // what waits
const plain = globalThis.fetch;
globalThis.fetch = mfa.guarded(shown, prove);

function prove(requirement) {
  const age = requirement.max_age === null ? "" : ` of the last ${requirement.max_age} seconds`;
  const by = requirement.methods ? ` by ${requirement.methods.join(" or ")}` : "";
  find("asked").firstElementChild.textContent = `Refused: this wants a verification${age}${by}. Prove that it is you, and it is sent again.`;
  find("asked").hidden = false;
  find("prove").scrollIntoView({ block: "center" });
  return new Promise((resolve) => {
    proved = (met) => {
      proved = null;
      find("asked").hidden = true;
      resolve(met);
    };
  });
}

find("leave").addEventListener("click", () => proved(false));

/** Passkeys sign options, which come with a dispatch: those of a new device make a credential, all others use one. */
async function signed(device) {
  const { options } = await mfa.dispatch(at, device.index, { reverify: true });
  return options.user ? mfa.createCredential(options) : mfa.getCredential(options);
}

// The phone

/** Has the phone's app read the key of a new device, as it would its QR code. */
function read({ name, method, secret }) {
  const csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ csrfmiddlewaretoken, name, secret, ...(method === "hotp" && { presses: "true" }) });
  return plain("/phone/", { method: "POST", body });
}

find("take").addEventListener("click", async () => {
  const { method, name } = chosen();
  const app = method === "totp" || method === "hotp" ? `?app=${encodeURIComponent(name)}` : "";
  find("value").value = (await (await plain(`/phone/code/${app}`)).text()).trim();
});

// What is shown

for (const button of document.querySelectorAll("[data-step]"))
  button.addEventListener("click", async () => {
    if (!proved) find("wire").replaceChildren();
    button.closest("section").after(find("wire"));
    try {
      await STEPS[button.dataset.step]();
    } catch (error) {
      if (!error.status) tell("This was not sent", "", error.message);
    }
  });

async function shown(url, { method, headers, body }) {
  const token = headers.Authorization?.replace(/^(\w+ .{6}).*/, "Authorization: $1…");
  const show = tell(`${method} ${url}`, [token, body && pretty(body)].filter(Boolean).join("\n"));
  const answer = await plain(url, { method, headers, body });
  const wanted = answer.headers.get("WWW-Authenticate");
  const text = await answer.clone().text();
  show(answer, [wanted && `WWW-Authenticate: ${wanted}`, text && pretty(text)].filter(Boolean).join("\n"));
  return answer;
}

function tell(asked, sent, said = "") {
  const article = find("exchange").content.cloneNode(true).firstElementChild;
  const part = (name, text) => (article.querySelector(`.demo-${name}`).textContent = text);
  part("asked", asked);
  part("sent", sent);
  part("answer", said);
  find("wire").append(article);
  return (answer, text) => {
    part("status", `${answer.status} ${answer.statusText}`);
    article.dataset.ok = answer.ok;
    part("answer", text);
  };
}

function know(listed, index) {
  devices.clear();
  for (const each of listed) devices.set(each.index, each);
  find("device").replaceChildren(
    ...listed.map((each) => new Option(`${each.index}: ${each.name || each.method}`, each.index, false, each.index === index)),
  );
}

const chosen = () => devices.get(Number(find("device").value)) ?? { index: 0 };

const nameOf = (method) => `${find("method").selectedOptions[0].textContent} of the console`;

const short = (text) => (text.length > 120 ? `${text.slice(0, 60)}…` : text);

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), (_, value) => (typeof value === "string" ? short(value) : value), 2);
  } catch {
    return short(text);
  }
}
