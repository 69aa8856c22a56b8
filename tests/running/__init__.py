"""Tests against the running product; `make test-e2e` starts it."""
