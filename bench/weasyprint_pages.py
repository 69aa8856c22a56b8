"""WeasyPrint's side of `receipts`: `python -m bench.weasyprint_pages BEGIN COUNT`, in an environment of its own."""

import sys
from html import escape
from importlib import import_module
from pathlib import Path

from bench.receipts import fields

FONTS = Path(__file__).resolve().parent.parent / "api" / "fonts"
STYLE = f"""
@font-face {{ font-family: Noto; src: url({(FONTS / "NotoSans-Regular.ttf").as_uri()}) }}
@font-face {{ font-family: Noto; font-weight: bold; src: url({(FONTS / "NotoSans-Bold.ttf").as_uri()}) }}
@page {{ size: A4; margin: 25mm }}
body {{ font: 10.5pt Noto }} h1 {{ font-size: 20pt }} td {{ padding: 3pt 12pt 3pt 0 }}
"""


def main() -> None:
    """Each page by itself, as receipts are made; fonts are read once."""
    weasyprint = import_module("weasyprint")
    font_config = import_module("weasyprint.text.fonts").FontConfiguration()
    style = weasyprint.CSS(string=STYLE, font_config=font_config)
    begin, count = int(sys.argv[1]), int(sys.argv[2])
    for number in range(begin, begin + count):
        words = fields(number)
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>"
            for name, text in words.items()
        )
        page = f"<html lang=en><title>Receipt</title><h1>Receipt</h1><table>{rows}</table></html>"
        made = weasyprint.HTML(string=page).write_pdf(
            stylesheets=[style], font_config=font_config, pdf_variant="pdf/ua-1"
        )
        assert made.startswith(b"%PDF")  # noqa: S101


if __name__ == "__main__":
    main()
