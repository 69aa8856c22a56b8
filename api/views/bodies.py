"""What the API takes and gives: JSON of texts that can be written down, in one form for everybody."""

import json
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class PlainJSONParser(JSONParser):
    """JSON of nothing but characters."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The values. Raises ParseError."""
        said: Any = super().parse(stream, media_type, parser_context)
        try:
            json.dumps(said, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ParseError(
                "The body holds half of a pair of surrogates, which is no character."
            ) from error
        return said


class OneForm(DefaultContentNegotiation):
    """What has one form is given in it, whatever a client says it accepts: RFC 9110, 12.5.1 allows it.

    So a client that accepts nothing but PDF gets the file, and problem details when there is none.
    """

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The only renderer, else the one that suits best."""
        if len(renderers) == 1:
            return renderers[0], renderers[0].media_type
        found: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return found
