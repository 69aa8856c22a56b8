"""How wide the columns of a PDF are: told from their texts, since typst would measure each cell of a long table."""

from collections.abc import Sequence
from dataclasses import replace

from api.services.gateways.pdf_reports import PdfColumn, PdfTable
from api.services.reports.cells import is_number
from api.services.sheets import CellKind, SheetColumn

# Points that a letter takes at the size of a table, on average; a reference is of capitals.
_LETTER, _CAPITAL, _GAP = 5.2, 6.0, 11.0
# A longer run of letters is broken by the template.
_WORD_MOST = 30
_UPRIGHT_POINTS = 500


def columns_fit(
    columns: Sequence[SheetColumn], rows: Sequence[Sequence[str]]
) -> tuple[PdfColumn, ...]:
    """Figures, days and single words get what their longest takes; free words share what is left."""
    fitted = [
        _fit(column, [row[place] for row in rows if row[place]])
        for place, column in enumerate(columns)
    ]
    if not any(one.is_free for one in fitted):
        # Nothing to give the rest to: all grow alike.
        fitted = [replace(one, is_free=True) for one in fitted]
    return tuple(fitted)


def is_wide(tables: Sequence[PdfTable]) -> bool:
    """Whether the paper must lie across for some table."""
    return any(sum(column.points for column in table.columns) > _UPRIGHT_POINTS for table in tables)


def _fit(column: SheetColumn, texts: Sequence[str]) -> PdfColumn:
    heading = max(len(word) for word in column.label.split())
    longest = max((len(text) for text in texts), default=0)
    word = max((len(word) for text in texts for word in text.split()), default=0)
    is_free = column.kind == CellKind.TEXT and (
        longest > _WORD_MOST or any(" " in text for text in texts if not text.startswith("Total"))
    )
    letters = min(max(word, longest // 2), _WORD_MOST) if is_free else longest
    size = _CAPITAL if column.kind == CellKind.TEXT and not is_free else _LETTER
    points = max(letters * size, heading * _LETTER) + _GAP
    return PdfColumn(column.label, is_number(column), round(points, 1), is_free)
