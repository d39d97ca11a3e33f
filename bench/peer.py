"""Splink on the same registrations and the same features: what matching is measured against.

It is given what normalisation makes of the texts, keys that find the same candidates as long as no key is too common to be
used, and levels as near to ours as SQL has them; look-alike characters it is not asked about.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals import comparison_level_library as levels_of
from splink.internals.comparison_level_creator import ComparisonLevelCreator
from splink.internals.comparison_library import CustomComparison

from wangdi.link.hanzi import UNREADABLE, load_hanzi
from wangdi.link.levels import COMMONNESS
from wangdi.link.lunar import convert_lunar
from wangdi.link.names import NEWBORN, NO_NAME, fold_codes
from wangdi.link.normalise import MANY
from wangdi.link.records import FAMILY, GUARDIAN, NO_ID, PLACEHOLDER, Records

LIKELY = 0.99
"""Probability from which Splink's pairs are one person."""

_UNIQUE, _RARE, _USUAL = COMMONNESS
_SAME_YEAR = "birth_l // 10000 = birth_r // 10000"
_BIRTH = (
    ("same", "birth_l = birth_r or proved_l = birth_r or birth_l = proved_r"),
    ("lunar", "lunar_l = birth_r or birth_l = lunar_r or lunar_l = proved_r or proved_l = lunar_r"),
    (
        "swapped",
        f"{_SAME_YEAR} and birth_l // 100 % 100 = birth_r % 100 and birth_l % 100 = birth_r // 100 % 100",
    ),
    ("default", f"{_SAME_YEAR} and (birth_l % 10000 = 101 or birth_r % 10000 = 101)"),
    ("day_slip", "birth_l // 100 = birth_r // 100"),
    ("month_slip", f"{_SAME_YEAR} and birth_l % 100 = birth_r % 100"),
    ("year_slip", "birth_l % 10000 = birth_r % 10000"),
    ("same_year", _SAME_YEAR),
)
_EVEN = "length_l = length_r"
_NAME = (
    ("same_mother", "newborn_l and newborn_r and sound_l = sound_r"),
    ("newborn", "newborn_l <> newborn_r"),
    ("same_unique", f"name_l = name_r and people_l <= {_UNIQUE}"),
    ("same_rare", f"name_l = name_r and people_l <= {_RARE}"),
    ("same_usual", f"name_l = name_r and people_l <= {_USUAL}"),
    ("same_common", "name_l = name_r"),
    ("sound_unique", f"sound_l = sound_r and speakers_l <= {_UNIQUE}"),
    ("sound_rare", f"sound_l = sound_r and speakers_l <= {_RARE}"),
    ("sound_usual", f"sound_l = sound_r and speakers_l <= {_USUAL}"),
    ("sound_common", "sound_l = sound_r"),
    ("unreadable", f"{_EVEN} and surname_l = surname_r and ({UNREADABLE} in (second_l, second_r, third_l, third_r))"),
    ("one_short", "surname_l = surname_r and abs(length_l - length_r) = 1 and second_l in (second_r, third_r)"),
    ("near_sound", f"{_EVEN} and heard_l = heard_r"),
    ("swapped", f"{_EVEN} and surname_l = surname_r and second_l = third_r and third_l = second_r"),
    (
        "one_differs",
        f"{_EVEN} and length_l > 2 and surname_l = surname_r and (second_l = second_r or third_l = third_r)",
    ),
    ("given_same", "given_l = given_r"),
    ("surname_same", "surname_l = surname_r"),
)
_NUMBER = (
    ("same", "number_l = number_r and not lent_l and not lent_r"),
    ("same_guardian", "number_l = number_r and own_l is null and own_r is null"),
    ("is_guardian", "number_l = number_r"),
    ("near", "levenshtein((number_l // 11)::varchar, (number_r // 11)::varchar) <= 1"),
)
_NOTHING_OF_NUMBER = "number_l is null or number_r is null or ((lent_l or lent_r) and number_l <> number_r)"
_PHONE = (
    ("same", f"phone_l = phone_r and phone_use_l <= {MANY}"),
    ("same_shared", "phone_l = phone_r"),
    ("near", "levenshtein(phone_l::varchar, phone_r::varchar) <= 1"),
)
_HOME = (("same", "place_l = place_r"), ("same_road", "road_l = road_r"))
_AREA = (
    ("village", "division_l = division_r"),
    ("township", "division_l // 1000 = division_r // 1000"),
    ("county", "division_l // 1000000 = division_r // 1000000"),
)
_FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "name": _NAME,
    "birth": _BIRTH,
    "sex": (("same", "sex_l = sex_r"),),
    "number": _NUMBER,
    "phone": _PHONE,
    "place": _HOME,
    "division": _AREA,
}
_KEYS = (
    ("own",), ("number",), ("sound", "birth"), ("phone", "birth"), ("place", "birth"), ("phone", "sound"), ("place", "sound"),
    ("name", "year"), ("name", "day"), ("given", "birth"), ("surname", "birth"),
)  # fmt: skip


