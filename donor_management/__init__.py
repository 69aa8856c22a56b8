"""Project settings and root configuration."""
