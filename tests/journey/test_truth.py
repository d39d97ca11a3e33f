"""A synthetic county goes through the whole platform; what comes out equals what truth says, worked out independently."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.journey.independent_figures import Who, count, count_childcare, read, read_patients
from tests.journey.independent_records import count_records, read_keepers
from tests.journey.independent_vaccination import count_coverage, read_children
from tests.journey.who_is_who import ask_who, score_links
from wangdi.app.derivation import derive
from wangdi.app.linking import LinkRun, link_city
from wangdi.app.questions import compute_figures, stand_on
from wangdi.catalog.places import read_organisations, read_regions
from wangdi.catalog.populations import read_populations
from wangdi.collect.collecting import collect_files
from wangdi.collect.request import CollectRequest, CollectResult
from wangdi.core.periods import Period, parse_period
from wangdi.demo.settings import WorldSettings
from wangdi.demo.world import write_world
from wangdi.engines.tables import table_of
from wangdi.indicators.figures import Level
from wangdi.language.library import load_library
from wangdi.store.city import City

PROGRAMMES = (("hypertension", "htn"), ("diabetes", "dm"))
MEASURES = ("std", "std_4", "ctrl", "ctrl_face")
FOUNDED = datetime(2020, 1, 1)
CODES = {
    "glucose_in_mg_dl": "ROW-006",
    "missing_required": "ROW-001",
    "impossible_date": "ROW-003",
    "future_date": "ROW-008",
    "unknown_code": "ROW-004",
    "rounded_id_number": "ROW-010",
    "unknown_organisation": "ROW-012",
    "ragged_line": "FILE-010",
    "wrong_check_digit": "ROW-016",
    "height_in_metres": "ROW-006",
    "future_examination": "ROW-008",
}
"""What each planted fault must be called."""


@dataclass(frozen=True)
class County:
    """A city into which a synthetic county's whole inbox went, and what each delivery came to."""

    folder: Path
    city: City
    results: dict[str, CollectResult]
    """By the folder the delivery stood in."""
    by_number: int
    """The last number before linking ran: until then people were told apart by identity number alone."""
    asked: dict[str | int | None, Who] = field(default_factory=dict)

    @property
    def truth(self) -> Path:
        return self.folder / "truth"

    def who(self, known: str | int | None = None) -> Who:
        """Whom the city takes each registration for."""
        if known not in self.asked:
            self.asked[known] = ask_who(self.city, self.truth, known)
        return self.asked[known]

    def figures(
        self, period: str, level: Level, known: str | None = None
    ) -> dict[tuple[str, str], tuple[float, float | None]]:
        """Numerator and denominator by indicator and area; areas with nothing in them left out."""
        found = parse_period(period)
        assert isinstance(found, Period)
        with self.city.workspace() as workspace:
            standing = stand_on(self.city, workspace, load_library(), known)
            answer = compute_figures(standing, [found], [level])
        return {
            (figure.indicator, figure.area): (figure.numerator, figure.denominator)
            for figure in answer.figures
            if figure.numerator or figure.denominator
        }


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    folder = tmp_path_factory.mktemp("county")
    write_world(folder, WorldSettings(people=2_500, history_years=1))
    city = City.create(folder / "city", name="示范县", now=FOUNDED, salt="truth")
    found_city(city, folder)
    packs = load_library().newest
    results: dict[str, CollectResult] = {}
    for row in read(folder / "inbox" / "deliveries.csv"):
        paths = [folder / path for path in row["paths"].split(";")]
        request = CollectRequest(
            org=row["org"],
            received_at=datetime.fromisoformat(row["received_at"]),
            mode="replace-period" if row["mode"] == "replace-period" else "add",
            mappings=(folder / "mappings",),
        )
        results[paths[0].parent.relative_to(folder).as_posix()] = collect_files(city, packs, paths, request)
    by_number = city.latest_seq()
    with city.workspace() as workspace:
        link_city(stand_on(city, workspace, load_library()), LinkRun("test", request.received_at + timedelta(days=1)))
    yield County(folder, city, results, by_number)
    city.close()


