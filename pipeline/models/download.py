"""One file from the net: goes on where it broke off, says how far it is, and is taken only if it is the right one.

Proxies are those of the usual environment variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import NotFetched, RefusedFile
from pipeline.files import explained
from pipeline.keys import key_of_file
from pipeline.models.catalogue import RemoteFile
from pipeline.models.incoming import check_room
from pipeline.progress import Progress

BLOCK = 1 << 20
PATIENCE = 60.0
"""Seconds without a single byte before a connection is given up."""
TRIES = 4
PARTIAL, RANGE_REFUSED = 206, 416
BY_HAND = "Fetch it on another machine and bring the file in: `python cli.py models import FILE`."
LATER = "What has come so far is kept: run the command again to go on."


@dataclass(frozen=True)
class Download:
    """A file to fetch. target: where it goes. token: sent to that host alone, for models that want an account."""

    url: str
    file: RemoteFile
    target: Path
    token: str | None = None

    @property
    def host(self) -> str:
        """Who is asked."""
        return urlsplit(self.url).netloc

    @property
    def part(self) -> Path:
        """Where it lies until it is complete and right."""
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def mark(self) -> Path:
        """The sender's mark for the version of which a part is here."""
        return self.target.with_name(f"{self.target.name}.etag")


def fetch_file(download: Download, progress: Progress) -> Path:
    """Fetch one file, in as many goes as it takes. Returns where it lies.

    Raises NotFetched when it cannot be had, RefusedFile when what came is another file, NotWritable without room,
    Cancelled when the person stops it. What came before a break is kept for the next time.
    """
    if not download.target.exists():
        with explained(download.target):
            download.target.parent.mkdir(parents=True, exist_ok=True)
            for again in range(TRIES):
                if _receive(download, progress, last=again == TRIES - 1):
                    break
            _check(download)
            download.part.replace(download.target)
            download.mark.unlink(missing_ok=True)
    return download.target


def _receive(download: Download, progress: Progress, last: bool) -> bool:
    """Fetch what is not here yet. False when the connection broke and another go is worth it."""
    begin = download.part.stat().st_size if _may_go_on(download) else 0
    if download.file.bytes is not None:
        if begin == download.file.bytes:
            return True
        check_room(download.target.parent, download.file.bytes - begin)
    try:
        with urllib.request.build_opener().open(_request(download, begin), timeout=PATIENCE) as answer:
            return _store(download, answer, begin if answer.status == PARTIAL else 0, progress)
    except urllib.error.HTTPError as error:
        if error.code != RANGE_REFUSED:
            raise _explained(download, error.code) from error
        download.part.unlink(missing_ok=True)
        return False
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        if last or not download.part.exists():
            raise _broken(download) from error
        return False


def _may_go_on(download: Download) -> bool:
    """A part may be continued when it can be told that it belongs to the same file."""
    return download.part.exists() and (download.mark.exists() or download.file.sha256 is not None)


def _request(download: Download, begin: int) -> urllib.request.Request:
    request = urllib.request.Request(download.url, headers={"User-Agent": "Photoplay"})
    if begin:
        request.add_header("Range", f"bytes={begin}-")
        if download.mark.exists():
            request.add_header("If-Range", download.mark.read_text(encoding="utf-8"))
    if download.token:
        request.add_unredirected_header("Authorization", f"Bearer {download.token}")
    return request


def _store(download: Download, answer: http.client.HTTPResponse, begin: int, progress: Progress) -> bool:
    """Write what comes, from `begin` on. Raises ConnectionError's kin when it breaks off."""
    length = int(answer.headers.get("Content-Length") or 0)
    total = begin + length if length else (download.file.bytes or 0)
    check_room(download.target.parent, max(total - begin, 0))
    if etag := answer.headers.get("ETag", ""):
        download.mark.write_text(etag, encoding="utf-8")
    done = begin
    with download.part.open("ab" if begin else "wb") as file:
        while block := answer.read(BLOCK):
            file.write(block)
            done += len(block)
            progress.say(download.target.name, done, max(total, done))
    if done < total:
        raise http.client.IncompleteRead(b"", total - done)
    return True


def _check(download: Download) -> None:
    """Raise RefusedFile, and forget the file, when it is not the one that was meant."""
    expected, there = download.file, download.part.stat().st_size
    if expected.bytes is not None and there != expected.bytes:
        download.part.unlink()
        raise RefusedFile(
            f"{download.target.name} from {download.host} has {there} bytes where {expected.bytes} were expected.",
            BY_HAND,
        )
    if expected.sha256 is not None and key_of_file(download.part) != expected.sha256:
        download.part.unlink()
        raise RefusedFile(
            f"{download.target.name} from {download.host} is not the file that was meant: its sha256 is another.",
            BY_HAND,
        )


def _explained(download: Download, code: int) -> NotFetched:
    """What an answer other than the file means."""
    name, host = download.target.name, download.host
    if code in (401, 403):
        return NotFetched(
            f"{host} does not hand out {name} without an account.",
            "Accept its terms there and set HF_TOKEN, or fetch it by hand and import the file.",
        )
    if code in (404, 410):
        return NotFetched(f"{name} is not at {host} any more.", BY_HAND)
    return NotFetched(f"{host} answered {code} instead of sending {name}.", "Try again later. " + LATER)


def _broken(download: Download) -> NotFetched:
    """No connection, or one that broke too often."""
    if download.part.exists():
        return NotFetched(f"The connection to {download.host} broke off while {download.target.name} came.", LATER)
    return NotFetched(
        f"{download.host} cannot be reached: this machine seems to be offline.",
        f"Check the network and HTTPS_PROXY; HF_ENDPOINT names a mirror. {BY_HAND}",
    )
