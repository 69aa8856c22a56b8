"""What a machine with nothing prepared gets: a real PostgreSQL and secrets of its own, all in `var/`."""
