"""The browser page: what it draws from a frame, in process, and in a real browser without internet."""

import re
import select
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import mesa
import numpy as np
import pytest

from sim.agents import Employee
from sim.browser.frame import Frame, Scene
from sim.organisation import Organisation
from sim.scenario import load

ROOT = Path(__file__).parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def organisation(seed=1, **changes):
    return Organisation(load("baseline").replaced(changes), seed)


def frame_of(org):
    return Frame.of(org, Scene.of(org))


# Frames


def test_frame_is_a_snapshot_that_later_weeks_leave_alone():
    org = organisation()
    for _ in range(3):
        org.step()
    frame = frame_of(org)
    way, adoption, sentence = frame.way.copy(), frame.adoption.copy(), frame.sentence
    for _ in range(30):
        org.step()
    org.record.adoption[:] = -1.0
    assert (frame.week, frame.adoption.shape, frame.overall.shape) == (3, (4, 6), (4,))
    assert np.array_equal(frame.way, way)
    assert np.array_equal(frame.adoption, adoption)
    assert frame.sentence == sentence
    assert frame.state == "stalled"
    assert frame.stage.endswith("of 6, planning")


def test_main_way_is_the_commonest_of_those_practised():
    org = organisation()
    everybody = np.repeat(np.arange(600), 5), np.tile(np.arange(5), 600)
    org.move(*everybody, rung=0)
    org.move([7, 7, 7], [0, 1, 2], rung=2, way=[3, 6, 6])
    org.move([8, 8], [3, 4], rung=3, way=[5, 2])
    org.move([9], [0], rung=4, way=[1])
    way = frame_of(org).way
    assert way[[7, 8, 9]].tolist() == [6, 2, -1]
    assert (way >= 0).sum() == 2


def test_without_ways_of_their_own_all_practise_in_the_one_way_beyond_the_departments():
    frame = frame_of(organisation(ways=False, governance=False))
    assert (frame.scene.own_ways, frame.scene.shared) == (False, ("practises",))
    assert set(frame.way.tolist()) == {-1, 6}


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("none", ()),
        ("centralised", ("the desk's way",)),
        ("hub_and_spoke", ("the hub's way",)),
        ("multiple_hubs", ("hub 1's way", "hub 2's way")),
    ],
)
def test_shared_ways_are_named_after_the_desks(form, names):
    org = organisation(**{"governance.form": form})
    assert Scene.of(org).shared == names
    assert org.ways == 6 + len(names)


@pytest.mark.parametrize("sizes", [[80, 120, 120, 110, 90, 80], [400], [300, 5], [1, 1, 500], [9] * 30])
def test_discs_keep_apart_and_hold_their_people(sizes):
    plan = load("baseline")
    names = [f"d{n}" for n in range(len(sizes))]
    tables = {name: {"size": size, "function": "sales"} for name, size in zip(names, sizes, strict=True)}
    dropped = dict.fromkeys(plan.organisation.departments, False)
    org = Organisation(
        plan.replaced({"organisation": {"owners": names[:1], "departments": tables | dropped}})
    )
    scene = Scene.of(org)
    centre, radius = scene.discs[:, :2], scene.discs[:, 2]
    apart = np.linalg.norm(centre[:, None] - centre[None], axis=2) + 9.0 * np.eye(len(sizes))
    assert (apart > radius[:, None] + radius[None]).all()
    out = np.linalg.norm(scene.places - centre[org.employees.department], axis=1)
    assert (out < radius[org.employees.department]).all()
    assert scene.places.min() > -1e-9
    assert scene.places.max() < 1 + 1e-9
    close = np.linalg.norm(scene.places[:, None] - scene.places[None], axis=2)
    assert close[~np.eye(len(close), dtype=bool)].min() > 0.4 * scene.spacing


def test_places_do_not_depend_on_luck_and_ties_are_each_drawn_once():
    org = organisation(seed=1)
    one, two = Scene.of(org), Scene.of(organisation(seed=2))
    assert np.array_equal(one.places, two.places)
    assert not np.array_equal(one.ties, two.ties)
    assert len(one.ties) == len(org.ties.indices) // 2
    assert (one.ties[:, 0] < one.ties[:, 1]).all()


# Components


@pytest.fixture(scope="module")
def components():
    pytest.importorskip("solara", reason="needs the extra: pip install '.[browser]'")
    from sim.browser import components

    return components


def chart(components, frame):
    return ElementTree.fromstring(components.adoption_chart(frame))


