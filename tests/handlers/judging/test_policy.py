"""A policy file says what shall differ from today, and is understood whole or not at all."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from eventstore.identity import Kopecks
from eventstore.policy import Limits, Operator, Policy, PortmoneError, Thresholds
from handlers.files import FileUnusable
from handlers.judging.policy import TODAY, differences, load_policy
from handlers.rules import RULES


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a policy may be written."""
    return tmp_path / "longer.toml"


def test_today_is_what_the_requirements_say() -> None:
    """One hryvnia, seven days, three a day, by the rules as they are."""
    assert (TODAY.rules, TODAY.bonus_kopecks) == (RULES, 100)
    assert (TODAY.age_days_max, TODAY.accepted_per_day_max) == (7, 3)
    assert TODAY.thresholds == Thresholds()


def test_what_a_file_leaves_out_is_as_today(file: Path) -> None:
    """It is named after its file, so that nobody takes its decisions for today's."""
    file.write_text("age_days_max = 30\n[thresholds]\nauto_accept = 1\n")
    thresholds = replace(TODAY.thresholds, auto_accept=1.0)
    assert load_policy(file) == Policy(rules="longer", age_days_max=30, thresholds=thresholds)


def test_an_empty_file_differs_in_its_name_alone(file: Path) -> None:
    """Nothing is asked for, nothing is changed."""
    file.write_text("")
    assert replace(load_policy(file), rules=RULES) == TODAY


def test_a_file_speaks_of_what_differs_from_any_policy(file: Path) -> None:
    """Beside a policy that was adopted the rest stays as adopted, tables key by key."""
    base = replace(TODAY, bonus_kopecks=Kopecks(300), limits=Limits(same_total_max=9))
    file.write_text("age_days_max = 5\n[limits]\nshoppers_per_phone_max = 4\n")
    policy = load_policy(file, base=base)
    assert (policy.bonus_kopecks, policy.age_days_max) == (300, 5)
    assert policy.limits == Limits(same_total_max=9, shoppers_per_phone_max=4)
    assert differences(base, replace(policy, rules=RULES)) == [
        ("age_days_max", "7", "5"),
        ("limits.shoppers_per_phone_max", "2", "4"),
    ]


def test_operators_and_errors_are_named_anew_all_together(file: Path) -> None:
    """What is left out of a list is gone, and the difference says so."""
    file.write_text(
        '[[operators]]\nname = "kyivstar"\nprefixes = ["67"]\npayee_id = "2065"\n'
        '[[errors]]\ncode = "77"\nkind = "transient"\nmeaning = "maintenance"\n'
    )
    policy = load_policy(file)
    assert policy.operators == (Operator(name="kyivstar", prefixes=("67",), payee_id="2065"),)
    assert policy.errors == (PortmoneError(code="77", kind="transient", meaning="maintenance"),)
    told = {key: now for key, _, now in differences(TODAY, policy)}
    assert told["operators.kyivstar"] == 'prefixes=["67"] payee_id="2065"'
    assert told["operators.vodafone"] == "none"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("budget_per_day_kopecks = 99", "does not reach for one bonus"),
        ("[thresholds]\nmanual_review = 0.95", "lies above"),
        (
            '[[operators]]\nname="a"\nprefixes=["67"]\n[[operators]]\nname="b"\nprefixes=["67"]',
            "67 belongs to a and to b",
        ),
        (
            '[[errors]]\ncode="1"\nkind="final"\n[[errors]]\ncode="1"\nkind="transient"',
            "1 stands there twice",
        ),
        ('[[operators]]\nname="a"\nprefixes=["067"]', "operators"),
        ('[[errors]]\ncode="1"\nkind="maybe"', "errors"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(
    file: Path, text: str, problem: str
) -> None:
    """Each is right by itself; together they would pay nobody, or the wrong one."""
    file.write_text(text)
    with pytest.raises(FileUnusable, match=problem):
        load_policy(file)


def test_every_mistake_is_named_at_once(file: Path) -> None:
    """Whoever writes a policy mends it in one go."""
    file.write_text(
        'bonus = 200\nbonus_kopecks = "two"\nage_days_max = -1\naccepted_per_day_max = true\n'
        "[thresholds]\nauto_accept = 1.5\nmanual_review = nan\nmood = 1\n"
    )
    with pytest.raises(FileUnusable) as unusable:
        load_policy(file)
    told = [problem.partition(":")[0] for problem in unusable.value.problems]
    assert told == [
        "bonus",
        "bonus_kopecks",
        "age_days_max",
        "accepted_per_day_max",
        "thresholds.auto_accept",
        "thresholds.manual_review",
        "thresholds.mood",
    ]
    assert str(file) in str(unusable.value)
    assert len(str(unusable.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"age_days_max = ",
        b"\xff\xfe",
        b"thresholds = 3",
        b"[thresholds]\nmanual_review = 0.95",
        b"bonus_kopecks = 1.5",
        b"bonus_kopecks = 0",
        b"bonus_kopecks = 1000000",
        b'rules = ""',
        b"[thresholds]\ntotals_tolerance_percent = inf",
    ],
)
def test_what_makes_no_sense_is_refused(file: Path, content: bytes) -> None:
    """Neither half a file nor an impossible number becomes a policy."""
    file.write_bytes(content)
    with pytest.raises(FileUnusable):
        load_policy(file)
