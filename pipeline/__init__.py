"""What the steps of .github/workflows run: what a reviewer reads of a change, and updates without a person.

The program does not know this room. Data in, Markdown out; only github.py and updates.py act on anything.
"""