def test_chart_has_a_line_a_department_that_ends_at_its_adoption(components):
    org = organisation()
    for _ in range(20):
        org.step()
    frame = frame_of(org)
    drawn = chart(components, frame)
    ends = [line.get("points").split()[-1].split(",") for line in drawn.iter("polyline")]
    heights = np.array([float(y) for _, y in ends])
    values = np.append(frame.adoption[-1], frame.overall[-1])
    grid = {
        text.text: float(line.get("y1")) for text, line in zip(_ticks(drawn), drawn.iter("line"), strict=True)
    }
    assert np.allclose(heights, grid["0"] + (grid["100"] - grid["0"]) * values, atol=0.06)
    assert len({x for x, _ in ends}) == 1
    names = [text.text for text in drawn.iter("text")]
    assert set(org.department_names) < set(names)


def _ticks(drawn):
    return [text for text in drawn.iter("text") if text.get("class") == "end"]


def test_chart_leaves_out_departments_for_which_nothing_is_meant_and_escapes_names(components):
    plan = load("baseline").replaced(
        {"organisation.departments": {"hr": False, "<b>&": {"size": 50, "function": "legal"}}}
    )
    for practice in plan.practices:
        plan = plan.replaced({f"practices.{practice}.fit.legal": 0.1})
    frame = frame_of(Organisation(plan))
    assert np.isnan(frame.adoption[0]).sum() == 1
    assert len(list(chart(components, frame).iter("polyline"))) == 6
    plan = plan.replaced({"practices.listening.fit.legal": 0.9})
    names = [text.text for text in chart(components, frame_of(Organisation(plan))).iter("text")]
    assert "<b>&" in names


def test_labels_of_the_chart_never_overlap(components):
    drawn = chart(components, frame_of(organisation()))
    lines = len(list(drawn.iter("polyline")))
    labels = sorted(float(text.get("y")) for text in list(drawn.iter("text"))[-lines:])
    assert lines == 7
    assert min(np.diff(labels)) > 14


def test_long_runs_are_drawn_with_few_points(components):
    org = organisation(weeks=2000)
    frame = frame_of(org)
    long = Frame(
        frame.scene, 1999, frame.stage, frame.state, frame.sentence, frame.way,
        np.linspace(0, 1, 2000)[:, None].repeat(6, axis=1), np.linspace(0, 1, 2000),
    )  # fmt: skip
    points = [len(line.get("points").split()) for line in chart(components, long).iter("polyline")]
    assert max(points) <= components.POINTS + 1


def test_states_have_a_character_a_person(components):
    frame = frame_of(organisation())
    states = components.states(frame)
    assert len(states) == 600
    assert [ord(state) - ord("1") for state in states] == frame.way.tolist()


# The page, in process


@pytest.fixture
def page(components, monkeypatch):
    """The page rendered without a browser; nobody may make the employees' agents."""
    import solara

    from sim.browser import app

    def never(*_):
        raise AssertionError("the page made agents of the employees")

    @solara.component
    def Root():  # noqa: N802
        with solara.AppLayout():
            app.Page()

    monkeypatch.setattr(Employee, "__init__", never)
    monkeypatch.setattr(app, "plan", load("baseline", {"weeks": 12}))
    _, rendered = solara.render(Root(), handle_error=False)
    yield Rendered(rendered)
    rendered.close()


class Rendered:
    """What there is on the page, and hands to use it."""

    def __init__(self, page):
        self.page = page

    def button(self, label):
        import ipyvuetify

        return self.page.find(ipyvuetify.Btn, children=[label]).widget

    def levers(self):
        import ipyvuetify

        found = [*self.page.find(ipyvuetify.Slider).widgets, *self.page.find(ipyvuetify.Select).widgets]
        return {widget.label: widget for widget in found if "nterval" not in widget.label}

    def network(self):
        import ipyvuetify

        return next(
            one for one in self.page.find(ipyvuetify.VuetifyTemplate).widgets if hasattr(one, "states")
        )

    def html(self):
        import solara

        return " ".join(widget.unsafe_innerHTML for widget in self.page.find(solara.widgets.HTML).widgets)

    def this_run(self):
        import ipyvuetify

        spans = [
            one.children[0] for one in self.page.find(ipyvuetify.Html, tag="span").widgets if one.children
        ]
        return next(text for text in spans if str(text).startswith("This run"))


def test_page_has_the_five_levers_and_the_seed_where_the_scenario_has_them(page):
    levers = {label: widget.v_model for label, widget in page.levers().items()}
    assert levers == {
        "Sponsorship: executives' engagement, 0-1": 0.5,
        "Funding, units per head and year": 0.5,
        "Mandate of the desk, 0-1": 0.3,
        "Clarity of the strategy, 0-1": 0.7,
        "Seed of the luck": 1,
        "Form of governance": "hub and spoke",
    }
    assert all(f"<b>{label}</b>" in page.html() for label in levers if not label.startswith("Seed"))


