"""Files that people name at the command line."""

from pathlib import Path


class FileUnusable(Exception):
    """A file named at the command line is not what it should be; says all that is wrong."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(f"{path} cannot be used: {'; '.join(problems)}")
