"""What the API takes and gives: JSON of texts that can be written down, in one form for everybody."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

HALF_PAIR = "This holds half of a pair of surrogates, which is no character."


class PlainJSONParser(JSONParser):
    """JSON of nothing but characters."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The values. Raises ParseError, and ValidationError with the fields that hold no characters."""
        said: Any = super().parse(stream, media_type, parser_context)
        try:
            json.dumps(said, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            fields = {name: [HALF_PAIR] for name in _broken(said)}
            raise (ValidationError(fields) if fields else ParseError(HALF_PAIR)) from error
        return said


def _broken(value: Any, name: str = "") -> Iterator[str]:
    """The fields with a text that is none, in dotted form; of a name that is none, the field that has it."""
    if isinstance(value, str) and name and not _is_text(value):
        yield name
    if isinstance(value, list):
        for one in value:
            yield from _broken(one, name)
    if isinstance(value, dict):
        for key, one in value.items():
            if _is_text(key):
                yield from _broken(one, f"{name}.{key}".lstrip("."))
            elif name:
                yield name


def _is_text(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


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
