"""Drills: the product on real servers while these are destroyed. Run by `make restore-test` and `make fault-drill`."""
