"""A year of plans on a simulated clock: the scenario, the scratch books, the year itself, what it came to."""
