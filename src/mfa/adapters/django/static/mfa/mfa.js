// Multi-factor authentication by drf-mfa, from a browser or a server: one function for each thing there is to do, and
// nothing of any page. Most functions take a site first, as `site()` makes it, and fail with an `MfaError`.

/**
 * What went wrong: `code` is stable, `status` that of HTTP or 0 where nothing was answered, `message` for people,
 * `retryAfter` in seconds, `requirement` what would do, `body` all that was answered.
 */
export class MfaError extends Error {
  constructor(code, message, { status = 0, body = {}, retryAfter = null, cause } = {}) {
    super(message, { cause });
    Object.assign(this, { name: "MfaError", code, status, body, retryAfter });
  }

  get requirement() {
    const { requirement } = this.body;
    return Array.isArray(requirement) ? null : (requirement ?? null); // a list says what is wrong with a name
  }

  /** How many devices are still to be verified, where that is what is missing. */
  get verificationsLeft() {
    return this.body["verifications-left"] ?? null;
  }
}

/**
 * Where the package is mounted, and as whom it is asked: by a `token` of a `scheme`, or by a session (null) and its
 * `csrf`. Either may be a text, or a function that gives one or a promise of one; without `csrf`, Django's cookie is
 * read.
 */
export const site = ({ root = "/multi-factor/", token = null, scheme = "Token", csrf = null } = {}) => ({
  root: root.endsWith("/") ? root : `${root}/`,
  token,
  scheme,
  csrf,
});

// What there is to do

/** How the token stands; with the name of a requirement, whether that is met. */
export const status = (at, requirement) => ask(at, "GET", `status/${query({ requirement })}`);

export const devices = (at) => ask(at, "GET", "");

export const device = (at, index) => ask(at, "GET", `${index}/`);

export const methods = (at) => ask(at, "GET", "register/");

/** What a method wants to know at its registration: each field's type, label and limits. */
export const fields = async (at, method) => (await ask(at, "OPTIONS", `register/${method}/`)).actions?.POST ?? {};

/** Registers a device of a method, by its name; what is shown only now is in the answer. */
export const register = (at, method, fields = {}) => ask(at, "POST", `register/${method}/`, fields);

/** Sends a code to a device, or returns `{options}` for `getCredential`. */
export const dispatch = (at, index, { reverify = false } = {}) => ask(at, "POST", `${index}/dispatch/`, { reverify });

/** Proves a value; with `trust`, this browser is remembered where the site does that. */
export const verify = (at, index, value, { trust } = {}) => ask(at, "POST", `${index}/`, { value, trust });

export const rename = (at, index, name) => ask(at, "PATCH", `${index}/`, { name });

/** Removes a device. A passkey that is gone disappears from the password manager, where the browser can tell that. */
export async function remove(at, index) {
  const told = globalThis.PublicKeyCredential?.signalAllAcceptedCredentials && (await signals(at).catch(() => null));
  await ask(at, "DELETE", `${index}/`);
  const left = told && (await devices(at).catch(() => null));
  const passkeys = left?.filter((each) => each.method === "webauthn" && each.active) ?? [];
  if (left && passkeys.length === told.credential_ids.length - 1) {
    // Both are in the order of the indexes, so the one that is gone stood after those with a smaller one.
    told.credential_ids.splice(passkeys.filter((each) => each.index < index).length, 1);
    await signalAllAcceptedCredentials(told);
  }
  return null;
}

/** The remembered browsers. */
export const trusts = (at) => ask(at, "GET", "trust/");

/** Counts this browser as remembered, by its trust token, or by its cookie where the site uses one. */
export const trust = (at, token) => ask(at, "POST", "trust/", { token });

export const forget = (at, id) => ask(at, "DELETE", `trust/${id}/`);

/** What happened, newest first: a page, by `next` or `previous` of the page beside it. */
export const activity = (at, cursor = null) => {
  const asked = cursor && new URL(cursor, "http://a").searchParams.get("cursor");
  return ask(at, "GET", `activity/${query({ cursor: asked ?? cursor })}`);
};

/** Returns `{options, state}` for a login without a name. */
export const passkeyOptions = (at) => ask(nobody(at), "POST", "passkey/options/");

/** Logs in by what `getCredential` made of the options; returns `{token, …}`. */
export const passkeyLogin = (at, state, value) => ask(nobody(at), "POST", "passkey/", { state, value });

