"""How fast it is, always against a floor that is run in the same minute (`make bench`)."""
