"""Backups: WAL and base backups by pgBackRest, the last second by pg_receivewal, files by restic.

Needs the standard library only, so that a new machine can restore before anything else is installed.
"""
