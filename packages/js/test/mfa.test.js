// The module where there is no browser: what it asks for, what it makes of answers, and the guard around a fetch.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import * as mfa from "../../../src/mfa/adapters/django/static/mfa/mfa.js";

const REQUIREMENT = { verifications: 1, methods: null, max_age: 300, phishing_resistant: false };
const answered = (body, status = 200, headers = {}) =>
  new Response(body === null ? null : JSON.stringify(body), { status, headers });
const refusal = (requirement = REQUIREMENT, status = 403) =>
  answered({ detail: "Verify.", code: "verification_required", requirement, "verifications-left": 1 }, status);
const soon = () => new Promise((resolve) => setTimeout(resolve));

let asked;
const fetched = globalThis.fetch;

beforeEach(() => {
  asked = [];
  globalThis.fetch = async (url, init) => {
    asked.push({ url, ...init });
    return init.answer?.() ?? answered({ asked: true });
  };
});
afterEach(() => {
  globalThis.fetch = fetched;
  delete globalThis.document;
  delete globalThis.PublicKeyCredential;
});

const answers = (...answer) => {
  globalThis.fetch = async () => answered(...answer);
};

test("each function asks for its route", async () => {
  const at = mfa.site({ token: "secret" });
  const cases = [
    [() => mfa.status(at), "GET status/"],
    [() => mfa.status(at, "a transfer"), "GET status/?requirement=a+transfer"],
    [() => mfa.devices(at), "GET "],
    [() => mfa.device(at, 3), "GET 3/"],
    [() => mfa.methods(at), "GET register/"],
    [() => mfa.fields(at, "sms"), "OPTIONS register/sms/"],
    [() => mfa.register(at, "sms", { number: "+31" }), "POST register/sms/", { number: "+31" }],
    [() => mfa.dispatch(at, 3), "POST 3/dispatch/", { reverify: false }],
    [() => mfa.dispatch(at, 3, { reverify: true }), "POST 3/dispatch/", { reverify: true }],
    [() => mfa.verify(at, 3, "123456"), "POST 3/", { value: "123456" }],
    [() => mfa.verify(at, 3, "123456", { trust: true }), "POST 3/", { value: "123456", trust: true }],
    [() => mfa.rename(at, 3, "Phone"), "PATCH 3/", { name: "Phone" }],
    [() => mfa.remove(at, 3), "DELETE 3/"],
    [() => mfa.trusts(at), "GET trust/"],
    [() => mfa.trust(at, "kept"), "POST trust/", { token: "kept" }],
    [() => mfa.trust(at), "POST trust/", {}],
    [() => mfa.forget(at, 2), "DELETE trust/2/"],
    [() => mfa.activity(at), "GET activity/"],
    [() => mfa.activity(at, "cD0="), "GET activity/?cursor=cD0%3D"],
    [() => mfa.activity(at, "https://x.example/activity/?cursor=cD0%3D"), "GET activity/?cursor=cD0%3D"],
    [() => mfa.passkeyOptions(at), "POST passkey/options/"],
    [() => mfa.passkeyLogin(at, "state", { id: "1" }), "POST passkey/", { state: "state", value: { id: "1" } }],
    [() => mfa.signals(at), "GET passkey/signals/"],
  ];

  for (const [act, route, body] of cases) {
    await act();
    const { method, url, headers, body: sent } = asked.pop();
    assert.equal(`${method} ${url.replace("/multi-factor/", "")}`, route);
    assert.deepEqual(sent && JSON.parse(sent), body);
    assert.equal(headers.Authorization, route.includes("passkey/o") || body?.state ? undefined : "Token secret");
  }
});

test("a token may be a function and of any scheme, and is asked for each time", async () => {
  let n = 0;
  const at = mfa.site({ token: async () => `t${++n}`, scheme: "Bearer" });

  await mfa.devices(at);
  await mfa.devices(at);

  assert.deepEqual(asked.map((each) => each.headers.Authorization), ["Bearer t1", "Bearer t2"]);
});

test("a session brings its CSRF token, where something changes", async () => {
  globalThis.document = { cookie: "a=b; csrftoken=fromcookie; csrftoken2=no" };
  const csrf = async (at, act = mfa.remove) => (await act(at, 1), asked.pop().headers["X-CSRFToken"]);

  assert.equal(await csrf(mfa.site()), "fromcookie");
  assert.equal(await csrf(mfa.site(), mfa.device), undefined);
  assert.equal(await csrf(mfa.site({ csrf: "given" })), "given");
  assert.equal(await csrf(mfa.site({ csrf: async () => "made" })), "made");
  assert.equal(await csrf(mfa.site({ token: "secret" })), undefined);
  delete globalThis.document;
  assert.equal(await csrf(mfa.site()), undefined);
});

