"""What brings Domaap to a server of its own and keeps it there."""
