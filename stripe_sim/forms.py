"""Stripe's form encoding: a[b][0][c]=d becomes nested objects and lists."""

import re
from typing import Any
from urllib.parse import parse_qsl

from stripe_sim.errors import invalid

_PART = re.compile(r"\[([^\]]*)\]")
MAX_INDEX = 1000


def decode(text: str) -> dict[str, Any]:
    """The parameters of a body or a query string; values stay text."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, _ = name.partition("[")
        _put(found, [head, *_PART.findall(name[len(head) :])], value)
    return {name: _lists(value) for name, value in found.items()}


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = into.setdefault(_key(part, into), {})
        if not isinstance(inner, dict):
            raise invalid(f"Invalid parameter: {path[0]}", param=path[0])
        into = inner
    into[_key(path[-1], into)] = value


def _key(part: str, into: dict[str, Any]) -> str:
    return part if part else str(len(into))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(item) for name, item in value.items()}
    if inner and all(name.isdecimal() and int(name) < MAX_INDEX for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def integer(params: dict[str, Any], name: str, default: int | None = None) -> int:
    """A whole number among the parameters."""
    value = params.get(name, default)
    if value is None:
        raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise invalid(
            f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        ) from error


def truth(params: dict[str, Any], name: str, default: bool = False) -> bool:
    """A boolean among the parameters."""
    return str(params.get(name, default)).lower() == "true"


def text(params: dict[str, Any], name: str) -> str:
    """A text that must be there."""
    value = params.get(name)
    if not value or not isinstance(value, str):
        raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return value