def found_city(city: City, folder: Path) -> None:
    regions, _ = read_regions(folder / "regions.csv")
    organisations, _ = read_organisations(folder / "organisations.csv", regions)
    populations, _ = read_populations(folder / "populations.csv")
    with city.writer("test") as writer:
        writer.put_regions(regions, FOUNDED)
        writer.put_organisations(organisations, FOUNDED)
        writer.put_populations(populations, FOUNDED)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2025Q2", date(2025, 4, 1), date(2025, 6, 30)),
        ("2025-09-ytd", date(2025, 1, 1), date(2025, 9, 30)),
        ("2025-07", date(2025, 7, 1), date(2025, 7, 31)),
    ],
)
def test_figures_equal_the_truth_at_every_institution(county: County, period: str, first: date, last: date) -> None:
    by_org = county.figures(period, "org")
    (whole,) = {area for _, area in county.figures(period, "county")}
    together = county.figures(period, "county")
    for programme, prefix in PROGRAMMES:
        expected = count(read_patients(county.truth, programme, county.who()), first, last)
        for measure in MEASURES:
            told = {area: pair for (name, area), pair in by_org.items() if name == f"{prefix}_{measure}"}
            orgs = {org for what, org in expected if what == "managed" and org}
            assert told == {org: (expected.get((measure, org), 0), expected["managed", org]) for org in orgs}
            assert together[f"{prefix}_{measure}", whole] == (expected.get((measure, ""), 0), expected["managed", ""])


PEOPLE = {"ehr_rate": "residents_year_end", "eehr_rate": "residents_year_end", "ehr_std_cover": "residents_year_end",
          "elder_mgmt": "aged_65_plus", "elder_base_std": "aged_65_plus"}  # fmt: skip
"""What is divided by a population, and by which."""
SHARES = {"ehr_use": "ehr_rate", "ehr_use_electronic": "eehr_rate", "ehr_quality": "ehr_rate",
          "ehr_quality_pass": "ehr_rate", "elder_tb_screen": "elderly"}  # fmt: skip
"""What is divided by people, and by which."""


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2025-09-ytd", date(2025, 1, 1), date(2025, 9, 30)),
    ],
)
def test_records_and_the_elderly_equal_the_truth(county: County, period: str, first: date, last: date) -> None:
    expected = count_records(read_keepers(county.truth, county.who()), first, last)
    populations = {
        (row["kind"], row["area"]): int(row["value"])
        for row in read(county.folder / "populations.csv")
        if row["year"] == str(last.year)
    }
    levels: tuple[tuple[Level, str], ...] = (("county", "990121000000"), ("township", ""))
    for level, only in levels:
        figures = county.figures(period, level)
        areas = {only} if only else {area for measure, area in figures if measure in PEOPLE}
        for area in areas:
            town = "" if only else area[:9]
            for measure, kind in PEOPLE.items():
                told = figures[measure, area]
                if period[4:] == "":
                    assert told[1] == populations[kind, area], (measure, area)
                assert told[0] == expected.get((measure, town), 0), (measure, area)
    whole = county.figures(period, "county")
    for measure, base in SHARES.items():
        wanted = (expected[measure, ""], expected[base, ""])
        assert whole[measure, "990121000000"] == wanted, measure
    orgs = {area: pair for (name, area), pair in county.figures(period, "org").items() if name == "ehr_use"}
    assert orgs == {
        org: (expected["ehr_use", org], count) for (measure, org), count in expected.items() if measure == "records"
    }


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [("2025", date(2025, 1, 1), date(2025, 12, 31)), ("2024", date(2024, 1, 1), date(2024, 12, 31))],
)
def test_coverage_equals_the_truth_at_every_institution(county: County, period: str, first: date, last: date) -> None:
    expected = count_coverage(read_children(county.truth, county.who()), first, last)
    names = {name for name, _ in expected}
    assert len(names) == 4
    whole = {(name, ""): pair for (name, _), pair in county.figures(period, "county").items() if name in names}
    by_org = {(name, org): pair for (name, org), pair in county.figures(period, "org").items() if name in names}
    assert whole | by_org == expected
    for name in names:
        done, asked = expected[name, ""]
        assert 0.6 * asked < done <= asked, name


