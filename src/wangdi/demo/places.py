"""Where the synthetic people live and who looks after them: regions, villages, institutions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.core.identifiers import organisation_check_character
from wangdi.demo.settings import WorldSettings, load_model, load_names, random_stream


@dataclass(frozen=True, slots=True)
class DemoRegion:
    """A division: city, county, township or village."""

    code: str
    name: str
    level: str
    parent: str


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """An institution of the synthetic county."""

    code: str
    name: str
    kind: str
    level: str
    region: str
    parent: str
    style: str
    """How it exports; "" for one that sends nothing itself (its township hospital does)."""


@dataclass(frozen=True, slots=True)
class Places:
    """The tree, and the arrays the people are spread over.

    Grain: one row per region, organisation; one element per village in the ``village_`` arrays.
    """

    regions: tuple[DemoRegion, ...]
    organisations: tuple[DemoOrganisation, ...]
    townships: tuple[str, ...]
    villages: tuple[str, ...]
    village_township: NDArray[np.int32]
    village_weight: NDArray[np.float64]
    village_clinic: NDArray[np.int32]
    """Index of the clinic in ``organisations``."""
    village_sender: NDArray[np.int32]
    """Index of the institution that keeps the village's records and sends them."""
    township_hospital: NDArray[np.int32]
    county_of_township: NDArray[np.int32]
    counties: tuple[str, ...]
    hospitals: tuple[int, ...]
    disease_centres: tuple[int, ...]
    children_centres: tuple[int, ...]
    """One of each per county; indexes in ``organisations``."""

    @property
    def senders(self) -> tuple[int, ...]:
        return tuple(i for i, organisation in enumerate(self.organisations) if organisation.style)


def plan_counts(settings: WorldSettings) -> tuple[int, int]:
    """How many townships and villages: with fewer people fewer, but two townships at least and one a county."""
    tree = load_model()["tree"][settings.shape]
    share = min(1.0, settings.people / tree["people"])
    least = max(2, len(tree["counties"]))
    townships = max(least, round(tree["townships"] * share**0.56))
    villages = max(2 * townships, round(tree["villages"] * share**0.9))
    return townships, villages


def make_places(settings: WorldSettings) -> Places:
    """The tree of regions and institutions for these settings."""
    rng = random_stream(settings, "places")
    tree = load_model()["tree"][settings.shape]
    township_count, village_count = plan_counts(settings)
    counties = tree["counties"]
    county_of = np.sort(np.arange(township_count) % len(counties)).astype(np.int32)
    township_of = np.sort(np.arange(village_count) % township_count).astype(np.int32)
    regions = _plan_regions(tree, county_of, township_of, rng)
    townships = tuple(region.code for region in regions if region.level == "township")
    villages = tuple(region.code for region in regions if region.level == "village")
    weights = rng.lognormal(0.0, 0.35, village_count)
    weights[np.unique(township_of, return_index=True)[1]] *= 1.8  # the village with the township's own seat
    build = _Institutions(regions, tree, settings, village_count)
    build.add_all(county_of, township_of, rng)
    return Places(
        regions=regions,
        organisations=tuple(build.organisations),
        townships=townships,
        villages=villages,
        village_township=township_of,
        village_weight=weights / weights.sum(),
        village_clinic=np.array(build.clinics, dtype=np.int32),
        village_sender=np.array(build.village_senders, dtype=np.int32),
        township_hospital=np.array(build.township_hospitals, dtype=np.int32),
        county_of_township=county_of,
        counties=tuple(code for code, _, _ in counties),
        hospitals=tuple(build.hospitals),
        disease_centres=tuple(build.disease_centres),
        children_centres=tuple(build.children_centres),
    )


def _plan_regions(tree: Any, county_of: Any, township_of: Any, rng: np.random.Generator) -> tuple[DemoRegion, ...]:
    words = load_names()["places"]
    regions = [DemoRegion(tree["root"][0], tree["root"][1], "city", "")] if "root" in tree else []
    root = tree["root"][0] if "root" in tree else ""
    regions += [DemoRegion(code, name, "county", root) for code, name, _ in tree["counties"]]
    township_names = _shuffled(words["townships"], rng, len(county_of))
    village_names = _shuffled(words["villages"][:2], rng, 200)
    suffix = {"county": ("镇", "村", 101), "district": ("街道", "社区", 1)}
    for township, (county, name) in enumerate(zip(county_of.tolist(), township_names, strict=True)):
        county_code, _, kind = tree["counties"][county]
        township_word, village_word, first = suffix[kind]
        serial = 100 + int((county_of[:township] == county).sum())
        township_code = f"{county_code}{serial:03}000"
        regions.append(DemoRegion(township_code, name + township_word, "township", county_code))
        for number in range(int((township_of == township).sum())):
            village_name = village_names[(township * 31 + number) % len(village_names)] + village_word
            code = f"{township_code[:9]}{first + number:03}"
            regions.append(DemoRegion(code, village_name, "village", township_code))
    return tuple(regions)


