"""What the models of authenticators are called, by the AAGUID that they give."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from mfa.domain.devices import MOST_NAME_CHARACTERS


def read_models(file: Path) -> dict[bytes, str]:
    """Read a metadata file: a BLOB payload of the FIDO Metadata Service, or a list of names by AAGUID.

    The first has ``entries`` with an ``aaguid`` and a ``metadataStatement`` (FIDO Metadata Service 3.0 section 3.1);
    authenticators without an AAGUID are passed over. The second is an object of AAGUIDs, each with a ``name``. Raises
    ``OSError``, and ``ValueError`` for a file that is neither.
    """
    content: Any = json.loads(file.read_text(encoding="utf-8"))
    try:
        if "entries" in content:
            known = [each for each in content["entries"] if "aaguid" in each]
            named = [(each["aaguid"], each["metadataStatement"]["description"]) for each in known]
        else:
            named = [(aaguid, about["name"]) for aaguid, about in content.items()]
        return {UUID(aaguid).bytes: name.strip()[:MOST_NAME_CHARACTERS] for aaguid, name in named}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is no metadata of authenticators") from error
