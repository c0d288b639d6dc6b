"""One comment per environment, in place: against a GitHub of our own on 127.0.0.1."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.comment import marker
from pipeline.github import PullRequest, post

COMMENTS = "/repos/team/fleet/issues/7/comments"
PAGE = 2


class GitHub(ThreadingHTTPServer):
    """Comments of one pull request, two on a page."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments = []
        self.asked = []

    def comment(self, body, by="Bot"):
        self.comments.append({"id": len(self.comments) + 1, "user": {"type": by}, "body": body})


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        page = int((re.search(r"[?&]page=(\d+)", self.path) or [0, 1])[1])
        assert self.path.startswith(COMMENTS)
        shown = self.server.comments[(page - 1) * PAGE : page * PAGE]
        more = len(self.server.comments) > page * PAGE
        link = f'<http://{self.headers["Host"]}{COMMENTS}?page={page + 1}>; rel="next"'
        self.answer(shown, {"Link": link} if more else {})

    def do_POST(self):
        assert self.path == COMMENTS
        self.server.comment(self.body())
        self.answer({"html_url": "made"})

    def do_PATCH(self):
        number = int(self.path.removeprefix("/repos/team/fleet/issues/comments/"))
        self.server.comments[number - 1]["body"] = self.body()
        self.answer({"html_url": "changed"})

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def answer(self, what, headers=None):
        self.server.asked.append((self.command, self.headers["Authorization"]))
        self.send_response(200)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(what).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def github():
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pull_request(github):
    api = f"http://127.0.0.1:{github.server_port}"
    return PullRequest(api=api, repository="team/fleet", number=7, token="t0ken")


def bodies(github):
    return [one["body"] for one in github.comments]


def test_the_first_is_made_the_next_takes_its_place(github, pull_request):
    assert post(pull_request, marker("dev"), f"{marker('dev')}\none") == "made"
    assert post(pull_request, marker("dev"), f"{marker('dev')}\ntwo") == "changed"
    assert bodies(github) == [f"{marker('dev')}\ntwo"]


def test_each_environment_has_its_own(github, pull_request):
    for stack in ("dev", "prod", "dev"):
        post(pull_request, marker(stack), f"{marker(stack)}\n{stack}")
    assert bodies(github) == [f"{marker('dev')}\ndev", f"{marker('prod')}\nprod"]


def test_it_is_found_on_a_later_page(github, pull_request):
    for _ in range(2 * PAGE):
        github.comment("somebody's")
    github.comment(f"{marker('dev')}\none")
    assert post(pull_request, marker("dev"), f"{marker('dev')}\ntwo") == "changed"
    assert bodies(github)[-1] == f"{marker('dev')}\ntwo"


def test_a_persons_comment_that_quotes_one_is_left_alone(github, pull_request):
    quoted = f"{marker('dev')}\nlook at this"
    github.comment(quoted, by="User")
    github.comment(f"> {marker('dev')}")
    assert post(pull_request, marker("dev"), f"{marker('dev')}\none") == "made"
    assert bodies(github)[0] == quoted


def test_every_request_bears_the_token(github, pull_request):
    post(pull_request, marker("dev"), "one")
    assert github.asked == [("GET", "Bearer t0ken"), ("POST", "Bearer t0ken")]


def test_as_a_step_runs_it(github, checkout):
    environment = {
        "GITHUB_API_URL": f"http://127.0.0.1:{github.server_port}",
        "GITHUB_REPOSITORY": "team/fleet",
        "GITHUB_TOKEN": "t0ken",
    }
    body = f"{marker('dev')}\nfrom a step"
    done = checkout.pipeline("post", "--stack", "dev", "7", told=body, **environment)
    assert (done.returncode, done.stdout) == (0, "made\n")
    assert bodies(github) == [body]
    environment["GITHUB_API_URL"] = "http://127.0.0.1:1"
    done = checkout.pipeline("post", "--stack", "dev", "7", told=body, **environment)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
