import { site } from "drf-mfa";

/** The package's routes, asked as whoever is logged in: by the session, in a cookie that no script can read. */
export const at = site({ root: "/api/multi-factor/" });

/** A `fetch` that brings the token against forgery along; it is read anew each time, for a login changes it. */
export const send: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set("X-CSRFToken", /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "");
  return fetch(input, { ...init, headers });
};
