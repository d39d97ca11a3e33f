"""Who is who: from registrations, each one institution's knowledge of a resident, to people.

A registration belongs to whom linking found it to belong to. One that linking has not seen yet goes by its number: a valid and
consistent identity number is one person, a registration without one a person of its own. Both stand behind the two plans of
this module: nobody else joins registrations to people.
"""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.core.problem import Problem, Refusal
from wangdi.store.workspace import sql_text

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643: the weights of the check digit."""
CHECK_DIGITS = "10X98765432"
PERSON_PREFIX = "P"


def _check_sql(digits: str) -> str:
    """The check digit of seventeen digits, from a number rather than a text: a fifth of the time over millions of rows.

    A digit is what is left of a quotient when ten times the next one is taken away; halves fit a double exactly.
    """
    halves = (f"({digits} // 100000000)::DOUBLE", WEIGHTS[:9]), (f"({digits} % 100000000)::DOUBLE", WEIGHTS[9:])
    terms = [
        f"floor({half} / 1e{len(weights) - 1 - place}) * {weight - 10 * following}"
        for half, weights in halves
        for place, (weight, following) in enumerate(zip(weights, (*weights[1:], 0), strict=True))
    ]
    return f"{sql_text(CHECK_DIGITS)}[({' + '.join(terms)})::BIGINT % 11 + 1]"


_KEY_SQL = f"""CASE signs WHEN 18 THEN CASE WHEN {_check_sql("digits")} = right(id_no, 1) THEN digits END
                            WHEN 15 THEN TRY_CAST(left(id_no, 6) || '19' || right(id_no, 9) AS BIGINT) END"""
"""The 17 digits that say who, as a number: of an 18-digit one whose check digit holds, or a 15-digit one with its century."""


@dataclass(frozen=True, slots=True)
class LinkSources:
    """Where registrations and resident records stand, as SQL to be put behind FROM (``system.registration`` and
    ``health_record.resident`` facts), and the city's secret for numbering people.
    """

    registrations: str
    residents: str
    salt: str
    stored: str = ""
    """``system.link`` facts: what linking found; empty where it never ran."""
    successions: str = ""
    """Identity numbers that were changed, as the persons they make: ``person`` -> ``last``; empty where none were."""


def show_person(person_id: int) -> str:
    """A person number as people read it: ``P`` and sixteen hexadecimal digits."""
    return f"{PERSON_PREFIX}{person_id:016X}"


def parse_person(text: str) -> int | None:
    """The inverse of :func:`show_person`; None when the text is no person number."""
    digits = text.strip().upper().removeprefix(PERSON_PREFIX)
    try:
        number = int(digits, 16)
    except ValueError:
        return None
    return number if len(digits) == 16 and number < 2**63 else None


def check_person(text: str) -> int:
    """The same, of a number that somebody typed or followed. Errors: FIG-004 (as Refusal) it is none."""
    number = parse_person(text)
    if number is None:
        raise Refusal(Problem(code="FIG-004", args={"person": text}))
    return number


LINK_COLUMNS = "registration_id, person_id, given, first_seq, keyed, birth_date, sex"


def plan_links(sources: LinkSources) -> str:
    """SQL of the links: ``LINK_COLUMNS``.

    Rule: what linking found last holds. Before it has seen a registration, the latest version that carries a valid own number
    decides: it goes where linking put the first registration of that number, or to the number's own person. The number is
    consistent when the birth date and sex recorded beside it, where they are recorded, are those inside it.
    Grain: one row per registration. ``given``: the person it would be by its number alone; ``first_seq``: since when it is
    known; ``keyed``: whether it has a usable number. Missing: without one birth date and sex are as recorded.
    """
    own = plan_own(sources)
    if not sources.stored:
        return f"SELECT registration_id, given AS person_id, given, first_seq, keyed, birth_date, sex FROM ({own})"
    return f"""
    WITH own AS MATERIALIZED ({own}), held AS ({plan_held("own", f"({sources.stored})")})
    SELECT registration_id, h.person_id, o.given, o.first_seq, o.keyed, o.birth_date, o.sex
    FROM own o JOIN held h USING (registration_id)
    """


def plan_held(own: str, stored: str) -> str:
    """SQL of whose each registration is held to be: registration_id, person_id, stored.

    ``own``: a relation of registration_id, given, first_seq and keyed; ``stored``: of ``system.link``, every version of it.
    Missing: ``stored``, the person linking left it with, is null before linking has seen it.
    """
    return f"""
    WITH last AS MATERIALIZED (
        SELECT registration_id, arg_max(person_id, seq) AS person_id FROM {stored} GROUP BY registration_id
    ),
    holder AS (
        SELECT o.given, arg_min(s.person_id, o.first_seq) AS person_id FROM {own} o JOIN last s USING (registration_id)
        WHERE o.keyed GROUP BY o.given
    )
    SELECT o.registration_id, coalesce(s.person_id, h.person_id, o.given) AS person_id, s.person_id AS stored
    FROM {own} o LEFT JOIN last s USING (registration_id) LEFT JOIN holder h ON o.keyed AND h.given = o.given
    """


def plan_own(sources: LinkSources) -> str:
    """SQL of what a registration says by itself: ``LINK_COLUMNS`` without the person.

    Rule: a number that was changed makes the person of the last number it was changed to.
    """
    return plan_succeeded(f"({_plan_own(sources)})", sources)


def plan_succeeded(own: str, sources: LinkSources) -> str:
    """SQL of what registrations say by themselves (``own``), each that bears a changed number with the person of the last one."""
    if not sources.successions:
        return f"SELECT * FROM {own}"
    return (
        f"SELECT o.* REPLACE (coalesce(c.last, o.given) AS given) FROM {own} o"
        f" LEFT JOIN {sources.successions} c ON o.keyed AND c.person = o.given"
    )


def plan_carried(sources: LinkSources) -> str:
    """SQL of the changed numbers that any registration carries: ``digits`` (17), and the ``person`` the number makes."""
    return f"""
    WITH version AS (SELECT DISTINCT upper(trim(id_no)) AS id_no FROM ({sources.registrations}) WHERE id_no IS NOT NULL),
    numbered AS (SELECT *, length(id_no) AS signs, TRY_CAST(left(id_no, 17) AS BIGINT) AS digits FROM version),
    keyed AS (SELECT DISTINCT {_KEY_SQL} AS key FROM numbered)
    SELECT key AS digits, {_person_sql(sources)} AS person FROM keyed WHERE key IS NOT NULL
        AND {_person_sql(sources)} IN (SELECT person FROM {sources.successions} UNION SELECT last FROM {sources.successions})
    """


def _person_sql(sources: LinkSources) -> str:
    """The person that a number makes by itself."""
    return f"(md5_number_lower({sql_text(sources.salt)} || '|person|' || key) >> 1)::BIGINT"


def _plan_own(sources: LinkSources) -> str:
    return f"""
    WITH version AS (
        SELECT registration_id, seq, birth_date, sex, upper(trim(id_no)) AS id_no FROM ({sources.registrations})
    ),
    numbered AS (SELECT *, length(id_no) AS signs, TRY_CAST(left(id_no, 17) AS BIGINT) AS digits FROM version),
    keyed AS (SELECT registration_id, seq, birth_date, sex, {_KEY_SQL} AS key FROM numbered),
    dated AS (
        SELECT registration_id, seq, birth_date, sex, key,
               TRY(make_date((key // 10000000) % 10000, (key // 100000) % 100, (key // 1000) % 100)) AS born,
               CASE WHEN key % 2 = 1 THEN '1' ELSE '2' END AS gender
        FROM keyed
    ),
    own AS (
        SELECT registration_id, seq, birth_date, sex, born, gender,
               CASE WHEN born IS NOT NULL AND (birth_date IS NULL OR birth_date = born)
                     AND (sex IS NULL OR sex NOT IN ('1', '2') OR sex = gender) THEN key END AS key
        FROM dated
    ),
    latest AS (
        SELECT registration_id, min(seq) AS first_seq, arg_max(key, seq) FILTER (key IS NOT NULL) AS key,
               arg_max(born, seq) FILTER (key IS NOT NULL) AS born, arg_max(gender, seq) FILTER (key IS NOT NULL) AS gender,
               arg_max(birth_date, seq) AS birth_date, arg_max(sex, seq) AS sex
        FROM own GROUP BY registration_id
    )
    SELECT registration_id, first_seq, key IS NOT NULL AS keyed,
           CASE WHEN key IS NULL THEN registration_id
                ELSE {_person_sql(sources)} END AS given,
           coalesce(born, birth_date) AS birth_date, CASE WHEN key IS NULL THEN sex ELSE gender END AS sex
    FROM latest
    """


def plan_people(sources: LinkSources, links: str) -> str:
    """SQL of the people: person_id, birth_date, sex, is_resident, resident_kind, division, org, registrations.

    Rule: birth date and sex are those inside a number of their own, else as the first registration that says them has them.
    What is said of residence is the latest resident record's (by the day it was opened, then by acceptance) among the
    person's registrations; a record that does not say whether one lives here, as a hospital's, does not unsay it.
    Grain: one row per person. ``links``: the table made by :func:`plan_links`.
    """
    return f"""
    WITH record AS (
        SELECT l.person_id, r.is_resident, r.resident_kind, r.division, r.org FROM ({sources.residents}) r
        JOIN {links} l USING (registration_id)
        QUALIFY row_number() OVER (PARTITION BY l.person_id
            ORDER BY r.is_resident IS NULL, r.occurred_on DESC NULLS LAST, r.seq DESC) = 1
    ),
    person AS (
        SELECT person_id, coalesce(min(birth_date) FILTER (keyed), arg_min(birth_date, first_seq)) AS birth_date,
               coalesce(min(sex) FILTER (keyed), arg_min(sex, first_seq)) AS sex, count(*) AS registrations
        FROM {links} GROUP BY person_id
    )
    SELECT person_id, p.birth_date, p.sex, r.is_resident, r.resident_kind, r.division, r.org, p.registrations
    FROM person p LEFT JOIN record r USING (person_id)
    """
