"""The instance metadata service (IMDS), version 2."""
