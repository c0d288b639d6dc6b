"""One at a time in moto's state, which walks its own collections while others change them.

Requests are answered under this lock, and so is all that the loops and the metadata service read or change
there. Who holds it may take other locks and never the other way round, and starts or awaits no machine.
"""

from threading import RLock

WORLD = RLock()
"""Of this process, as moto's state is."""
