"""The base of every settings type."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen settings. A field's bounds, default and sentence are written once and feed the check, the CLI and the UI."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
