"""The one step from what runs to what should run: in the right order, and never all at once."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.release.reconcile import (
    NAMES,
    STABLE_NAMES,
    Desired,
    Observed,
    RemoveInstance,
    SetTraffic,
    StartInstance,
    Step,
    Timeouts,
    Traffic,
    next_step,
)

OLD, NEW = Observed("old", well=True), Observed("new", well=True)
ALL = Traffic(frozenset(NAMES), "s")
BAKING = Desired({"stable-1": "old", "stable-2": "old", "canary": "new"}, NAMES, "s")
ABORTED = Desired({"stable-1": "old", "stable-2": "old", "canary": None}, STABLE_NAMES, "s")
PROMOTED = Desired(dict.fromkeys(NAMES, "new"), NAMES, "s")


def world(first: Observed = OLD, second: Observed = OLD, canary: Observed = NEW) -> dict[str, Observed]:
    return dict(zip(NAMES, (first, second, canary), strict=True))


def step(desired: Desired, observed: Mapping[str, Observed], traffic: Traffic = ALL) -> Step | None:
    return next_step(desired, observed, traffic, Timeouts(300, 60))


def only(*names: str) -> SetTraffic:
    return SetTraffic(Traffic(frozenset(names), "s"))


def test_where_all_is_as_it_should_be_nothing_is_done() -> None:
    assert step(BAKING, world()) is None


def test_a_rejected_canary_gets_no_request_any_more_and_goes() -> None:
    assert step(ABORTED, world()) == only("stable-1", "stable-2")
    assert step(ABORTED, world(), Traffic(frozenset(STABLE_NAMES), "s")) == RemoveInstance("canary")
    assert step(ABORTED, world(canary=Observed()), Traffic(frozenset(STABLE_NAMES), "s")) is None


def test_a_stable_is_taken_out_before_it_is_replaced_and_comes_back_when_well() -> None:
    without = Traffic(frozenset(("stable-2", "canary")), "s")
    first_new = Desired({"stable-1": "new", "stable-2": "old", "canary": "new"}, NAMES, "s")
    assert step(first_new, world()) == only("stable-2", "canary")
    assert step(first_new, world(), without) == StartInstance("stable-1", "new", again=False)
    assert step(first_new, world(first=Observed("new", well=False)), without) is None
    assert step(first_new, world(first=NEW), without) == only(*NAMES)


def test_of_two_to_be_replaced_one_waits_for_the_other() -> None:
    starting = world(first=Observed("new", well=False), canary=Observed())
    last = Desired({"stable-1": "new", "stable-2": "new", "canary": None}, STABLE_NAMES, "s")
    assert step(last, starting, Traffic(frozenset(["stable-2"]), "s")) is None


def test_a_candidate_never_gets_the_users_of_stable_while_one_of_these_is_put_anew() -> None:
    """The canary gets well while the first stable starts; both stables are to run what has a new name."""
    starting, well = Observed("renamed", fresh=True), Observed("renamed", well=True)
    renamed = Desired({"stable-1": "renamed", "stable-2": "renamed", "canary": "new"}, NAMES, "s")
    alone = Traffic(frozenset(["stable-2"]), "s")
    assert step(renamed, world(first=starting), alone) == only("stable-2", "canary")
    both = Traffic(frozenset(("stable-2", "canary")), "s")
    assert step(renamed, world(first=starting), both) is None
    assert step(renamed, world(first=Observed("renamed", unwell_s=61)), both) == StartInstance(
        "stable-1", "renamed", again=True
    )
    assert step(renamed, world(first=well), both) == only("stable-1", "canary")
    swapped = Traffic(frozenset(("stable-1", "canary")), "s")
    assert step(renamed, world(first=well), swapped) == StartInstance("stable-2", "renamed", again=False)


def test_who_stays_ill_is_recreated_and_who_just_fell_ill_stays_in_traffic() -> None:
    ill = Observed("old", well=False, unwell_s=10)
    assert step(BAKING, world(first=ill)) is None
    long_ill = Observed("old", well=False, unwell_s=61)
    assert step(BAKING, world(first=long_ill)) == only("stable-2", "canary")
    assert step(
        BAKING, world(first=long_ill), Traffic(frozenset(("stable-2", "canary")), "s")
    ) == StartInstance("stable-1", "old", again=True)


def test_who_was_just_started_has_more_time() -> None:
    starting = Observed("old", well=False, fresh=True, unwell_s=299)
    assert step(BAKING, world(first=starting)) is None
    assert step(BAKING, world(first=Observed("old", well=False, fresh=True, unwell_s=301))) is not None


def test_one_instance_starts_at_a_time() -> None:
    """Two at once take twice as long, and the processor from who serves."""
    starting = Observed("old", well=False, fresh=True, unwell_s=20)
    ill = Observed("old", well=False, unwell_s=61)
    alone = Traffic(frozenset({"canary"}), "s")
    assert step(BAKING, world(first=starting, second=ill), alone) is None
    serving = Traffic(frozenset({"stable-2"}), "s")
    assert step(BAKING, world(first=starting, canary=Observed()), serving) is None
    assert step(ABORTED, world(first=starting), Traffic(frozenset(STABLE_NAMES), "s")) == RemoveInstance(
        "canary"
    )
    never = Observed("old", well=False, fresh=True, unwell_s=61)
    assert step(BAKING, world(first=never, second=ill), alone) == StartInstance("stable-2", "old", again=True)


def test_a_stable_waits_for_no_canary() -> None:
    starting = Observed("new", well=False, fresh=True, unwell_s=20)
    ill = Observed("old", well=False, unwell_s=61)
    assert step(BAKING, world(ill, OLD, starting), Traffic(frozenset({"stable-2"}), "s")) == StartInstance(
        "stable-1", "old", again=True
    )


def test_with_nobody_well_the_ill_are_recreated_where_they_are() -> None:
    ill = Observed("old", well=False, unwell_s=61)
    assert step(BAKING, world(ill, ill, Observed("new", well=False))) == StartInstance(
        "stable-1", "old", again=True
    )


def test_the_only_one_who_serves_well_keeps_the_users_though_it_runs_what_was_before() -> None:
    ill = Observed("new", well=False)
    observed = world(first=ill, second=OLD, canary=ill)
    assert step(PROMOTED, observed) is None
    assert step(PROMOTED, {**observed, "stable-1": NEW}) == only("stable-1", "canary")


def test_an_aborted_canary_gets_nobody_though_both_stables_are_ill() -> None:
    ill = Observed("old", well=False)
    assert step(ABORTED, world(first=ill, second=ill)) == only("stable-1", "stable-2")


def test_a_new_release_draws_other_users() -> None:
    assert step(BAKING, world(), Traffic(frozenset(NAMES), "older")) == only(*NAMES)


def test_who_is_well_comes_in_before_another_is_put_anew() -> None:
    ill = Observed("old", well=False, unwell_s=1000)
    observed, traffic = world(second=ill), Traffic(frozenset({"stable-2", "canary"}), "s")
    assert step(BAKING, observed, traffic) == only(*NAMES)


SEEN = st.builds(
    Observed,
    release=st.sampled_from([None, "old", "new"]),
    well=st.booleans(),
    unwell_s=st.floats(0, 100),
).map(lambda observed: observed if observed.release else Observed())
PLANS = st.sampled_from([BAKING, ABORTED, PROMOTED])
SUBSETS = st.sets(st.sampled_from(NAMES), min_size=1).map(lambda names: Traffic(frozenset(names), "s"))


@given(PLANS, SEEN, SEEN, SEEN, SUBSETS)
def test_no_step_stops_who_serves_alone_or_leaves_nobody(
    desired: Desired, first: Observed, second: Observed, canary: Observed, traffic: Traffic
) -> None:
    observed = world(first, second, canary)
    serving_well = {name for name in traffic.names if observed[name].well}
    found = step(desired, observed, traffic)
    if isinstance(found, SetTraffic):
        assert found.traffic.names
        serving_well -= {name for name in NAMES if desired.releases[name] is None}  # who has to go, goes
        if serving_well and not found.traffic.names >= serving_well:
            assert any(observed[name].well for name in found.traffic.names)
    elif found is not None:
        assert found.name not in serving_well


@given(PLANS, SEEN, SEEN, SEEN, SUBSETS)
def test_step_by_step_everything_becomes_as_planned(
    desired: Desired, first: Observed, second: Observed, canary: Observed, traffic: Traffic
) -> None:
    observed = world(first, second, canary)
    for _ in range(30):
        found = step(desired, observed, traffic)
        if isinstance(found, SetTraffic):
            traffic = found.traffic
        elif isinstance(found, StartInstance):
            observed[found.name] = Observed(found.release, well=True)
        elif isinstance(found, RemoveInstance):
            observed[found.name] = Observed()
        else:
            observed = {  # time passes: what is ill stays so for long, or what starts has started
                name: Observed(one.release, one.well, unwell_s=0 if one.well else one.unwell_s + 100)
                for name, one in observed.items()
            }
    assert {name: one.release for name, one in observed.items()} == dict(desired.releases)
    assert traffic.names == frozenset(desired.serving)
