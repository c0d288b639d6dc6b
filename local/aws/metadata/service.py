"""IMDSv2: tokens, paths, and one machine never reading another's.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.aws.metadata.tree import Leaf, Tree, listing

TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105  # a header's name
TOKEN_SECONDS = "X-aws-ec2-metadata-token-ttl-seconds"  # noqa: S105

LONGEST_TOKEN = 21600
"""Seconds: six hours."""

VERSIONS = ("2009-04-04", "2016-09-02", "2021-03-23", "latest")
"""cloud-init's versions among them; any other dated one answers the same."""

_PATH = re.compile(r"/(latest|1\.0|\d{4}-\d{2}-\d{2})(?:/(.*))?")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Client:
    """The machine that asks, as its instance's MetadataOptions and facts are at this moment."""

    id: str
    tree: Tree
    tokens_required: bool = True
    enabled: bool = True


Headers = Mapping[str, str]
"""The two above, if they were sent."""


class MetadataService:
    """Answers requests of the machines that `find` knows by their private addresses. Any thread may call."""

    def __init__(self, find: Callable[[str], Client | None]) -> None:
        self._find = find
        self._tokens: dict[str, tuple[str, float]] = {}

    def answer(self, method: str, path: str, headers: Headers, address: str) -> Answer:
        """What AWS would answer to the machine at `address`."""
        client = self._find(address)
        if client is None:
            return Answer(404)
        if not client.enabled:
            return Answer(403)
        if path == "/latest/api/token":
            return self._token(client, headers) if method == "PUT" else Answer(405)
        if method != "GET":
            return Answer(405)
        return self._read(client, path) if self._admits(client, headers.get(TOKEN)) else Answer(401)

    def _token(self, client: Client, headers: Headers) -> Answer:
        lifetime = headers.get(TOKEN_SECONDS, "")
        if not lifetime.isdecimal() or not 1 <= int(lifetime) <= LONGEST_TOKEN:
            return Answer(400)
        now = time.monotonic()
        self._tokens = {token: held for token, held in self._tokens.items() if held[1] > now}
        token = secrets.token_urlsafe(40)
        self._tokens[token] = (client.id, now + int(lifetime))
        return Answer(200, token.encode(), {TOKEN_SECONDS: lifetime})

    def _admits(self, client: Client, token: str | None) -> bool:
        if token is None:
            return not client.tokens_required
        owner, until = self._tokens.get(token, (None, 0.0))
        return owner == client.id and time.monotonic() < until

    def _read(self, client: Client, path: str) -> Answer:
        if path == "/":
            return Answer(200, "\n".join(VERSIONS).encode())
        found = _PATH.fullmatch(path)
        if found is None:
            return Answer(404)
        below = (found[2] or "").strip("/")
        leaf = client.tree.get(below)
        text = _value(leaf) if leaf is not None else listing(client.tree, below)
        return Answer(404) if text is None else Answer(200, text.encode() if isinstance(text, str) else text)


def _value(leaf: Leaf) -> str | bytes:
    return leaf() if callable(leaf) else leaf
