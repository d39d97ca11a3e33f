"""The diseases of the synthetic county: endemic ones near what the model asks for, planted ones on cards and in truth."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.demo.days import UNKNOWN, day_number, year_month_day
from wangdi.demo.epidemics import Cases, case_years, expected_cases, keep_possible, make_case_list, make_endemic_cases
from wangdi.demo.gatherings import KINDS, Attendance, group_people, make_gatherings
from wangdi.demo.planted import plant_outbreaks
from wangdi.demo.population import Population, make_population
from wangdi.demo.reporting import DAY, make_reports
from wangdi.demo.seasons import day_weights, is_holiday, weekday
from wangdi.demo.settings import WorldSettings, load_epidemics, load_exports
from wangdi.demo.surveillance import watch_diseases
from wangdi.demo.world import make_world, write_world

HEADER = (
    "卡片ID,卡片编号,卡片状态,患者姓名,患儿家长姓名,有效证件号,性别,出生日期,年龄,患者工作单位,联系电话,病人属于,现住地址国标,现住详细地址,人群分类,"
    "病例分类,病例分类2,发病日期,诊断时间,死亡日期,疾病名称,订正前病种,订正前诊断时间,订正前终审时间,填卡医生,医生填卡日期,报告单位地区编码,报告单位,单位类型,"
    "报告卡录入时间,录卡用户,录卡用户所属单位,县区审核时间,地市审核时间,省市审核时间,审核状态,订正报告时间,订正终审时间,终审死亡时间,订正用户,删除时间,删除原因,备注"
)
"""As the national system exports it, in its order."""
NOROVIRUS = ("school_norovirus", "kindergarten_norovirus")


@pytest.fixture(scope="module")
def county() -> tuple[WorldSettings, Population, Cases]:
    """A county large enough to count in."""
    settings = WorldSettings(people=300_000)
    population = make_population(settings)
    return (
        settings,
        population,
        make_endemic_cases(settings, population, Attendance(population, make_gatherings(population))),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("epidemics")
    write_world(made, WorldSettings(people=6_000, history_years=1, seed=3))
    return made


def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def exported(folder: Path, name: str) -> list[dict[str, str]]:
    """Every row of a kind of file, in the order of the deliveries."""
    paths = sorted((folder / "inbox").glob(f"*/*/{name}.csv"), key=lambda path: path.parent.name)
    return [row for path in paths for row in read(path, "gb18030")]


def planted(folder: Path) -> dict[str, dict[str, str]]:
    return {row["kind"]: row for row in read(folder / "truth" / "outbreaks.csv")}


# ---- what happens anyway ------------------------------------------------------------------------------------------------
def test_every_number_of_the_model_has_a_source() -> None:
    diseases = load_epidemics()["disease"]
    assert 20 <= len(diseases) <= 25
    names = load_codelists()["notifiable_disease"].codes
    groups = len(load_epidemics()["age_from"])
    for model in diseases:
        assert model["source"]
        assert names[model["code"]] == model["name"]
        assert len(model["months"]) == 12
        assert len(model["ages"]) == groups
        assert sum(model["classes"]) == pytest.approx(1.0)
        assert len(load_epidemics()["levels"][model["levels"]]) == load_epidemics()["history_years"] + 1


def test_the_export_calls_diseases_as_the_model_does() -> None:
    named = {model["code"]: model["name"] for model in load_epidemics()["disease"]}
    forms = load_exports()["cdc"]["forms"]
    for form, source in (("card", "disease"), ("card", "revised_from"), ("register", "disease")):
        columns: list[list[Any]] = forms[f"disease_report.{form}"]["columns"]
        assert next(column[2] for column in columns if column[1] == source) == named


def test_cases_of_a_year_are_near_what_the_model_asks_for(county: tuple[WorldSettings, Population, Cases]) -> None:
    settings, population, cases = county
    years, _, _ = year_month_day(cases.onset)
    total: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    codes = [model["code"] for model in load_epidemics()["disease"]]
    for year in case_years(settings):
        day = min(max(day_number(year, 7), population.first_day), population.last_day)
        people = int((population.here(day) & (population.birth < day_number(year, 7))).sum())
        wanted.update(expected_cases(settings, people, year))
        total.update(codes[one] for one in cases.disease[years == year].tolist())
    common = {code for code in codes if wanted[code] > 100}
    assert len(common) >= 8
    for code in common:
        assert 0.75 < total[code] / wanted[code] < 1.25, code


def test_the_years_of_precautions_are_low(county: tuple[WorldSettings, Population, Cases]) -> None:
    _, _, cases = county
    years = Counter(year_month_day(cases.onset)[0].tolist())
    assert max(years[2020], years[2021], years[2022]) < 0.8 * min(years[2023], years[2024], years[2025])


@pytest.mark.parametrize(
    ("code", "high", "low"), [("3500", (12, 1), (7, 8)), ("4000", (5, 6), (1, 2)), ("W21", (11, 12), (7, 8))]
)
def test_diseases_have_their_season(
    county: tuple[WorldSettings, Population, Cases], code: str, high: tuple[int, int], low: tuple[int, int]
) -> None:
    _, _, cases = county
    disease = [model["code"] for model in load_epidemics()["disease"]].index(code)
    months = Counter(year_month_day(cases.onset[cases.disease == disease])[1].tolist())
    assert sum(months[month] for month in high) > 2 * sum(months[month] for month in low)


def test_children_have_childrens_diseases(county: tuple[WorldSettings, Population, Cases]) -> None:
    _, population, cases = county
    codes = np.array([model["code"] for model in load_epidemics()["disease"]])[cases.disease]
    ages = (cases.onset - population.birth[cases.person]) / 365.25
    assert (ages[codes == "4000"] < 7).mean() > 0.85
    assert (ages[codes == "0302"] > 18).mean() > 0.9


def test_weeks_vary_more_than_chance(county: tuple[WorldSettings, Population, Cases]) -> None:
    _, _, cases = county
    influenza = cases.onset[cases.disease == 0]
    weeks = np.bincount((influenza - influenza.min()) // 7)
    near = np.diff(weeks.astype(np.float64)) ** 2
    assert near.mean() > 2 * 1.3 * weeks.mean()


def test_some_wait_for_the_end_of_a_weekend_or_of_a_holiday(county: tuple[WorldSettings, Population, Cases]) -> None:
    settings, population, cases = county
    attendance = Attendance(population, make_gatherings(population))
    reports = make_reports(settings, population, cases, cases.onset.astype(np.int64) * DAY, attendance)
    day = (reports.diagnosed // DAY).astype(np.int32)
    assert (day >= reports.cases.onset).all()
    assert (reports.entered > reports.diagnosed).all()
    by_weekday = np.bincount(weekday(day), minlength=7)
    assert by_weekday.argmax() == 0
    assert by_weekday[5:].sum() < 0.75 * 2 / 7 * len(day)
    waits = load_epidemics()["reporting"]["waits"][1]
    ill, seen = is_holiday(reports.cases.onset).sum(), is_holiday(day).sum()
    assert seen < (1 - waits / 2) * ill


def test_a_death_on_a_card_is_one_in_the_population(county: tuple[WorldSettings, Population, Cases]) -> None:
    settings, population, cases = county
    attendance = Attendance(population, make_gatherings(population))
    reports = make_reports(settings, population, cases, cases.onset.astype(np.int64) * DAY, attendance)
    told = np.flatnonzero(reports.died_on != UNKNOWN)
    assert 0 < len(told) < 0.01 * reports.size
    assert (reports.died_on[told] == population.died_on[reports.cases.person[told]]).all()
    assert (population.died_on[reports.cases.person] > reports.diagnosed // DAY).all()


def test_the_dead_are_not_ill_and_nobody_twice_in_a_year() -> None:
    population = make_population(WorldSettings(people=2_000))
    day = population.last_day - 400
    stays = np.flatnonzero(
        population.here(day) & (population.died_on > population.last_day) & (population.entered < day - 90)
    )
    stays = stays[population.moved_on[stays] > population.last_day]
    dead = np.flatnonzero(population.died_on < day)
    asked = make_case_list(np.array([stays[0], stays[0], dead[0]]), 0, np.array([day, day + 30, day]))
    kept = keep_possible(population, asked)
    assert kept.person.tolist() == [stays[0]]
    assert kept.onset.tolist() == [day]


def test_the_season_is_one_on_average_and_runs_over_new_year() -> None:
    days = np.arange(day_number(2025), day_number(2026), dtype=np.int32)
    weights = day_weights([3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3], days)
    assert weights.mean() == pytest.approx(1.0, abs=0.02)
    assert weights[0] == pytest.approx(weights[-1], abs=0.02)


def test_the_two_long_holidays() -> None:
    days = np.array([day_number(2025, 1, 28), day_number(2025, 1, 29), day_number(2025, 2, 4), day_number(2025, 2, 5),
                     day_number(2025, 10, 1), day_number(2025, 10, 8)], dtype=np.int32)  # fmt: skip
    assert is_holiday(days).tolist() == [True, True, True, False, True, False]


def test_pupils_go_to_the_school_of_their_township() -> None:
    population = make_population(WorldSettings(people=20_000))
    gatherings = make_gatherings(population)
    day = day_number(2025, 9)
    there = Attendance(population, gatherings).there(2025)
    inside = np.flatnonzero(there >= 0)
    township = population.places.village_township[population.village_on(day)]
    assert (gatherings.township[there[inside]] == township[inside]).all()
    primary = inside[gatherings.kind[there[inside]] == KINDS.index("primary")]
    ages = population.ages(day_number(2025, 9))[primary]
    assert (ages.min(), ages.max()) == (6, 11)
    groups = group_people(there, gatherings.size)
    assert sorted(groups.order.tolist()) == inside.tolist()
    assert {int(there[one]) for one in groups.members(0)} == {0}
    assert len(set(gatherings.code.tolist())) == len(set(gatherings.name.tolist())) == gatherings.size


# ---- what is planted ------------------------------------------------------------------------------------------------------
def test_the_export_has_the_national_systems_header(folder: Path) -> None:
    path = next((folder / "inbox").glob("*/2025-03/传染病报告卡.csv"))
    assert path.read_bytes().decode("gb18030").split("\r\n")[0] == HEADER


def test_every_planted_case_has_a_card_of_its_disease_and_place(folder: Path) -> None:
    cards = {row["卡片编号"]: row for row in exported(folder, "传染病报告卡")}
    names = load_codelists()["notifiable_disease"].codes
    cases: dict[str, list[dict[str, str]]] = {}
    for row in read(folder / "truth" / "outbreak_cases.csv"):
        cases.setdefault(row["outbreak"], []).append(cards[row["card_no"]])
    outbreaks = planted(folder)
    assert set(outbreaks) == {*load_epidemics()["outbreak"]}
    for kind, outbreak in outbreaks.items():
        mine = cases[outbreak["id"]]
        assert len(mine) == int(outbreak["cases"])
        assert outbreak["first_card"] in {card["卡片编号"] for card in mine}
        if kind == "data_fault":
            continue
        onsets = sorted(card["发病日期"] for card in mine)
        assert (onsets[0], onsets[-1]) == (outbreak["first_onset"], outbreak["last_onset"])
        assert {card["疾病名称"] for card in mine} == {names[outbreak["disease"]]}
        if kind in NOROVIRUS:
            assert {card["患者工作单位"] for card in mine} == {outbreak["workplace"]} != {""}
        else:
            area = outbreak["place"].rstrip("0") if outbreak["place"].endswith("000") else outbreak["place"]
            assert all(card["现住地址国标"].startswith(area) for card in mine)


@pytest.mark.parametrize(("people", "seed"), [(500, 1), (600, 4), (1_500, 2), (3_000, 5)])
def test_no_planted_case_is_lost_on_the_way_to_its_card(people: int, seed: int) -> None:
    world = make_world(WorldSettings(people=people, seed=seed))
    planted_cases = plant_outbreaks(
        world.settings, world.population, Attendance(world.population, make_gatherings(world.population)), ()
    ).cases
    _, surveillance = watch_diseases(world, ())
    cards, reports = surveillance.cards, surveillance.reports
    for number, outbreak in enumerate(surveillance.outbreaks):
        mine = cards.of[cards.outbreak == number]
        if outbreak.kind != "data_fault":
            wanted = planted_cases.person[planted_cases.outbreak == number]
            assert sorted(reports.cases.person[mine].tolist()) == sorted(wanted.tolist())
            assert len(set(wanted.tolist())) == len(wanted) > 0
            assert (reports.gathering[mine] == outbreak.gathering).all() or outbreak.gathering < 0


def test_who_is_spared_has_no_card() -> None:
    world = make_world(WorldSettings(people=600))
    _, surveillance = watch_diseases(world, ())
    spared = tuple(np.unique(surveillance.reports.cases.person)[:20].tolist())
    _, again = watch_diseases(world, spared)
    assert not set(spared) & set(again.reports.cases.person.tolist())


def test_planted_outbreaks_are_as_large_as_the_model_says(folder: Path) -> None:
    for kind, outbreak in planted(folder).items():
        model = load_epidemics()["outbreak"][kind]
        first, last = (date.fromisoformat(outbreak[name]) for name in ("first_onset", "last_onset"))
        if "days" in model:
            assert (last - first).days < model["days"]
        if "cases" in model:
            low, high = model["cases"]
            assert min(low, 4) <= int(outbreak["cases"]) <= high
    measles = planted(folder)["measles_import"]
    gap = date.fromisoformat(measles["last_onset"]) - date.fromisoformat(measles["first_onset"])
    assert timedelta(days=9) <= gap <= timedelta(days=14)


def test_a_school_in_an_outbreak_is_seen_in_its_absences(folder: Path) -> None:
    counts = exported(folder, "监测计数")
    for kind, stream in (("school_norovirus", "学校因病缺课"), ("kindergarten_norovirus", "幼托机构因病缺勤")):
        outbreak = planted(folder)[kind]
        mine = {
            row["统计日期"]: int(row["数量"]) / int(row["总数"])
            for row in counts
            if row["来源名称"] == outbreak["workplace"] and row["数据流"] == stream and row["数量"]
        }
        first = date.fromisoformat(outbreak["first_onset"])
        weeks = {first + timedelta(days=days) for days in range(12)}
        during = max(share for day, share in mine.items() if date.fromisoformat(day) in weeks)
        assert during > 2 * np.median([share for day, share in mine.items() if date.fromisoformat(day) not in weeks])


def test_the_spoilt_dish_is_the_one_the_ill_ate(folder: Path) -> None:
    rows = read(next((folder / "inbox").glob("*/食物问卷.csv")), "utf-8-sig")
    outbreak = planted(folder)["food_poisoning"]
    ill = [row for row in rows if row["是否发病"] == "是"]
    assert len(ill) == int(outbreak["cases"])
    assert all(row["发病时间"][:10] in (outbreak["first_onset"], outbreak["last_onset"]) for row in ill)
    assert not any(row["发病时间"] for row in rows if row not in ill)
    ratios = {}
    for food in read(folder / "truth" / "exposures.csv"):
        ate, others = ([row for row in rows if row[food["food"]] == said] for said in ("是", "否"))
        counted = [sum(row in ill for row in ate), sum(row in ill for row in others)]
        assert counted == [int(food["ill_ate"]), int(food["ill_not"])]
        assert [len(ate), len(others)] == [sum(counted[:1]) + int(food["well_ate"]), counted[1] + int(food["well_not"])]
        ratios[food["food"]] = (counted[0] + 0.5) / (len(ate) + 1) / ((counted[1] + 0.5) / (len(others) + 1))
        if food["guilty"] == "1":
            guilty = food["food"]
    assert max(ratios, key=lambda food: ratios[food]) == guilty


def test_nobody_reports_what_truth_says_nobody_reported(folder: Path) -> None:
    left = read(folder / "truth" / "unreported.csv")
    assert len(left) >= 3
    registered = {(row["person"], row["disease"]) for row in read(folder / "truth" / "disease_report.register.csv")}
    cards = {(row["person"], row["disease"]) for row in read(folder / "truth" / "disease_report.card.csv")}
    for row in left:
        assert (row["person"], row["disease"]) in registered - cards


def test_faulty_cards_are_what_the_list_calls_them(folder: Path) -> None:
    cards = exported(folder, "传染病报告卡")
    by_line = {}
    for path in (folder / "inbox").glob("*/*/传染病报告卡.csv"):
        for line, row in enumerate(read(path, "gb18030"), start=2):
            by_line[path.relative_to(folder).as_posix(), line] = row
    found: Counter[str] = Counter()
    for row in read(folder / "truth" / "defects.csv"):
        if row["form"] != "disease_report.card":
            continue
        card = by_line[row["file"], int(row["line"])]
        found[row["kind"]] += 1
        diagnosed, entered = (datetime.fromisoformat(card[name]) for name in ("诊断时间", "报告卡录入时间"))
        if row["kind"] == "late_card":
            assert entered - diagnosed > timedelta(hours=24)
        elif row["kind"] == "onset_after_diagnosis":
            assert card["发病日期"] > card["诊断时间"][:10]
        else:
            same = [
                other
                for other in cards
                if (other["患者姓名"], other["疾病名称"], other["诊断时间"])
                == (card["患者姓名"], card["疾病名称"], card["诊断时间"])
            ]
            assert len({other["卡片编号"] for other in same}) == 2
            units = {other["报告单位"] for other in same}
            assert len(units) == (1 if row["kind"] == "entered_twice" else 2)
    assert set(found) == {"late_card", "onset_after_diagnosis", "duplicate_card", "entered_twice"}
    assert found["entered_twice"] == int(planted(folder)["data_fault"]["cases"])


def test_a_card_not_marked_late_is_in_time_and_in_order(folder: Path) -> None:
    late = {
        (row["registration"], row["occurred_on"])
        for row in read(folder / "truth" / "defects.csv")
        if row["kind"] in ("late_card", "duplicate_card", "entered_twice")
    }
    looked_at = 0
    for row in read(folder / "truth" / "disease_report.card.csv"):
        moments = [
            row[name] for name in ("diagnosed_at", "reported_at", "reviewed_at", "final_reviewed_at") if row[name]
        ]
        assert moments == sorted(moments)
        if (row["registration"], row["diagnosed_on"]) not in late:
            diagnosed, entered = (datetime.fromisoformat(row[name]) for name in ("diagnosed_at", "reported_at"))
            assert entered - diagnosed <= timedelta(hours=24), row
            looked_at += 1
    assert looked_at > 150


def test_an_export_says_only_what_was_known_when_it_was_made(folder: Path) -> None:
    """A card reviewed after the month's end stands in the next export again, reviewed."""
    rows = read(folder / "truth" / "disease_report.card.csv")
    for row in rows:
        for name in ("reported_at", "reviewed_at", "final_reviewed_at", "revised_at", "deleted_at"):
            assert row[name] < row["received_on"].replace("T", " ")
    again = [row for row in rows if row["retired_on"]]
    assert again
    for row in again:
        (later,) = [other for other in rows if other["card_no"] == row["card_no"] and not other["retired_on"]]
        assert later["received_on"] == row["retired_on"] > row["received_on"]
        assert (later["final_reviewed_at"], later["card_state"]) != (row["final_reviewed_at"], row["card_state"])


def test_the_shape_of_the_county_is_on_the_map(folder: Path) -> None:
    rows = {row["code"]: row for row in read(folder / "regions.csv")}
    places = {(row["lon"], row["lat"]) for row in rows.values()}
    assert len(places) == len(rows)
    for row in rows.values():
        if row["level"] == "village":
            parent = rows[row["parent"]]
            apart = [abs(float(row[name]) - float(parent[name])) for name in ("lon", "lat")]
            assert max(apart) < 0.15
