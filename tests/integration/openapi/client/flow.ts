/** A client of the routes that knows nothing but their description: the types check everything that it does. */

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";
import { Authenticator } from "./authenticator.js";
import { totp } from "./totp.js";

type Schemas = components["schemas"];
type Refusal = Schemas["MultiFactorVerificationRequiredError"] | Schemas["MultiFactorRegistrationRequiredError"];

/** Do everything that there is to do, and tell what was seen; throws where something is not what was described. */
export async function run(baseUrl: string, origin: string): Promise<string[]> {
  const seen: string[] = [];
  const site = new Site(baseUrl);
  const key = new Authenticator(origin);
  const stranger = createClient<paths>({ baseUrl });

  // Nobody, and a newcomer.
  const denied = await stranger.GET("/multi-factor/status/");
  seen.push(`nobody: ${code(denied.error)}`);
  const ann = site.known(await site.login());
  seen.push(`newcomer: ${told(await refusal(ann))}`);
  const methods = given((await ann.GET("/multi-factor/register/")).data);
  const names: Schemas["MultiFactorMethodName"][] = methods.map((each) => each.method);
  seen.push(`methods: ${names.join(", ")}`);
  const fields = given((await ann.OPTIONS("/multi-factor/register/{index}/", at("sms"))).data);
  seen.push(`number required: ${fields.actions?.POST["number"]?.required}`);

  // Register one of each, by what only the answer to it shows.
  const shown: string[] = [];
  for (const method of names) {
    const body = method === "sms" ? { number: "+31612345678" } : { name: `my ${method}` };
    const device = given((await ann.POST("/multi-factor/register/{index}/", { ...at(method), body })).data);
    const value = await site.answer(device, key, ann);
    shown.push(device.method);
    if (value !== null) {
      const verified = given((await ann.POST("/multi-factor/{index}/", { ...at(device.index), body: { value } })).data);
      seen.push(`${verified.device.method}: active ${verified.device.active}, left ${verified["verifications-left"]}`);
    }
  }
  seen.push(`registered: ${shown.join(", ")}`);
  const devices = given((await ann.GET("/multi-factor/")).data);
  const passkey = found(devices, "webauthn");
  const app = found(devices, "totp");

  // Verify anew, and have the browser remembered.
  const again = await ann.POST("/multi-factor/{index}/dispatch/", at(passkey.index));
  seen.push(`dispatched again: ${code(again.error)}`);
  const options = await site.options(ann, passkey.index);
  const body = { value: await key.get(options), trust: true };
  const trust = given(given((await ann.POST("/multi-factor/{index}/", { ...at(passkey.index), body })).data).trust);

  // Another token: refused, and let in by the remembered browser.
  const fresh = site.known(await site.login());
  seen.push(`unverified: ${told(await refusal(fresh))}`);
  const standing = given((await fresh.GET("/multi-factor/status/")).data);
  seen.push(`verified: ${standing.verified}, by ${standing.verifications.map((each) => each.method).join(", ")}`);
  const wrong = await fresh.POST("/multi-factor/{index}/", { ...at(app.index), body: { value: "000000" } });
  seen.push(`wrong: ${code(wrong.error)}`);
  const unknown = await fresh.POST("/multi-factor/trust/", { body: { token: "unknown" } });
  seen.push(`unknown browser: ${code(unknown.error)}`);
  const trusted = given((await fresh.POST("/multi-factor/trust/", { body: { token: trust.token } })).data);
  seen.push(`trusted: left ${trusted["verifications-left"]}, ${given((await fresh.GET("/protected/")).data).secret}`);
  const [browser] = given((await fresh.GET("/multi-factor/trust/")).data);
  await fresh.DELETE("/multi-factor/trust/{index}/", at(given(browser).id));
  seen.push(`forgotten: ${told(await refusal(fresh))}`);

  // Log in by the passkey alone.
  const begun = given((await stranger.POST("/multi-factor/passkey/options/")).data);
  const login = { state: begun.state, value: await key.get(begun.options) };
  const issued = given((await stranger.POST("/multi-factor/passkey/", { body: login })).data);
  const someone = site.known(issued.token ?? "");
  seen.push(`passkey: left ${issued["verifications-left"]}, ${given((await someone.GET("/protected/")).data).secret}`);

  // What can be wrong.
  const malformed = await someone.POST("/multi-factor/register/{index}/", { ...at("sms"), body: { number: "1" } });
  if (malformed.error === undefined || "code" in malformed.error) {
    throw new Error("a number is no number");
  }
  seen.push(`malformed: ${Object.keys(malformed.error).join(", ")}`);
  const asked = await key.get(await site.options(someone, passkey.index));
  const value = { ...asked, response: { ...asked.response, signature: "%" } };
  const garbled = await someone.POST("/multi-factor/{index}/", { ...at(passkey.index), body: { value } });
  if (garbled.error === undefined || "code" in garbled.error || !(garbled.error.value instanceof Object)) {
    throw new Error("a signature is no signature");
  }
  const members = Object.entries(garbled.error.value).map(([member, said]) => [member, ...Object.keys(said)].join("."));
  seen.push(`garbled: ${members.join(", ")}`);
  const nowhere = await someone.GET("/multi-factor/{index}/", at(99));
  seen.push(`nowhere: ${code(nowhere.error)}`);
  let locked = await someone.POST("/multi-factor/{index}/", { ...at(app.index), body: { value: "000000" } });
  for (let times = 0; times < 9 && code(locked.error) === "invalid_value"; times += 1) {
    locked = await someone.POST("/multi-factor/{index}/", { ...at(app.index), body: { value: "000000" } });
  }
  if (locked.error === undefined || !("code" in locked.error) || locked.error.code !== "throttled") {
    throw new Error("guesses never end");
  }
  seen.push(`throttled: ${locked.error.retry_after > 0}`);

  // Rename and remove.
  const renamed = await someone.PATCH("/multi-factor/{index}/", { ...at(app.index), body: { name: "an old phone" } });
  seen.push(`renamed: ${given(renamed.data).name}`);
  const removed = await someone.DELETE("/multi-factor/{index}/", at(app.index));
  seen.push(`removed: ${removed.response.status}`);
  return seen;
}