def test_the_rates_of_records_and_the_elderly_are_those_of_real_life(county: County) -> None:
    figures = {name: pair for (name, _), pair in county.figures("2025", "county").items()}
    share = {name: figures[name][0] / (figures[name][1] or 1) for name in (*PEOPLE, *SHARES)}
    assert 0.88 < share["eehr_rate"] < share["ehr_rate"] < 1
    assert 0.3 < share["ehr_std_cover"] < share["eehr_rate"]
    assert 0.15 < share["ehr_use"] < 0.7
    assert 0.3 < share["elder_mgmt"] < 0.8


def test_rh_is_put_right_where_the_vendor_numbers_it_the_other_way_round(tmp_path: Path) -> None:
    """Three townships, the second of which writes 1 for positive: what was kept says what truth says, everywhere."""
    write_world(tmp_path, WorldSettings(people=16_000, history_years=0))
    exports = {path.read_bytes()[:3] for path in (tmp_path / "inbox").glob("*/*/resident_archive.csv")}
    assert exports == {b"\xef\xbb\xbf"}
    truth = {row["record_no"]: row for row in read(tmp_path / "truth" / "health_record.resident.csv")}
    raw = next((tmp_path / "inbox").glob("*/2024-12/resident_archive.csv"))
    with raw.open(encoding="utf-8-sig", newline="") as file:
        sent = [(row["健康档案编码"], row["RH类型"]) for row in csv.DictReader(file)]
    swapped = {"1": "2", "2": "1", "3": "3", "": ""}
    assert all(swapped[code] == truth[number]["blood_rh"] for number, code in sent if number)
    city = City.create(tmp_path / "city", name="示范县", now=FOUNDED, salt="rh")
    found_city(city, tmp_path)
    request = CollectRequest(org=raw.parts[-3], received_at=datetime(2025, 1, 8), mappings=(tmp_path / "mappings",))
    collect_files(city, load_library().newest, [raw], request)
    forms = load_library().forms
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, table_of(forms["health_record.resident"]), city.latest_seq())
        rows = workspace.rows(f"select record_no, blood_rh from ({sql}) where record_no is not null")
    city.close()
    assert {str(number): code for number, code in rows} == {
        number: truth[number]["blood_rh"] or None for number, _ in sent if number
    }


@pytest.mark.parametrize("known", ["2025-05-20", "2025-07-10", "2025-07-20", "2025-10-31"])
def test_figures_as_known_at_a_day_equal_the_truth_of_that_day(county: County, known: str) -> None:
    """Late, corrected and withdrawn records: what the first months came to, as told at different times."""
    before = (date.fromisoformat(known) + timedelta(days=1)).isoformat()
    together = county.figures("2025-04-ytd", "county", known)
    (whole,) = {area for _, area in together}
    for programme, prefix in PROGRAMMES:
        patients = read_patients(county.truth, programme, county.who(known), before)
        expected = count(patients, date(2025, 1, 1), date(2025, 4, 30))
        for measure in MEASURES:
            wanted = (expected[measure, ""], expected["managed", ""])
            assert together[f"{prefix}_{measure}", whole] == wanted, (measure, known)


def test_childcare_figures_equal_the_truth(county: County) -> None:
    figures = {name: pair for (name, _), pair in county.figures("2025", "county").items()}
    expected = count_childcare(county.truth, date(2025, 12, 31))
    assert figures["childcare_institutions"][0] == expected["institutions"]
    assert figures["childcare_filed"] == (expected["filed_institutions"], expected["institutions"])
    assert figures["childcare_places"][0] == expected["places"]
    assert figures["childcare_use"] == (expected["enrolled"], expected["places"])
    assert figures["childcare_inclusive"] == (expected["inclusive_places"], expected["places"])
    residents = [
        int(row["value"])
        for row in read(county.folder / "populations.csv")
        if (row["year"], row["kind"], row["area"]) == ("2025", "residents_year_end", "990121000000")
    ]
    assert figures["childcare_places_per_1000"] == (expected["places"], residents[0])


