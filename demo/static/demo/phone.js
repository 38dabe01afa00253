// Looks every second whether something has come, or the app shows another code; a page that nobody sees waits.

setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null); // the demo has ended
  if (!answer?.ok) return;
  const come = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["app", "letters"]) {
    const [shown, now] = [document.getElementById(id), come.getElementById(id)];
    if (shown.textContent !== now.textContent) shown.replaceWith(now);
  }
}, 1000);
