"""Places in a table: opaque texts that say after or before which row a page begins."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import BooleanField, Func, Value

_LONGEST = 2_000


@dataclass(frozen=True)
class Place:
    """Beyond which row to read on, and which way. No row: from the end, backwards."""

    is_back: bool
    values: tuple[Any, ...] = ()


class RowCompare(Func):
    """(a, b) < (1, 2) as PostgreSQL compares rows, so that an index finds the place at once."""

    output_field = BooleanField()

    def __init__(self, left: list[Any], right: tuple[Any, ...], *, is_less: bool) -> None:
        super().__init__(*left, *(Value(value) for value in right))
        self.is_less = is_less

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Both sides in brackets."""
        texts: list[str] = []
        params: list[Any] = []
        for one in self.get_source_expressions():
            text, values = compiler.compile(one)
            texts.append(text)
            params += values
        half = len(texts) // 2
        sign = "<" if self.is_less else ">"
        return f"({', '.join(texts[:half])}) {sign} ({', '.join(texts[half:])})", params


def cursor_write(place: Place, ordered: str) -> str:
    """The place as a text for an address; `ordered` names the table and its order."""
    values = [_plain(value) for value in place.values]
    return _signer(ordered).sign_object([place.is_back, values])


def cursor_read(text: str, ordered: str) -> Place:
    """The place of a text. ValueError when it is none of ours, or of another table or order."""
    if len(text) > _LONGEST:
        raise ValueError("too long")
    try:
        is_back, values = _signer(ordered).unsign_object(text)
    except BadSignature as error:
        raise ValueError("not a place in this table") from error
    return Place(is_back, tuple(_value(value) for value in values))


def _signer(ordered: str) -> Signer:
    return Signer(sep=".", salt=f"cursor {ordered}")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _value(plain: Any) -> Any:
    if not isinstance(plain, dict):
        return plain
    if "moment" in plain:
        return datetime.fromisoformat(plain["moment"])
    return date.fromisoformat(plain["day"])
