"""Log lines say what happened and never with which values."""

import textwrap

import pytest

from tests.processes import environment, run

SECRET = "380670000001"


@pytest.mark.parametrize("for_people", [True, False])
async def test_a_traceback_shows_no_values(for_people: bool) -> None:
    """A failure deep inside is told with its lines, not with the phone that was in hand."""
    script = textwrap.dedent(f"""
        import structlog
        from eventstore.process import configure_logging

        configure_logging(level="INFO", for_people={for_people})

        def fail(phone):
            raise ValueError("a bug")

        try:
            fail("".join(["38067", "0000001"]))
        except ValueError:
            structlog.get_logger().exception("work.failed")
    """)
    status, out, talk = await run("-c", script, env=environment())
    assert (status, out) == (0, "")
    assert "work.failed" in talk
    assert "a bug" in talk
    assert SECRET not in talk
