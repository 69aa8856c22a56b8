"""JSON to plain values and back; no rules of business, no database."""
