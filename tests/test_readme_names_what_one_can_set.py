"""README is the map: what one can enter, set or be asked for stands in it."""

import json
from pathlib import Path

from cashbot import NOT_USED_YET, Settings

ROOT = Path(__file__).parent.parent


def test_readme_names_every_room() -> None:
    """A room that README does not name is one a newcomer does not find."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"migrations"}
    unnamed = [room for room in sorted(rooms) if f"`{room}/`" not in readme]
    assert not unnamed, f"give each of these a line in README's map: {unnamed}"


def test_readme_names_every_variable() -> None:
    """A setting that README's table does not name is one an operator cannot find."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [*(name.upper() for name in Settings.model_fields), *NOT_USED_YET]
    unnamed = [name for name in names if f"`{name}`" not in readme]
    assert not unnamed, f"give each of these a row in README's configuration table: {unnamed}"


def test_the_button_asks_for_variables_we_know() -> None:
    """A variable in app.json that no setting reads is a question for nothing."""
    asked = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))["env"].keys()
    strangers = asked - {name.upper() for name in Settings.model_fields}
    assert not strangers, f"no setting reads these: {strangers}"
