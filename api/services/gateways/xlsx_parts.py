"""The parts of an Excel workbook that are the same for all, or small (ECMA-376, part 1, 12 and 18)."""

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MADE_OF = "application/vnd.openxmlformats-officedocument.spreadsheetml"

SHEET = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
)
VIEW = '<sheetView workbookViewId="0"/></sheetViews>'
VIEW_FROZEN = (
    '<sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
)
# A4 on its side, as many pages down as it takes, numbered.
PAPER = (
    '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
    '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
    "<headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
)
_TEXT, _INTEGER, _MONEY, _DATE, _MOMENT, _THREE, _RATE = 49, 3, 4, 164, 165, 166, 167
_FORMATS = {_DATE: "d mmm yyyy", _MOMENT: "d mmm yyyy hh:mm:ss", _THREE: "#,##0.000", _RATE: "0.0%"}
# A little away from the figures of the column before.
_LEFT = 'horizontal="left" indent="1"'
# Number format, font (1 is bold), fill (2 is tinted), how it is laid: in the order of XlsxStyle.
_LOOKS = (
    (0, 0, 0, ""),
    (_TEXT, 1, 2, f'{_LEFT} wrapText="1"'),
    (_TEXT, 0, 0, _LEFT),
    (_INTEGER, 0, 0, ""),
    (_DATE, 0, 0, _LEFT),
    (_MOMENT, 0, 0, _LEFT),
    (_INTEGER, 0, 0, ""),
    (_MONEY, 0, 0, ""),
    (_THREE, 0, 0, ""),
    (_TEXT, 1, 0, _LEFT),
    (_INTEGER, 1, 0, ""),
    (_INTEGER, 1, 0, ""),
    (_MONEY, 1, 0, ""),
    (_THREE, 1, 0, ""),
    (_TEXT, 0, 0, f'{_LEFT} wrapText="1"'),
    (_RATE, 0, 0, ""),
    (_TEXT, 1, 2, 'horizontal="right" wrapText="1"'),
    (0, 0, 0, 'horizontal="center"'),
)


def columns(widths: Sequence[float]) -> str:
    """How wide the columns are, in letters."""
    made = (
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(widths, 1)
    )
    return f"<cols>{''.join(made)}</cols>"


def table_end(span: str) -> str:
    """What follows the rows of a table. A number kept as text, such as a long id, is meant so."""
    return (
        f'</sheetData><autoFilter ref="{span}"/>{PAPER}'
        f'<ignoredErrors><ignoredError sqref="{span}" numberStoredAsText="1"/></ignoredErrors>'
    )


def table_names(page: str, span: str, place: int) -> list[str]:
    """What a table's page is known by: where its filters are, and the heading on each printed page."""
    fixed = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", span)
    return [
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">'
        f"{escape(page)}!{fixed}</definedName>",
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">'
        f"{escape(page)}!$1:$1</definedName>",
    ]


def tying(titles: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The parts that are written when all pages are there: their names in the archive, their text."""
    numbers = range(1, len(titles) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"/>'
        for number, title in zip(numbers, titles, strict=True)
    )
    defined = f"<definedNames>{''.join(names)}</definedNames>" if names else ""
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f'<sheets>{sheets}</sheets>{defined}<calcPr calcId="191029"/></workbook>',
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}<Relationship '
        f'Id="rId{len(titles) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _styles()
    yield (
        "_rels/.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
        f'ContentType="{_MADE_OF}.worksheet+xml"/>'
        for number in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_MADE_OF}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_MADE_OF}.styles+xml"/>{kinds}</Types>',
    )


def _styles() -> str:
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
        for number, code in _FORMATS.items()
    )
    looks = "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" '
        'applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1">'
        f'<alignment vertical="top" {laid}/></xf>'
        for number, font, fill, laid in _LOOKS
    )
    font = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">'
        '<fgColor rgb="FFE8EEEA"/><bgColor indexed="64"/></patternFill></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_LOOKS)}">{looks}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )
