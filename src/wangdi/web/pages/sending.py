"""A clerk's sending: choose an institution and files, leave the page or wait, and end on the batch."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.archives import unpack_archives
from wangdi.app.mappings import expect_columns
from wangdi.collect.request import CollectRequest
from wangdi.core.problem import Problem, Refusal
from wangdi.web.door import Door
from wangdi.web.jobs import Job, Jobs
from wangdi.web.pages.deliveries import find_organisation, organisation_names, senders
from wangdi.web.render import form_status, render_page, tell_problem
from wangdi.web.uploads import Upload, receive_upload, show_size
from wangdi.web.view import View, read_view

router = APIRouter()
MOST_BYTES = 1 << 30
"""What may come in one form. More is taken in on the server itself."""
MODES: tuple[Literal["add", "replace-period"], ...] = ("add", "replace-period")


@router.get("/deliveries/new")
def show_new(request: Request, org: str = "", mapping: str = "", mode: str = "add") -> Response:
    """The form."""
    return _render_form(request, {"org": org, "mapping": mapping, "mode": mode})


def _render_form(request: Request, chosen: Mapping[str, str], problem: Problem | None = None) -> Response:
    door: Door = request.app.state.door
    jobs: Jobs = request.app.state.jobs
    view = read_view(request)
    known = door.number()
    names = organisation_names(door, known)
    code = chosen.get("org", "").strip().split(" ", 1)[0]
    mode = chosen.get("mode", "")
    context = {
        "org": f"{code} {names[code]}" if code in names else chosen.get("org", ""),
        "mapping": chosen.get("mapping", ""),
        "mode": mode if mode in MODES else MODES[0],
        "senders": senders(door, known),
        "expected": expect_columns(door.city, door.library),
        "most": show_size(MOST_BYTES),
        "running": jobs.unfinished(),
        "names": names,
        "problem": problem,
        **tell_problem(view, problem),
    }
    return render_page(request, "sending.html", context, view=view, status=form_status(problem))


@router.post("/deliveries/new")
async def take_sending(request: Request) -> Response:
    """Take the files, start the job, and go to its page. What is wrong is said on the form."""
    jobs: Jobs = request.app.state.jobs
    folder = await run_in_threadpool(jobs.folder)
    upload = Upload({}, ())
    try:
        upload = await receive_upload(request, folder, MOST_BYTES)
        job = await run_in_threadpool(_start, request, upload)
    except Refusal as refusal:
        shutil.rmtree(folder, ignore_errors=True)
        return await run_in_threadpool(_render_form, request, upload.fields, refusal.problem)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return RedirectResponse(read_view(request).link(f"/deliveries/jobs/{job.number}"), 303)


def _start(request: Request, upload: Upload) -> Job:
    door: Door = request.app.state.door
    jobs: Jobs = request.app.state.jobs
    if not upload.files:
        raise Refusal(Problem(code="WEB-040"))
    org = find_organisation(door, door.number(), upload.fields.get("org", ""))
    files = unpack_archives(upload.files, MOST_BYTES)
    chosen = upload.fields.get("mode", "")
    asked = CollectRequest(
        org=org,
        received_at=door.clock.now(),
        mapping=upload.fields.get("mapping") or None,
        mode=next((mode for mode in MODES if mode == chosen), MODES[0]),
    )
    return jobs.start(upload.files[0].parent, files, asked)


@router.get("/deliveries/jobs/{number:int}")
def show_job(request: Request, number: int) -> Response:
    """How far a sending has come; its batch once it is taken in."""
    view = read_view(request)
    job = _find_job(request, number)
    if job.batch is not None:
        return RedirectResponse(view.link(f"/deliveries/{job.batch}"), 303)
    return render_page(request, "job.html", _job_context(request, view, job), view=view)


@router.get("/deliveries/jobs/{number:int}/state")
def show_state(request: Request, number: int) -> Response:
    """The piece of the page that changes; it sends the browser to the batch at the end."""
    view = read_view(request)
    job = _find_job(request, number)
    response = render_page(request, "job_state.html", _job_context(request, view, job), view=view)
    if job.batch is not None:
        response.headers["HX-Redirect"] = view.link(f"/deliveries/{job.batch}")
    return response


def _find_job(request: Request, number: int) -> Job:
    jobs: Jobs = request.app.state.jobs
    job = jobs.get(number)
    if job is None:
        raise Refusal(Problem(code="WEB-044", args={"job": str(number)}))
    return job


def _job_context(request: Request, view: View, job: Job) -> dict[str, Any]:
    door: Door = request.app.state.door
    jobs: Jobs = request.app.state.jobs
    before = [one for one in jobs.unfinished() if one.number < job.number]
    return {
        "job": job,
        "org_name": organisation_names(door, door.number()).get(job.org, job.org),
        "before": len(before),
        "done_size": show_size(job.done),
        "total_size": show_size(job.total),
        **tell_problem(view, job.problem),
        "holder": job.holder.message(view.lang) if job.holder else "",
        "state_link": view.link(f"/deliveries/jobs/{job.number}/state", lang=view.lang),
    }
