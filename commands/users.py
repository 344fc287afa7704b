"""The commands `python cli.py users ...`: who may sign in to the web app. Passwords are never arguments."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.users import Users


def add_commands(users: argparse.ArgumentParser) -> None:
    """Add the commands to the parser of `users`."""
    commands = users.add_subparsers(required=True, metavar="COMMAND")
    add = commands.add_parser(
        "add", help="let somebody sign in; the password is asked for, or read from standard input"
    )
    add.add_argument("name", help="what is typed to sign in: a-z, 0-9, dot, dash, underscore")
    add.add_argument("--display", default="", help="how the page calls them; the name unless given")
    add.add_argument("--admin", action="store_true", help="lets them see everyone's jobs, and bring in models")
    add.set_defaults(user_command=_add)
    commands.add_parser("list", help="list who may sign in").set_defaults(user_command=_list)
    for name, verb, text in (
        ("remove", _remove, "let somebody in no more; what belongs to them stays"),
        ("password", _password, "give somebody a new password, which ends their sessions"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("name")
        command.set_defaults(user_command=verb)
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry out one of the commands. Returns 0. Raises PhotoplayError."""
    from server.settings import HOME
    from server.users import USERS, Users

    home = (options.home or HOME).resolve()
    options.user_command(Users(home / USERS), home, options)
    return 0


def _add(users: Users, home: Path, options: argparse.Namespace) -> None:
    first = not users.all()
    user = users.add(options.name, asked(), options.display, options.admin)
    _note(home, "user added", user.id, user.name)
    _list(users, home, options)
    if first:
        print("A web app that is running asks for names and passwords once it is started anew.", file=sys.stderr)


def _remove(users: Users, home: Path, options: argparse.Namespace) -> None:
    user = users.remove(options.name)
    _note(home, "user removed", user.id, user.name)
    _list(users, home, options)
    if not users.all():
        print("Nobody is left who may sign in. Started anew, the app serves this machine alone.", file=sys.stderr)


def _password(users: Users, home: Path, options: argparse.Namespace) -> None:
    user = users.set_password(options.name, asked())
    _note(home, "password changed", user.id, user.name)
    _list(users, home, options)


def _list(users: Users, home: Path, options: argparse.Namespace) -> None:
    if options.json:
        print(
            json.dumps([{"id": user.id, "name": user.name, "display": user.display} for user in users.all()], indent=1)
        )
        return
    for user in users.all():
        print(f"{user.name:32}  {user.display}")


def asked() -> str:
    """A new password: typed twice at a terminal, else the first line of standard input. Raises UserError."""
    from server.users import UserError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise UserError("The two passwords are not the same.", "Try again.")
    return password


def _note(home: Path, event: str, user_id: str, name: str) -> None:
    from server.log import Audit

    audit = Audit(home / "server" / "audit.jsonl")
    audit.note(event, user=user_id, name=name)
    audit.close()
