// Multi-factor authentication by drf-mfa, from a browser: one function for each thing there is to do, and nothing of
// any page. Every function takes a site first, as `site()` makes it, and fails with an `MfaError`.

/** What went wrong: `code` is stable, `status` that of HTTP or 0 where nothing was sent, `message` for people. */
export class MfaError extends Error {
  constructor(code, message, { status = 0, body = {}, retryAfter = null, cause } = {}) {
    super(message, { cause });
    this.name = "MfaError";
    this.code = code;
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
  }

  /** How many devices are still to be verified, where that is what is missing. */
  get verificationsLeft() {
    return this.body["verifications-left"] ?? null;
  }
}

/** Where the package is mounted, where a password logs in, and the token, once there is one. */
export const site = (options = {}) => ({ root: "/multi-factor/", loginPath: "/login/", token: null, ...options });

// What there is to do

/** Logs in by password, and returns a token that is not verified yet. */
export const login = async (at, username, password) =>
  (await ask(at, "POST", at.loginPath, { username, password })).token;

export const status = (at) => ask(at, "GET", `${at.root}status/`);

export const devices = (at) => ask(at, "GET", at.root);

export const methods = (at) => ask(at, "GET", `${at.root}register/`);

/** Registers a device of a method, by its name; what is shown only now is in the answer. */
export const register = (at, method, fields = {}) => ask(at, "POST", `${at.root}register/${method}/`, fields);

/** Sends a code to a device, or returns `{options}` for `getCredential`. */
export const dispatch = (at, index, { reverify = false } = {}) =>
  ask(at, "POST", `${at.root}${index}/dispatch/`, { reverify });

export const verify = (at, index, value) => ask(at, "POST", `${at.root}${index}/`, { value });

export const rename = (at, index, name) => ask(at, "PATCH", `${at.root}${index}/`, { name });

export const remove = (at, index) => ask(at, "DELETE", `${at.root}${index}/`);

/** Returns `{options, state}` for a login without a name. */
export const passkeyOptions = (at) => ask({ ...at, token: null }, "POST", `${at.root}passkey/options/`);

/** Logs in by what `getCredential` made of the options; returns `{token, …}`. */
export const passkeyLogin = (at, state, value) =>
  ask({ ...at, token: null }, "POST", `${at.root}passkey/`, { state, value });

/** Asks for any route of the project, with the token; returns what was answered, or null. */
export async function ask(at, method, path, body) {
  const headers = { Accept: "application/json" };
  if (at.token) headers.Authorization = `Token ${at.token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch (cause) {
    throw new MfaError("unreachable", "The site does not answer.", { cause });
  }
  const text = await answer.text();
  const data = parsed(text);
  if (answer.ok) return data;
  throw refused(answer, data);
}

// What the browser does

/** Tells whether this browser knows security keys and passkeys at all. */
export const supported = () => typeof globalThis.PublicKeyCredential === "function";

/** Tells whether passkeys can be offered where a user name is typed. */
export const autofills = async () =>
  supported() && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false);

/** Makes a credential by the options of a registration, and returns the value to verify. */
export const createCredential = (options, { signal } = {}) =>
  ceremony(() => navigator.credentials.create({ publicKey: creationOptions(options), signal }));

/** Uses a credential by the options of a dispatch or a login, and returns the value to verify. */
export const getCredential = (options, { signal, mediation } = {}) =>
  ceremony(() => navigator.credentials.get({ publicKey: requestOptions(options), signal, mediation }));

// How it is written

const CEREMONIES = {
  NotAllowedError: ["cancelled", "Nothing was chosen, or it took too long."],
  AbortError: ["aborted", "Something else was asked for meanwhile."],
  InvalidStateError: ["already_registered", "This authenticator is registered already."],
  SecurityError: ["wrong_site", "The page is not at the address that the site is configured for."],
  NotSupportedError: ["unsupported", "This authenticator knows none of the algorithms."],
  ConstraintError: ["unsupported", "This authenticator cannot do what the site asks for."],
};

async function ceremony(act) {
  if (!supported()) throw new MfaError("unsupported", "This browser knows no security keys and passkeys.");
  try {
    return written(await act());
  } catch (cause) {
    const [code, message] = CEREMONIES[cause.name] ?? ["failed", String(cause.message ?? cause)];
    throw new MfaError(code, message, { cause });
  }
}

function creationOptions(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  };
}

function requestOptions(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: descriptors(options.allowCredentials),
  };
}

const descriptors = (listed = []) => listed.map((each) => ({ ...each, id: bytes(each.id) }));

function written(credential) {
  try {
    if (credential.toJSON) return credential.toJSON();
  } catch {
    // Password managers answer with objects that only look like credentials, and the browser's own method throws.
  }
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const fields = parts.filter((part) => response[part]).map((part) => [part, base64url(response[part])]);
  const transports = response.getTransports ? { transports: response.getTransports() } : {};
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { ...Object.fromEntries(fields), ...transports },
  };
}

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function parsed(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function refused(answer, data) {
  const body = data ?? {};
  const fields = Object.values(body).flat().filter((each) => typeof each === "string");
  const message = body.detail ?? (fields.join(" ") || `The site answered ${answer.status}.`);
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  return new MfaError(body.code ?? "invalid", message, { status: answer.status, body, retryAfter });
}
