"""The shapes a sender sees, for OpenAPI; everything behind them is plain values of ``app``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

RECEIPT: dict[str, Any] = {
    "id": "5c0d5b2f6a0e4a7d8b1c2d3e",
    "org": "W10200001",
    "state": "done",
    "received_at": "2025-03-05T09:00:00",
    "batch": 7,
    "received": 3,
    "accepted": 2,
    "refused": 1,
    "duplicates": 0,
    "superseded": 0,
    "withdrawn": 0,
    "forms": {"hypertension.followup": 2},
    "files": [
        {
            "name": "followups.csv",
            "sha256": "b33685116d41b01b2468f9093df6d8295fd939425924ea463e22df2d417f8d60",
            "size": 412,
            "rows": 3,
            "form": "hypertension.followup",
            "mapping": "followups",
        }
    ],
    "problem_count": 1,
    "problems": [
        {
            "code": "ROW-006",
            "severity": "error",
            "file": "followups.csv",
            "line": 3,
            "field": "sbp",
            "message": "收缩压 is 460, which cannot be (between 50 and 300 mm[Hg])",
            "hint": "Check the reading and its unit",
        }
    ],
    "links": {
        "self": "/api/v1/orgs/W10200001/deliveries/5c0d5b2f6a0e4a7d8b1c2d3e",
        "problems": "/api/v1/orgs/W10200001/deliveries/5c0d5b2f6a0e4a7d8b1c2d3e/problems",
        "refused_rows": "/api/v1/orgs/W10200001/deliveries/5c0d5b2f6a0e4a7d8b1c2d3e/refused-rows",
    },
}


class SendQuery(BaseModel):
    """How a delivery is to be taken."""

    mapping: str | None = Field(
        None, description="a mapping's name; without it files are recognised by their columns", max_length=200
    )
    mode: Literal["add", "replace-period"] = Field(
        "add", description="replace-period: the files are all there is of their months"
    )
    received_at: datetime | None = Field(
        None, description="when it came, where that was earlier than now", examples=["2025-03-05T09:00:00"]
    )
    filename: str = Field("", description="the file's name, where the body is one file", max_length=200)


class SendHeaders(BaseModel):
    """What a sender says beside the delivery."""

    idempotency_key: str | None = Field(
        None,
        description="of your own making, one for each delivery: sent again with it, it counts once",
        examples=["2025-03-followups-1"],
        min_length=1,
        max_length=200,
    )
    prefer: str | None = Field(None, description="respond-async: do not wait, answer 202", max_length=200)


class PageQuery(BaseModel):
    """Which page of the problems, and as what."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=1_000_000_000)
    format: Literal["json", "csv"] = Field("json", description="csv: all of them")


class ProblemBody(BaseModel):
    """Why a request was not met."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": 409,
                    "code": "WAY-101",
                    "message": "This Idempotency-Key came before with other content",
                    "hint": "Other content is another delivery: use a new Idempotency-Key",
                }
            ]
        }
    )
    status: int = Field(description="the HTTP status")
    code: str = Field(description="stable; docs/reference/messages.md lists them all")
    message: str = Field(description="what is wrong, in the language of Accept-Language (zh or en)")
    hint: str = Field(description="the next step; may be empty")


class ProblemItem(BaseModel):
    """One thing found wrong with a file or a row. ``error`` refuses the row, the others let it pass."""

    code: str
    severity: Literal["error", "warning", "info"]
    file: str | None
    line: int | None = Field(description="as an editor counts, from 1")
    field: str | None
    message: str
    hint: str


class ReceiptFileBody(BaseModel):
    """One file of a delivery. ``form`` and ``mapping`` are empty while it was not read, and where no mapping fits it."""

    name: str
    sha256: str
    size: int
    rows: int
    form: str
    mapping: str


class ReceiptLinks(BaseModel):
    """Where more of a receipt is."""

    self: str
    problems: str
    refused_rows: str


class ReceiptBody(BaseModel):
    """What became of a delivery. Always ``received == accepted + refused + duplicates``, counted in source rows."""

    model_config = ConfigDict(json_schema_extra={"examples": [RECEIPT]})
    id: str = Field(description="keep it: it leads back to this receipt")
    org: str
    state: Literal["receiving", "done", "failed"] = Field(
        description="receiving: kept, and being taken in; failed: nothing of it could be taken in, see problems"
    )
    received_at: str = Field(description="local time of the city, ISO 8601 without a zone")
    batch: int | None = Field(description="the batch's number once it is done")
    received: int
    accepted: int
    refused: int
    duplicates: int = Field(description="rows the city had already; sending them again adds nothing")
    superseded: int = Field(description="earlier records that rows of this delivery correct")
    withdrawn: int = Field(description="records taken back by mode=replace-period")
    forms: dict[str, int] = Field(description="accepted records by form")
    files: list[ReceiptFileBody]
    problem_count: int
    problems: list[ProblemItem] = Field(description="the first of them; links.problems has all")
    links: ReceiptLinks


class ProblemsBody(BaseModel):
    """A page of a delivery's problems."""

    total: int
    offset: int
    problems: list[ProblemItem]
