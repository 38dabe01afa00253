// Offers the versions that versions.json lists, beside their folders (docs/site/versions.py); without it, this one alone.
const select = document.querySelector("[data-versions]");
const answer = await fetch(select.dataset.versions).catch(() => undefined);
if (answer?.ok) {
  const here = select.value;
  const folders = await answer.json();
  const names = folders.includes(here) ? folders : [here, ...folders];
  select.replaceChildren(...names.map((name) => new Option(name, name, name === here, name === here)));
  select.addEventListener("change", async () => {
    const root = new URL(".", answer.url);
    const folder = new URL(`${select.value}/`, root);
    const page = new URL(location.pathname.slice(root.pathname.length).replace(/^[^/]*\//, ""), folder);
    const found = await fetch(page, { method: "HEAD" }).catch(() => undefined);
    location.assign(found?.ok ? page : folder);
  });
}
