"""What npm would publish is what is meant: those files, small, with types, and at rest until something is called."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import mfa
from tests import npm, services
from tests.docs.pages import blocks, rows
from tests.integration.demo.running import ROOT
from tests.integration.openapi.test_module import MODULE
from tests.npm import node

PACKAGE = ROOT / "packages" / "js"
KILOBYTE = 1024
PUBLISHED = ["LICENSE", "README.md", "api.d.ts", "mfa.d.ts", "mfa.js", "package.json"]

PASSKEYS = (
    "supported, autofills, createCredential, getCredential, signalUnknownCredential, signalAllAcceptedCredentials"
)

USE = """
import * as mfa from "drf-mfa";
import type { Device, Method, Requirement, Site, Status } from "drf-mfa";

const at: Site = mfa.site({ token: () => Promise.resolve("secret"), scheme: "Bearer", csrf: null, root: "/auth/" });
const get: typeof fetch = mfa.guarded(fetch, (requirement: Requirement | null) => requirement?.phishing_resistant);
const all: [
  Promise<Status>, Promise<Device[]>, Promise<Device>, Promise<Method[]>, Promise<boolean | undefined>,
  Promise<string>, Promise<string[]>, Promise<mfa.Registered>, Promise<number | undefined>, Promise<boolean>,
  Promise<Device>, Promise<null>, Promise<string[]>, Promise<number>, Promise<null>, Promise<string | null>,
  Promise<string>, Promise<string | null | undefined>, Promise<string | null>, Promise<boolean>,
] = [
  mfa.status(at, "transfer"), mfa.devices(at), mfa.device(at, 0), mfa.methods(at),
  mfa.fields(at, "sms").then((fields) => fields["number"]?.required),
  mfa.register(at, "totp", { name: "Pixel" }).then((app) => app.secret),
  mfa.register(at, "recovery").then((made) => made.codes),
  mfa.register(at, "of our own", { start: "41" }),
  mfa.dispatch(at, 0, { reverify: true }).then((sent) => sent?.options.timeout),
  mfa.verify(at, 0, "123456", { trust: true }).then((told) => told.device.active),
  mfa.rename(at, 0, "Pixel"), mfa.remove(at, 0),
  mfa.trusts(at).then((all) => all.map((each) => each.id)),
  mfa.trust(at).then((told) => told["verifications-left"]), mfa.forget(at, "id"),
  mfa.activity(at, null).then((page) => page.next),
  mfa.passkeyOptions(at).then((begun) => begun.state),
  mfa.passkeyOptions(at)
    .then(async ({ options, state }) => mfa.passkeyLogin(at, state, await mfa.getCredential(options)))
    .then((told) => told.token),
  mfa.webOtp({ signal: AbortSignal.timeout(1) }), mfa.autofills(),
];
mfa.signals(at).then(mfa.signalAllAcceptedCredentials);
mfa.ask<{ sum: number }>(at, "GET", "/sum/").catch((error: mfa.MfaError) => [error.requirement, error.retryAfter]);
export { all, get };
"""

SHOWN = """
import { createServer } from "node:http";
import { strict as assert } from "node:assert";

let proved = false;
export async function prove(requirement) {
  proved = requirement.max_age === 300;
}
const seen = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  seen.push(body);
  response.writeHead(proved ? 200 : 403, { "Content-Type": "application/json" });
  const refusal = { code: "verification_required", requirement: { max_age: 300 } };
  response.end(JSON.stringify(proved ? { done: true } : refusal));
});
server.listen(0, "127.0.0.1", async () => {
  const { api } = await import("./api.js");
  const answer = await api.post(`http://127.0.0.1:${server.address().port}/transfer/`, { amount: "1" });
  assert.deepEqual(answer.data, { done: true });
  assert.deepEqual(seen, ['{"amount":"1"}', '{"amount":"1"}']);
  server.close();
});
"""


@pytest.fixture(scope="session")
def tools() -> Path:
    return npm.modules(PACKAGE)


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """What is in the package by npm's own list, and a folder in which nothing else is installed."""
    services.require("node")
    tree, folder = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("empty")
    for name in ("LICENSE", "src"):
        (tree / name).symlink_to(ROOT / name)
    copied = shutil.copytree(
        PACKAGE, tree / "packages" / "js", ignore=shutil.ignore_patterns("LICENSE", *PUBLISHED[2:5])
    )
    [made] = json.loads(_npm("pack", "--json", f"--pack-destination={folder}", cwd=copied))
    (folder / "package.json").write_text('{"type": "module"}')
    _npm("install", "--offline", "--no-audit", "--no-fund", "--no-save", f"./{made['filename']}", cwd=folder)
    return [each["path"] for each in made["files"]], folder


