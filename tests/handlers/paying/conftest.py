"""What operators have at hand."""

from pathlib import Path

import pytest

from tests.handlers.gateways.paying import SECRET
from tests.processes import environment


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The shop's environment."""
    return environment(
        DATABASE_URL=database_url,
        CASHBOT_HOME=str(tmp_path),
        LOG_LEVEL="ERROR",
        ENCRYPTION_SECRET=SECRET.decode(),
    )
