"""The page of a batch: all jobs, failures first; what users wrote is data, whatever it is."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tracemalloc
from html.parser import HTMLParser

import pytest
from finished import SETTINGS, done, failed, job_id, missing, store_of, write_manifest

from flowzero_jax.batch.page import write_page
from flowzero_jax.errors import OutputError

HOSTILE = [
    "</script><script>document.title = 'broken'</script>",
    "<!--<script>",
    "--></SCRIPT ><img src=x onerror=\"document.title = 'broken'\">",
    "\"'`&lt;&amp;<svg onload=alert(1)>",
    "{{data}} {{script}} {{policy}}",
    "javascript:alert(1)",
    "\u202egnp.exe\u2028\u2029\x00\ud800 猫",
    "a" * 10_000,
]


class Page(HTMLParser):
    """A page as a browser reads it: its elements, and what stands in scripts and styles."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.blocks = [], []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.blocks.append((tag, dict(attributes), ""))

    def handle_data(self, data):
        if self.blocks:
            tag, attributes, text = self.blocks[-1]
            self.blocks[-1] = (tag, attributes, text + data)

    def handle_endtag(self, tag):
        self.blocks.append(("", {}, ""))

    def contents(self, tag):
        return [(attributes, text) for name, attributes, text in self.blocks if name == tag]

    @property
    def data(self):
        ((_, text),) = [block for block in self.contents("script") if "type" in block[0]]
        return json.loads(text)

    @property
    def policy(self):
        metas = [attributes for tag, attributes in self.elements if tag == "meta"]
        (policy,) = [m["content"] for m in metas if "http-equiv" in m]
        return dict(part.strip().split(" ", 1) for part in policy.split(";"))


