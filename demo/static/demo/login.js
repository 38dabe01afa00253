// Logs in by a passkey: at the press of a button, or where the name is typed, as the browser offers it there.

import * as mfa from "../mfa/mfa.js";

/** Options for a login serve for five minutes; those that wait behind the field are made anew a little earlier. */
const OFFERED_FOR = 4 * 60 * 1000;

const form = document.querySelector("#login");
const said = document.querySelector("#said");
const at = mfa.site({ csrf: form.elements.csrfmiddlewaretoken.value });
let offered = null;

/** Has a passkey chosen, and returns what it signed. */
async function chosen(how) {
  const { options, state } = await mfa.passkeyOptions(at);
  return { state, value: await mfa.getCredential(options, how) };
}

/** Logs in by what was signed. The session is in a cookie, so that all there is to do then is to go on. */
async function enter({ state, value }) {
  await mfa.passkeyLogin(at, state, value);
  location.assign(form.elements.next.value || "/");
}

async function telling(act) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof mfa.MfaError)) throw error;
    said.textContent = error.message;
    said.hidden = false;
  }
}

/** Offers passkeys where the name is typed, until one is chosen there or elsewhere. */
async function offer() {
  const mine = (offered = new AbortController());
  const again = setTimeout(() => offered === mine && (withdraw(), offer()), OFFERED_FOR);
  mine.signal.addEventListener("abort", () => clearTimeout(again));
  if (!(await mfa.autofills())) return;
  let answer;
  try {
    answer = await chosen({ mediation: "conditional", signal: mine.signal });
  } catch (error) {
    if (!(error instanceof mfa.MfaError)) throw error;
    return; // nobody has asked for anything, so nobody is told
  }
  await telling(() => enter(answer));
}

function withdraw() {
  offered?.abort();
  offered = null;
}

document.querySelector("#passkey").addEventListener("click", async () => {
  withdraw();
  await telling(async () => enter(await chosen()));
  offer();
});

offer();