def test_steps_recolour_the_network_that_is_drawn_once(page):
    org = organisation(weeks=12)
    art, states = page.network().art, page.network().states
    assert "<b>Week 0</b> of 12" in page.html()
    for week in range(1, 11):
        org.step()
        page.button("Step").click()
        assert f"<b>Week {week}</b> of 12" in page.html()
    assert page.network().art == art
    assert page.network().states != states
    assert [ord(state) - ord("1") for state in page.network().states] == frame_of(org).way.tolist()
    assert org.record.sentence in page.html()


def test_the_last_week_stops_the_controls(page):
    for _ in range(12):
        assert not page.button("Step").disabled
        page.button("Step").click()
    assert "<b>Week 12</b> of 12" in page.html()
    assert page.button("Step").disabled


def test_levers_act_at_the_reset_and_not_before(page):
    kept = len(getattr(mesa.Agent, "_ids", {}))
    page.button("Step").click()
    levers = page.levers()
    levers["Sponsorship: executives' engagement, 0-1"].v_model = 0.9
    levers["Funding, units per head and year"].v_model = 2
    levers["Form of governance"].v_model = "multiple hubs"
    levers["Mandate of the desk, 0-1"].v_model = 0.0
    levers["Clarity of the strategy, 0-1"].v_model = 0.25
    levers["Seed of the luck"].v_model = 7
    before = "This run: sponsorship 0.5 · funding 0.5 · governance hub and spoke · mandate 0.3 · clarity 0.7 · seed 1 "
    assert page.this_run().startswith(before)
    assert "<b>Week 1</b>" in page.html()
    page.button("Reset").click()
    after = "This run: sponsorship 0.9 · funding 2 · governance multiple hubs · mandate 0 · clarity 0.25 · seed 7 "
    assert page.this_run().startswith(after)
    assert "<b>Week 0</b>" in page.html()
    assert "hub 2's way" in page.network().art
    page.button("Step").click()
    assert "<b>Week 1</b>" in page.html()
    assert len(getattr(mesa.Agent, "_ids", {})) <= kept, "the page keeps the organisations that were reset"


def test_levers_make_the_same_organisation_as_the_scenario_s_keys(components):
    from sim.browser.app import AdjustableOrganisation

    plan = load("baseline", {"weeks": 30, "governance.founded": 5})
    keys = {
        "sponsorship.engagement": 0.9, "sponsorship.sponsor_engagement": 1.0, "funding.level": 0.8,
        "governance.form": "centralised", "governance.mandate": 0.6, "strategy.clarity": 0.2,
    }  # fmt: skip
    org = Organisation(plan.replaced(keys), 3)
    levers = {"sponsorship": 0.9, "funding": 0.8, "form": "centralised", "mandate": 0.6, "clarity": 0.2}
    pulled = AdjustableOrganisation(plan, 3, **levers)
    left = AdjustableOrganisation(plan, 3)
    for _ in range(30):
        for one in (org, pulled, left):
            one.step()
    assert pulled.record.weekly.tobytes() == org.record.weekly.tobytes()
    assert left.record.weekly.tobytes() != org.record.weekly.tobytes()
    assert left.plan.hash() == plan.hash()


def test_levers_of_mechanisms_that_are_off_are_left_out(components):
    from sim.browser.app import AdjustableOrganisation, in_words, model_params

    plan = load("baseline", {"governance": False, "sponsorship": False, "weeks": 2})
    assert list(model_params(plan)) == ["plan", "funding", "clarity", "seed"]
    assert in_words(AdjustableOrganisation(plan, 4)) == "funding 0.5 · clarity 0.7 · seed 4"


# The command


