"""When a share of quarantined pairs refuses a data set."""

from components.pair_validator.judging.refusal import refusal_of
from components.pair_validator.judging.verdicts import VerdictCounts
from components.pair_validator.settings import PairPolicy


def test_duplicates_do_not_count_towards_the_share():
    tally = VerdictCounts(10, [("a", ("duplicate",)), ("b", ("duplicate",)), ("c", ("misaligned", "duplicate"))])
    assert refusal_of(tally, (), PairPolicy(max_quarantined_share=0.1)) is None
    refusal = refusal_of(tally, (), PairPolicy(max_quarantined_share=0.05))
    assert refusal.reason.startswith("3 of 10 pairs failed (10.0%, 2 duplicates not counted)")
    assert refusal_of(tally, (), PairPolicy(on_bad_pair="fail"))
    assert refusal_of(VerdictCounts(1, [("a", ("duplicate",))]), (), PairPolicy(max_quarantined_share=1))
