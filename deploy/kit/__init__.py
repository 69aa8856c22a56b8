"""Installing and upgrading. Runs on a distribution's own Python (>= 3.11), standard library only."""