/** What the signals below tell a password manager of the user's passkeys. */
export const signals = (at) => ask(at, "GET", "passkey/signals/");

/**
 * Asks for any route, as the site is asked: below its root, or anywhere on its host where the path begins with a slash.
 * Returns what was answered, or null.
 */
export async function ask(at, method, path, body) {
  const token = await given(at.token);
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `${at.scheme} ${token}`;
  else if (method !== "GET" && method !== "OPTIONS") {
    const csrf = (await given(at.csrf)) ?? cookie("csrftoken");
    if (csrf) headers["X-CSRFToken"] = csrf;
  }
  const [host] = /^(https?:\/\/[^/]+)?/.exec(at.root);
  const url = /^https?:\/\//.test(path) ? path : path.startsWith("/") ? host + path : at.root + path;
  let answer, text;
  try {
    answer = await fetch(url, {
      method,
      headers,
      body: body === undefined ? body : JSON.stringify(body),
      credentials: host && token == null ? "include" : "same-origin",
    });
    text = await answer.text();
  } catch (cause) {
    throw new MfaError("unreachable", "The site does not answer.", { cause });
  }
  const data = parsed(text);
  // What is no JSON was answered by something else, such as the page at which a proxy has people log in.
  if (answer.ok && (data !== undefined || !text)) return data ?? null;
  throw refused(answer, typeof data === "object" && data ? data : {});
}

/**
 * A `fetch` that has `ask(requirement)` prove what a refusal demands, and then repeats the request, once. What is asked
 * at once for the same requirement is asked once. Where `ask` gives `false`, the refusal is the answer; where it fails,
 * so does the request.
 */
export function guarded(fetch, ask) {
  const asked = new Map(); // by requirement, what is being proved
  const proved = new Map(); // by requirement, the turn at which it was proved last
  let turn = 0;

  const prove = (key, requirement) => {
    if (!asked.has(key)) {
      const proof = (async () => ask(requirement))();
      const over = () => asked.delete(key);
      proof.then((met) => met !== false && proved.set(key, ++turn)).then(over, over);
      asked.set(key, proof);
    }
    return asked.get(key);
  };

  return async (input, init) => {
    const sent = ++turn;
    const [first, again] = twice(input, init);
    const answer = await fetch(...first);
    if (answer.status !== 403 && answer.status !== 401) return answer;
    const refusal = parsed(await answer.clone().text());
    if (refusal?.code !== "verification_required") return answer;
    const requirement = refusal.requirement ?? null;
    const key = JSON.stringify(requirement);
    // A request that was under way while another had it proved is only repeated.
    const met = proved.get(key) > sent || (await heeding(init?.signal ?? input.signal, () => prove(key, requirement)));
    return met === false ? answer : fetch(...again);
  };
}

// What the browser does

/** Tells whether this browser knows security keys and passkeys at all. */
export const supported = () => typeof globalThis.PublicKeyCredential === "function";

/** Tells whether passkeys can be offered where a user name is typed. */
export const autofills = async () =>
  supported() && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false);

/** Tells whether a passkey can be made without a dialog, where the user's password manager is willing to. */
export const upgrades = async () =>
  supported() && ((await PublicKeyCredential.getClientCapabilities?.())?.conditionalCreate ?? false);

/** Makes a credential by the options of a registration, and returns the value to verify. */
export const createCredential = (options, { signal, mediation } = {}) =>
  ceremony(signal, () =>
    navigator.credentials.create({ publicKey: read(options, "parseCreationOptionsFromJSON"), signal, mediation }),
  );

/** Uses a credential by the options of a dispatch or a login, and returns the value to verify. */
export const getCredential = (options, { signal, mediation } = {}) =>
  ceremony(signal, () =>
    navigator.credentials.get({ publicKey: read(options, "parseRequestOptionsFromJSON"), signal, mediation }),
  );

/** Tells the password manager that the site does not know a passkey: `{rp_id, credential_id}`. */
export const signalUnknownCredential = (told) =>
  signalled("signalUnknownCredential", () => ({ rpId: told.rp_id, credentialId: told.credential_id }));

/** Tells the password manager which passkeys there are, by what `signals()` returns. */
export const signalAllAcceptedCredentials = (told) =>
  signalled("signalAllAcceptedCredentials", () => ({
    rpId: told.rp_id,
    userId: told.user_id,
    allAcceptedCredentialIds: told.credential_ids,
  }));