test("a path is below the root, or on its host", async () => {
  const url = async (root, path) => (await mfa.ask(mfa.site({ root }), "GET", path), asked.pop());

  assert.equal((await url("/auth/", "status/")).url, "/auth/status/");
  assert.equal((await url("/auth", "status/")).url, "/auth/status/");
  assert.equal((await url("/auth/", "/orders/")).url, "/orders/");
  const other = await url("https://api.example.com/auth/", "/orders/");
  assert.equal(other.url, "https://api.example.com/orders/");
  assert.equal(other.credentials, "include");
  assert.equal((await url("https://api.example.com/auth/", "status/")).url, "https://api.example.com/auth/status/");
});

test("whoever logs in shows no token, and cookies to another origin only where the site has sessions", async () => {
  const root = "https://api.example.com/auth/";
  for (const [token, credentials] of [[null, "include"], ["secret", "same-origin"], [() => null, "same-origin"]]) {
    const at = mfa.site({ root, token });
    await mfa.passkeyOptions(at);
    await mfa.passkeyLogin(at, "state", {});

    assert.deepEqual(asked.map((each) => each.credentials), [credentials, credentials]);
    assert.deepEqual(asked.splice(0).map((each) => each.headers.Authorization), [undefined, undefined]);
  }
});

test("what is refused is told", async () => {
  answers({ detail: "Wait.", code: "throttled", retry_after: 30 }, 429);
  const throttled = await mfa.devices(mfa.site()).catch((error) => error);
  answers({ detail: "Wait.", code: "throttled" }, 429, { "Retry-After": "20" });
  const older = await mfa.devices(mfa.site()).catch((error) => error);
  answers({ value: ["Too long.", "Odd."] }, 400);
  const fields = await mfa.devices(mfa.site()).catch((error) => error);
  answers({ value: { response: { signature: ["Malformed."] } } }, 400);
  const deep = await mfa.devices(mfa.site()).catch((error) => error);
  answers({ requirement: ["There is no requirement of that name."] }, 400);
  const nameless = await mfa.status(mfa.site(), "nothing").catch((error) => error);
  answers({ code: "verification_required", detail: "Verify.", requirement: REQUIREMENT, "verifications-left": 2 }, 403);
  const refused = await mfa.devices(mfa.site()).catch((error) => error);
  globalThis.fetch = async () => new Response("<h1>Bad gateway</h1>", { status: 502 });
  const gateway = await mfa.devices(mfa.site()).catch((error) => error);
  globalThis.fetch = () => Promise.reject(new TypeError("network"));
  const silent = await mfa.devices(mfa.site()).catch((error) => error);

  assert.ok(throttled instanceof mfa.MfaError && throttled instanceof Error);
  assert.deepEqual([throttled.code, throttled.status, throttled.message, throttled.retryAfter], ["throttled", 429, "Wait.", 30]);
  assert.equal(older.retryAfter, 20);
  assert.deepEqual([fields.code, fields.message, fields.retryAfter], ["invalid", "Too long. Odd.", null]);
  assert.equal(deep.message, "Malformed.");
  assert.equal(nameless.requirement, null);
  assert.deepEqual([refused.requirement, refused.verificationsLeft], [REQUIREMENT, 2]);
  assert.deepEqual([gateway.code, gateway.status, gateway.body], ["invalid", 502, {}]);
  assert.deepEqual([silent.code, silent.status, silent.requirement, silent.verificationsLeft], ["unreachable", 0, null, null]);
});

test("nothing is answered with null", async () => {
  for (const [body, status] of [[null, 204], ["", 200], ["null", 200]]) {
    globalThis.fetch = async () => new Response(body, { status });

    assert.equal(await mfa.remove(mfa.site(), 1), null);
  }
});

test("a page in the place of an answer is none, as where a proxy has people log in", async () => {
  globalThis.fetch = async () => new Response("<h1>Log in</h1>", { status: 200 });
  const led = await mfa.dispatch(mfa.site(), 0).catch((error) => error);

  assert.deepEqual([led.code, led.status, led.body], ["invalid", 200, {}]);
});

// guarded

/** A server that refuses until it was proved. */
const server = ({ status = 403, requirement = REQUIREMENT } = {}) => {
  const seen = [];
  const state = { proved: false, seen };
  state.fetch = async (input, init) => {
    seen.push(input instanceof Request ? await input.text() : init?.body);
    await soon();
    return state.proved ? answered({ done: true }) : refusal(requirement, status);
  };
  return state;
};

