"""`python -m local.aws HOME KIND IAM_LAG` is the daemon; `python -m local up` starts it."""

import logging
import sys
from pathlib import Path

from local.aws.daemon import serve
from local.errors import LocalError
from local.home import Home


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(threadName)s %(message)s")
    home, kind, iam_lag = sys.argv[1:]
    try:
        serve(Home(Path(home)), kind, float(iam_lag))
    except LocalError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400  # it is for people
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
