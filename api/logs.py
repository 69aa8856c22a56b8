"""Log lines: JSON, one request id, no secrets, no card data, e-mail addresses masked."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_EMAIL = re.compile(r"\b([\w.+-])[\w.+-]*@([\w-]+\.[\w.-]+)")
_SECRET = re.compile(r"\b(?:sk|rk|whsec|pi_\w+_secret|seti_\w+_secret)_\w+")
# PostgreSQL's errors quote the row, the statement and the value: names, addresses, all of it.
_ROW = re.compile(r"(DETAIL|CONTEXT|PARAMETERS|LINE \d+): .*?(?=\\n|\n|$)")
_VALUE = re.compile(r"(invalid [\w ]+ for [\w ]+): \\?[\"'].*?(?=\\n|\n|$)")
# What follows these is itself a key; nginx's log cuts the same (deploy/nginx/parts/http.conf).
KEY_LINKS = ("/giving/", "/my-giving/", "/admin/welcome/", "/admin/password-reset/")
_HERE = r"(?:https?://[^/\s\"']+|(?<![\w./-]))"
_LINK = re.compile(rf"({_HERE}(?:{'|'.join(KEY_LINKS)}))[^\s\"'<>]+")
# What is asked for may name a person.
_QUERY = re.compile(rf"({_HERE}/[^\s\"'<>?]*)\?[^\s\"'<>]+")
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")


def masked(text: str) -> str:
    """The text without e-mail addresses, secrets, keys in links, rows of the database and card-like numbers."""
    text = _EMAIL.sub(r"\1***@\2", text)
    text = _SECRET.sub("***", text)
    text = _ROW.sub(r"\1: ***", text)
    text = _VALUE.sub(r"\1: ***", text)
    text = key_links_masked(text)
    text = _QUERY.sub(r"\1?***", text)
    return _CARD.sub("***", text)


def key_links_masked(text: str) -> str:
    """The text without what follows KEY_LINKS."""
    return _LINK.sub(r"\1***", text)


def _mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _masked_deep(value)
    return event


def _masked_deep(value: Any) -> Any:
    """Also what is within lists and mappings, and whatever becomes text only when it is written."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _masked_deep(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_deep(inner) for inner in value]
    return masked(str(value))


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]

structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def json_formatter() -> logging.Formatter:
    """The one formatter, for our own lines and for those of the libraries."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_SHARED],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _drop_objects,
            _mask,
            structlog.processors.JSONRenderer(default=str),
        ],
    )


def _drop_objects(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # Django adds the whole request object, whose text may hold personal data.
    event.pop("request", None)
    return event
