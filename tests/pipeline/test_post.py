"""One comment per environment, in place, and who approves: against a GitHub of our own on 127.0.0.1."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.comment import marker
from pipeline.github import Repository
from pipeline.github import post as post_to

COMMENTS = "/repos/team/fleet/issues/7/comments"
ENVIRONMENTS = "/repos/team/fleet/environments/"
PAGE = 2


class GitHub(ThreadingHTTPServer):
    """Comments of one pull request, two on a page."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments = []
        self.asked = []
        self.rules = {}

    def comment(self, body, by="Bot"):
        self.comments.append({"id": len(self.comments) + 1, "user": {"type": by}, "body": body})


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith(ENVIRONMENTS):
            self.answer({"protection_rules": self.server.rules[self.path.removeprefix(ENVIRONMENTS)]})
            return
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
def repository(github):
    return Repository(api=f"http://127.0.0.1:{github.server_port}", name="team/fleet", token="t0ken")


def post(repository, *what):
    return post_to(repository, 7, *what)


def variables(github):
    """As a step has them."""
    return {
        "GITHUB_API_URL": f"http://127.0.0.1:{github.server_port}",
        "GITHUB_REPOSITORY": "team/fleet",
        "GITHUB_TOKEN": "t0ken",
    }


def bodies(github):
    return [one["body"] for one in github.comments]


def test_the_first_is_made_the_next_takes_its_place(github, repository):
    assert post(repository, marker("dev"), f"{marker('dev')}\none") == "made"
    assert post(repository, marker("dev"), f"{marker('dev')}\ntwo") == "changed"
    assert bodies(github) == [f"{marker('dev')}\ntwo"]


def test_each_environment_has_its_own(github, repository):
    for stack in ("dev", "prod", "dev"):
        post(repository, marker(stack), f"{marker(stack)}\n{stack}")
    assert bodies(github) == [f"{marker('dev')}\ndev", f"{marker('prod')}\nprod"]


def test_it_is_found_on_a_later_page(github, repository):
    for _ in range(2 * PAGE):
        github.comment("somebody's")
    github.comment(f"{marker('dev')}\none")
    assert post(repository, marker("dev"), f"{marker('dev')}\ntwo") == "changed"
    assert bodies(github)[-1] == f"{marker('dev')}\ntwo"


def test_a_persons_comment_that_quotes_one_is_left_alone(github, repository):
    quoted = f"{marker('dev')}\nlook at this"
    github.comment(quoted, by="User")
    github.comment(f"> {marker('dev')}")
    assert post(repository, marker("dev"), f"{marker('dev')}\none") == "made"
    assert bodies(github)[0] == quoted


def test_every_request_bears_the_token(github, repository):
    post(repository, marker("dev"), "one")
    assert github.asked == [("GET", "Bearer t0ken"), ("POST", "Bearer t0ken")]


def test_as_a_step_runs_it(github, checkout):
    body = f"{marker('dev')}\nfrom a step"
    told = {"STACK": "dev", "NUMBER": "7", **variables(github)}
    checkout.write("comment.md", body)
    done = checkout.step("preview.yml", "Comment", **told)
    assert (done.returncode, done.stdout) == (0, "made\n")
    assert bodies(github) == [body]
    done = checkout.step("preview.yml", "Comment", **told | {"GITHUB_API_URL": "http://127.0.0.1:1"})
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")


def test_what_a_step_left_empty_is_not_posted(github, checkout):
    checkout.write("comment.md", "")
    done = checkout.step("preview.yml", "Comment", STACK="dev", NUMBER="7", **variables(github))
    assert (done.returncode, bodies(github)) == (1, [])
    assert "no comment for dev" in done.stderr


ANNA = {"type": "User", "reviewer": {"login": "anna"}}


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([{"type": "wait_timer", "wait_timer": 30}, {"type": "required_reviewers", "reviewers": [ANNA]}], 0),
        ([{"type": "required_reviewers", "reviewers": []}], 1),
        ([{"type": "branch_policy"}], 1),
        ([], 1),
    ],
)
def test_an_approval_that_nobody_was_asked_for_is_none(github, checkout, rules, code):
    github.rules["eu-prod-approval"] = rules
    name = "See that somebody had to approve"
    done = checkout.step("update.yml", name, STACK="eu-prod", **variables(github))
    assert done.returncode == code, done.stderr
    assert ("eu-prod-approval has no required reviewers" in done.stderr) is bool(code)
