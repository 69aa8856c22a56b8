"""The pieces of the backup; drills/test_restore.py carries all of it out."""
