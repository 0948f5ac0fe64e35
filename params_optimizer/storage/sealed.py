"""JSON objects whose last field is a checksum of all others."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

CHECKSUM = "checksum"


def checksum(content: Mapping[str, object]) -> str:
    """SHA-256 of the content but the checksum itself, however it is laid out."""
    fields = {key: value for key, value in content.items() if key != CHECKSUM}
    return sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def sealed(content: Mapping[str, object]) -> str:
    """The JSON text of an object, with its checksum as the last field."""
    plain = json.loads(json.dumps(content))  # tuples and keys as they will be read
    return json.dumps({**plain, CHECKSUM: checksum(plain)}, indent=1) + "\n"


def unsealed(text: bytes) -> dict[str, Any]:
    """The object without its checksum.

    Raises:
        ValueError: it is not such an object, or was changed after it was written.
    """
    content = json.loads(text)
    if not isinstance(content, dict) or content.pop(CHECKSUM, None) != checksum(content):
        raise ValueError("it was changed or damaged after it was written")
    return content