for (const status of [403, 401])
  test(`a refusal with ${status} is proved, and the request repeated`, async () => {
    const state = server({ status });
    const told = [];
    const fetch = mfa.guarded(state.fetch, async (requirement) => {
      told.push(requirement);
      state.proved = true;
    });

    const answer = await fetch("/transfer/", { method: "POST", body: "sum=1" });

    assert.deepEqual(await answer.json(), { done: true });
    assert.deepEqual(told, [REQUIREMENT]);
    assert.deepEqual(state.seen, ["sum=1", "sum=1"]);
  });

test("ten refusals at once are one question", async () => {
  const state = server();
  let questions = 0;
  const fetch = mfa.guarded(state.fetch, async () => {
    questions += 1;
    await soon();
    state.proved = true;
  });

  const all = await Promise.all(Array.from({ length: 10 }, () => fetch("/a/")));

  assert.deepEqual(all.map((each) => each.status), Array(10).fill(200));
  assert.equal(questions, 1);
  assert.equal(state.seen.length, 20);
});

test("a request that was under way while another was proved is only repeated", async () => {
  let questions = 0;
  let release;
  const slow = new Promise((resolve) => (release = resolve));
  const calls = { slow: 0, quick: 0 };
  const fetch = mfa.guarded(
    async (url) => {
      const first = calls[url]++ === 0;
      if (url === "slow" && first) await slow;
      return first ? refusal() : answered({ done: true });
    },
    () => void questions++,
  );

  const waiting = fetch("slow");
  await fetch("quick");
  release();

  assert.equal((await waiting).status, 200);
  assert.equal(questions, 1);
});

test("different requirements are different questions, and a later refusal is asked of again", async () => {
  const told = [];
  const refusing = async (url) => refusal({ ...REQUIREMENT, max_age: Number(url) });
  const fetch = mfa.guarded(refusing, (requirement) => void told.push(requirement.max_age));

  await Promise.all([fetch("1"), fetch("2")]);
  const again = await fetch("1");

  assert.deepEqual(told, [1, 2, 1]);
  assert.equal(again.status, 403);
  assert.equal((await again.json()).code, "verification_required");
});

test("other refusals are nobody's question", async () => {
  const bodies = [{ code: "registration_required" }, { code: "invalid_value" }, ["odd"], null];
  for (const body of bodies) {
    const fetch = mfa.guarded(async () => answered(body, 403), () => assert.fail("asked"));

    assert.equal((await fetch("/a/")).status, 403);
  }
  const fetch = mfa.guarded(async () => answered({ code: "verification_required" }, 409), () => assert.fail("asked"));
  assert.equal((await fetch("/a/")).status, 409);
});

test("a question that fails fails the request, one that is declined leaves the refusal", async () => {
  const cancelled = new mfa.MfaError("cancelled", "No.");
  const failing = mfa.guarded(server().fetch, () => {
    throw cancelled;
  });
  const declined = mfa.guarded(server().fetch, async () => false);

  await assert.rejects(failing("/a/"), cancelled);
  assert.equal((await (await declined("/a/")).json()).code, "verification_required");
  assert.equal((await declined("/a/")).status, 403);
});

test("who gives up waits no longer, and the question goes on for the others", async () => {
  const state = server();
  const gone = new AbortController();
  const fetch = mfa.guarded(state.fetch, async () => {
    gone.abort();
    await soon();
    state.proved = true;
  });

  const [first, second] = await Promise.allSettled([fetch("/a/", { signal: gone.signal }), fetch("/a/")]);

  assert.equal(first.reason.name, "AbortError");
  assert.equal(second.value.status, 200);
  assert.equal(state.seen.length, 3);
});

test("who gave up before the answer is not asked", async () => {
  const gone = AbortSignal.abort();
  const fetch = mfa.guarded(server().fetch, () => assert.fail("asked"));

  await assert.rejects(fetch(new Request("http://a/", { signal: gone })), { name: "AbortError" });
});

test("a body is sent whole both times, also a stream or that of a request", async () => {
  const stream = () => new Blob(["some"]).stream();
  for (const [input, init] of [
    ["http://a/", { method: "POST", body: stream(), duplex: "half" }],
    [new Request("http://a/", { method: "POST", body: "some" }), undefined],
    [new Request("http://a/", { method: "POST" }), { body: stream(), duplex: "half" }],
  ]) {
    const read = [];
    const fetch = mfa.guarded(
      async (input, init) => {
        read.push(await new Request(input, init).text());
        return read.length === 1 ? refusal() : answered({ done: true });
      },
      () => {},
    );

    assert.equal((await fetch(input, init)).status, 200);
    assert.deepEqual(read, ["some", "some"]);
  }
});

