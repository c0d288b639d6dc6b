"""The API: moto's server, with the parts of EC2 replaced that moto invents and we know from machines.

Replaced by subclasses, named to moto in `server.py`: the backend (what a launch needs and refuses), the
instance (its states follow its machine) and the response (consoles).
"""