def _shuffled(words: list[str], rng: np.random.Generator, count: int) -> list[str]:
    names = ["".join(pair) for pair in product(*(word.split() for word in words)) if len(set(pair)) == len(pair)]
    return [names[i] for i in rng.permutation(len(names))[:count]]


class _Institutions:
    """Collects the institutions in the order they are numbered."""

    def __init__(self, regions: tuple[DemoRegion, ...], tree: Any, settings: WorldSettings, villages: int) -> None:
        self.regions = regions
        self.tree = tree
        self.stations = round(tree["stations"] * min(1.0, settings.people / tree["people"]))
        least = max(2, len(tree["counties"]))  # a county has a hospital of Chinese medicine as well
        self.hospital_count = tree["hospitals"] if settings.people >= tree["people"] // 4 else least
        self.organisations: list[DemoOrganisation] = []
        self.clinics: list[int] = []
        self.village_senders: list[int] = []
        self.township_hospitals: list[int] = []
        self.hospitals: list[int] = []
        self.disease_centres: list[int] = []
        self.children_centres: list[int] = []

    def _add(self, kind: str, name: str, region: str, parent: str, style: str) -> int:
        letter, level = {
            "hospital": ("H", "county"),
            "cdc": ("J", "county"),
            "maternal": ("F", "county"),
            "township_hospital": ("W", "township"),
            "community_centre": ("W", "township"),
            "village_clinic": ("C", "village"),
            "community_station": ("C", "village"),
        }[kind]
        body = f"{letter}{region[4:6]}{len(self.organisations) + 1:05}"
        code = body + organisation_check_character(body)
        self.organisations.append(DemoOrganisation(code, name, kind, level, region, parent, style))
        return len(self.organisations) - 1

    def add_all(self, county_of: Any, township_of: Any, rng: np.random.Generator) -> None:
        for number in range(self.hospital_count):
            code, name, _ = self.tree["counties"][number % len(self.tree["counties"])]
            words = ("人民医院", "中医医院", "第二人民医院", "妇儿医院")[number // len(self.tree["counties"])]
            self.hospitals.append(self._add("hospital", name + words, code, "", "fhir"))
        for code, name, _ in self.tree["counties"]:
            self.disease_centres.append(self._add("cdc", name + "疾病预防控制中心", code, "", "deaths"))
            self.children_centres.append(self._add("maternal", name + "妇幼保健院", code, "", "childcare"))
        townships = [region for region in self.regions if region.level == "township"]
        for number, region in enumerate(townships):
            urban = region.name.endswith("街道")
            kind = "community_centre" if urban else "township_hospital"
            name = region.name + ("社区卫生服务中心" if urban else "中心卫生院" if number % 4 == 0 else "卫生院")
            self.township_hospitals.append(self._add(kind, name, region.code, "", choose_style(number)))
        sends = self._own_senders(county_of, township_of, rng)
        for number, region in enumerate(region for region in self.regions if region.level == "village"):
            self._add_clinic(number, region, int(township_of[number]), number in sends)

    def _own_senders(self, county_of: Any, township_of: Any, rng: np.random.Generator) -> set[int]:
        urban = np.array([kind == "district" for _, _, kind in self.tree["counties"]])[county_of[township_of]]
        return set(rng.permutation(np.flatnonzero(urban))[: self.stations].tolist())

    def _add_clinic(self, number: int, region: DemoRegion, township: int, sends: bool) -> None:
        urban = region.name.endswith("社区")
        kind = "community_station" if urban else "village_clinic"
        hospital = self.township_hospitals[township]
        parent = self.organisations[hospital].code
        name = region.name + ("卫生服务站" if urban else "卫生室")
        clinic = self._add(kind, name, region.code, parent, "b" if sends else "")
        self.clinics.append(clinic)
        self.village_senders.append(clinic if sends else hospital)


def choose_style(number: int) -> str:
    """The export style of the n-th township: all three among the first three; few spreadsheets, for they are slow."""
    return "c" if number % 45 == 1 else ("a", "b")[(number // 2 + number) % 2]
