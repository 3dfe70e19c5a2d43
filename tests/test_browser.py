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
from sim.mechanisms import Mechanism, schedule
from sim.organisation import Organisation
from sim.parameters import rate
from sim.reading import checked
from sim.scenario import load

ROOT = Path(__file__).parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


BRIEF = {"weeks": 12}
EAGER = {"adoption.hurdle": -4.0}  # somebody begins every week, whatever luck has in store


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
    monkeypatch.setattr(app, "plan", load("baseline", BRIEF | EAGER))
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
        """The levers and switches of the groups that are open, by label."""
        import ipyvuetify

        kinds = ipyvuetify.Slider, ipyvuetify.Select, ipyvuetify.Switch
        found = [widget for kind in kinds for widget in self.page.find(kind).widgets]
        return {widget.label: widget for widget in found if "nterval" not in widget.label}

    def group(self, title):
        """Open or close a group."""
        import ipyvuetify

        buttons = self.page.find(ipyvuetify.Btn).widgets
        next(one for one in buttons if title in str(one.children[0])).click()

    def texts(self):
        import ipyvuetify

        return [
            str(one.children[0])
            for one in self.page.find(ipyvuetify.Html, tag="span").widgets
            if one.children
        ]

    def network(self):
        import ipyvuetify

        return next(
            one for one in self.page.find(ipyvuetify.VuetifyTemplate).widgets if hasattr(one, "states")
        )

    def html(self):
        import solara

        return " ".join(widget.unsafe_innerHTML for widget in self.page.find(solara.widgets.HTML).widgets)

    def this_run(self):
        return next(text for text in self.texts() if text.startswith("This run"))


def test_the_first_groups_are_open_with_values_units_and_help_of_the_parameters(page):
    levers = {label: widget.v_model for label, widget in page.levers().items()}
    assert levers == {
        "Seed of the luck": 1,
        "strategy": True, "kind": "business", "clarity, share": 0.7, "noise, weight": 1.5,
        "sponsorship": True, "engagement, share": 0.5, "sponsor week, 0 for never": 26,
        "sponsor engagement, share": 0.7, "disappointment, 1/week": 0.08, "style, share": 0.5,
    }  # fmt: skip
    field = type(load("baseline")["strategy"]).model_fields["clarity"]
    assert f"{field.description} · 0..1 · source: {field.json_schema_extra['source']}" in page.texts()
    assert "Goals, clarity and alignment (claims 1, 6, 11, 14, 15)." in page.texts()


def test_a_group_opens_with_its_levers_and_closes(page):
    page.group("Money")
    assert page.levers()["level, units/head/year"].v_model == 0.5
    page.levers()["level, units/head/year"].v_model = 1.5
    page.group("Money")
    assert "level, units/head/year" not in page.levers()
    page.group("Money")
    assert page.levers()["level, units/head/year"].v_model == 1.5


def test_a_mechanism_that_is_off_is_a_switch_that_becomes_a_group_of_levers(page):
    page.group("People (1 of 5 off)")
    assert page.levers()["turnover"].v_model is False
    assert "attraction, share" not in page.levers()
    page.levers()["turnover"].v_model = True
    assert page.levers()["attraction, share"].v_model == 0.5
    page.levers()["base, 1/week"].v_model = 0.02
    assert page.this_run() == "This run: as the scenario has it · seed 1"
    page.button("Reset").click()
    assert page.this_run() == "This run: turnover on · turnover.base 0.02 · seed 1"
    page.levers()["turnover"].v_model = False
    assert any("Reset applies them" in text for text in page.texts())
    page.button("Reset").click()
    assert page.this_run() == "This run: turnover.base 0.02 · seed 1"