class Site {
  constructor(readonly baseUrl: string) {}

  known(token: string): Client<paths> {
    return createClient<paths>({ baseUrl: this.baseUrl, headers: { Authorization: `Token ${token}` } });
  }

  async login(): Promise<string> {
    const body = { username: "ann", password: "a password" };
    const answer = await createClient<paths>({ baseUrl: this.baseUrl }).POST("/login/", { body });
    return given(answer.data).token;
  }

  /** Options to use a credential once more. */
  async options(client: Client<paths>, index: number): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const asked = { ...at(index), body: { reverify: true } };
    const { options } = given((await client.POST("/multi-factor/{index}/dispatch/", asked)).data);
    if ("rp" in options) {
      throw new Error("these create another credential");
    }
    return options;
  }

  /** What answers the challenge of a new device: the type of what it shows is told by its method. */
  async answer(device: Schemas["MultiFactorRegistered"], key: Authenticator, client: Client<paths>) {
    switch (device.method) {
      case "totp":
        return totp(device.secret);
      case "email":
      case "sms": {
        await client.POST("/multi-factor/{index}/dispatch/", at(device.index));
        return given((await client.GET("/outbox/")).data).code;
      }
      case "webauthn":
        return key.create(device.options);
      case "hotp":
      case "recovery":
        return null;
    }
  }
}

/** What a view behind the second factor refuses. */
async function refusal(client: Client<paths>): Promise<Refusal> {
  const { error } = await client.GET("/protected/");
  if (error === undefined || error.code === "token_required") {
    throw new Error("this is no refusal");
  }
  return error;
}

function told(refused: Refusal): string {
  const { verifications, methods } = refused.requirement;
  const left = refused["verifications-left"];
  return `${refused.code}, ${left} of ${verifications} by ${methods?.join(", ") ?? "anything"}`;
}

function found(devices: Schemas["MultiFactorDevice"][], method: Schemas["MultiFactorMethodName"]) {
  return given(devices.find((device) => device.method === method && device.active));
}

function code(error: object | undefined): string {
  return error !== undefined && "code" in error ? String(error.code) : "none";
}

function given<Value>(value: Value | undefined): Value {
  if (value === undefined) {
    throw new Error("the answer is another one");
  }
  return value;
}

function at<Index>(index: Index): { params: { path: { index: Index } } } {
  return { params: { path: { index } } };
}