// Where there is no browser

test("where there is no browser nothing is known, and nothing breaks", async () => {
  assert.deepEqual([typeof window, typeof document, typeof PublicKeyCredential], Array(3).fill("undefined"));
  assert.deepEqual(mfa.site(), { root: "/multi-factor/", token: null, scheme: "Token", csrf: null });
  assert.equal(mfa.supported(), false);
  assert.equal(await mfa.autofills(), false);
  assert.equal(await mfa.webOtp(), null);
  await mfa.signalUnknownCredential();
  assert.equal(await mfa.upgrades(), false);
  await mfa.signalUnknownCredential({ rp_id: "example.com", credential_id: "AQ" });
  await mfa.signalAllAcceptedCredentials({ rp_id: "example.com", user_id: "AQ", credential_ids: [] });
  await assert.rejects(mfa.getCredential({ challenge: "AQ" }), { code: "unsupported" });
  await assert.rejects(mfa.createCredential({ challenge: "AQ" }), { code: "unsupported" });
});

test("signals reach the browser in its own words, and never fail", async () => {
  const told = [];
  globalThis.PublicKeyCredential = {
    signalUnknownCredential: async (each) => told.push(each),
    signalAllAcceptedCredentials: async (each) => {
      told.push(each);
      throw new Error("no");
    },
  };

  await mfa.signalUnknownCredential();
  await mfa.signalUnknownCredential({ rp_id: "example.com", credential_id: "AQ" });
  await mfa.signalAllAcceptedCredentials({ rp_id: "example.com", user_id: "Ag", credential_ids: ["AQ"] });
  globalThis.PublicKeyCredential.signalCurrentUserDetails = (each) => told.push(each);
  await mfa.signalCurrentUserDetails();
  await mfa.signalCurrentUserDetails({ rp_id: "example.com", user_id: "Ag", name: "ann" });
  await mfa.signalCurrentUserDetails({ rp_id: "example.com", user_id: "Ag", name: "ann", display_name: "Ann" });

  assert.deepEqual(told, [
    { rpId: "example.com", credentialId: "AQ" },
    { rpId: "example.com", userId: "Ag", allAcceptedCredentialIds: ["AQ"] },
    { rpId: "example.com", userId: "Ag", name: "ann", displayName: "ann" },
    { rpId: "example.com", userId: "Ag", name: "ann", displayName: "Ann" },
  ]);
});

test("a passkey can be made without a dialog where the browser says so", async () => {
  const capable = (capabilities) => {
    globalThis.PublicKeyCredential = Object.assign(() => {}, { getClientCapabilities: async () => capabilities });
    return mfa.upgrades();
  };

  assert.deepEqual([await capable({ conditionalCreate: true }), await capable({})], [true, false]);
  globalThis.PublicKeyCredential = () => {};
  assert.equal(await mfa.upgrades(), false);
});

/** Removes a device of a site, and returns what the password manager was told. */
async function removed(index, { known = ["A", "B", "C"], left, ...answers }) {
  const told = [];
  globalThis.PublicKeyCredential = { signalAllAcceptedCredentials: async (each) => told.push(each.allAcceptedCredentialIds) };
  globalThis.fetch = async (url, { method }) => {
    if (answers[method]) return answers[method]();
    if (method === "DELETE") return new Response(null, { status: 204 });
    return url.endsWith("signals/") ? answered({ rp_id: "x", user_id: "u", credential_ids: [...known] }) : answered(left);
  };
  assert.equal(await mfa.remove(mfa.site(), index), null);
  return told;
}

const passkeys = (...indexes) => indexes.map((index) => ({ index, method: "webauthn", active: true }));

test("a passkey that is removed is told of, and nothing else is", async () => {
  const app = { index: 2, method: "totp", active: true };
  const pending = { index: 9, method: "webauthn", active: false };

  assert.deepEqual(await removed(4, { left: [...passkeys(1, 7), app, pending] }), [["A", "C"]]);
  assert.deepEqual(await removed(1, { left: passkeys(4, 7) }), [["B", "C"]]);
  assert.deepEqual(await removed(7, { left: passkeys(1, 4) }), [["A", "B"]]);
  assert.deepEqual(await removed(1, { known: ["A"], left: [app] }), [[]]);
  assert.deepEqual(await removed(2, { left: passkeys(1, 4, 7) }), []);
  assert.deepEqual(await removed(1, { left: passkeys(7) }), []); // somebody else was quicker
  const refused = () => answered({ code: "verification_required" }, 403);
  assert.deepEqual(await removed(1, { GET: refused }), []);
});
