"""Commands on the vault's keys: `vault rotate`, `vault status`."""

import asyncio
import sys
from collections.abc import Callable

import msgspec
import typer

from eventstore.groups import Groups
from eventstore.log import Log, OpenLog
from eventstore.rotation import Rotated, SecretUse, rotate, secrets_in_use


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this topic's commands to ``groups``."""
    groups.vault.command("rotate")(_rotate_command(open_log))
    groups.vault.command("status")(_status_command(open_log))


def _rotate_command(open_log: OpenLog) -> Callable[[], None]:
    def command() -> None:
        """Wrap every key with the newest ENCRYPTION_SECRET; safe to repeat and to cut off.

        First set the new secret as ENCRYPTION_SECRET and the old one as
        ENCRYPTION_SECRET_PREVIOUS for every process and restart them. Afterwards `vault status`
        says whether the old one can be dropped. Sealed data is not touched. Status 1 if a key
        could not be unwrapped.
        """
        rotated = asyncio.run(_rotate(open_log))
        print(msgspec.json.encode(rotated).decode())
        if rotated.not_unwrapped_count:
            print(
                f"{rotated.not_unwrapped_count} keys were wrapped by a secret that is not set,"
                f" first of all those of {', '.join(rotated.not_unwrapped)}: add it to"
                " ENCRYPTION_SECRET_PREVIOUS and rotate again",
                file=sys.stderr,
            )
            raise typer.Exit(1)

    return command


async def _rotate(open_log: OpenLog) -> Rotated:
    def progress(done: int) -> None:
        print(f"{done} keys wrapped anew", file=sys.stderr)

    async with open_log("vault", 1) as log:
        return await rotate(log.store, log.vault.keyring, progress=progress)


def _status_command(open_log: OpenLog) -> Callable[[], None]:
    def command() -> None:
        """Say which secrets wrap keys, how many people are forgotten, and what can be dropped.

        One JSON object. Status 1 if keys are wrapped by a secret that is not set.
        """
        uses, tombstones = asyncio.run(_status(open_log))
        unknown = [use for use in uses if use.role == "unknown"]
        droppable = not any(use.keys for use in uses if use.role != "current")
        told = {
            "secrets": uses,
            "tombstones": tombstones,
            "previous_can_be_dropped": droppable,
        }
        print(msgspec.json.encode(told).decode())
        print(_advice(uses, droppable=droppable), file=sys.stderr)
        if unknown:
            raise typer.Exit(1)

    return command


async def _status(open_log: OpenLog) -> tuple[list[SecretUse], int]:
    async with open_log("vault", 1) as log:
        return await secrets_in_use(log.store, log.vault.keyring), await _tombstones(log)


async def _tombstones(log: Log) -> int:
    assert log.vault.tombstones is not None, "an open log has attachments"
    return await log.vault.tombstones.count()


def _advice(uses: list[SecretUse], *, droppable: bool) -> str:
    """Return what the operator can do next."""
    if lost := sum(use.keys for use in uses if use.role == "unknown"):
        return (
            f"{lost} keys are wrapped by a secret that is not set, what they sealed cannot be"
            " read: add it to ENCRYPTION_SECRET_PREVIOUS"
        )
    if not droppable:
        return "earlier secrets still wrap keys: run `vault rotate`, keep them until then"
    if any(use.role == "previous" for use in uses):
        return "no key needs ENCRYPTION_SECRET_PREVIOUS: it can be dropped"
    return "every key is wrapped by ENCRYPTION_SECRET"
