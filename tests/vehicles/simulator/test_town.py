import json
import subprocess
import sys

import pytest

from vehicles.simulator import ground
from vehicles.simulator.basemap import basemap
from vehicles.simulator.routes import minutes, route, ways_to
from vehicles.simulator.town import LIMITS, degrees, town


def test_every_junction_is_reached_from_every_other():
    goal = town().places["home"][0]
    unreachable = [node for node, edge in enumerate(ways_to(goal)) if edge < 0 and node != goal]
    assert not unreachable


def test_the_town_is_the_same_in_another_process():
    code = "from vehicles.simulator.basemap import basemap; print(basemap().etag)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == basemap().etag


def test_the_map_draws_what_the_map_module_reads():
    features = json.loads(basemap().body)["features"]
    kinds = {feature["properties"]["kind"] for feature in features}
    assert kinds == {"road", "water", "park", "label"}
    roads = [feature for feature in features if feature["properties"]["kind"] == "road"]
    assert {road["properties"]["class"] for road in roads} == set(LIMITS)
    assert len(basemap().zipped) < 60_000


def test_the_town_lies_in_the_open_sea():
    for node in town().nodes:
        latitude, longitude = degrees(node)
        assert 46.9 < latitude < 47.5
        assert -29.0 < longitude < -28.0


def test_no_road_runs_through_the_bay_and_small_streets_have_no_bridges():
    for edge in town().edges:
        assert edge.kind == "motorway" or not any(map(ground.BAY.holds, edge.shape))
        assert edge.kind != "minor" or not ground.crosses_river(edge.shape)


@pytest.mark.parametrize("number", range(5))
def test_a_route_is_the_quickest(number):
    places = town().places
    start, goal = places["home"][number * 7], places["work"][number * 3]
    graph, cost, ahead = town(), minutes(), ways_to(goal)
    best = {goal: 0.0}
    changed = True
    while changed:  # Bellman and Ford, slow and plain
        changed = False
        for edge, spent in zip(graph.edges, cost, strict=True):
            for a, b in ((edge.start, edge.end), (edge.end, edge.start)):
                if best.get(b, 1e9) + spent < best.get(a, 1e9) - 1e-9:
                    best[a], changed = best[b] + spent, True
    total, node = 0.0, start
    while node != goal:
        edge = graph.edges[ahead[node]]
        total, node = total + cost[ahead[node]], edge.end if edge.start == node else edge.start
    assert total == pytest.approx(best[start])
    assert route(start, goal).along[-1] > 0