def test_steps_recolour_the_network_that_is_drawn_once(page):
    org = organisation(**BRIEF, **EAGER)
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
    page.group("Governance")
    page.levers()["engagement, share"].v_model = 0.9
    page.levers()["form"].v_model = "multiple_hubs"
    page.levers()["sponsor week, 0 for never"].v_model = 0
    page.levers()["Seed of the luck"].v_model = 7
    assert page.this_run() == "This run: as the scenario has it · seed 1"
    assert "<b>Week 1</b>" in page.html()
    page.button("Reset").click()
    after = (
        "sponsorship.engagement 0.9 · governance.form multiple hubs · sponsorship.sponsor_week never · seed 7"
    )
    assert page.this_run() == f"This run: {after}"
    assert "<b>Week 0</b>" in page.html()
    assert "hub 2's way" in page.network().art
    page.button("Step").click()
    assert "<b>Week 1</b>" in page.html()
    assert len(getattr(mesa.Agent, "_ids", {})) <= kept, "the page keeps the organisations that were reset"


# Levers


@pytest.fixture(scope="module")
def levers(components):
    from sim.browser import levers

    return levers


def test_every_mechanism_is_on_the_page_once_and_every_lever_is_a_parameter(levers):
    plan = load("baseline")
    parts = [part for parts in levers.parts_of(plan).values() for part in parts]
    names = [part.name for part in parts]
    known = {kind.name: kind for kind in schedule()}
    known |= {name: type(getattr(plan, name)) for name in levers.STANDING}
    assert sorted(names) == sorted(set(known) - levers.HIDDEN)
    assert {part.name: part.on for part in parts} == {
        name: name in levers.STANDING or plan[name] is not None for name in names
    }
    for tables in levers.GROUPS.values():
        for table, keys in tables.items():
            assert set(keys.split()) <= set(known[table].model_fields), table


def test_a_mechanism_that_no_group_names_is_shown_with_its_first_parameters(levers):
    class Fatigue(Mechanism):
        """Belief wears off."""

        loss: float = rate(0.01, "belief lost")

    parts = levers.parts_of(load("baseline").with_mechanism(Fatigue(loss=0.03)))
    (own,) = [part for part in parts[levers.OTHERS] if part.name == "fatigue"]
    assert (own.about, own.on, [lever.value for lever in own.levers]) == ("Belief wears off.", True, [0.03])


@pytest.mark.parametrize(
    ("scenario", "changes"),
    [("baseline", {}), ("everything", {"weeks": 12, "strategy.clarity": 0.7257, "ways.review": 0.0})],
)
def test_sliders_hold_the_scenario_s_values_exactly_and_stay_within_what_is_allowed(
    levers, scenario, changes
):
    plan = load(scenario, changes)
    sliding = [
        lever
        for parts in levers.parts_of(plan).values()
        for part in parts
        for lever in part.levers
        if lever.scale
    ]
    assert len(sliding) > 50
    for lever in sliding:
        least, most, step = lever.scale
        assert least <= (lever.value or 0) <= most, lever.key
        assert abs(round((lever.value or 0) / step) * step - (lever.value or 0)) < 1e-9, lever.key
        table, key = lever.key.rsplit(".", 1)
        if not table.startswith("events.") and table not in levers.STANDING:
            kind = next(kind for kind in schedule() if kind.name == table)
            for end in (least, most):
                data = {key: None if lever.optional and not end else end}
                _, faults = checked(kind, data, table)
                assert not [fault for fault in faults if fault.where == lever.key], lever.key


def test_moved_levers_make_the_same_scenario_as_its_keys(levers):
    plan = load("everything")
    moved = {"turnover": False, "turnover.base": 0.1, "events.pilot": False, "events.group.week": 9,
             "sponsorship.sponsor_week": None, "network.mean_degree": 8.0}  # fmt: skip
    keys = {"turnover": False, "events.pilot": False, "events.group.week": 9, "sponsorship.sponsor_week": False,
            "network.mean_degree": 8.0}  # fmt: skip
    assert levers.adjusted(plan, moved).hash() == plan.replaced(keys).hash()
    base = load("baseline")
    on = levers.adjusted(base, {"turnover.base": 0.1, "turnover": True})
    assert on.hash() == base.replaced({"turnover": {"base": 0.1}}).hash() != base.hash()
    assert levers.adjusted(base, {"turnover": True}).hash() == base.replaced({"turnover": {}}).hash()
    assert levers.adjusted(base, {}) is base


