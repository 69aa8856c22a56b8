"""Django's entry for the application."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The one application of Domaap."""

    name = "api"
    verbose_name = "Giving"
