"""The Pulumi command line: the one on PATH, else the official release, else a build from its Go modules.

No package of Debian's or of Python's carries it, and the official download is out of reach where only
package registries can be reached. What was fetched or built stays in the user's cache for every checkout.
"""

from local.toolchain.find import bin_folder, ensure, linter

__all__ = ["bin_folder", "ensure", "linter"]