/** Tells the password manager what the user is called now: what `signals()` returns, and `name` and `display_name`. */
export const signalCurrentUserDetails = (told) =>
  signalled("signalCurrentUserDetails", () => ({
    rpId: told.rp_id,
    userId: told.user_id,
    name: told.name,
    displayName: told.display_name ?? told.name,
  }));

/** The code of a text message that is just coming in, or null where the browser does not read them. */
export async function webOtp({ signal } = {}) {
  if (!globalThis.OTPCredential) return null;
  try {
    return (await navigator.credentials.get({ otp: { transport: ["sms"] }, signal }))?.code ?? null;
  } catch {
    return null; // typed, or too late
  }
}

// How it is written

const CEREMONIES = {
  NotAllowedError: ["cancelled", "Nothing was chosen, or it took too long."],
  AbortError: ["aborted", "Something else was asked for meanwhile."],
  InvalidStateError: ["already_registered", "This authenticator is registered already."],
  SecurityError: ["wrong_site", "The page is not at the address that the site is configured for."],
  NotSupportedError: ["unsupported", "This authenticator knows none of the algorithms."],
  ConstraintError: ["unsupported", "This authenticator cannot do what the site asks for."],
};

async function ceremony(signal, act) {
  if (!supported()) throw new MfaError("unsupported", "This browser knows no security keys and passkeys.");
  try {
    return written(await act());
  } catch (cause) {
    // A signal that is aborted may say any reason, such as that a time is over.
    const name = signal?.aborted ? "AbortError" : cause?.name;
    const [code, message] = CEREMONIES[name] ?? ["failed", String(cause?.message ?? cause)];
    throw new MfaError(code, message, { cause });
  }
}

function read(options, parse) {
  if (PublicKeyCredential[parse]) return PublicKeyCredential[parse](options);
  const { challenge, user, excludeCredentials, allowCredentials } = options;
  return {
    ...options,
    challenge: bytes(challenge),
    user: user && { ...user, id: bytes(user.id) },
    excludeCredentials: excludeCredentials?.map(described),
    allowCredentials: allowCredentials?.map(described),
  };
}

const described = (each) => ({ ...each, id: bytes(each.id) });

function written(credential) {
  try {
    if (credential.toJSON) return credential.toJSON();
  } catch {
    // Password managers answer with objects that only look like credentials, and the browser's own method throws.
  }
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      ...Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, base64url(response[part])])),
      transports: response.getTransports?.(),
    },
  };
}

async function signalled(name, words) {
  try {
    await PublicKeyCredential[name](words());
  } catch {
    // A signal is a courtesy: a browser that does not know it, or does not want it, is none the worse.
  }
}

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The site as whoever logs in asks it: without a token, and with cookies of another origin only for a session. */
const nobody = (at) => ({ ...at, token: at.token && "" });

const given = (value) => (typeof value === "function" ? value() : value);

const cookie = (name) => globalThis.document?.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1];

function query(asked) {
  const present = Object.entries(asked).filter(([, value]) => value);
  return present.length ? `?${new URLSearchParams(present)}` : "";
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(answer, body) {
  const message = sentences(body.detail ?? body).join(" ") || `The site answered ${answer.status}.`;
  const retryAfter = body.retry_after ?? (Number(answer.headers.get("Retry-After")) || null);
  return new MfaError(body.code ?? "invalid", message, { status: answer.status, body, retryAfter });
}

/** What is said of a field, however deep that stands. */
const sentences = (said) =>
  typeof said === "string" ? [said] : said && typeof said === "object" ? Object.values(said).flatMap(sentences) : [];

/** The arguments of a request for each of two times, since a body that is read is gone. */
function twice(input, init) {
  const bodies = init?.body?.tee?.() ?? [];
  const sent = (input, body) => [input, body ? { ...init, body } : init];
  return [sent(input.clone?.() ?? input, bodies[0]), sent(input, bodies[1])];
}

/** What is asked for, unless the signal says before that nobody waits for it any more. */
const heeding = (signal, ask) =>
  new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal?.aborted) return leave();
    signal?.addEventListener("abort", leave);
    ask().then(resolve, reject).finally(() => signal?.removeEventListener("abort", leave));
  });
