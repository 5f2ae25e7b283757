"""Drives that are told again are found, however blurred; honest drives on one road are not."""

import pytest

from tests.vehicles.movement import drives
from vehicles.movement import shapes
from vehicles.movement.matching import match

ATTACKS = {
    "same": lambda track: track,
    "shifted": drives.shifted,
    "jittered": drives.jittered,
    "shifted and jittered": lambda track: drives.jittered(drives.shifted(track)),
    "backwards": drives.backwards,
    "backwards, shifted and jittered": lambda track: drives.jittered(drives.shifted(drives.backwards(track))),
    "resampled": drives.resampled,
    "a part": drives.part,
    "a part, shifted and jittered": lambda track: drives.jittered(drives.shifted(drives.part(track))),
    "lengthened": drives.lengthened,
    "stretched": drives.stretched,
    "hurried and shifted": lambda track: drives.shifted(drives.stretched(track, 0.8)),
}


def shared(one, other) -> float:
    """The share of prints by which the index finds `other` when asked for `one`."""
    probes = set(shapes.probes(shapes.track_of(one), one))
    prints = [set(shapes.prints(shapes.track_of(side), side)) for side in (one, other)]
    return len(probes & prints[1]) / max(1, min(map(len, prints)))


def compared(one, other):
    tracks = [shapes.track_of(side) for side in (one, other)]
    return match(*tracks, *map(shapes.runs, tracks))


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("driver", [1, 2, 3])
def test_a_drive_told_again_is_found_and_recognized(attack, driver):
    track = drives.fixes(drives.told(driver=driver))
    again = ATTACKS[attack](track)
    assert shared(again, track) >= 0.07
    found = compared(again, track)
    assert (found is not None and found.is_copy) or shapes.same_places(again, track) >= 0.6


def test_many_drivers_on_one_road_are_not_copies_of_each_other():
    tracks = [drives.fixes(drives.told(driver=driver)) for driver in range(1, 13)]
    found = [compared(one, other) for i, one in enumerate(tracks) for other in tracks[:i]]
    assert len([each for each in found if each is not None and each.common > 0.9]) > 40  # they do share the road
    assert [each for each in found if each is not None and each.is_copy] == []


def test_a_track_without_movement_has_no_shape():
    parked = [shapes.Fix(float(t), 10.0 + t % 3 * 1e-5, 20.0) for t in range(200)]
    track = shapes.track_of(parked)
    assert (len(track.t), shapes.runs(track)) == (1, [])


def test_equal_positions_count_only_where_there_are_many():
    here = [shapes.Fix(float(t), 10.0 + t * 1e-4, 20.0) for t in range(10)]
    assert shapes.same_places(here, here) == 0.0
    road = [shapes.Fix(float(t), 10.0 + t * 1e-4, 20.0) for t in range(40)]
    assert shapes.same_places(road, road) == 1.0
