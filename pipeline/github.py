"""GitHub: an environment's comment, made once and then written anew in its place, and who approves a job."""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

_NEXT: Final = re.compile(r'<([^>]+)>; rel="next"')
_SECONDS: Final = 60.0
_BOT: Final = "Bot"
"""The type of the user whose comments a workflow's token writes; nobody else's are touched."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """`api`: GitHub's, as $GITHUB_API_URL has it. `name`: OWNER/NAME. `token` may do what is asked for."""

    api: str
    name: str
    token: str

    def __str__(self) -> str:
        return f"{self.api}/repos/{self.name}"


def post(repository: Repository, pull_request: int, marker: str, body: str) -> str:
    """Puts `body` where the comment with `marker` is, or makes it. Gives back its address.

    https://docs.github.com/en/rest/issues/comments. Raises urllib.error.URLError.
    """
    comments = f"{repository}/issues/{pull_request}/comments"
    own = next((one["id"] for one in _every(repository, comments) if _is_ours(one, marker)), None)
    if own is None:
        answer, _ = _ask(repository, "POST", comments, body)
    else:
        answer, _ = _ask(repository, "PATCH", f"{repository}/issues/comments/{own}", body)
    return str(answer["html_url"])


def reviewers(repository: Repository, environment: str) -> int:
    """How many people and teams may approve a job of the environment; 0 where nobody is asked.

    https://docs.github.com/en/rest/deployments/environments. Raises urllib.error.URLError.
    """
    answer, _ = _ask(repository, "GET", f"{repository}/environments/{quote(environment, safe='')}")
    rules = answer.get("protection_rules") or ()
    return sum(len(rule["reviewers"]) for rule in rules if rule["type"] == "required_reviewers")


def _is_ours(comment: dict[str, Any], marker: str) -> bool:
    return comment["user"]["type"] == _BOT and str(comment["body"]).startswith(marker)


def _every(repository: Repository, comments: str) -> Iterator[dict[str, Any]]:
    page: str | None = f"{comments}?per_page=100"
    while page:
        answer, page = _ask(repository, "GET", page)
        yield from answer


def _ask(repository: Repository, method: str, url: str, body: str | None = None) -> tuple[Any, str | None]:
    """The answer, and the address of its next page."""
    request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own variable
        url,
        method=method,
        data=None if body is None else json.dumps({"body": body}).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {repository.token}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        more = _NEXT.search(answer.headers.get("Link") or "")
        return json.load(answer), more[1] if more else None
