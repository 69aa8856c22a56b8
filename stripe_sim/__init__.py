"""A stateful stand-in for Stripe: embedded mode and tests only, never production."""
