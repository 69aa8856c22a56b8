"""The colours of the pages of staff, as unfold names their shades."""

# The green of the donor pages; 600 has 5.5:1 on white, as text on a button needs.
GREEN = {
    "50": "oklch(98.4% .014 180.7)",
    "100": "oklch(95.3% .051 180.8)",
    "200": "oklch(91% .096 180.4)",
    "300": "oklch(85.5% .138 181.1)",
    "400": "oklch(77.7% .152 181.9)",
    "500": "oklch(60% .118 184.7)",
    "600": "oklch(51.1% .096 186.4)",
    "700": "oklch(43.7% .078 188.2)",
    "800": "oklch(38.6% .063 188.4)",
    "900": "oklch(34% .055 190)",
    "950": "oklch(27.7% .046 192.5)",
}
