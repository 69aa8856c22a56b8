"""What `make` runs: set-up, the running product, tests and checks."""
