"""The shapes of asking who somebody would be, for OpenAPI; what is behind them is ``app.newcomer_matching``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from wangdi.link.levels import FIELDS as COMPARED
from wangdi.link.records import ID_KINDS

ASKED: dict[str, Any] = {
    "name": "王建国",
    "sex": "1",
    "birth": "1952-03-04",
    "id_no": None,
    "phone": "13900000001",
    "address": "试验县朝阳巷69号10-202",
    "division": "990101001101",
}
FOUND: dict[str, Any] = {
    "known": 1204,
    "number": "none",
    "candidates": [
        {
            "person_id": "P00AB12CD34EF5678",
            "registration": "812345678901234567",
            "probability": 0.9987,
            "weight": 9.5894,
            "decision": "merge",
            "same_number": False,
            "kin": False,
            "parts": [{"field": "prior", "level": "", "weight": -8.2}, {"field": "name", "level": "same_rare", "weight": 17.7894}],
        }
    ],
}  # fmt: skip
Short = Annotated[str | None, Field(max_length=100)]


class MatchBody(BaseModel):
    """What is known of somebody. Any field may be null or left out; what cannot be read counts as missing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [ASKED]})
    name: Short = None
    sex: Short = Field(None, description="1 or 男, 2 or 女")
    birth: Short = Field(None, description="the birth date, 1952-03-04 or as institutions write it")
    id_type: Short = Field(None, description="01 or nothing for an identity number; another document's type")
    id_no: Short = Field(None, description="the number, 18 or 15 digits, or another document's")
    nationality: Short = Field(None, description="CN, CHN, 156 or 中国; documents are told apart by it")
    phone: Short = None
    address: str | None = Field(None, max_length=200)
    division: Short = Field(None, description="code of the village or township, 4 to 12 digits")
    limit: int = Field(10, ge=1, le=20, description="people answered at most")


class PartBody(BaseModel):
    """What one field added to the weight, in bits."""

    field: str = Field(description=f"prior, {', '.join(one.name for one in COMPARED)}, kin or rivals")
    level: str = Field(description="how the field agrees; empty where it is no field")
    weight: float


class CandidateBody(BaseModel):
    """Somebody registered. The parts sum to the weight (rounding aside)."""

    person_id: str
    registration: str = Field(description="the registration of theirs that is likest; a number of up to 19 digits")
    probability: float = Field(ge=0, le=1)
    weight: float = Field(description="bits: the logarithm to base 2 of the odds that both are one person")
    decision: Literal["separate", "review", "merge"] = Field(description="what linking would do")
    same_number: bool = Field(description="both bear one proved identity number")
    kin: bool = Field(description="may be a twin, a brother or a sister")
    parts: list[PartBody]


class MatchedBody(BaseModel):
    """Whom somebody may be, the likeliest first; nobody where nobody is like them."""

    model_config = ConfigDict(json_schema_extra={"examples": [FOUND]})
    known: int = Field(description="the number up to which the city was asked; newer data follow within minutes")
    number: str = Field(description=f"whose the number given is: {', '.join(ID_KINDS)}")
    candidates: list[CandidateBody]