def _npm(*arguments: str, cwd: Path) -> str:
    ended = subprocess.run(["npm", *arguments], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603, S607 - as tests/npm.py
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_it_is_of_the_version_of_the_package() -> None:
    told, locked = (json.loads((PACKAGE / name).read_text()) for name in ("package.json", "package-lock.json"))

    assert {told["version"], locked["version"], locked["packages"][""]["version"]} == {mfa.__version__}
    assert told["license"] == "MIT"
    assert [name for name in told if name.endswith("ependencies")] == ["devDependencies"]


def test_no_lock_holds_an_address() -> None:
    folders = [ROOT / name for name in ("examples", "packages", "tests", "typing_tests")]
    locks = [lock for each in folders for lock in each.rglob("package-lock.json") if "node_modules" not in lock.parts]

    assert PACKAGE / "package-lock.json" in locks
    assert [lock for lock in locks if "resolved" in (text := lock.read_text()) or "://" in text] == []


def test_nothing_else_is_published(packed: tuple[list[str], Path]) -> None:
    files, folder = packed

    assert files == PUBLISHED
    for name in ("mfa.js", "mfa.d.ts", "api.d.ts"):
        assert (folder / "node_modules" / "drf-mfa" / name).read_bytes() == (MODULE / name).read_bytes()


def test_it_has_what_its_types_and_its_page_tell_of(packed: tuple[list[str], Path]) -> None:
    keys = 'import("drf-mfa").then((module) => console.log(Object.keys(module).join(" ")))'

    exported = node("--eval", keys, cwd=packed[1]).split()

    declared = re.findall(r"^export (?:function|class) (\w+)", (MODULE / "mfa.d.ts").read_text(), re.MULTILINE)
    told = [name for _, cell in rows(PACKAGE / "README.md", "All there is") for name in re.findall(r"`(\w+)`", cell)]
    assert exported == sorted(declared) == sorted(told)


def test_its_types_are_strict_and_its_page_is_right(
    packed: tuple[list[str], Path], tools: Path, tmp_path: Path
) -> None:
    shutil.copytree(packed[1], tmp_path, dirs_exist_ok=True)
    (tmp_path / "node_modules" / "axios").symlink_to(tools / "axios")
    found = blocks(PACKAGE / "README.md", "ts")
    for number, block in enumerate(found):
        (tmp_path / f"{number}.ts").write_text(block.text)
    (tmp_path / "prove.ts").write_text(found[0].text)
    (tmp_path / "use.ts").write_text(USE)

    tsc = npm.modules(Path(__file__).with_name("client")) / "typescript-current" / "bin" / "tsc"
    strict = ("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess")
    options = (*strict, "--noEmit", "--target", "es2022", "--lib", "es2022,dom")
    sources = sorted(each.name for each in tmp_path.glob("*.ts"))
    for kind in ("nodenext", "preserve"):  # as Node.js looks for a package, and as bundlers do
        node(tsc, *options, "--module", kind, *sources, cwd=tmp_path)


def test_its_page_has_no_passkey_forgotten_over_a_refusal() -> None:
    """Which has one answer whatever was wrong, options that have ended included, so it tells of no unknown passkey."""
    assert [str(each) for each in blocks(PACKAGE / "README.md", "ts") if "signalUnknownCredential(" in each.text] == []


def test_axios_asks_as_the_page_shows_it(packed: tuple[list[str], Path], tools: Path, tmp_path: Path) -> None:
    shutil.copytree(packed[1], tmp_path, dirs_exist_ok=True)
    (tmp_path / "node_modules" / "axios").symlink_to(tools / "axios")
    [shown] = [block for block in blocks(PACKAGE / "README.md", "ts") if "axios" in block.text]
    assert shown.text.strip().count("\n") == 4
    (tmp_path / "api.js").write_text(shown.text)
    (tmp_path / "prove.js").write_text(SHOWN)

    node("prove.js", cwd=tmp_path)


@pytest.mark.parametrize(("exports", "most"), [("*", 4), (f"{{ {PASSKEYS} }}", 2)], ids=["whole", "passkeys"])
def test_it_is_small(tools: Path, tmp_path: Path, exports: str, most: int) -> None:
    bundle = bundled(tools, tmp_path, f'export {exports} from "{MODULE}/mfa.js"')

    assert len(gzip.compress(bundle.encode(), 9)) <= most * KILOBYTE
    assert "credentials.get" in bundle


def test_whoever_calls_nothing_bundles_nothing(tools: Path, tmp_path: Path) -> None:
    unused = bundled(tools, tmp_path, f'import {{ supported }} from "{MODULE}/mfa.js"')

    assert unused.strip() == ""


def bundled(tools: Path, folder: Path, source: str) -> str:
    """Bundle what a module says, whatever a package says of its side effects."""
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "entry.js").write_text(source)
    return node(
        tools / "esbuild/bin/esbuild",
        "--bundle",
        "--format=esm",
        "--minify",
        "--ignore-annotations",
        "entry.js",
        cwd=folder,
    )
