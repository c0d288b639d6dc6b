"""The comment of an environment on a pull request: made once, then written anew in its place.

https://docs.github.com/en/rest/issues/comments
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_NEXT: Final = re.compile(r'<([^>]+)>; rel="next"')
_SECONDS: Final = 60.0
_BOT: Final = "Bot"
"""The type of the user whose comments a workflow's token writes; nobody else's are touched."""


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """`api`: GitHub's, as $GITHUB_API_URL has it. `token` may write comments on pull requests."""

    api: str
    repository: str
    number: int
    token: str


def post(pull_request: PullRequest, marker: str, body: str) -> str:
    """Puts `body` where the comment with `marker` is, or makes it. Gives back its address.

    Raises urllib.error.URLError.
    """
    where = f"{pull_request.api}/repos/{pull_request.repository}/issues"
    comments = f"{where}/{pull_request.number}/comments"
    own = next((one["id"] for one in _every(pull_request, comments) if _is_ours(one, marker)), None)
    if own is None:
        answer, _ = _ask(pull_request, "POST", comments, body)
    else:
        answer, _ = _ask(pull_request, "PATCH", f"{where}/comments/{own}", body)
    return str(answer["html_url"])


def _is_ours(comment: dict[str, Any], marker: str) -> bool:
    return comment["user"]["type"] == _BOT and str(comment["body"]).startswith(marker)


def _every(pull_request: PullRequest, comments: str) -> Iterator[dict[str, Any]]:
    page: str | None = f"{comments}?per_page=100"
    while page:
        answer, page = _ask(pull_request, "GET", page)
        yield from answer


def _ask(pull_request: PullRequest, method: str, url: str, body: str | None = None) -> tuple[Any, str | None]:
    """The answer, and the address of its next page."""
    request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own variable
        url,
        method=method,
        data=None if body is None else json.dumps({"body": body}).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {pull_request.token}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        more = _NEXT.search(answer.headers.get("Link") or "")
        return json.load(answer), more[1] if more else None
