"""Collecting a sending: one call, one batch, one commit.

receive -> detect -> recognise -> read -> type and check -> stage -> compare with what was accepted -> accept.
Until the last step nothing is the city's: a crash, a full disk or Ctrl-C leaves only the writer's staging folder, which the
next writer empties.
"""

from __future__ import annotations

from collections.abc import Mapping as Names
from collections.abc import Sequence
from pathlib import Path

from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.files import judge_kind, list_files, show_path, shown_names
from wangdi.collect.mapping_reading import read_every_mapping
from wangdi.collect.request import CollectRequest, CollectResult, FormCount
from wangdi.collect.run import Run
from wangdi.collect.settling import Accepted, Sending, settle_form, settle_people
from wangdi.collect.staging import open_stage
from wangdi.collect.taking import take_delimited, take_spreadsheet
from wangdi.collect.taking_fhir import take_fhir
from wangdi.collect.taking_hl7 import take_hl7
from wangdi.core.problem import Problem, Refusal
from wangdi.language.model import Pack
from wangdi.store.city import City
from wangdi.store.database import answering_refusals
from wangdi.store.problems import PROBLEM_COLUMNS, read_problems
from wangdi.store.records import Batch, BatchFile, BatchRecord, StagedSegment
from wangdi.store.workspace import Workspace

SHOWN_PROBLEMS = 1000
"""Problems a result carries; all are kept with the batch."""


def collect_files(city: City, packs: Names[str, Pack], paths: Sequence[Path], request: CollectRequest) -> CollectResult:
    """Take in what an institution sends: every row is accepted, or refused with its reason and the next step.

    Rule: one call is one batch and one commit, all or nothing. ``received == accepted + refused + duplicates``.
    Grain: counts are source rows.
    Errors: raises Refusal when the sender is no organisation of the city, a mapping file is wrong or a path is not there.
    """
    mappings, wrong = read_every_mapping(request.mappings, packs)
    asked = {request.mapping, *request.named.values()} - {None}
    if wrong and not (asked and asked <= set(mappings)):
        raise Refusal(wrong[0])
    organisations = _organisation_words(city, request.org)
    if (earlier := recall_delivery(city, request.delivery)) is not None:
        return earlier
    files = list_files(paths)
    names = shown_names(files, paths)
    with city.writer(request.actor, tell=request.tell) as writer, answering_refusals():
        if (earlier := recall_delivery(city, request.delivery)) is not None:  # somebody else took it in meanwhile
            return earlier
        spill = writer.staging / "spill"
        with Workspace(request.memory, request.threads, spill) as workspace:
            # It would work the thorough arms of every coalesce out beforehand, for all rows: seven times as slow.
            workspace.run("set disabled_optimizers = 'common_subexpressions'")
            with open_stage(workspace, writer.staging, organisations) as stage:
                run = Run(city, packs, request, mappings, writer, stage)
                _take_files(run, files, names)
                bare = (path for path in paths if _is_bare(path, files))
                run.note(*(Problem(code="FILE-017", file=show_path(path.name)) for path in bare))
                stage.writer.wait()
                return _accept(run)


def recall_delivery(city: City, delivery: str | None) -> CollectResult | None:
    """What a delivery came to when it was taken in; nothing where it was not yet."""
    batch = city.delivered(delivery) if delivery else None
    if batch is None:
        return None
    record = batch.record
    return CollectResult(
        batch=batch.id,
        received=record.received,
        accepted=record.accepted,
        refused=record.refused,
        duplicates=record.duplicates,
        superseded=record.superseded,
        withdrawn=record.withdrawn,
        forms=dict(record.forms),
        problems=tuple(city.problems(batch.id, SHOWN_PROBLEMS)),
        problem_count=sum(count for _, _, count in city.problem_counts(batch.id)),
    )


def _is_bare(path: Path, files: Sequence[Path]) -> bool:
    """A folder in which there is no file at all."""
    return path.is_dir() and not any(file.is_relative_to(path) for file in files)