def test_figures_of_institutions_equal_the_truth(county: County) -> None:
    """Counted from the truth in plain Python: the latest of each institution, the months added up, the corrected one once."""
    figures = {name: pair for (name, _), pair in county.figures("2025", "county").items()}
    months = [row for row in read(county.truth / "resources.month.csv") if not row["retired_on"]]
    year = [row for row in months if row["reported_month"].startswith("2025")]
    assert figures["visits"][0] == sum(int(row["visits"]) for row in year)
    primary = sum(int(row["visits"]) for row in year if row["kind"][0] in "BCD")
    assert figures["primary_visit_share"] == (primary, figures["visits"][0])
    assert figures["mean_stay"] == tuple(sum(int(row[name]) for row in year) for name in ("stay_days", "discharges"))
    latest = [row for row in read(county.truth / "resources.institution.csv") if row["reported_on"] == "2025-12-31"]
    assert figures["nurses_per_doctor"] == tuple(
        sum(int(row[name]) for row in latest) for name in ("nurses", "doctors")
    )
    due = 12 * sum(row["kind"][0] in "ABCGH" for row in latest)
    assert figures["monthly_returns"] == (len({(row["code"], row["reported_month"]) for row in year}), due)
    assert due - len(year) == 1, "one return never comes"


def test_every_record_that_stands_is_kept_once(county: County) -> None:
    forms = load_library().forms
    known = county.city.latest_seq()
    for form in ("hypertension.followup", "diabetes.followup", "health_record.examination", "health_record.departure",
                 "health_record.contact_attempt", "childcare.institution", "elderly.self_care", "elderly.cognition",
                 "elderly.mood", "elderly.tb_screen", "elderly.tb_contact", "vaccination.dose", "vaccination.certificate",
                 "vaccination.deferral", "disease_report.card", "disease_report.register",
                 "disease_streams.count", "resources.institution", "resources.month", "resources.contract",
                 "achievements.award"):  # fmt: skip
        standing = [row for row in read(county.truth / f"{form}.csv") if not row["retired_on"]]
        with county.city.workspace() as workspace:
            sql = county.city.facts_sql(workspace, table_of(forms[form]), known)
            assert workspace.one(f"select count(*) from ({sql})") == (len(standing),), form


def test_every_planted_fault_is_found_and_named(county: County) -> None:
    """Each at its line of its file, under its own code; and nothing else is refused."""
    defects = read(county.truth / "defects.csv")
    errors: Counter[str] = Counter()
    for place, result in county.results.items():
        told = {(problem.file, problem.line, problem.code) for problem in result.problems}
        errors.update(problem.code for problem in result.problems if problem.severity == "error")
        for row in defects:
            if row["kind"] in CODES and row["file"].rpartition("/")[0] == place:
                name = row["file"].rpartition("/")[2]
                found = {code for file, line, code in told if file == name and line == int(row["line"])}
                everywhere = {code for _, _, code in told}
                # who somebody is, is told once for each person of a delivery, at whichever row comes first
                codes = everywhere if row["kind"] == "wrong_check_digit" else found
                assert CODES[row["kind"]] in codes, row
    refused = Counter(CODES[row["kind"]] for row in defects if row["expected"].startswith("refused"))
    assert errors == refused
    assert sum(result.refused for result in county.results.values()) == refused.total()


