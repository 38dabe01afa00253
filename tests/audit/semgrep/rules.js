// ruleid: scripts-write-text
element.innerHTML = name;
// ruleid: scripts-write-text
element.insertAdjacentHTML("beforeend", name);
// ruleid: scripts-write-text
eval(name);
// ok: scripts-write-text
element.textContent = name;