def _organisation_words(city: City, sender: str) -> list[tuple[str, str]]:
    """Codes of organisations, and their names where only one bears it. Errors: FILE-008 the sender is none of them."""
    organisations = city.organisations()
    if organisations and sender not in {one.code for one in organisations}:
        raise Refusal(Problem(code="FILE-008", args={"org": sender}))
    codes = {one.code for one in organisations} | {sender}
    bearers: dict[str, set[str]] = {}
    for one in organisations:
        bearers.setdefault(one.name, set()).add(one.code)
    words = {name: next(iter(bears)) for name, bears in bearers.items() if len(bears) == 1}
    return list((words | {code: code for code in codes}).items())


def _take_files(run: Run, files: Sequence[Path], names: Names[Path, str]) -> None:
    fhir: list[Path] = []
    for path in files:
        kind = judge_kind(path)
        if kind == "fhir":
            fhir.append(path)
        elif kind == "hl7":
            take_hl7(run, path, names[path])
        elif kind == "delimited":
            take_delimited(run, path, names[path])
        elif kind == "spreadsheet":
            take_spreadsheet(run, path, names[path])
        else:
            code = "FILE-001" if kind == "empty" else "FILE-005"
            original = run.receive(path, names[path])
            run.files.append(BatchFile(original=original.id, name=names[path]))
            run.note(Problem(code=code, file=names[path]))
    if fhir:
        take_fhir(run, fhir, names)


# ---- the commit -------------------------------------------------------------------------------------------------------
def _accept(run: Run) -> CollectResult:
    base = run.writer.next_seq
    segments = _settle(run, base)
    total = run.loose
    for form in run.stage.forms.values():
        total = total.plus(form.count)
    workspace = run.stage.workspace
    path = run.writer.staging / "problems.parquet"
    order = "order by file, line, severity, code"
    problem_count = workspace.copy(f"select {', '.join(PROBLEM_COLUMNS)} from problems {order}", path)
    problems = read_problems(workspace, [path], SHOWN_PROBLEMS, 0)
    counts = {name: form.count for name, form in run.stage.forms.items()}
    forms = {name: count.accepted for name, count in counts.items() if count.accepted}
    batch: Batch | None = None
    if run.files:
        record = _record(run, total, forms)
        batch = run.writer.accept(record, segments, path if problem_count else ())
    return CollectResult(
        batch=batch.id if batch else None,
        received=total.received,
        accepted=total.accepted,
        refused=total.refused,
        duplicates=total.duplicates,
        superseded=total.superseded,
        withdrawn=total.withdrawn,
        forms=forms,
        counts=counts,
        problems=tuple(problems),
        problem_count=problem_count,
    )


def _record(run: Run, total: FormCount, forms: Names[str, int]) -> BatchRecord:
    return BatchRecord(
        org=run.request.org,
        received_at=run.request.received_at,
        mode=run.request.mode,
        files=tuple(run.files),
        received=total.received,
        accepted=total.accepted,
        refused=total.refused,
        duplicates=total.duplicates,
        superseded=total.superseded,
        withdrawn=total.withdrawn,
        forms=forms,
        delivery=run.request.delivery,
    )


def _settle(run: Run, base: int) -> list[StagedSegment]:
    """Compare with what the city holds; answers the segments to accept."""
    workspace, known = run.stage.workspace, base - 1
    sent = [file for batch in run.city.batches() if batch.record.org == run.request.org for file in batch.record.files]
    own = {file.original for file in (*sent, *run.files)}
    before = {(file.original, file.mapping_sha256) for file in sent}
    again = tuple(file.original for file in run.files if (file.original, file.mapping_sha256) in before)
    sending = Sending(base, run.request.mode == "replace-period", tuple(sorted(own)), again)
    segments: list[StagedSegment] = []
    for form in run.stage.forms.values():
        current = run.city.facts_sql(workspace, form.table, known)
        ever = run.city.all_facts_sql(workspace, form.table, known)
        settle_form(run.stage, form, Accepted(current, ever), sending)
        segments += form.segments
    people = settle_people(run.stage, run.city.facts_sql(workspace, REGISTRATION_TABLE, known))
    return [*segments, *run.stage.retirements, *people]
