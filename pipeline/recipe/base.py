"""The base of every settings type."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen settings. Bounds, default and sentence of a field are written once, for the check, the CLI and the UI."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