@pytest.fixture
def page(tmp_path):
    """`page(records)` writes a batch's page and reads it."""

    def write(records, name="night"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        write_manifest(folder, records)
        write_page(store_of(folder))
        return Page(folder / "index.html")

    return write


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_of_users_is_data(page, text):
    plain = page([done(0), failed(1)])
    record = done(0, prompt=text, label=text, settings=SETTINGS | {"negative_prompt": text})
    hostile = page([record, failed(1, message=text)])
    assert hostile.elements == plain.elements
    assert hostile.contents("script")[-1] == plain.contents("script")[-1]
    bad, good = hostile.data["jobs"]
    assert good["prompt"] == good["label"] == text
    assert bad["error"]["message"] == text


def test_the_name_of_the_folder_is_data_too(page):
    name = "<img src=x onerror=alert(1)> & night"
    hostile, plain = page([done(0)], name), page([done(0)])
    assert hostile.elements == plain.elements
    assert (hostile.data["title"], plain.data["title"]) == (name, "night")


def test_only_the_script_and_style_of_the_page_may_run(page):
    found = page([done(0)])
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        text = found.contents(tag)[-1][1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert found.policy[directive] == f"'sha256-{digest}'"
    assert found.policy["default-src"] == "'none'"
    assert not [name for _, attributes in found.elements for name in attributes if name[:2] == "on"]
    assert not any("style" in attributes for _, attributes in found.elements)


def test_a_page_needs_no_other_file_to_open(page):
    found = page([done(0)])
    assert not [a for _, attributes in found.elements for a in attributes if a in ("src", "href")]
    assert "://" not in found.text and "url(" not in found.text and "@import" not in found.text


def test_failures_come_first_then_what_is_missing_in_the_order_of_jobs(page):
    data = page([done(0), missing(1), failed(2), done(3), missing(4), failed(5)]).data
    assert data["counts"] == {"failed": 2, "missing": 2, "done": 2}
    assert [job["prompt"][-1] for job in data["jobs"]] == ["2", "5", "1", "4", "0", "3"]


def test_a_job_shows_the_settings_in_which_it_differs(page):
    unusual = SETTINGS | {"num_steps": 9, "negative_prompt": "blur"}
    data = page([done(0, settings=unusual), done(1), done(2)]).data
    assert data["usual"] == SETTINGS
    assert [job["settings"] for job in data["jobs"]] == [
        {"num_steps": 9, "negative_prompt": "blur"},
        {},
        {},
    ]
    assert all(data["usual"] | job["settings"] in (unusual, SETTINGS) for job in data["jobs"])


def test_files_are_linked_by_what_follows_the_id_in_their_names(page):
    record = done(0)
    (job,) = page([record]).data["jobs"]
    assert f"videos/{job['id']}{job['video']}" == record["video"]["file"]
    assert f"plans/{job['id']}{job['plan']}" == record["plan"]["file"]
    endings = (job["poster"], job["plan_picture"])
    assert tuple(f"pictures/{job['id']}{ending}" for ending in endings) == tuple(
        record["pictures"].values()
    )


@pytest.mark.parametrize(
    "name",
    [
        *("javascript:alert(1)", "https://example.org/a.mp4", "../a.mp4", "videos/a.mp4", ""),
        *(f"videos/{job_id(0)}{end}" for end in ("", "/../../a.mp4", ".mp4?x", ".mp4/..", "..")),
    ],
)
def test_no_file_but_the_jobs_own_is_linked(page, name):
    record = done(0, video=done(0)["video"] | {"file": name}, pictures={"poster": name})
    (job,) = page([record]).data["jobs"]
    assert not {"video", "poster", "plan_picture"} & job.keys()


def test_a_name_that_is_no_id_has_no_links(page):
    name = "../elsewhere"
    video = done(0)["video"] | {"file": f"videos/{name}.mp4"}
    (job,) = page([done(0, id=name, video=video)]).data["jobs"]
    assert not {"video", "record"} & job.keys()


def test_many_jobs_make_several_files_with_every_job_once(tmp_path, monkeypatch):
    monkeypatch.setattr("flowzero_jax.batch.page.JOBS_PER_FILE", 3)
    write_manifest(tmp_path, [*map(done, range(6)), failed(6)])
    write_page(store_of(tmp_path))
    names = ["index.html", "index-2.html", "index-3.html"]
    data = [Page(tmp_path / name).data for name in names]
    assert [part["parts"] for part in data] == [names] * 3
    assert [part["part"] for part in data] == [0, 1, 2]
    prompts = [job["prompt"][-1] for part in data for job in part["jobs"]]
    assert prompts == list("6012345")


def test_an_empty_batch_has_a_page(page):
    assert page([]).data["jobs"] == []


@pytest.mark.parametrize("line", ["", '{"id": "a', "\ufffd"])
def test_a_damaged_manifest_is_named(tmp_path, line):
    write_manifest(tmp_path, [done(0)])
    with (tmp_path / "manifest.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(OutputError, match=r"manifest\.jsonl: line 2 is damaged; make it anew"):
        write_page(store_of(tmp_path))
    assert not (tmp_path / "index.html").exists()


def test_memory_does_not_grow_with_the_number_of_jobs(tmp_path):
    def peak(count):
        write_manifest(tmp_path, map(done, range(count)))
        tracemalloc.start()
        write_page(store_of(tmp_path))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)  # Imports what it needs.
    assert peak(4_000) < 1.5 * peak(400)


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs a browser")
def test_a_browser_shows_the_jobs_and_runs_nothing_of_theirs(page, tmp_path):
    # Printing half a character ends the browser.
    texts = [text.replace("\ud800", "") for text in HOSTILE]
    records = [done(k, prompt=text, label=text) for k, text in enumerate(texts)]
    page([*records, failed(99, message=HOSTILE[0])])
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/b"]
    address = (tmp_path / "night" / "index.html").as_uri()
    run = subprocess.run(
        ["chromium", *options, "--virtual-time-budget=2000", "--dump-dom", address],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    shown = run.stdout
    assert "<title>night</title>" in shown
    assert len(re.findall("<article", shown)) == len(records) + 1
    assert "1 failed" in shown