def message(arguments, monkeypatch, capsys):
    """What `unsilo browse` says when it ends with exit code 2, and without a traceback."""
    from sim.cli import main

    monkeypatch.setattr(sys, "argv", ["unsilo", "browse", "--no-open", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    assert (stop.value.code, said.out) == (2, "")
    return said.err


def test_without_the_extra_one_message_says_how_to_install_it(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "sim.browser.server", raising=False)
    monkeypatch.setitem(sys.modules, "solara.server", None)
    said = message([], monkeypatch, capsys)
    assert said.count("\n") == 1
    assert "pip install '.[browser]'" in said


def test_a_wrong_scenario_is_a_message(monkeypatch, capsys):
    assert "did you mean 'baseline'?" in message(["basline"], monkeypatch, capsys)
    assert "funding.level" in message(["--set", "funding.level=9"], monkeypatch, capsys)


def test_a_port_in_use_is_one_message(components, monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = message(["--port", port], monkeypatch, capsys)
    assert said.count("\n") == 1
    assert f"--port: {port}" in said


# The page in a browser


@pytest.fixture(scope="module")
def address(components):
    command = [sys.executable, "-m", "sim", "browse", "--port", "0", "--no-open"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        ready, _, _ = select.select([server.stdout], [], [], 180)
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline() if ready else "")
        assert found, "the server did not start"
        yield found[0]
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def chromium():
    sync = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra `test`")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium, address):
    """A tab with the page; nothing may fail in it, and no request may leave the machine."""
    opened = chromium.new_page(viewport={"width": 1280, "height": 800})
    wrong = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda request: None if _local(request.url, address) else wrong.append(request.url))
    opened.on("websocket", lambda ws: None if _local(ws.url, address) else wrong.append(ws.url))
    opened.goto(address)
    opened.wait_for_selector("canvas.unsilo-network", timeout=120_000)
    opened.wait_for_function(f"({PIXELS})().colours > 5")
    yield opened
    opened.close()
    assert wrong == []


def _local(url, address):
    return url.startswith((f"{address}/", address.replace("http", "ws"), "data:", "blob:"))


PIXELS = """() => {
  const canvas = document.querySelector('canvas.unsilo-network');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const counts = new Map();
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
    sum = (sum * 31 + colour) % 1000000007;
  }
  const marketing = counts.get(0x0072b2) || 0, hub = counts.get(0) || 0;
  return {colours: counts.size, white: (counts.get(0xffffff) || 0) / (data.length / 4), marketing, hub, sum};
}"""


def chart_lines(tab):
    lines = tab.locator(".unsilo-chart polyline")
    return lines.evaluate_all("all => all.map((one) => one.getAttribute('points'))")


def wait_for(tab, text):
    tab.wait_for_function("text => document.querySelector('.unsilo-week').innerText.includes(text)", arg=text)


def step(tab, first, last):
    for week in range(first, last + 1):
        tab.get_by_role("button", name="Step", exact=True).click()
        wait_for(tab, f"Week {week} of")


def test_page_opens_and_steps_in_a_browser(tab):
    sliders = ("Sponsorship: executives' engagement, 0-1", "Funding, units per head and year",
               "Mandate of the desk, 0-1", "Clarity of the strategy, 0-1", "Seed of the luck")  # fmt: skip
    for name in sliders:
        assert tab.get_by_role("slider", name=name).count() == 1
        assert tab.locator("label", has_text=name).is_visible()
    assert tab.get_by_label("Form of governance").is_visible()
    start = tab.evaluate(PIXELS)
    assert start["marketing"] > 15 * 20, "the pioneers of marketing are not drawn"
    assert start["white"] > 0.3
    lines = chart_lines(tab)
    step(tab, 1, 10)
    tab.wait_for_function(f"({PIXELS})().sum !== {start['sum']}")
    later = chart_lines(tab)
    assert len(lines) == len(later) == 7
    assert all(len(old) < len(new) for old, new in zip(lines, later, strict=True))
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_levers_and_reset_in_a_browser(tab):
    start = tab.evaluate(PIXELS)
    step(tab, 1, 10)
    slider = tab.get_by_role("slider", name="Sponsorship: executives' engagement, 0-1")
    slider.focus()
    slider.press("End")
    tab.wait_for_timeout(300)
    assert "sponsorship 0.5 " in tab.locator(".unsilo-run").inner_text()
    tab.get_by_role("button", name="Reset", exact=True).click()
    wait_for(tab, "sponsorship 1 ")
    wait_for(tab, "Week 0 of")
    tab.wait_for_function(f"({PIXELS})().sum === {start['sum']}")
    step(tab, 1, 1)


def test_play_runs_and_stops_and_tabs_have_organisations_of_their_own(tab, chromium, address):
    other = chromium.new_page()
    other.goto(address)
    other.wait_for_selector("canvas.unsilo-network", timeout=60_000)
    pace = tab.get_by_role("slider", name="Play Interval (ms)")
    pace.focus()
    pace.press("Home")
    tab.wait_for_selector("[aria-label^=Play][aria-valuenow='101']", state="attached")
    tab.get_by_role("button", name="▶").click()
    tab.wait_for_function("+document.querySelector('.unsilo-now').innerText.match(/Week (\\d+)/)[1] > 9")
    tab.get_by_role("button", name="❚❚").click()
    tab.get_by_role("button", name="▶").wait_for()
    tab.wait_for_timeout(300)  # for a week that was under way
    week = tab.locator(".unsilo-now").inner_text()
    tab.wait_for_timeout(600)
    assert tab.locator(".unsilo-now").inner_text() == week
    assert "Week 0 of" in other.locator(".unsilo-now").inner_text()
    other.close()
