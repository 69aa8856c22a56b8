"""The product while its processes are killed."""