def test_levers_that_do_not_go_together_are_refused_in_words_and_the_scenario_lives_on(levers):
    from sim.browser.app import AdjustableOrganisation
    from sim.browser.panel import Moved

    plan = load("baseline", {"weeks": 2})
    moved = Moved(plan)
    moved["duties"] = True
    for duty in levers.GROUPS["Duties"]["duties"].split():
        moved[f"duties.{duty}"] = 0.0
    org = AdjustableOrganisation(plan, 1, moved)
    assert "weights sum to nothing" in org.refused
    assert org.plan.hash() == plan.hash()


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
    eager = [f"--set={key}={value}" for key, value in EAGER.items()]
    command = [sys.executable, "-m", "sim", "browse", "--port", "0", "--no-open", *eager]
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
    for name in ("engagement, share", "clarity, share", "Seed of the luck"):
        assert tab.get_by_role("slider", name=name, exact=True).count() == 1
        assert tab.locator("label").get_by_text(name, exact=True).is_visible()
    assert tab.get_by_label("kind").is_visible()
    help = tab.get_by_text("how precise a signal of the goals each department receives · 0..1")
    help.scroll_into_view_if_needed()
    assert help.is_visible()
    start = tab.evaluate(PIXELS)
    assert start["marketing"] > 15 * 20, "the pioneers of marketing are not drawn"
    assert start["white"] > 0.3
    lines = chart_lines(tab)
    step(tab, 1, 10)
    tab.wait_for_function(f"({PIXELS})().sum !== {start['sum']}")
    later = chart_lines(tab)
    assert len(lines) == len(later) == 7
    assert all(len(old) < len(new) for old, new in zip(lines, later, strict=True))


def test_levers_and_reset_in_a_browser(tab):
    start = tab.evaluate(PIXELS)
    step(tab, 1, 10)
    slider = tab.get_by_role("slider", name="engagement, share", exact=True)
    slider.focus()
    slider.press("End")
    wait_for(tab, "Reset applies them")
    assert "This run: as the scenario has it" in tab.locator(".unsilo-week").inner_text()
    tab.get_by_role("button", name="Reset", exact=True).click()
    wait_for(tab, "sponsorship.engagement 1 ")
    wait_for(tab, "Week 0 of")
    tab.wait_for_function(f"({PIXELS})().sum === {start['sum']}")
    step(tab, 1, 1)


def test_a_switch_turns_a_mechanism_on_in_a_browser_and_the_run_differs(tab):
    step(tab, 1, 12)
    before = chart_lines(tab)
    tab.get_by_role("button", name="People").click()
    assert tab.get_by_role("slider", name="attraction, share").count() == 0
    tab.get_by_role("switch", name="turnover", exact=True).press("Space")
    tab.get_by_role("slider", name="base, 1/week").press("End")
    tab.get_by_text("chance that an employee without any satisfaction leaves").wait_for()
    tab.get_by_role("button", name="Reset", exact=True).click()
    wait_for(tab, "This run: turnover on · turnover.base 0.02")
    step(tab, 1, 12)
    assert len(chart_lines(tab)) == len(before)
    assert chart_lines(tab) != before


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_nothing_scrolls_sideways_with_all_groups_open(tab, width, height):
    tab.set_viewport_size({"width": width, "height": height})
    closed = tab.locator("button.unsilo-group[aria-expanded=false]")
    while closed.count():
        left = closed.count()
        closed.first.click()
        tab.wait_for_function(
            "left => document.querySelectorAll('button.unsilo-group[aria-expanded=false]').length < left",
            arg=left,
        )
    for where in ("document.documentElement", "document.querySelector('.v-navigation-drawer__content')"):
        assert tab.evaluate(f"{where}.scrollWidth <= {where}.clientWidth"), where


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


def test_the_picture_follows_people_who_come_and_ties_that_open():
    pytest.importorskip("solara")
    from sim.browser.app import AdjustableOrganisation

    plan = load("everything", {"organisation.employees": 90, "weeks": 140})
    org = AdjustableOrganisation(plan)
    first = org.frame.scene
    while org.running:
        org.step()
        assert len(org.frame.way) == len(org.frame.scene.places) == org.employees.rows
    assert len(org.frame.scene.places) == len(first.places) + 12
    assert org.frame.scene.ties.max() < org.employees.rows and len(org.frame.scene.ties) > len(first.ties)