def match_with_splink(records: Records) -> np.ndarray:
    """Everybody's person, as Splink has it: trained on pairs of one proved number, and where the number is at stake on others."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI()
    database.duckdb_con.execute("set enable_progress_bar = false")
    table = database.register(_put_features(records), table_name="registrations")
    linker = Linker(table, _settings(len(records)), log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("own"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("sound", "birth"))
    pairs = linker.inference.predict(threshold_match_probability=LIKELY)
    said = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=LIKELY)
    people = said.as_pyarrow_table()  # type: ignore[no-untyped-call]
    person = np.empty(len(records), dtype=np.int64)
    person[people["unique_id"].to_numpy()] = people["cluster_id"].to_numpy()
    return person


def _settings(count: int) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(name, said) for name, said in _FIELDS.items()],
        blocking_rules_to_generate_predictions=[block_on(*key) for key in _KEYS],
        probability_two_random_records_match=2 / count,
        retain_matching_columns=False,
    )


def _comparison(name: str, said: tuple[tuple[str, str], ...]) -> CustomComparison:
    nothing = _NOTHING_OF_NUMBER if name == "number" else f"{name}_l is null or {name}_r is null"
    levels: list[ComparisonLevelCreator | dict[str, Any]] = [
        levels_of.CustomLevel(nothing, "missing").configure(is_null_level=True),
        *(_level(label, sql) for label, sql in said),
        levels_of.ElseLevel(),
    ]
    return CustomComparison(output_column_name=name, comparison_levels=levels)


def _level(label: str, sql: str) -> ComparisonLevelCreator:
    """A level; one that says outright that these are two people is not left to be learnt from mothers and their children."""
    level = levels_of.CustomLevel(sql, label)
    return level.configure(m_probability=0.001, fix_m_probability=True) if label == "is_guardian" else level


def _put_features(records: Records) -> pa.Table:
    """The records' columns, missing where they say nothing."""
    names, row = records.names, np.maximum(records.name, 0)
    unnamed = (records.name < 0) | (names.kind[row] == NO_NAME)
    newborn = names.kind[row] == NEWBORN
    near = load_hanzi().near_sound
    heard = np.where(names.sounds > 0, near[np.maximum(names.sounds, 0)], names.sounds)
    birth = np.where(records.birth > 0, records.birth, records.id_birth)
    lunar = convert_lunar(birth)
    number = (records.id_kind != NO_ID) & (records.id_kind != PLACEHOLDER)
    lent = (records.id_kind == GUARDIAN) | (records.id_kind == FAMILY)
    codes = names.codes[row]

    def present(values: np.ndarray, missing: np.ndarray) -> pa.Array:
        return pa.array(values, mask=missing)

    columns = {
        "unique_id": np.arange(len(records)),
        "own": present(records.own, records.own < 0),
        "name": present(names.key[row], unnamed),
        "sound": present(names.sound_key[row], unnamed),
        "surname": present(names.sounds[row, 0], unnamed | newborn),
        "given": present(fold_codes(names.sounds[:, 1:])[row], unnamed | newborn | (names.sounds[row, 1] == 0)),
        "heard": present(fold_codes(heard)[row], unnamed | newborn),
        "length": names.length[row],
        "second": codes[:, 1],
        "third": codes[:, 2],
        "newborn": newborn,
        "people": names.people[row],
        "speakers": names.sound_people[row],
        "birth": present(birth, birth == 0),
        "proved": present(records.id_birth, records.id_birth == 0),
        "year": present(birth // 10000, birth == 0),
        "day": present(birth % 10000, birth == 0),
        "lunar": present(lunar, lunar == 0),
        "sex": present(records.sex, records.sex == 0),
        "number": present(records.id_key, ~number),
        "lent": lent,
        "phone": present(records.phone, records.phone == 0),
        "phone_use": records.phone_use,
        "place": present(records.place, records.place == 0),
        "road": present(records.road, records.road == 0),
        "division": present(records.division, records.division == 0),
    }
    return pa.table(columns)
