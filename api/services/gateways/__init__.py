"""The only doors to outside things: one file per thing. Gateways know nothing of models."""
