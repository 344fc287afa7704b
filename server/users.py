"""The users' file: who may sign in. Passwords are kept as argon2 hashes; the file is written whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import PhotoplayError
from pipeline.files import atomic, explained

SCHEMA = 1
USERS = "users.json"
SINGLE = "photoplay"
"""The name to sign in with where only a password is set."""
NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
SHORTEST, LONGEST = 10, 1024
"""Characters of a password. The upper bound keeps the work for one attempt small."""
ROUNDS, MEMORY = 2, 19_456
"""Costs of one argon2id hash, memory in KiB: OWASP's Password Storage Cheat Sheet."""
LONGEST_DISPLAY = 64

People = tuple["User", ...]


class UserError(PhotoplayError):
    """There is no such user, or a name or password cannot be used."""


@dataclass(frozen=True)
class User:
    """Somebody who may sign in.

    id: never changes and cannot be guessed; what belongs to the user is kept under it. name: what is typed to sign in.
    display: how the page calls them. password: an argon2 hash with its salt and costs. admin: whether they run the
    server: see everyone's jobs, and bring in and remove models.
    """

    id: str
    name: str
    display: str
    password: str
    admin: bool = False


class Users:
    """The users' file of one home. Read anew whenever another program has changed it; safe to use from threads."""

    def __init__(self, path: Path) -> None:
        """path: the file, which need not exist yet."""
        self._path = path
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY, parallelism=1)
        self._known: tuple[object, People] = (None, ())

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def all(self) -> People:
        """Everybody, in the order in which they were added. Raises UserError when the file is not ours."""
        try:
            facts = self._path.stat()
        except FileNotFoundError:
            return ()
        version = (facts.st_mtime_ns, facts.st_ino, facts.st_size)
        known, people = self._known
        if known != version:
            people = _parsed(self._path)
            self._known = (version, people)
        return people

    def find(self, user_id: str) -> User | None:
        """The user with this id."""
        return next((user for user in self.all() if user.id == user_id), None)

    def verified(self, name: str, password: str) -> User | None:
        """The user, if that is their password. It takes as long for a name that does not exist."""
        user = next((user for user in self.all() if user.name == name), None)
        try:
            self._hasher.verify(self._decoy if user is None else user.password, _normal(password[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return None
        return user

    def add(self, name: str, password: str, display: str = "", admin: bool = False) -> User:
        """Let somebody in from now on. Raises UserError, NotWritable."""
        _check_name(name)
        shown = _checked_display(display or name)
        user = User(secrets.token_hex(16), name, shown, self._hashed(password), admin)

        def added(people: People) -> People:
            if any(known.name == name for known in people):
                raise UserError(f"There is a user {name} already.", "Choose another name.")
            return (*people, user)

        self._change(added)
        return user

    def remove(self, name: str) -> User:
        """Let somebody in no more; what belongs to them stays. Raises UserError, NotWritable."""
        user = self.named(name)
        self._change(lambda people: tuple(known for known in people if known.id != user.id))
        return user

    def set_password(self, name: str, password: str) -> User:
        """Give somebody a new password, which ends every session of theirs. Raises UserError, NotWritable."""
        user, hashed = self.named(name), self._hashed(password)
        self._change(
            lambda people: tuple(replace(known, password=hashed) if known.id == user.id else known for known in people)
        )
        return user

    def named(self, name: str) -> User:
        """The user with this name. Raises UserError."""
        user = next((user for user in self.all() if user.name == name), None)
        if user is None:
            names = ", ".join(user.name for user in self.all()) or "nobody yet"
            raise UserError(f"There is no user {name}.", f"There are: {names}.")
        return user

    def _hashed(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise UserError(f"The password has {len(password)} characters.", f"Choose one of {SHORTEST} to {LONGEST}.")
        return self._hasher.hash(_normal(password))

    def _change(self, change: Callable[[People], People]) -> None:
        with self._alone():
            people = change(_parsed(self._path) if self._path.exists() else ())
            content = {"schema": SCHEMA, "users": [asdict(user) for user in people]}
            with atomic(self._path) as part:
                part.touch(0o600)
                part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @contextmanager
    def _alone(self) -> Generator[None]:
        lock = self._path.with_suffix(".lock")
        with explained(lock):
            lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def users_of(home: Path, environment: Mapping[str, str]) -> Users | None:
    """Who may sign in at a home; None where nobody has to.

    Those in the users' file if there is anybody in it; else one user whose password is PHOTOPLAY_PASSWORD, and whose id
    and sessions last as long as that password does. Raises UserError, NotWritable.
    """
    users = Users(home / USERS)
    if users.all():
        return users
    password = environment.get("PHOTOPLAY_PASSWORD")
    if not password:
        return None
    single = Users(home / "server" / "password.json")
    if not single.all():
        single.add(SINGLE, password, admin=True)
    elif single.verified(SINGLE, password) is None:
        single.set_password(SINGLE, password)
    return single


def _parsed(path: Path) -> People:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise UserError(f"{path} was written by another version of Photoplay.", "Start that version.")
        return tuple(User(**user) for user in content["users"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a file of users.", "Take it from the backup.") from error


def _normal(password: str) -> str:
    """The same password for the same characters, however a keyboard composes them (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot be a user's name.",
            "A name begins with a lower-case letter and has at most 32 of: a-z, 0-9, dot, dash, underscore.",
        )


def _checked_display(display: str) -> str:
    if len(display) > LONGEST_DISPLAY or not display.isprintable():
        raise UserError(f"{display!r} cannot be shown as a name.", f"Use at most {LONGEST_DISPLAY} printable letters.")
    return display
