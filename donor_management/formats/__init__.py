"""How dates and times are shown where a page does not say so itself."""
