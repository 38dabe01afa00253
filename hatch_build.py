"""What a package index shows of this project: hatchling asks for it when it builds.

The README is read beside its files, and on an index it is alone. Where ``MFA_SOURCE`` says at which address the
repository is, as ``https://example.org/owner/name``, links between files lead there; otherwise their words stay.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:`[^`]*`|[^\[\]`])*)\]\((?P<target>(?!\w+:|#)[^)\s]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    """Sets the long description, and the address of the source."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set what ``pyproject.toml`` calls dynamic; the version stands in the package."""
        source = os.environ.get("MFA_SOURCE", "")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": alone(text, source)}
        metadata["urls"] = {
            name: f"{source}/blob/HEAD/{page}".removesuffix("/blob/HEAD/")
            for name, page in {"Source": "", "Documentation": "docs/README.md", "Changelog": "CHANGELOG.md"}.items()
            if source
        }


def alone(text: str, source: str) -> str:
    """Return a page with links that lead somewhere without the files beside it."""

    def link(match: re.Match[str]) -> str:
        if not source:
            return match["text"]
        return (
            f"{match['image']}[{match['text']}]({source}/{'raw' if match['image'] else 'blob'}/HEAD/{match['target']})"
        )

    pieces = _CODE.split(text)
    pieces[::2] = [_LINK.sub(link, piece) for piece in pieces[::2]]
    return "".join(pieces)
