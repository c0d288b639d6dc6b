"""Hooks: code of ours that runs before a resource is created or updated, and may end the update.

One wrapper for every body, because the engine takes an error with an empty text for success, so that a bare
TimeoutError would let the old instances go, and because SystemExit hangs the update.
"""

import functools
import traceback
from collections.abc import Awaitable, Callable

import pulumi

Body = Callable[[pulumi.ResourceHookArgs], Awaitable[None]]


class HookError(Exception):
    """Why an update must not go on. Its text is never empty."""

    def __init__(self, text: str) -> None:
        super().__init__(text.strip() or "the hook gave no reason")


def _stop(text: str) -> None:
    raise HookError(text)


def guard(body: Body, fault_means: str, tell: Callable[[str], None] = _stop) -> Body:
    """`body` as a hook that passes, or raises a HookError and nothing else.

    What goes wrong in the body's own code is told as `fault_means`; `tell` may only warn of it.
    """

    @functools.wraps(body)
    async def hook(args: pulumi.ResourceHookArgs) -> None:
        try:
            await body(args)
        except HookError:
            raise
        except BaseException as fault:  # noqa: BLE001 - see above
            pulumi.log.debug(traceback.format_exc())
            what = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
            tell(f"{args.name}: {fault_means} ({what})")

    return hook


def bind(hook: pulumi.ResourceHook) -> pulumi.ResourceHookBinding:
    """The hook before a resource's creation and before each update of it."""
    return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
