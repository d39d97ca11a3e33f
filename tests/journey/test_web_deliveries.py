"""What institutions send, through the pages: taken in behind them, told, mended, and seen to move a figure."""

from __future__ import annotations

import csv
import io
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.journey.small_city import FOLLOWUP_HEADER, HOSPITAL, ask, call, followup, make_small_city, write_people
from tests.pages import check_page
from wangdi.store.city import City
from wangdi.web.app import make_app
from wangdi.web.door import Clock
from wangdi.web.pages import sending

NOW = datetime(2026, 1, 20, 9)
SILENT = "H2"
PEOPLE = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city of six people with a diagnosis, and a second hospital that sends nothing."""
    city = make_small_city(tmp_path / "city")
    more = tmp_path / "more.csv"
    head, first = (tmp_path / "organisations.csv").read_text(encoding="utf-8").splitlines()
    second = first.replace(HOSPITAL, SILENT).replace("试验县医院", "第二医院")
    more.write_text(f"{head}\n{second}\n", encoding="utf-8")
    assert call("update", "--organisations", more, "--received-at", "2025-01-02T08:00:00", city=city).exit_code == 0
    write_people(tmp_path / "sent", range(1, PEOPLE + 1))
    ask(city, "collect", tmp_path / "sent", "--org", HOSPITAL, "--received-at", "2025-02-03T08:00:00")
    return city


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(make_app(folder, Clock(lambda: NOW)), follow_redirects=False) as made:
        yield made


def page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    if answer.text.startswith("<!DOCTYPE"):
        check_page(answer.text)
    return unescape(answer.text)


def send(client: TestClient, *files: tuple[str, bytes], org: str = HOSPITAL, **fields: str) -> str:
    """Send files by the form and wait; answers the address one ends on."""
    given = [("files", (name, content)) for name, content in files]
    answer = client.post("/deliveries/new", data={"org": org, "mode": "add", **fields}, files=given)
    assert answer.status_code == 303, answer.text
    job = answer.headers["location"]
    for _ in range(400):
        state = client.get(f"{job}/state")
        if "hx-redirect" in state.headers:
            assert client.get(job).headers["location"] == state.headers["hx-redirect"]
            return state.headers["hx-redirect"]
        if "data-hx-trigger" not in state.text:
            return job
        time.sleep(0.05)
    raise AssertionError("the sending was never taken in")


def followups(*rows: str) -> bytes:
    return "\n".join([FOLLOWUP_HEADER, *rows, ""]).encode("gb18030")


def year_of(person: int, sbp: int) -> list[str]:
    """A visit every month of 2025."""
    return [followup(person, date(2025, month, 15), sbp) for month in range(1, 13)]


def test_a_sending_ends_on_its_batch_with_what_was_refused_and_how_to_mend_it(client: TestClient) -> None:
    batch = send(client, ("随访.csv", followups(followup(1, "2025-03-01"), followup(2, "2025-13-40"))))
    text = page(client, batch)
    assert "收到 2 行 = 接收 1 + 退回 1 + 重复 0" in text
    assert "“随访日期”不是可识别的日期：“2025-13-40”" in text
    assert "随访.csv:3 · 随访日期" in text, "the file, the line and the column as the institution calls it"
    assert "GB18030" in text
    assert "试验县医院" in page(client, "/deliveries")

    refused = client.get(f"{batch}/refused")
    rows = list(csv.DictReader(io.StringIO(refused.content.decode("utf-8-sig"))))
    assert [(row["档案编号"], row["随访日期"], row["原行号"]) for row in rows] == [("R2", "2025-13-40", "3")]
    mended = refused.content.decode("utf-8-sig").replace("2025-13-40", "2025-03-04").encode()
    assert "收到 1 行 = 接收 1 + 退回 0 + 重复 0" in page(client, send(client, ("mended.csv", mended)))


def test_all_problems_of_a_batch_are_listed_and_exported(client: TestClient) -> None:
    batch = send(client, ("随访.csv", followups(*(followup(1, f"2025-13-{day:02}") for day in range(1, 21)))))
    text = page(client, batch)
    assert "“随访日期”不是可识别的日期：“…”" in text, "what differs from row to row is left open"
    assert "看全部 20 处" in text
    assert text.count("随访.csv:") == 3
    assert page(client, f"{batch}/problems?code=ROW-003").count("2025-13-") >= 20
    exported = client.get(f"{batch}/problems?format=csv").content.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(exported)))) == 20


def test_a_late_record_moves_a_figure_and_the_page_says_which_who_and_why(client: TestClient) -> None:
    send(client, ("随访.csv", followups(*year_of(1, 130), *year_of(2, 170))))
    batch = send(client, ("迟到.csv", followups(followup(2, "2025-12-30", 128))))
    text = page(client, batch)
    assert f'data-hx-get="{batch}/moved' in text
    assert 'data-hx-trigger="load"' in text, "it is shown without being asked for"
    moved = page(client, f"{batch}/moved?period=2025")
    assert "管理人群血压控制率" in moved
    assert "16.67% → 33.33%" in re.sub(r"</?b>", "", moved)
    assert "1 / 6 → 2 / 6" in moved
    assert "迟到 1 人" in moved
    assert "居民2" in moved
    assert "进入分子" in moved
    fact = re.search(r"/fact/(\d+)", moved)
    assert fact is not None
    assert "迟到.csv" in page(client, f"/fact/{fact[1]}")
    assert batch in page(client, f"/fact/{fact[1]}"), "a record leads to its batch"
    assert "管理人群血压控制率" in page(client, f"{batch}?moved=1&period=2025"), "and without scripts"

    first = re.search(r"占用编号 (\d+)–", text)
    assert first is not None
    before = int(first[1]) - 1
    compared = page(client, f"/compare?before={before}&period=2025")
    assert "管理人群血压控制率" in compared
    exported = client.get(f"/compare?before={before}&period=2025&format=csv").content.decode("utf-8-sig")
    rows = {row["指标"]: row for row in csv.DictReader(io.StringIO(exported))}
    assert (rows["管理人群血压控制率"]["分子 以前"], rows["管理人群血压控制率"]["分子 后来"]) == ("1", "2")
    people = page(client, f"/compare/people?indicator=htn_ctrl&before={before}&period=2025")
    assert "居民2" in people
    assert "2025-12-30" in people
    townships = page(client, f"/compare?before={before}&period=2025&level=township")
    assert "未能归属" in townships, "the hospital stands in no township"
    unplaced = f"/compare/people?indicator=htn_ctrl&before={before}&period=2025&area=unallocated&level=township"
    assert "居民2" in page(client, unplaced)
    assert "没有变动" in page(client, f"/compare?before={before}&period=2024")


def test_the_figures_of_other_pages_follow_at_once(client: TestClient) -> None:
    address = "/people?indicator=htn_ctrl&period=2025&part=numerator"
    before = page(client, address)
    assert "居民3" not in before
    send(client, ("随访.csv", followups(*year_of(3, 130))))
    assert "居民3" in page(client, address)


def test_the_same_file_again_adds_nothing_and_says_when_it_came(client: TestClient) -> None:
    file = ("随访.csv", followups(followup(1, "2025-03-01")))
    first = send(client, file)
    again = page(client, send(client, file))
    assert "接收 0 + 退回 0 + 重复 1" in again
    assert f"在第 {first.rsplit('/', 1)[1]} 批收到的文件一字不差：没有新增" in again
    assert "2026-01-20 09:00" in again


def test_a_file_that_no_mapping_fits_says_what_it_has_and_offers_a_draft(client: TestClient) -> None:
    batch = send(client, ("别的.csv", "档案编号,随访日,高压\nR1,2025-01-01,130\n".encode("gb18030")))
    text = page(client, batch)
    assert "文件里有这些列：档案编号、随访日、高压。" in text
    assert "缺 1 列：随访日期" in text
    assert "--as" not in text, "no options of a command line on a page"
    draft = re.search(rf"{batch}/draft/\d+", text)
    assert draft is not None
    answer = client.get(draft[0])
    assert answer.text.startswith("mapping: 别的\nform: hypertension.followup")
    assert client.get(f"{batch}/draft/1").status_code == 404, "a file of another batch"
    chosen = page(
        client, send(client, ("别的.csv", "档案编号,随访日,高压\nR1,2025-01-01,130\n".encode()), mapping="followup")
    )
    assert "没有读的文件" in chosen


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("空.csv", b"", "文件是空的"),
        ("坏.xlsx", b"PK\x03\x04" + bytes(300), "表格文件损坏"),
        ("坏.csv", "档案编号,随访日期\n".encode() + b"\xff\xff\x80", "既不是 UTF-8 也不是 GB18030"),
        ("照片.jpg", b"\xff\xd8\xff\xe0" + bytes(100), "不认识的文件类型"),
    ],
)
def test_what_cannot_be_read_says_so_and_harms_nothing(
    client: TestClient, name: str, content: bytes, said: str
) -> None:
    text = page(client, send(client, (name, content), ("随访.csv", followups(followup(1, "2025-03-01")))))
    assert said in text
    assert "接收 1 + 退回 0" in text, "the file beside it is taken"


def test_hostile_names_and_cells_are_only_text(client: TestClient, folder: Path) -> None:
    outside = set(folder.parent.rglob("*"))
    name = "../../<img src=x onerror=alert(1)>.csv"
    cell = "<script>alert(1)</script>"
    batch = send(client, (name, followups(followup(1, "2025-03-01", signs="=cmd|' /C calc'!A0"), followup(2, cell))))
    raw = client.get(batch).text
    assert "<img" not in raw
    assert cell not in raw
    assert "<img src=x onerror=alert(1)>.csv" in unescape(raw)
    refused = client.get(f"{batch}/refused").content.decode("utf-8-sig")
    assert cell in refused, "in a file it is what they sent"
    made = {path for path in set(folder.parent.rglob("*")) - outside if not path.is_relative_to(folder)}
    assert made == set()
    assert list((folder / "tmp").glob("upload-*")) == []


def test_a_zip_is_its_files(client: TestClient, folder: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../一月/随访.csv", followups(followup(1, "2025-03-01")))
        archive.writestr("二月/随访.csv", followups(followup(1, "2025-04-01")))
        archive.writestr("__MACOSX/._随访.csv", b"x")
    text = page(client, send(client, ("随访.zip", packed.getvalue())))
    assert "接收 2 + 退回 0" in text
    assert "随访 (2).csv" in text
    assert not list(folder.parent.rglob("一月"))
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    answer = client.post("/deliveries/new", data={"org": HOSPITAL}, files=[("files", ("空.zip", empty.getvalue()))])
    assert (answer.status_code, "压缩包里没有文件" in answer.text) == (400, True)


def test_what_cannot_be_sent_is_said_on_the_form(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    file = [("files", ("随访.csv", followups(followup(1, "2025-03-01"))))]
    nobody = client.post("/deliveries/new", data={"org": "没有的医院", "mode": "add"}, files=file)
    assert nobody.status_code == 400
    assert "没有名为“没有的医院”的机构" in nobody.text
    assert 'value="没有的医院"' in nobody.text, "what was written stays"
    assert "没有选文件" in client.post("/deliveries/new", data={"org": HOSPITAL}, files=[("files", ("", b""))]).text
    assert "没有传完" in client.post("/deliveries/new", data={"org": HOSPITAL}).text
    monkeypatch.setattr(sending, "MOST_BYTES", 20)
    large = client.post("/deliveries/new", data={"org": HOSPITAL}, files=file)
    assert (large.status_code, "文件合起来超过 20 B" in large.text) == (413, True)
    cross = client.post("/deliveries/new", data={"org": HOSPITAL}, files=file, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    assert "进度已经不在" in page(client, "/deliveries/jobs/77", 404)


def test_while_somebody_else_writes_the_page_says_who(client: TestClient, folder: Path) -> None:
    go, held = threading.Event(), threading.Event()

    def hold() -> None:
        with City.open(folder) as city, city.writer("值班员"):
            held.set()
            go.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    file = [("files", ("随访.csv", followups(followup(1, "2025-03-01"))))]
    job = client.post("/deliveries/new", data={"org": HOSPITAL, "mode": "add"}, files=file).headers["location"]
    try:
        for _ in range(100):
            if "值班员 正在写入" in (text := page(client, job)):
                break
            time.sleep(0.05)
        assert "值班员 正在写入" in text
        assert job in page(client, "/deliveries"), "it is found again by whoever left"
    finally:
        go.set()
        holder.join()
    for _ in range(200):
        if (state := client.get(f"{job}/state")).headers.get("hx-redirect"):
            break
        time.sleep(0.05)
    assert "接收 1" in page(client, state.headers["hx-redirect"])


def test_replacing_a_month_withdraws_what_is_not_in_the_files(client: TestClient) -> None:
    send(client, ("随访.csv", followups(followup(1, "2025-03-01"), followup(2, "2025-03-02"))))
    batch = send(client, ("全月.csv", followups(followup(1, "2025-03-01"))), mode="replace-period")
    text = page(client, batch)
    assert "替换整月" in text
    assert "撤销 1 条" in text


def test_batches_are_found_by_sender_month_and_refusals(client: TestClient) -> None:
    send(client, ("好.csv", followups(followup(1, "2025-03-01"))))
    send(client, ("坏.csv", followups(followup(2, "2025-13-40"))))
    whole = page(client, "/deliveries")
    assert whole.index("坏.csv") < whole.index("好.csv") < whole.index("居民.csv"), "the newest first"
    assert "好.csv" not in page(client, "/deliveries?refused=1")
    february = page(client, "/deliveries?month=2025-02")
    assert "居民.csv" in february
    assert "好.csv" not in february
    assert "没有这样的批次" in page(client, f"/deliveries?org={SILENT}")
    assert "好.csv" in page(client, "/deliveries?org=试验县医院")
    rows = list(csv.DictReader(io.StringIO(client.get("/deliveries?format=csv").content.decode("utf-8-sig"))))
    assert [row["批"] for row in rows] == ["3", "2", "1"]
    assert rows[0]["行数 退回"] == "1"
    assert client.get("/deliveries?format=xlsx").content[:2] == b"PK"
    assert "不是一个月份" in page(client, "/deliveries?month=三月", 400)


def test_who_sent_nothing(client: TestClient) -> None:
    january = page(client, "/deliveries/silent?month=2026-01")
    assert "试验县医院" in january
    assert "2025-02-03" in january
    assert "第二医院从未来过" in re.sub(r"<[^>]+>", "", january)
    february = page(client, "/deliveries/silent?month=2025-02")
    assert ">试验县医院" not in february
    assert "第二医院" in february


def test_comparing_says_what_it_cannot_do(client: TestClient) -> None:
    assert "没有变动" in page(client, "/compare?before=2026-01-20")
    assert "没有什么可比" in page(client, "/compare?before=2026-01-20&known=1", 400)
    assert "不是日期、时刻或编号" in page(client, "/compare?before=昨天", 400)
    assert page(client, "/compare?lang=en&before=2026-01-20").count("No figure of this period moved") == 1
    assert "没有编号为 99 的批次" in page(client, "/deliveries/99", 404)


def test_pages_of_an_empty_city(tmp_path: Path) -> None:
    city = make_small_city(tmp_path / "city")
    with TestClient(make_app(city, Clock(lambda: NOW + timedelta(days=1)))) as client:
        assert "点“送一批数”送来文件" in page(client, "/deliveries")
        assert "从未来过" in page(client, "/deliveries/silent")
        assert "Send files" in page(client, "/deliveries/new?lang=en")
