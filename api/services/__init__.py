"""Business facts: one function completes one of them."""