def test_repeated_corrected_and_withdrawn_rows_are_counted(county: County) -> None:
    with (county.truth / "defects.csv").open(encoding="utf-8") as file:
        kinds = Counter(row["kind"] for row in csv.DictReader(file))
    moved = [row for row in read(county.truth / "health_record.resident.csv") if row["retired_on"]]
    reviewed = [row for row in read(county.truth / "disease_report.card.csv") if row["retired_on"]]
    months = [row for row in read(county.truth / "resources.month.csv") if row["retired_on"]]
    assert sum(result.withdrawn for result in county.results.values()) == kinds["withdrawn"] == 1
    assert sum(result.superseded for result in county.results.values()) == kinds["superseded"] + len(
        [*moved, *reviewed, *months]
    )
    again = next(result for place, result in county.results.items() if place.endswith("-again"))
    assert (again.accepted, again.withdrawn, again.superseded) == (1, 1, 1)
    fhir = sum(
        result.duplicates
        for place, result in county.results.items()
        if (county.folder / place / "Patient.ndjson").exists()
    )
    others = sum(result.duplicates for result in county.results.values()) - again.duplicates - fhir
    assert others == kinds["repeated_in_file"] + kinds["repeated_later"]


def test_every_registration_that_truth_tells_of_is_one_of_the_city(county: County) -> None:
    told = read(county.truth / "registrations.csv")
    people = county.who().people
    assert set(people) == {row["registration"] for row in told}
    with county.city.workspace() as workspace:
        links = derive(stand_on(county.city, workspace, load_library())).links
        assert workspace.one(f"SELECT count(*) FROM {links}") == (len(told),)


def test_links_hold_against_the_truth(county: County) -> None:
    """One valid number for one person is hardly ever wrong, and misses whoever has no number somewhere; linking finds them."""
    rows = read(county.truth / "registrations.csv")
    by_number = score_links(rows, county.who(county.by_number).people)
    assert by_number.true > 800
    assert by_number.precision >= 0.99, by_number
    assert by_number.recall >= 0.7, by_number
    linked = score_links(rows, county.who().people)
    assert linked.precision >= 0.997, linked
    assert linked.f1 >= 0.985, linked


def test_a_birthday_is_right_where_an_institution_has_the_number(county: County) -> None:
    births = {row["person"]: row["birth_date"] for row in read(county.truth / "persons.csv")}
    who = county.who()
    rows = read(county.truth / "registrations.csv")
    borrowed = {who.people[row["registration"]] for row in rows if "id_guardian" in row["defects"]}
    borrowed |= {who.people[row["registration"]] for row in rows if "id_family" in row["defects"]}
    looked_at = 0
    for row in rows:
        person = who.people[row["registration"]]
        if row["id_no"] and "id_mistyped" not in row["defects"] and person not in borrowed:
            assert who.births[person].isoformat() == births[row["person"]], row
            looked_at += 1
    assert looked_at > 2_000


def test_one_resident_is_known_to_four_institutions_under_three_spellings(county: County) -> None:
    """And what is known of two people under one number: both as truth and the story file tell them."""
    story = json.loads((county.truth / "story.json").read_text(encoding="utf-8"))
    rows = {int(row["registration"]): row for row in read(county.truth / "registrations.csv")}
    told = story["one_resident"]["registrations"]
    assert len({one["sender"] for one in told}) == len(told) == 4
    assert len({one["name"] for one in told}) == 3
    assert [one["id_no"] for one in told].count("") == 1
    wrong = story["wrong_merge"]
    for one in (*told, *wrong["registrations"]):
        row = rows[one["registration"]]
        assert {name: row[name] for name in ("sender", "local_id", "name", "id_no", "defects")} == {
            name: one[name] for name in ("sender", "local_id", "name", "id_no", "defects")
        }
    borrowed, people = rows[wrong["registration"]], county.who().people
    assert (int(borrowed["person"]), int(wrong["taken_for"])) == (wrong["person"], wrong["taken_for"])
    taken = {people[number] for number, row in ((row["registration"], row) for row in rows.values())
             if int(row["person"]) == wrong["taken_for"]}  # fmt: skip
    assert people[borrowed["registration"]] in taken
