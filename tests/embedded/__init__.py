"""Tests of embedded/."""
