"""What a row of the stand-in is: a type of resource, or a function, as the program names it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.errors import LocalError
from local.provider.session import Aws
from local.provider.values import Properties
from local.provider.waiting import Wait

SERVED = "the stand-in for pulumi-aws does not serve"

PROVIDER = "https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service"
"""What pulumi-aws 7 is built from."""

Replaces = Callable[[Properties, Properties], bool]


class GoneError(LocalError):
    """The resource is gone already: there is no id to keep."""


def never(_old: Properties, _new: Properties) -> bool:
    return False


def always(_old: Properties, _new: Properties) -> bool:
    return True


def when(flag: str) -> Replaces:
    """A change replaces the resource only while the program sets the boolean argument `flag`."""
    return lambda _old, new: bool(new.get(flag))


def when_it_comes_or_goes(name: str) -> Replaces:
    """A change of value happens in place; giving or taking the argument `name` away replaces the resource."""
    return lambda old, new: (name in old) != (name in new)


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One input of a resource, and what the real provider does when it changes.

    `fixed`: the real one changes it in place, the stand-in not at all. `computed`: AWS chooses where the
    program says nothing, so saying nothing is no change. `parts`: the keys served of a nested object.
    `unsettles`: the outputs that nobody knows until a change of this input is made.
    """

    name: str
    replaces: Replaces = never
    fixed: bool = False
    required: bool = False
    default: object = None
    autoname: bool = False
    computed: bool = False
    unordered: bool = False
    document: bool = False
    parts: frozenset[str] = frozenset()
    unsettles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request of the engine.

    `id`: empty before creation. `inputs`: what the program wants now. `before`: what it wanted last time, and
    `differing` the names of the inputs that a change is about. `state`: the outputs so far.
    """

    aws: Aws
    wait: Wait
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    before: Properties = field(default_factory=dict)
    differing: tuple[str, ...] = ()
    state: Properties = field(default_factory=dict)

    def changed(self, *names: str) -> bool:
        return not set(self.differing).isdisjoint(names)


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds an operation may take; the program's `custom_timeouts` win."""

    create: float = 600
    update: float = 600
    delete: float = 600


def _nothing(_call: Call) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A type of resource.

    `create` returns the id as soon as there is one and leaves nothing behind when it raises. What may fail
    later is for `settle` (default: `read`), which returns the outputs: so the id is never lost. `read`
    returns None for what is gone. `source` is where names, defaults and reasons to replace were taken from,
    `code` the file of the real provider, below PROVIDER, whose calls, waits and retries are made here.
    """

    token: str
    source: str
    code: str
    arguments: tuple[Argument, ...]
    outputs: tuple[str, ...]
    create: Callable[[Call], str]
    read: Callable[[Call], Properties | None]
    delete: Callable[[Call], None]
    update: Callable[[Call], None] = _nothing
    settle: Callable[[Call], Properties | None] | None = None
    at_most_one: tuple[str, ...] = ()
    timeouts: Timeouts = Timeouts()

    @property
    def by_name(self) -> Mapping[str, Argument]:
        return {argument.name: argument for argument in self.arguments}

    @property
    def tagged(self) -> bool:
        return any(argument.name == "tags" for argument in self.arguments)


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function that looks something up: it calls the API in preview too."""

    token: str
    source: str
    arguments: frozenset[str]
    call: Callable[[Aws, Properties], Properties]
