"""Domaap's application: donors, donations, payments, receipts and books."""
