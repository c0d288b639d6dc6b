"""Set-up of this machine for the checkout. Runs on the system's python3, before any package is installed."""
