"""All that is asked with is UTF-8, whatever it says of itself."""

import re
from typing import Any

_CHARSET = re.compile(r";\s*charset\*?\s*=[^;]*", re.IGNORECASE)


def charset_drop(environ: dict[str, Any]) -> dict[str, Any]:
    """The same request without the charset of Content-Type.

    Django decodes the address by it before anything of ours runs, and breaks on what is no encoding
    of texts, such as rot13 and zip.
    """
    kind = environ.get("CONTENT_TYPE")
    return {**environ, "CONTENT_TYPE": _CHARSET.sub("", kind)} if kind else environ
