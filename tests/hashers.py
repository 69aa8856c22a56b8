"""Passwords of tests: the product's Argon2, with as little work as it allows."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Tests make hundreds of accounts; nobody attacks them."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
